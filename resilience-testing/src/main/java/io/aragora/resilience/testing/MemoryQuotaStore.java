package io.aragora.resilience.testing;

import io.aragora.resilience.quota.QuotaLease;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import io.aragora.resilience.time.TimeSource;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * A quota store in memory, which several runtimes of a test share. Its clock is a time source, so that a test with {@link ManualTime}
 * sees how instances share a limit, and what they do when the store is {@linkplain #fail out of order}. Closing it does nothing, since
 * each runtime closes its store. Thread-safe; for tests only, as it never forgets a quota.
 */
public final class MemoryQuotaStore implements QuotaStore {
  private final TimeSource time;
  private final Map<String, Quota> quotas = new HashMap<>();
  private boolean isFailing;
  private long requests;

  private MemoryQuotaStore(TimeSource time) {
    this.time = time;
  }

  private static final class Quota {
    private final Map<UUID, Long> seenAt = new HashMap<>();
    private String settings;
    private double level;
    private long at;

    Quota(QuotaRequest request, long now) {
      settings = request.settings();
      level = request.startsFull() ? request.burst() : 0;
      at = now;
    }

    void follow(QuotaRequest request, long now) {
      double earned = Math.max(0, now - at) * request.limit() / request.period().toNanos();
      level = Math.min(request.burst(), level + earned);
      at = now;
      settings = request.settings();
    }

    int take(QuotaRequest request) {
      level = Math.min(request.burst(), level + request.earned()) - request.spent();
      int granted = (int) Math.max(0, Math.min(request.wanted(), Math.floor(level)));
      level -= granted;
      return granted;
    }

    int instances(long now) {
      seenAt.values().removeIf(seen -> now - seen > MEMBERSHIP.toNanos());
      return seenAt.size();
    }
  }

  /**
   * Creates an empty store.
   *
   * @param time its clock
   * @return the store
   */
  public static MemoryQuotaStore create(TimeSource time) {
    return new MemoryQuotaStore(time);
  }

  /**
   * Sets whether each request fails from now on. Default false.
   *
   * @param failing whether requests fail
   */
  public synchronized void fail(boolean failing) {
    isFailing = failing;
  }

  /** {@return the number of requests so far, failed ones included} */
  public synchronized long requests() {
    return requests;
  }

  @Override
  public synchronized QuotaLease lease(QuotaRequest request) throws QuotaStoreException {
    requests++;
    if (isFailing) {
      throw new QuotaStoreException("the quota store of the test is out of order", null);
    }
    long now = time.nanoTime();
    Quota quota = quotas.computeIfAbsent(request.quota(), name -> new Quota(request, now));
    quota.seenAt.put(request.instance(), now);
    QuotaLease.Builder lease = QuotaLease.builder().instances(quota.instances(now));
    if (!quota.settings.equals(request.settings()) && now - quota.at <= TENURE.toNanos()) {
      return lease.left(quota.level).otherSettings(quota.settings).build();
    }
    quota.follow(request, now);
    return lease.granted(quota.take(request)).left(quota.level).build();
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return "MemoryQuotaStore";
  }
}
