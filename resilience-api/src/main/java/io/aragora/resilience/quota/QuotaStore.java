package io.aragora.resilience.quota;

import io.aragora.resilience.internal.discovery.Providers;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.time.Duration;

/**
 * Stores the quotas that the instances of a fleet share, and leases permits to them. A quota is a token bucket with a name: it
 * holds at most {@link QuotaRequest#burst} permits, earns {@link QuotaRequest#limit} of them in each {@link QuotaRequest#period},
 * and keeps what is not leased. Methods may block. One thread at a time of each runtime calls them, never a protected call.
 *
 * <p>A store decides by its own clock, so the clocks of the instances do not matter. If that clock goes back, a quota earns nothing
 * for that step and is not lowered; if it goes forward, a quota earns at most its burst.
 *
 * <p>Each lease is one atomic step. Of the requests of several instances at the same time, each sees what the one before it left.
 *
 * <p>{@code QuotaStoreContract} in {@code resilience-testing} tests these rules.
 */
public interface QuotaStore extends AutoCloseable {
  /** The time for which an instance counts as one of the fleet after its last request: 90 s. */
  Duration MEMBERSHIP = Duration.ofSeconds(90);

  /**
   * The time for which a quota belongs to the settings of its last request: 60 s. Until then, requests of other settings get nothing.
   * Afterwards the first request of other settings takes the quota over, with the permits that it holds, at most the new burst.
   */
  Duration TENURE = Duration.ofSeconds(60);

  /**
   * Opens a store without a runtime.
   *
   * @param location as {@code ResilienceBuilder.quotaStore} takes it, for example {@code postgresql://host/database}
   * @return an open store, which the caller closes
   * @throws QuotaStoreException if it cannot be opened
   * @throws ResilienceConfigurationException if no store for that scheme is on the module path or class path
   * @throws IllegalArgumentException if the store cannot interpret {@code location}
   */
  static QuotaStore open(String location) throws QuotaStoreException {
    return QuotaStoreProvider.find(location, Providers.ofThread().all(QuotaStoreProvider.class))
        .open(location);
  }

  /**
   * Leases permits, in this order: the instance counts as one of the fleet; a quota that does not exist is created, with its whole
   * burst or with nothing; it earns what is due since its last request; it receives {@link QuotaRequest#earned} and pays {@link
   * QuotaRequest#spent}, which may leave it below zero; and the instance gets as many whole permits as it wants, or as there are.
   *
   * <p>A request of other settings than those of the quota changes nothing but the members of the fleet, and its answer says so
   * ({@link QuotaLease#isOfOtherSettings}).
   *
   * @param request what the instance wants
   * @return what it gets
   * @throws QuotaStoreException if it is not known what it gets; the instance then got nothing, even if the store has counted it. Two
   *     without an answer between them are an outage, and the runtime opens the store again; those {@link
   *     QuotaStoreException#isOfOneQuota of one quota} do not count
   */
  QuotaLease lease(QuotaRequest request) throws QuotaStoreException;

  /** Closes connections. Closing twice does nothing. */
  @Override
  void close();
}
