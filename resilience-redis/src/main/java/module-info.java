import io.aragora.resilience.quota.QuotaStoreProvider;
import io.aragora.resilience.redis.RedisQuotaStoreProvider;

/**
 * Keeps the quotas of a fleet in Redis or Valkey. Applications call nothing here: with this module on the module path
 * or class path, a runtime accepts quota stores such as {@code redis://cache:6379/0}.
 *
 * <p>The client and its network library have no module descriptors of their own, so {@code jlink} takes this module only if the
 * application adds them.
 */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("requires-automatic")
module io.aragora.resilience.redis {
  requires io.aragora.resilience;
  requires io.netty.buffer;
  requires io.netty.common;
  requires io.netty.transport;
  requires lettuce.core;

  provides QuotaStoreProvider with
      RedisQuotaStoreProvider;
}
