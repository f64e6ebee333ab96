package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceConfigurationException;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerPresets;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The breakers of a runtime by name, as an application meets them. */
class BreakerRegistryTest {
  private static final Duration DAY = Duration.ofHours(24);
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  private static CircuitBreakerConfig config(int failures, int seconds) {
    return CircuitBreakerConfig.builder()
        .failureThreshold(failures)
        .cooldown(Duration.ofSeconds(seconds))
        .build();
  }

  private static void fail(CircuitBreaker breaker, int times) {
    for (int i = 0; i < times; i++) {
      breaker.recordFailure(breaker.acquirePermit(), new IOException("down"));
    }
  }

  private static void assertSettings(CircuitBreaker breaker, int failures, int seconds) {
    assertThat(breaker.config().failureThreshold()).isEqualTo(failures);
    assertThat(breaker.config().cooldown()).isEqualTo(Duration.ofSeconds(seconds));
  }

  // ---- settings

  @Test
  @DisplayName("RG-01: the same name gives the same breaker, another name another")
  void byName() {
    CircuitBreaker a = resilience.circuitBreaker("a");
    assertThat(resilience.circuitBreaker("a")).isSameAs(a);
    assertThat(resilience.circuitBreaker("b")).isNotSameAs(a);
  }

  @Test
  @DisplayName("RG-02: preset, explicit settings, single settings, and none")
  void settings() {
    assertSettings(resilience.circuitBreakerForProvider("claude", "anthropic"), 3, 30);
    assertSettings(resilience.circuitBreaker("explicit", config(10, 120)), 10, 120);
    assertSettings(resilience.circuitBreaker("scalars", config(7, 90)), 7, 90);
    assertSettings(resilience.circuitBreaker("nothing"), 5, 60);
  }

  @Test
  @DisplayName(
      "RG-03: another provider for a name that is declared is an error, the first breaker stays")
  void otherProvider() {
    CircuitBreaker first = resilience.circuitBreakerForProvider("agent", "anthropic");
    assertThat(resilience.circuitBreakerForProvider("agent", "Anthropic")).isSameAs(first);
    assertThatThrownBy(() -> resilience.circuitBreakerForProvider("agent", "mistral"))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContainingAll("'agent'", "failureThreshold=3", "failureThreshold=4");
    assertThat(resilience.circuitBreaker("agent")).isSameAs(first);
    assertSettings(first, 3, 30);
  }

  @Test
  @DisplayName("RG-04: a bad setting is an error, and the registry stays usable")
  void badSetting() {
    assertThatThrownBy(() -> resilience.circuitBreaker("a", config(0, 60)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("failureThreshold must be at least 1: 0");
    assertThat(resilience.circuitBreakers()).isEmpty();
    assertSettings(resilience.circuitBreaker("a"), 5, 60);
  }

  @Test
  @DisplayName(
      "RG-05, CF-07, fault 28: what is registered under a name is used, with and without a provider")
  void registered() {
    resilience.circuitBreakerSettings().register("agent", config(9, 15));
    resilience.circuitBreakerSettings().register("claude", config(8, 14));
    assertSettings(resilience.circuitBreaker("agent"), 9, 15);
    assertSettings(resilience.circuitBreakerForProvider("claude", "anthropic"), 8, 14);
  }

  @Test
  @DisplayName(
      "CF-09: built from settings, it opens at its threshold and lets probes through after its cooldown")
  void registered_decides() {
    resilience.circuitBreakerSettings().register("agent", config(3, 30));
    CircuitBreaker breaker = resilience.circuitBreaker("agent");
    fail(breaker, 2);
    assertThat(breaker.tryAcquirePermit()).isNotEqualTo(CircuitBreaker.REJECTED);
    fail(breaker, 1);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    time.advance(Duration.ofSeconds(30));
    assertThat(breaker.tryAcquirePermit()).isNotEqualTo(CircuitBreaker.REJECTED);
  }

  @Test
  @DisplayName(
      "CF-09: keyed breakers use the same threshold, and settings from outside reach their keys")
  void keyed_usesTheSameSettings() {
    String property = "resilience.circuitbreaker.tenants-of-this-test.cooldown";
    System.setProperty(property, "15");
    try {
      KeyedCircuitBreakerConfig declared = KeyedCircuitBreakerConfig.of(config(3, 30));
      KeyedCircuitBreaker keyed = resilience.keyedCircuitBreaker("tenants-of-this-test", declared);
      CircuitBreaker key = keyed.forKey("a");
      assertSettings(key, 3, 15);
      fail(key, 3);
      assertThat(keyed.state("a")).isEqualTo(CircuitBreakerState.OPEN);
      assertThat(keyed.isAvailable("b")).isTrue();
      time.advance(Duration.ofSeconds(15));
      assertThat(key.tryAcquirePermit()).isNotEqualTo(CircuitBreaker.REJECTED);
      assertThat(resilience.keyedCircuitBreaker("tenants-of-this-test", declared))
          .isSameAs(keyed);
    } finally {
      System.clearProperty(property);
    }
  }

  @Test
  @DisplayName(
      "RG-04, fault 27: what came from outside, or by reconfigure, is no second declaration")
  void declarations_areCompared() {
    String property = "resilience.circuitbreaker.of-this-test.cooldown";
    System.setProperty(property, "15");
    try {
      CircuitBreaker breaker = resilience.circuitBreaker("of-this-test", config(3, 30));
      assertSettings(breaker, 3, 15);
      assertThat(resilience.circuitBreaker("of-this-test", config(3, 30))).isSameAs(breaker);
      breaker.reconfigure(config(4, 40));
      assertThat(resilience.circuitBreaker("of-this-test", config(3, 30))).isSameAs(breaker);
      assertSettings(breaker, 4, 40);
      assertThatThrownBy(() -> resilience.circuitBreaker("of-this-test", config(4, 40)))
          .isInstanceOf(ResilienceConfigurationException.class);
    } finally {
      System.clearProperty(property);
    }
  }

  @Test
  void lookedUpFirst_takesTheDeclarationOver() {
    CircuitBreaker breaker = resilience.circuitBreaker("a");
    fail(breaker, 2);
    assertThat(resilience.circuitBreaker("a", config(3, 30))).isSameAs(breaker);
    assertSettings(breaker, 3, 30);
    assertThat(breaker.snapshot().consecutiveFailures()).isEqualTo(2);
  }

  @Test
  @DisplayName(
      "RG-04: a file decides over the code, and one that will not do stops the runtime from being built")
  void configFile(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(
        folder.resolve("breakers.properties"), "resilience.circuitbreaker.prices.cooldown=15s\n");
    try (Resilience configured =
        Resilience.builder().timeSource(time).configFile(file).build()) {
      assertSettings(configured.circuitBreaker("prices", config(3, 30)), 3, 15);
      assertSettings(configured.circuitBreaker("other", config(3, 30)), 3, 30);
    }
    Files.writeString(file, "resilience.circuitbreaker.prices.cooldown=0\n");
    assertThatThrownBy(() -> Resilience.builder().configFile(file).build())
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContainingAll(
            file.toString(), "resilience.circuitbreaker.prices.cooldown=0", "must be positive");
  }

  // ---- listing, resetting

  @Test
  @DisplayName(
      "RG-07: reset-all closes everything and keeps it; on an empty registry it does nothing")
  void resetAll() {
    assertThatCode(resilience::resetCircuitBreakers).doesNotThrowAnyException();
    fail(resilience.circuitBreaker("a", config(2, 60)), 2);
    fail(resilience.circuitBreaker("b", config(2, 60)), 1);
    resilience.resetCircuitBreakers();
    assertThat(resilience.circuitBreakers()).hasSize(2);
    assertThat(resilience.circuitBreakers())
        .extracting(CircuitBreaker::snapshot)
        .allMatch(snapshot -> snapshot.state() == CircuitBreakerState.CLOSED)
        .allMatch(snapshot -> snapshot.consecutiveFailures() == 0)
        .allMatch(snapshot -> snapshot.windowFailures() == 0);
  }

  @Test
  @DisplayName("RG-08: the list is a copy; it cannot be cleared, and the registry is left as it is")
  void list_isACopy() {
    resilience.circuitBreaker("a");
    Collection<CircuitBreaker> listed = resilience.circuitBreakers();
    assertThatThrownBy(listed::clear).isInstanceOf(UnsupportedOperationException.class);
    resilience.circuitBreaker("b");
    assertThat(listed).hasSize(1);
    assertThat(resilience.circuitBreakers()).hasSize(2);
  }

  @Test
  @DisplayName(
      "fault 29, fault 30: whatever way a breaker is made, it is in the one list and refuses by the one exception")
  void oneRegistry() {
    List<CircuitBreaker> all = List.of(
        resilience.circuitBreaker("v2", CircuitBreakerPresets.v2()),
        resilience.circuitBreaker("simple", CircuitBreakerPresets.simple()),
        resilience.circuitBreaker("http", CircuitBreakerPresets.http()),
        resilience.circuitBreaker("direct", CircuitBreakerPresets.direct()),
        resilience.circuitBreakerForProvider("claude", "anthropic"));
    assertThat(resilience.circuitBreakers()).containsExactlyInAnyOrderElementsOf(all);
    for (CircuitBreaker breaker : all) {
      breaker.forceOpen();
      assertThatThrownBy(breaker::acquirePermit).isInstanceOf(CallNotPermittedException.class);
    }
    assertThat(CircuitBreakerState.parse("half-open"))
        .isEqualTo(CircuitBreakerState.parse("half_open"));
  }

  @Test
  @DisplayName(
      "fault 34: two places that chose the same name by chance do not share a breaker unnoticed")
  void sameName_byChance() {
    resilience.circuitBreaker("fetch", config(3, 30));
    assertThatThrownBy(() -> resilience.circuitBreaker("fetch", config(5, 60)))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("circuit breaker 'fetch' is declared twice");
  }

  // ---- bound and staleness

  @Test
  @DisplayName(
      "RG-10, RG-12: the bound is 1000 unless it is set, and the one beyond is an error that names it")
  void bound() {
    for (int i = 0; i < 1000; i++) {
      resilience.circuitBreaker("b" + i);
    }
    assertThatThrownBy(() -> resilience.circuitBreaker("one more"))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContainingAll("'one more'", "maxPolicies, 1000");
    try (Resilience small = Resilience.builder().timeSource(time).maxPolicies(1).build()) {
      small.circuitBreaker("a");
      assertThatThrownBy(() -> small.circuitBreaker("b"))
          .isInstanceOf(ResilienceConfigurationException.class)
          .hasMessageContaining("maxPolicies, 1");
    }
  }

  @Test
  @DisplayName(
      "RG-09, RG-10: stale is 24 h unless it is set; recent ones and empty runtimes count 0")
  void stale() {
    assertThat(resilience.pruneCircuitBreakers()).isZero();
    CircuitBreaker old = resilience.circuitBreaker("old");
    old.recordSuccess(old.acquirePermit());
    time.advance(DAY.minus(SECOND));
    assertThat(resilience.pruneCircuitBreakers()).isZero();
    resilience.circuitBreaker("recent");
    time.advance(SECOND.multipliedBy(2));
    assertThat(resilience.pruneCircuitBreakers()).isEqualTo(1);
    assertThat(resilience.circuitBreakers())
        .extracting(CircuitBreaker::name)
        .containsExactly("recent");
    try (Resilience quick =
        Resilience.builder().timeSource(time).staleAfter(Duration.ofHours(1)).build()) {
      quick.circuitBreaker("a");
      time.advance(Duration.ofHours(1).plus(SECOND));
      assertThat(quick.pruneCircuitBreakers()).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("RG-06, RG-09, fault 24: calls keep a breaker, although nobody looks it up")
  void calls_keepABreaker() {
    CircuitBreaker busy = resilience.circuitBreaker("busy");
    for (int i = 0; i < 30; i++) {
      busy.recordSuccess(busy.acquirePermit());
      time.advance(Duration.ofHours(1));
    }
    assertThat(resilience.pruneCircuitBreakers()).isZero();
    time.advance(DAY);
    assertThat(resilience.pruneCircuitBreakers()).isEqualTo(1);
  }

  @Test
  @DisplayName(
      "RG-11, RG-13, fault 25: full, half stale, one of them open: the closed ones go, the open one stays open")
  void full_halfStale() {
    try (Resilience small =
        Resilience.builder().timeSource(time).maxPolicies(10).build()) {
      for (int i = 0; i < 5; i++) {
        small.circuitBreaker("old" + i);
      }
      CircuitBreaker open = small.circuitBreaker("old3");
      open.forceOpen();
      CircuitBreaker halfOpen = small.circuitBreaker("old4");
      fail(halfOpen, 5);
      time.advance(DAY.plus(SECOND));
      for (int i = 0; i < 5; i++) {
        small.circuitBreaker("recent" + i);
      }
      CircuitBreaker added = small.circuitBreaker("new");
      assertThat(added.state()).isEqualTo(CircuitBreakerState.CLOSED);
      assertThat(small.circuitBreakers())
          .hasSize(8)
          .contains(open, halfOpen, added)
          .noneMatch(breaker -> Set.of("old0", "old1", "old2").contains(breaker.name()));
      assertThat(small.circuitBreaker("old3")).isSameAs(open);
      assertThat(open.state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
    }
  }

  @Test
  @DisplayName(
      "fault 24: a breaker that was taken out works on, and is found again as the same one, open as it is")
  void pruned_isTheSame() {
    CircuitBreaker held = resilience.circuitBreaker("a", config(2, 60));
    time.advance(DAY.plus(SECOND));
    assertThat(resilience.pruneCircuitBreakers()).isEqualTo(1);
    fail(held, 2);
    assertThat(resilience.circuitBreaker("a")).isSameAs(held);
    assertThat(resilience.circuitBreaker("a").state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(resilience.circuitBreakers()).containsExactly(held);
  }

  @Test
  void retriesAndTimeouts_areNeverPruned() {
    resilience.retry("r", RetryConfig.defaults());
    resilience.timeout("t", Duration.ofSeconds(1));
    time.advance(DAY.multipliedBy(3));
    assertThat(resilience.pruneCircuitBreakers()).isZero();
    assertThat(resilience.retries()).hasSize(1);
    assertThat(resilience.timeouts()).hasSize(1);
  }

  // ---- many threads

  @Test
  @DisplayName("RG-14: 100 threads that make and use breakers at once; every call is counted")
  void threads() throws InterruptedException {
    List<CircuitBreaker> used = AtOnce.run(100, i -> {
      CircuitBreaker breaker = resilience.circuitBreaker("b" + i % 10);
      breaker.recordSuccess(breaker.acquirePermit());
      return breaker;
    });
    assertThat(new HashSet<>(used)).hasSize(10);
    assertThat(resilience.circuitBreakers()).hasSize(10);
    assertThat(resilience.circuitBreakers().stream()
            .mapToLong(breaker -> breaker.snapshot().totals().successes())
            .sum())
        .isEqualTo(100);
  }

  // ---- the view of the connectors

  private Map<String, CircuitBreakerSnapshot> connectors() {
    List<String> prefixes = List.of(
        "slack_", "discord_", "teams_", "email_", "zapier_", "connector_", "chat_connector_");
    return resilience.circuitBreakers().stream()
        .filter(breaker -> prefixes.stream().anyMatch(breaker.name()::startsWith))
        .collect(Collectors.toMap(CircuitBreaker::name, CircuitBreaker::snapshot));
  }

  @Test
  @DisplayName("RG-15: a view is a filter over the list")
  void connectors_byName() {
    assertThat(connectors()).isEmpty();
    for (String name : List.of(
        "slack_api",
        "discord_api",
        "connector_GitHub",
        "chat_connector_telegram",
        "agent_claude")) {
      resilience.circuitBreaker(name);
    }
    assertThat(connectors())
        .containsOnlyKeys(
            "slack_api", "discord_api", "connector_GitHub", "chat_connector_telegram");
  }

  @Test
  @DisplayName(
      "RG-16: open with 2 failures and a remaining cooldown; closed, and half-open, without one")
  void connectors_state() {
    fail(resilience.circuitBreaker("slack_api", config(2, 60)), 2);
    resilience.circuitBreaker("email_smtp");
    time.advance(Duration.ofMillis(14_500));
    Map<String, Object> open = Map.copyOf(withoutNulls("slack_api"));
    assertThat(open)
        .containsEntry("state", "open")
        .containsEntry("consecutive_failures", 2)
        .containsEntry("cooldown_remaining", 45.5);
    assertThat(withoutNulls("email_smtp"))
        .containsEntry("state", "closed")
        .containsEntry("consecutive_failures", 0)
        .doesNotContainKey("cooldown_remaining");
    time.advance(Duration.ofSeconds(60));
    assertThat(withoutNulls("slack_api"))
        .containsEntry("state", "half_open")
        .doesNotContainKey("cooldown_remaining");
  }

  private Map<String, Object> withoutNulls(String name) {
    return connectors().get(name).toMap().entrySet().stream()
        .filter(entry -> entry.getValue() != null)
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  @Test
  @DisplayName("RG-17: one connector that opens leaves the others closed")
  void connectors_areApart() {
    CircuitBreaker slack = resilience.circuitBreaker("slack_api", config(2, 60));
    CircuitBreaker discord = resilience.circuitBreaker("discord_api", config(2, 60));
    CircuitBreaker github = resilience.circuitBreaker("connector_GitHub", config(2, 60));
    fail(slack, 2);
    assertThat(slack.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(discord.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(github.state()).isEqualTo(CircuitBreakerState.CLOSED);
    fail(discord, 2);
    assertThat(discord.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(github.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }
}
