package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Reconfiguration;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.testing.MemoryQuotaStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A change of settings that one policy cannot have changes no policy. */
class AtomicReconfigurationTest {
  /** A setting of each kind with a value in use and another good one. */
  private static final Map<String, List<String>> GOOD = new TreeMap<>(Map.of(
      "circuitbreaker", List.of("failureThreshold", "3", "4"),
      "retry", List.of("maxAttempts", "3", "4"),
      "timeout", List.of("limit", "3s", "4s"),
      "bulkhead", List.of("maxConcurrentCalls", "3", "4"),
      "concurrencylimit", List.of("most", "30", "40"),
      "ratelimiter", List.of("limit", "3", "4"),
      "hedge", List.of("delay", "3s", "4s"),
      "coalescer", List.of("maxFlights", "3", "4"),
      "chaos", List.of("scale", "0.5", "0.6"),
      "pipeline", List.of("policies", "retry", "retry, bulkhead")));

  private final ManualTime time = ManualTime.create();
  private final Map<String, String> config = new HashMap<>();
  private Resilience resilience = Resilience.create();

  @AfterEach
  void close() {
    resilience.close();
  }

  /** Starts a runtime with a policy of each kind, all of which the settings change. */
  private void start() {
    GOOD.forEach(
        (kind, good) -> config.put("resilience." + kind + ".x." + good.get(0), good.get(1)));
    resilience.close();
    resilience = Resilience.builder()
        .timeSource(time)
        .config(config)
        .quotaStore(MemoryQuotaStore.create(time))
        .build();
    resilience.circuitBreaker("x");
    resilience.keyedCircuitBreaker("x", c -> {});
    resilience.retry("x");
    resilience.timeout("x");
    resilience.bulkhead("x");
    resilience.concurrencyLimit("x");
    resilience.rateLimiter("x", c -> c.limit(9).period(Duration.ofSeconds(1)));
    resilience.keyedRateLimiter(
        "x",
        KeyedRateLimiterConfig.of(
            RateLimiterConfig.smooth(9, Duration.ofSeconds(1)).build()));
    resilience.hedge("x");
    resilience.coalescer("x");
    resilience.chaos("x", c -> c.fail(10, IllegalStateException::new));
    resilience.pipeline("x");
  }

  /** Returns every policy with its config. */
  private List<String> configs() {
    var all = resilience.policies();
    List<String> configs = new ArrayList<>();
    all.circuitBreakers().forEach(p -> configs.add("breaker " + p.name() + p.config()));
    all.keyedCircuitBreakers().forEach(p -> configs.add("breakers " + p.name() + p.config()));
    all.retries().forEach(p -> configs.add("retry " + p.name() + p.config()));
    all.timeouts().forEach(p -> configs.add("timeout " + p.name() + p.config()));
    all.bulkheads().forEach(p -> configs.add("bulkhead " + p.name() + p.config()));
    all.concurrencyLimits().forEach(p -> configs.add("limit " + p.name() + p.config()));
    all.rateLimiters().forEach(p -> configs.add("limiter " + p.name() + p.config()));
    all.keyedRateLimiters().forEach(p -> configs.add("limiters " + p.name() + p.config()));
    all.hedges().forEach(p -> configs.add("hedge " + p.name() + p.config()));
    all.coalescers().forEach(p -> configs.add("coalescer " + p.name() + p.config()));
    all.chaos().forEach(p -> configs.add("chaos " + p.name() + p.config()));
    all.pipelines()
        .forEach(p -> configs.add(
            "pipeline " + p.name() + p.policies().stream().map(Policy::name).toList()));
    configs.sort(null);
    return configs;
  }

  /** Reconfigures to good values of all kinds and these ones; nothing may change. */
  private void assertChangesNothing(Map<String, String> bad, String... message) {
    start();
    List<String> before = configs();
    Map<String, String> next = new HashMap<>();
    GOOD.forEach((kind, good) -> next.put("resilience." + kind + ".x." + good.get(0), good.get(2)));
    bad.forEach((key, value) -> {
      if (value.isEmpty()) {
        next.remove(key);
      } else {
        next.put(key, value);
      }
    });

    assertThatThrownBy(() -> resilience.reconfigure(next, key -> "line 3: " + key))
        .as(bad.toString())
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContainingAll(message);

    assertThat(configs()).as(bad.toString()).isEqualTo(before);
    assertThat(resilience.retry("later").config().maxAttempts()).isEqualTo(3);
    Reconfiguration again = resilience.reconfigure(config);
    assertThat(again.changed()).as("the settings in use are those from before").isEmpty();
    assertThat(again.kept()).isEmpty();
  }

  @Test
  @DisplayName("every setting of every kind with a value that it cannot have")
  void reconfigure_aBadValueOfEachSetting_changesNothing() {
    Map<String, List<String>> settings = Resilience.builder().settings();
    assertThat(GOOD.keySet()).containsExactlyInAnyOrderElementsOf(settings.keySet());
    settings.forEach((kind, names) -> names.forEach(setting -> {
      String key = "resilience." + kind + ".x." + setting;
      assertChangesNothing(
          Map.of(key, "?!"), "line 3: " + key, "?!", setting + " must", "line 3: " + key + "=?!");
    }));
  }

  @Test
  @DisplayName("every setting that a policy keeps from its creation")
  void reconfigure_whatAPolicyCannotChange_changesNothing() {
    assertChangesNothing(
        Map.of("resilience.bulkhead.x.maxHold", "5s"),
        "line 3: resilience.bulkhead.x.maxHold=5s",
        "maxHold of bulkhead 'x' must stay");
    assertChangesNothing(
        Map.of("resilience.ratelimiter.x.shared", "true"),
        "line 3: resilience.ratelimiter.x.shared=true",
        "rate limiter 'x'",
        "shared");
  }

  @Test
  @DisplayName("settings that do not go together, or no longer suffice")
  void reconfigure_settingsThatDoNotSuffice_changesNothing() {
    assertChangesNothing(
        Map.of("resilience.circuitbreaker.x.failureThreshold", "off"),
        "line 3: resilience.circuitbreaker.x.failureThreshold=off",
        "must");
    assertChangesNothing(Map.of("resilience.timeout.x.limit", ""), "timeout 'x' has no limit");
    assertChangesNothing(Map.of("resilience.hedge.x.delay", ""), "hedge 'x' has no delay");
    assertChangesNothing(
        Map.of("resilience.pipeline.x.policies", ""), "pipeline 'x' is not declared");
  }

  @Test
  @DisplayName("a list of policies, one of which cannot be created, creates none of them")
  void reconfigure_pipelineOfPoliciesThatDoNotExist_createsNone() {
    assertChangesNothing(
        Map.of("resilience.pipeline.x.policies", "retry:new, bulkhead:new, timeout:new"),
        "timeout 'new' has no limit");
    assertChangesNothing(
        Map.of("resilience.pipeline.x.policies", "retry:new, chaos:new"), "chaos 'new'");

    assertThat(resilience.policies().retries()).extracting(Policy::name).doesNotContain("new");
    assertThat(resilience.policies().bulkheads()).extracting(Policy::name).containsExactly("x");
  }

  @Test
  @DisplayName("a list of good policies that do not exist yet creates none of them either")
  void reconfigure_pipelineOfGoodPolicies_isKeptAndCreatesNone() {
    start();
    Map<String, String> next = new HashMap<>(config);
    next.put("resilience.pipeline.x.policies", "retry:new");

    Reconfiguration done = resilience.reconfigure(next);

    assertThat(done.kept()).containsExactly("pipeline 'x'");
    assertThat(done.changed()).isEmpty();
    assertThat(resilience.policies().retries()).extracting(Policy::name).containsExactly("x");
  }
}
