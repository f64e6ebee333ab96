package io.aragora.resilience.redis;

import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import io.aragora.resilience.testing.QuotaStoreContract;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.BeforeEach;

class RedisQuotaStoreContractTest extends QuotaStoreContract {
  private static final String DATE_BACK = """
      for _, key in ipairs(redis.call('KEYS', ARGV[1] .. ':*')) do
        if redis.call('TYPE', key).ok == 'hash' then
          redis.call('HSET', key, 'at', string.format('%.0f', redis.call('HGET', key, 'at') - ARGV[2]))
        else
          for _, member in ipairs(redis.call('ZRANGE', key, 0, -1)) do
            redis.call('ZINCRBY', key, '-' .. ARGV[2], member)
          end
        end
      end""";

  private final String prefix = RedisServer.newPrefix();
  private RedisServer server;

  @BeforeEach
  void server() throws Exception {
    server = RedisServer.shared();
  }

  @Override
  protected QuotaStore open() throws QuotaStoreException {
    return new RedisQuotaStoreProvider().open(server.patient(prefix));
  }

  @Override
  protected void pass(Duration time) {
    String micros = "" + time.dividedBy(Duration.of(1, ChronoUnit.MICROS));
    server.run(
        redis -> redis.eval(DATE_BACK, ScriptOutputType.STATUS, new String[0], prefix, micros));
  }
}
