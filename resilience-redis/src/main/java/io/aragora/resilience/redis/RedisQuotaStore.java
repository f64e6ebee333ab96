package io.aragora.resilience.redis;

import io.aragora.resilience.quota.QuotaLease;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import io.lettuce.core.codec.Base16;
import org.jspecify.annotations.Nullable;

/**
 * Leases permits by one script on the server. A connection on which a lease failed is closed, and the next request opens another,
 * unless only the quota of the request failed.
 *
 * <p>Thread-safe: concurrent requests wait for each other.
 */
final class RedisQuotaStore implements QuotaStore {
  private final RedisLocation location;
  private final byte[] script = LeaseScript.script();
  private final String digest = Base16.digest(script);
  private @Nullable RedisConnection connection;
  private boolean closed;

  private RedisQuotaStore(RedisLocation location) {
    this.location = location;
  }

  static RedisQuotaStore open(RedisLocation location) throws QuotaStoreException {
    RedisQuotaStore store = new RedisQuotaStore(location);
    store.connection = RedisConnection.open(location);
    return store;
  }

  @Override
  public synchronized QuotaLease lease(QuotaRequest request) throws QuotaStoreException {
    if (closed) {
      throw new QuotaStoreException("cannot lease from " + location + ": it is closed", null);
    }
    byte[][] keys = LeaseScript.keys(location.prefix(), request.quota());
    byte[][] arguments = LeaseScript.arguments(request);
    boolean isUsable = false;
    try {
      RedisConnection present = connection;
      if (present == null) {
        present = RedisConnection.open(location);
        connection = present;
      }
      byte[] answer = present.run(script, digest, keys, arguments);
      QuotaLease lease = LeaseScript.lease(request, location, answer);
      isUsable = true;
      return lease;
    } catch (QuotaStoreException e) {
      isUsable = e.isOfOneQuota();
      throw e;
    } finally {
      if (!isUsable) {
        disconnect();
      }
    }
  }

  private void disconnect() {
    RedisConnection present = connection;
    connection = null;
    if (present != null) {
      present.close();
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    disconnect();
  }

  /** Returns the location without secrets. */
  @Override
  public String toString() {
    return location.toString();
  }
}
