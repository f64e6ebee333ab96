package io.aragora.resilience.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.aragora.resilience.quota.QuotaStoreProvider;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedisQuotaStoreProviderTest {
  private final RedisQuotaStoreProvider provider = new RedisQuotaStoreProvider();

  @Test
  void serviceLoader_findsTheProvider() {
    // On the module path the caller's module must say so, and this one only provides.
    getClass().getModule().addUses(QuotaStoreProvider.class);

    assertThat(ServiceLoader.load(QuotaStoreProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(found -> found.schemes().contains("rediss")))
        .singleElement()
        .isInstanceOf(RedisQuotaStoreProvider.class);
  }

  @ParameterizedTest
  @CsvSource({
    "redis://db, redis://db",
    "REDIS://db:6380/2, redis://db:6380/2",
    "redis://[::1]:6380, redis://[::1]:6380",
    "rediss://me:secret@db:6380/2?prefix=app, rediss://***@db:6380/2?prefix=app",
    "redis://:secret@db?timeoutMillis=50, redis://***@db?timeoutMillis=50",
    "'redis://a:1,b:2?cluster=true', 'redis://a:1,b:2?cluster=true'",
    "redis://secret@db, redis://***",
    "redis://me:se/cret@db, redis://***",
    "redis://me:12/3@db, redis://***",
    "redis://me:se?cret@db, redis://***",
    "redis://me:12?prefix=cret@db, redis://***",
    "redis://me:se#cret@db, redis://***",
    "redis://me:se@cret@db, redis://***",
    "redis://me:se%zz@db, redis://***",
    "redis://me:secret, redis://***",
    "redis://db?password=secret, redis://***",
    "redis-socket:///secret, ***",
    "secret, ***"
  })
  void shown_hasNoSecret(String location, String shown) {
    assertThat(provider.shown(location)).isEqualTo(shown);
  }

  @ParameterizedTest
  @CsvSource({
    "redis-socket:///secret, be like",
    "redis:secret, be like",
    "redis://, be like",
    "redis:///secret, be like",
    "redis://db/secret, be like",
    "redis://me:se@cret@db, be like",
    "redis://secret@db, ':password'",
    "redis://me:secret%2@db, hexadecimal",
    "redis://me:secret%zz@db, hexadecimal",
    "redis://db:0, port",
    "redis://db:65536, port",
    "redis://secret:secret, port",
    "'redis://a,b', one host",
    "'redis://a,,b?cluster=true', host name",
    "redis://a/1?cluster=true, database 0",
    "redis://db?secret=secret, number 1 is not",
    "redis://db?prefix=a&secret, number 2 is not",
    "redis://db?prefix=a&prefix=b, number 2 is not",
    "redis://db?prefix=, number 1 is not",
    "redis://db?prefix={secret}, number 1 is not",
    "redis://db?timeoutMillis=9, number 1 is not",
    "redis://db?timeoutMillis=10001, number 1 is not",
    "redis://db?timeoutMillis=-1, number 1 is not",
    "redis://db?cluster=yes, number 1 is not"
  })
  void open_nonsense_namesTheRuleAndNoSecret(String location, String rule) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> provider.open(location))
        .withMessageStartingWith("quotaStore must ")
        .withMessageContaining(rule.replace("'", ""))
        .withMessageNotContaining("secret");
  }

  @Test
  void parse_userAndPassword_areDecoded() {
    RedisLocation location =
        RedisLocation.parse("redis://m%40e:a+b%2F%C3%A4@db:1/7?prefix=x&timeoutMillis=20");

    assertThat(location.nodes()).singleElement().satisfies(node -> {
      assertThat(node.getHost()).isEqualTo("db");
      assertThat(node.getPort()).isEqualTo(1);
      assertThat(node.getDatabase()).isEqualTo(7);
      assertThat(node.isSsl()).isFalse();
      var credentials = node.getCredentialsProvider().resolveCredentials().block();
      assertThat(credentials.getUsername()).isEqualTo("m@e");
      assertThat(String.valueOf(credentials.getPassword())).isEqualTo("a+b/ä");
    });
    assertThat(RedisLocation.parse("rediss://db").nodes()).allMatch(node -> node.isSsl());
  }
}
