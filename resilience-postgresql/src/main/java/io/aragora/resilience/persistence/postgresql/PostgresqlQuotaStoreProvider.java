package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import io.aragora.resilience.quota.QuotaStoreProvider;
import java.util.Set;

/**
 * Opens the quotas in a database: locations are those of {@link PostgresqlStateStoreProvider}, and both stores may be in one schema.
 * Thread-safe.
 */
public final class PostgresqlQuotaStoreProvider implements QuotaStoreProvider {
  /** For {@link java.util.ServiceLoader}. */
  public PostgresqlQuotaStoreProvider() {}

  @Override
  public Set<String> schemes() {
    return Set.of("postgresql");
  }

  /** Omits user and password before the host, and the values of parameters that are not known to be harmless. */
  @Override
  public String shown(String location) {
    return DatabaseLocation.shown(location);
  }

  /**
   * Connects, and creates the tables if they are missing.
   *
   * @param location the whole location
   * @return an open store
   * @throws QuotaStoreException if the store cannot be opened; the message says what to do
   * @throws IllegalArgumentException if {@code location} is invalid; the message shows no secrets
   */
  @Override
  public QuotaStore open(String location) throws QuotaStoreException {
    return PostgresqlQuotaStore.open(
        DatabaseLocation.parse(location, DatabaseLocation.Limits.QUOTA));
  }
}
