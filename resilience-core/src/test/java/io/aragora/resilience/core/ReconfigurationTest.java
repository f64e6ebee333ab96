package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Reconfiguration;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.chaos.ChaosConfig;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Settings outside the code that change while the runtime works. */
class ReconfigurationTest {
  /** A setting of each kind: two values, the declaration in the code, and what the policy has. */
  private record Kind(
      String setting,
      String first,
      String second,
      Consumer<Resilience> declaration,
      Function<Resilience, Object> value,
      Object changed,
      boolean isKept) {}

  private static Kind changed(
      String setting,
      String first,
      String second,
      Consumer<Resilience> declaration,
      Function<Resilience, Object> value,
      Object changed) {
    return new Kind(setting, first, second, declaration, value, changed, false);
  }

  private static final Map<String, Kind> KINDS = new TreeMap<>(Map.of(
      "circuitbreaker",
      changed(
          "failureThreshold",
          "3",
          "4",
          r -> r.circuitBreaker("x"),
          r -> r.circuitBreaker("x").config().failureThreshold(),
          4),
      "retry",
      changed(
          "maxAttempts",
          "3",
          "4",
          r -> r.retry("x", c -> c.maxAttempts(9)),
          r -> r.retry("x").config().maxAttempts(),
          4),
      "timeout",
      changed(
          "limit",
          "3s",
          "4s",
          r -> r.timeout("x"),
          r -> r.timeout("x").config().limit(),
          Duration.ofSeconds(4)),
      "bulkhead",
      changed(
          "maxConcurrentCalls",
          "3",
          "4",
          r -> r.bulkhead("x"),
          r -> r.bulkhead("x").config().maxConcurrentCalls(),
          4),
      "concurrencylimit",
      changed(
          "most",
          "30",
          "40",
          r -> r.concurrencyLimit("x"),
          r -> r.concurrencyLimit("x").config().most(),
          40),
      "ratelimiter",
      changed(
          "limit",
          "3",
          "4",
          r -> r.rateLimiter("x", c -> c.limit(9).period(Duration.ofSeconds(1))),
          r -> r.rateLimiter("x").config().limit(),
          4),
      "hedge",
      changed(
          "delay",
          "3s",
          "4s",
          r -> r.hedge("x"),
          r -> r.hedge("x").config().delay(),
          Duration.ofSeconds(4)),
      "coalescer",
      changed(
          "maxFlights",
          "3",
          "4",
          r -> r.coalescer("x", c -> {}),
          r -> r.coalescer("x").config().maxFlights(),
          4),
      "chaos",
      new Kind(
          "scale",
          "0.5",
          "0.6",
          r -> r.chaos("x", ReconfigurationTest::failing),
          r -> "",
          "",
          true),
      "pipeline",
      new Kind(
          "policies",
          "retry",
          "retry, bulkhead",
          r -> r.pipeline("x"),
          r -> r.pipeline("x").policies().size(),
          1,
          true)));

  private static void failing(ChaosConfig.Builder config) {
    config.fail(10, IllegalStateException::new);
  }

  private final ManualTime time = ManualTime.create();
  private final Map<String, String> config = new HashMap<>();
  private Resilience resilience = Resilience.create();

  private Resilience start() {
    resilience.close();
    resilience = Resilience.builder().timeSource(time).config(config).build();
    return resilience;
  }

  @AfterEach
  void close() {
    resilience.close();
  }

  @Test
  void reconfigure_aSettingOfEachKind_changesOrReportsIt() {
    assertThat(KINDS.keySet())
        .containsExactlyInAnyOrderElementsOf(Resilience.builder().settings().keySet());
    KINDS.forEach((key, kind) -> {
      config.clear();
      config.put("resilience." + key + ".x." + kind.setting, kind.first);
      start();
      kind.declaration.accept(resilience);
      assertThat(resilience.reconfigure(Map.copyOf(config)).changed()).as(key).isEmpty();

      config.put("resilience." + key + ".x." + kind.setting, kind.second);
      Reconfiguration done = resilience.reconfigure(config);

      List<String> named = kind.isKept ? done.kept() : done.changed();
      List<String> others = kind.isKept ? done.changed() : done.kept();
      assertThat(named).as(key).hasSize(1).first().asString().endsWith(" 'x'");
      assertThat(others).as(key).isEmpty();
      assertThat(kind.value.apply(resilience)).as(key).isEqualTo(kind.changed);
    });
  }

  @Test
  void reconfigure_aSettingIsGone_theCodeCounts() {
    config.put("resilience.retry.maxAttempts", "7");
    start().retry("x", c -> c.maxAttempts(2));

    assertThat(resilience.reconfigure(Map.of()).changed()).containsExactly("retry 'x'");

    assertThat(resilience.retry("x").config().maxAttempts()).isEqualTo(2);
    assertThat(resilience.retry("new").config().maxAttempts()).isEqualTo(3);
  }

  @Test
  void reconfigure_policiesMadeLater_haveTheNewSettings() {
    start().reconfigure(Map.of("resilience.retry.maxAttempts", "7"));

    assertThat(resilience.retry("x").config().maxAttempts()).isEqualTo(7);
  }

  @Test
  void reconfigure_aPreset_staysTheBase() {
    config.put("resilience.circuitbreaker.x.successThreshold", "7");
    start()
        .policies()
        .circuitBreakerFromPreset(
            "x",
            io.aragora.resilience.circuitbreaker.CircuitBreakerConfig.builder()
                .failureThreshold(9)
                .build());

    resilience.reconfigure(Map.of("resilience.circuitbreaker.x.successThreshold", "8"));

    assertThat(resilience.circuitBreaker("x").config().failureThreshold()).isEqualTo(9);
    assertThat(resilience.circuitBreaker("x").config().successThreshold()).isEqualTo(8);
  }

  @Test
  void reconfigure_aBreakerThatWasChangedByHand_keepsThatIfItsSettingsAreTheSame() {
    config.put("resilience.circuitbreaker.x.failureThreshold", "3");
    start()
        .circuitBreaker("x")
        .reconfigure(resilience.circuitBreaker("x").config().toBuilder()
            .failureThreshold(8)
            .build());

    config.put("resilience.circuitbreaker.y.failureThreshold", "4");
    resilience.reconfigure(config);

    assertThat(resilience.circuitBreaker("x").config().failureThreshold()).isEqualTo(8);
  }

  @Test
  void reconfigure_anInvalidValue_changesNothingAndNamesThePlace() {
    config.put("resilience.retry.maxAttempts", "7");
    start().retry("x");

    assertThatThrownBy(() -> resilience.reconfigure(
            Map.of("resilience.retry.maxAttempts", "8", "resilience.timeout.limit", "soon"),
            key -> "line 3: " + key))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("line 3: resilience.timeout.limit=soon")
        .hasMessageContaining("limit must be a duration");

    assertThat(resilience.retry("x").config().maxAttempts()).isEqualTo(7);
    assertThat(resilience.retry("y").config().maxAttempts()).isEqualTo(7);
  }

  @Test
  void reconfigure_settingsThatDoNotGoTogether_changesNothing() {
    config.put("resilience.timeout.x.limit", "3s");
    config.put("resilience.retry.maxAttempts", "7");
    start().timeout("x");
    resilience.retry("x");

    assertThatThrownBy(() -> resilience.reconfigure(Map.of("resilience.retry.maxAttempts", "8")))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("timeout 'x' has no limit");

    assertThat(resilience.retry("x").config().maxAttempts()).isEqualTo(7);
    assertThat(resilience
            .timeout("y", c -> c.limit(Duration.ofSeconds(1)))
            .config()
            .limit())
        .isEqualTo(Duration.ofSeconds(1));
    assertThat(resilience.retry("y").config().maxAttempts()).isEqualTo(7);
  }

  @Test
  void reconfigure_aTimeout_callsThatBeganKeepTheirLimit() {
    config.put("resilience.timeout.x.limit", "10s");
    CompletableFuture<String> first = start().timeout("x").callAsync(CompletableFuture::new);

    resilience.reconfigure(Map.of("resilience.timeout.x.limit", "1s"));
    CompletableFuture<String> second = resilience.timeout("x").callAsync(CompletableFuture::new);
    time.advance(Duration.ofSeconds(2));

    assertThatThrownBy(second::join).hasCauseInstanceOf(TimeoutExceededException.class);
    assertThat(first).isNotDone();
    time.advance(Duration.ofSeconds(9));
    assertThatThrownBy(first::join).hasCauseInstanceOf(TimeoutExceededException.class);
  }

  @Test
  void reconfigure_aShorterLimitOfThreads_appliesToTheNextCall() {
    config.put("resilience.timeout.x.limit", "10s");
    start().timeout("x").call(() -> {
      // a call under the long limit is watched while one under the short limit begins
      resilience.reconfigure(Map.of("resilience.timeout.x.limit", "1s"));
      assertThatThrownBy(() -> resilience.timeout("x").call(() -> {
            time.advance(Duration.ofSeconds(2));
            return "late";
          }))
          .isInstanceOf(TimeoutExceededException.class);
      return "in time";
    });

    assertThat(resilience.timeout("x").totals().inTime()).isEqualTo(1);
  }

  @Test
  void build_aValueFromElsewhere_isNamedByItsPlace() {
    assertThatThrownBy(() -> Resilience.builder()
            .config(Map.of("resilience.retry.maxAttempts", "0"), key -> "shop.yml:3: " + key)
            .build())
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("shop.yml:3: resilience.retry.maxAttempts=0")
        .hasMessageContaining("maxAttempts must be at least 1: 0");
  }

  @Test
  void reconfigure_aKeyedPolicy_followsTheSettingsOfItsName() {
    config.put("resilience.ratelimiter.x.limit", "3");
    KeyedRateLimiter keyed = start()
        .keyedRateLimiter(
            "x",
            KeyedRateLimiterConfig.of(
                RateLimiterConfig.smooth(9, Duration.ofHours(1)).burst(9).build()));
    assertThat(keyed.tryAcquire("a", 9)).isTrue();
    time.advance(Duration.ofSeconds(2));
    assertThat(keyed.tryAcquire("a")).as("three in an hour").isFalse();

    config.put("resilience.ratelimiter.x.limit", "3600");
    assertThat(resilience.reconfigure(config).changed()).containsExactly("keyed rate limiter 'x'");

    time.advance(Duration.ofSeconds(2));
    assertThat(keyed.tryAcquire("a")).as("a permit in a second").isTrue();
  }

  @Test
  void reconfigure_whatALimiterCannotChangeTo_changesNothingAndNamesTheSetting() {
    Map<String, Consumer<Resilience>> limiters = Map.of(
        "rate limiter 'x'",
        r -> r.rateLimiter("x", c -> c.limit(9).period(Duration.ofSeconds(1))),
        "keyed rate limiter 'x'",
        r -> r.keyedRateLimiter(
            "x",
            KeyedRateLimiterConfig.of(
                RateLimiterConfig.smooth(9, Duration.ofSeconds(1)).build())));
    limiters.forEach((what, declaration) -> {
      config.clear();
      declaration.accept(start());
      resilience.retry("y");
      Map<String, String> shared =
          Map.of("resilience.ratelimiter.x.shared", "true", "resilience.retry.maxAttempts", "8");

      assertThatThrownBy(() -> resilience.reconfigure(shared))
          .as(what)
          .isInstanceOf(ResilienceConfigurationException.class)
          .hasMessageContainingAll(
              "resilience.ratelimiter.x.shared", "cannot be those of " + what, "shared");

      assertThat(resilience.retry("y").config().maxAttempts()).as(what).isEqualTo(3);
    });
  }

  @Test
  void reconfigure_afterAnotherThreadDid_orFailed_works() throws Exception {
    start().retry("x");
    Thread other = new Thread(() -> {
      resilience.reconfigure(Map.of("resilience.retry.maxAttempts", "7"));
      assertThatThrownBy(() -> resilience.reconfigure(Map.of("resilience.retry.maxAttempts", "?")))
          .isInstanceOf(ResilienceConfigurationException.class);
    });
    other.start();
    other.join();

    resilience.reconfigure(Map.of("resilience.retry.maxAttempts", "8"));

    assertThat(resilience.retry("x").config().maxAttempts()).isEqualTo(8);
  }
}
