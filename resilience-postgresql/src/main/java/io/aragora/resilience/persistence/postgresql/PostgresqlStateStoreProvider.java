package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.spi.StateStoreProvider;
import java.time.InstantSource;

/**
 * Opens {@code postgresql://<host>:<port>/<database>?<parameters>}: a location as the JDBC driver takes it, without {@code
 * jdbc:}, with several hosts and all parameters that the driver knows. {@code currentSchema} chooses the schema. User and
 * password may also stand before the host, {@code user:password@host}, percent-encoded. Thread-safe.
 */
public final class PostgresqlStateStoreProvider implements StateStoreProvider {
  /** For {@link java.util.ServiceLoader}. */
  public PostgresqlStateStoreProvider() {}

  @Override
  public String scheme() {
    return "postgresql";
  }

  /** Leaves user and password before the host out, and of the parameters the values of all that are not known to be harmless. */
  @Override
  public String shown(String location) {
    return DatabaseLocation.shown(location);
  }

  /**
   * Connects, and creates the table where it is missing.
   *
   * @param location the whole location
   * @return an open store
   * @throws StateStoreException if it cannot be opened; the message says what to do about it
   * @throws IllegalArgumentException if the location makes no sense; the message does not show what may be a secret
   */
  @Override
  public StateStore open(String location) throws StateStoreException {
    return PostgresqlStateStore.open(DatabaseLocation.parse(location), InstantSource.system());
  }
}
