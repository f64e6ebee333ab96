package io.aragora.resilience.redis;

import io.aragora.resilience.quota.QuotaLease;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import io.lettuce.core.codec.Base16;

/** Leases permits by one script on the server. Thread-safe. */
final class RedisQuotaStore implements QuotaStore {
  private final RedisLocation location;
  private final RedisConnection connection;
  private final byte[] script = LeaseScript.script();
  private final String digest = Base16.digest(script);

  private RedisQuotaStore(RedisLocation location, RedisConnection connection) {
    this.location = location;
    this.connection = connection;
  }

  static RedisQuotaStore open(RedisLocation location) throws QuotaStoreException {
    return new RedisQuotaStore(location, RedisConnection.open(location));
  }

  @Override
  public QuotaLease lease(QuotaRequest request) throws QuotaStoreException {
    return LeaseScript.lease(
        request,
        location,
        connection.run(
            script,
            digest,
            LeaseScript.keys(location.prefix(), request.quota()),
            LeaseScript.arguments(request)));
  }

  @Override
  public void close() {
    connection.close();
  }

  /** Returns the location without secrets. */
  @Override
  public String toString() {
    return location.toString();
  }
}
