package io.aragora.resilience.redis;

import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import io.aragora.resilience.quota.QuotaStoreProvider;
import java.util.Set;

/**
 * Opens {@code redis://<user>:<password>@<host>:<port>/<database>?<parameters>}, and {@code rediss://} with TLS. Needs Redis 6.2 or
 * Valkey 7.2, or later. User and password are percent-encoded; a password alone may stand as {@code :password@host}. Default port
 * 6379, default database 0. Parameters:
 *
 * <ul>
 *   <li>{@code prefix}: the beginning of all keys, up to 64 letters, digits, and characters of {@code .:_-}. Default {@code resilience}
 *   <li>{@code timeoutMillis}: how long a request waits for its answer, in [10, 10,000]. Default 500. Opening
 *       may take two seconds, or this if it is longer
 *   <li>{@code cluster}: whether the hosts, separated by commas, are nodes of a Redis Cluster. Default false, with one host
 * </ul>
 *
 * <p>Thread-safe.
 */
public final class RedisQuotaStoreProvider implements QuotaStoreProvider {
  /** For {@link java.util.ServiceLoader}. */
  public RedisQuotaStoreProvider() {}

  @Override
  public Set<String> schemes() {
    return RedisLocation.SCHEMES;
  }

  /** Omits user and password; of an invalid location it shows the scheme only. */
  @Override
  public String shown(String location) {
    return RedisLocation.shown(location);
  }

  /**
   * Connects.
   *
   * @param location the whole location
   * @return an open store
   * @throws QuotaStoreException if the server does not answer or rejects the user; the message says what to do
   * @throws IllegalArgumentException if {@code location} is invalid; the message shows no secrets
   */
  @Override
  public QuotaStore open(String location) throws QuotaStoreException {
    return RedisQuotaStore.open(RedisLocation.parse(location));
  }
}
