package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.persistence.StateStoreProvider;
import java.time.InstantSource;

/**
 * Opens {@code postgresql://<host>:<port>/<database>?<parameters>}: a JDBC URL without {@code jdbc:}; several hosts and
 * all parameters of the driver are allowed. {@code currentSchema} chooses the schema. User and password may also stand
 * before the host, {@code user:password@host}, percent-encoded. Thread-safe.
 */
public final class PostgresqlStateStoreProvider implements StateStoreProvider {
  /** For {@link java.util.ServiceLoader}. */
  public PostgresqlStateStoreProvider() {}

  @Override
  public String scheme() {
    return "postgresql";
  }

  /** Omits user and password before the host, and the values of parameters that are not known to be harmless. */
  @Override
  public String shown(String location) {
    return DatabaseLocation.shown(location);
  }

  /**
   * Connects, and creates the table if it is missing.
   *
   * @param location the whole location
   * @return an open store
   * @throws StateStoreException if the store cannot be opened; the message says what to do
   * @throws IllegalArgumentException if {@code location} is invalid; the message shows no secrets
   */
  @Override
  public StateStore open(String location) throws StateStoreException {
    return PostgresqlStateStore.open(DatabaseLocation.parse(location), InstantSource.system());
  }
}
