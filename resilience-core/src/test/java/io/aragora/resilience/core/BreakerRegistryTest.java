package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.reference.CircuitBreakerPresets;
import io.aragora.resilience.reference.ProviderBreakers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The breakers of a runtime by name, through the API. */
class BreakerRegistryTest extends BreakerRegistryFixture {
  private static void assertSettings(CircuitBreaker breaker, int failures, int seconds) {
    assertThat(breaker.config().failureThreshold()).isEqualTo(failures);
    assertThat(breaker.config().cooldown()).isEqualTo(Duration.ofSeconds(seconds));
  }

  // ---- settings

  @Test
  @Tag("RG-01")
  @DisplayName("the same name returns the same breaker, another name returns another one")
  void breaker_sameName_isTheSame() {
    CircuitBreaker a = resilience.circuitBreaker("a");
    assertThat(resilience.circuitBreaker("a")).isSameAs(a);
    assertThat(resilience.circuitBreaker("b")).isNotSameAs(a);
  }

  @Test
  @Tag("RG-02")
  @DisplayName("a config comes from a preset, a whole config, single settings, or the defaults")
  void breaker_everyKindOfConfig_isUsed() {
    assertSettings(ProviderBreakers.circuitBreaker(resilience, "claude", "anthropic"), 3, 30);
    assertSettings(resilience.circuitBreaker("explicit", config(10, 120)), 10, 120);
    assertSettings(resilience.circuitBreaker("scalars", config(7, 90)), 7, 90);
    assertSettings(resilience.circuitBreaker("nothing"), 5, 60);
  }

  @Test
  @Tag("RG-03")
  @DisplayName(
      "declaring a name again with another provider is an error, and the first breaker stays")
  void breaker_otherProvider_isAnError() {
    CircuitBreaker first = ProviderBreakers.circuitBreaker(resilience, "agent", "anthropic");
    assertThat(ProviderBreakers.circuitBreaker(resilience, "agent", "Anthropic"))
        .isSameAs(first);
    assertThatThrownBy(() -> ProviderBreakers.circuitBreaker(resilience, "agent", "mistral"))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContainingAll("'agent'", "failureThreshold=3", "failureThreshold=4");
    assertThat(resilience.circuitBreaker("agent")).isSameAs(first);
    assertSettings(first, 3, 30);
  }

  @Test
  @Tag("RG-04")
  @DisplayName("an invalid setting is an error, and the registry stays usable")
  void breaker_invalidSetting_isAnError() {
    assertThatThrownBy(() -> resilience.circuitBreaker("a", config(0, 60)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("failureThreshold must be at least 1: 0");
    assertThat(resilience.policies().circuitBreakers()).isEmpty();
    assertSettings(resilience.circuitBreaker("a"), 5, 60);
  }

  @Test
  @Tag("RG-05")
  @Tag("CF-07")
  @Tag("fault-28")
  @DisplayName("a config that is registered under a name is used, with and without a provider")
  void breaker_registeredConfig_isUsed() {
    resilience.policies().circuitBreakerConfigs().register("agent", config(9, 15));
    resilience.policies().circuitBreakerConfigs().register("claude", config(8, 14));
    assertSettings(resilience.circuitBreaker("agent"), 9, 15);
    assertSettings(ProviderBreakers.circuitBreaker(resilience, "claude", "anthropic"), 8, 14);
  }

  @Test
  @Tag("CF-09")
  @DisplayName("a breaker built from settings opens at its threshold and admits probes after its "
      + "cooldown")
  void registered_decides() {
    resilience.policies().circuitBreakerConfigs().register("agent", config(3, 30));
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
  @Tag("CF-09")
  @DisplayName(
      "keyed breakers use the same threshold, and settings from outside apply to their keys")
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
  @Tag("RG-04")
  @Tag("fault-27")
  @DisplayName("settings from outside or by reconfigure are no second declaration")
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
  @Tag("RG-04")
  @DisplayName("a file overrides the code, and an invalid file stops the build of the runtime")
  void configFile_overridesTheCode(@TempDir Path folder) throws IOException {
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
  @Tag("RG-07")
  @DisplayName("resetting all closes and keeps every breaker; on an empty registry it does nothing")
  void resetAll_closesAndKeepsEveryBreaker() {
    assertThatCode(resilience.policies()::resetCircuitBreakers).doesNotThrowAnyException();
    fail(resilience.circuitBreaker("a", config(2, 60)), 2);
    fail(resilience.circuitBreaker("b", config(2, 60)), 1);
    resilience.policies().resetCircuitBreakers();
    assertThat(resilience.policies().circuitBreakers()).hasSize(2);
    assertThat(resilience.policies().circuitBreakers())
        .extracting(CircuitBreaker::snapshot)
        .allMatch(snapshot -> snapshot.state() == CircuitBreakerState.CLOSED)
        .allMatch(snapshot -> snapshot.consecutiveFailures() == 0)
        .allMatch(snapshot -> snapshot.windowFailures() == 0);
  }

  @Test
  @Tag("RG-08")
  @DisplayName("the list is an unmodifiable copy that does not affect the registry")
  void list_isACopy() {
    resilience.circuitBreaker("a");
    Collection<CircuitBreaker> listed = resilience.policies().circuitBreakers();
    assertThatThrownBy(listed::clear).isInstanceOf(UnsupportedOperationException.class);
    resilience.circuitBreaker("b");
    assertThat(listed).hasSize(1);
    assertThat(resilience.policies().circuitBreakers()).hasSize(2);
  }

  @Test
  @Tag("fault-29")
  @Tag("fault-30")
  @DisplayName("however a breaker is created, it is listed and rejects with the same exception")
  void breaker_howeverCreated_isListed() {
    List<CircuitBreaker> all = List.of(
        resilience.circuitBreaker("v2", CircuitBreakerPresets.v2()),
        resilience.circuitBreaker("simple", CircuitBreakerPresets.simple()),
        resilience.circuitBreaker("http", CircuitBreakerPresets.http()),
        resilience.circuitBreaker("direct", CircuitBreakerPresets.direct()),
        ProviderBreakers.circuitBreaker(resilience, "claude", "anthropic"));
    assertThat(resilience.policies().circuitBreakers()).containsExactlyInAnyOrderElementsOf(all);
    for (CircuitBreaker breaker : all) {
      breaker.forceOpen();
      assertThatThrownBy(breaker::acquirePermit).isInstanceOf(CallNotPermittedException.class);
    }
    assertThat(CircuitBreakerState.parse("half-open"))
        .isEqualTo(CircuitBreakerState.parse("half_open"));
  }

  @Test
  @Tag("fault-34")
  @DisplayName("two places that choose the same name by chance do not silently share a breaker")
  void sameName_byChance() {
    resilience.circuitBreaker("fetch", config(3, 30));
    assertThatThrownBy(() -> resilience.circuitBreaker("fetch", config(5, 60)))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("circuit breaker 'fetch' is already declared");
  }

  // ---- many threads

  @Test
  @Tag("RG-14")
  @DisplayName("100 threads create and use breakers at once, and every call is counted")
  void breakers_usedByManyThreads_countEveryCall() throws InterruptedException {
    List<CircuitBreaker> used = AtOnce.call(100, i -> {
      CircuitBreaker breaker = resilience.circuitBreaker("b" + i % 10);
      breaker.recordSuccess(breaker.acquirePermit());
      return breaker;
    });
    assertThat(new HashSet<>(used)).hasSize(10);
    assertThat(resilience.policies().circuitBreakers()).hasSize(10);
    assertThat(resilience.policies().circuitBreakers().stream()
            .mapToLong(breaker -> breaker.snapshot().totals().successes())
            .sum())
        .isEqualTo(100);
  }

  // ---- the view of the connectors

  private Map<String, CircuitBreakerSnapshot> connectors() {
    List<String> prefixes = List.of(
        "slack_", "discord_", "teams_", "email_", "zapier_", "connector_", "chat_connector_");
    return resilience.policies().circuitBreakers().stream()
        .filter(breaker -> prefixes.stream().anyMatch(breaker.name()::startsWith))
        .collect(Collectors.toMap(CircuitBreaker::name, CircuitBreaker::snapshot));
  }

  @Test
  @Tag("RG-15")
  @DisplayName("a view is a filter over the list")
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
  @Tag("RG-16")
  @DisplayName(
      "an open breaker with 2 failures has a remaining cooldown; closed and half-open ones "
          + "have none")
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
  @Tag("RG-17")
  @DisplayName("one connector that opens leaves the others closed")
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
