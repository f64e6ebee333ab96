package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.reference.ReferenceState;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** State that breakers of the reference package wrote, restored here. */
class ReferenceStateTest extends BreakerFixture {
  private final CircuitBreakerConfig sixtySeconds = config().failureThreshold(4).build();

  private static Map<String, Object> single(Object failures, boolean open, Object openFor) {
    return Map.of(
        "single_mode", Map.of("failures", failures, "is_open", open, "open_for_seconds", openFor));
  }

  private CircuitBreaker restored(Map<String, ?> state) {
    CircuitBreaker breaker = resilience.circuitBreaker("agents", sixtySeconds);
    List<SavedBreaker> rows = ReferenceState.read("agents", state, sixtySeconds, time.wallTime());
    assertThat(breaker.restore(rows.get(0))).isTrue();
    return breaker;
  }

  private KeyedCircuitBreaker restoredKeys(
      CircuitBreakerConfig.Builder settings, Map<String, ?> state) {
    KeyedCircuitBreaker keyed = keyed(settings);
    List<SavedBreaker> rows =
        ReferenceState.read("agents", state, keyed.config().breaker(), time.wallTime());
    assertThat(keyed.restore(rows))
        .as("all rows but that without a key")
        .isEqualTo(rows.size() - 1);
    return keyed;
  }

  @Test
  @Tag("CB-29")
  @DisplayName("failures are restored, with and without a key")
  void failures_comeBack() {
    Map<String, ?> state = Map.of(
        "config",
        Map.of("failure_threshold", 99, "cooldown_seconds", 1.0),
        "single_mode",
        Map.of("failures", 2, "is_open", false, "open_for_seconds", 0),
        "entity_mode",
        Map.of("failures", Map.of("entity-x", 1), "open_circuits", Map.of()));
    assertThat(restored(state).snapshot().consecutiveFailures()).isEqualTo(2);
    KeyedCircuitBreaker keyed = restoredKeys(config().failureThreshold(4), state);
    assertThat(keyed.snapshots().get("entity-x").consecutiveFailures()).isEqualTo(1);
    assertThat(keyed.config().breaker().failureThreshold())
        .as("the section of settings is not looked at")
        .isEqualTo(4);
  }

  @Test
  @Tag("CB-30")
  @Tag("CB-33")
  @DisplayName("a breaker saved open within its cooldown is still open, for the rest of it")
  void openInsideTheCooldown_isStillOpen() {
    CircuitBreaker breaker = restored(single(3, true, 10));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().consecutiveFailures()).isEqualTo(3);
    assertThat(breaker.snapshot().remainingCooldown()).isEqualTo(Duration.ofSeconds(50));
  }

  @Test
  @Tag("CB-31")
  @DisplayName("counts of keys are restored, and a key open within its cooldown is unavailable")
  void keys_comeBack() {
    Map<String, ?> state = Map.of(
        "entity_mode",
        Map.of(
            "failures", Map.of("agent-1", 2, "agent-2", 1),
            "open_circuits", Map.of("agent-1", 5.0)));
    KeyedCircuitBreaker keyed =
        restoredKeys(config().failureThreshold(2).cooldown(Duration.ofSeconds(10)), state);
    assertThat(keyed.snapshots().get("agent-1").consecutiveFailures()).isEqualTo(2);
    assertThat(keyed.snapshots().get("agent-2").consecutiveFailures()).isEqualTo(1);
    assertThat(keyed.isAvailable("agent-1")).isFalse();
    assertThat(keyed.isAvailable("agent-2")).isTrue();
    time.advance(Duration.ofSeconds(5));
    assertThat(keyed.isAvailable("agent-1")).isTrue();
  }

  @Test
  @Tag("CB-32")
  @Tag("fault-70")
  @DisplayName(
      "a key open for longer than the cooldown is available, and its next failure opens again")
  void expiredKey_isReadyToProbe() {
    Map<String, ?> state = Map.of(
        "entity_mode",
        Map.of("failures", Map.of("agent-1", 3), "open_circuits", Map.of("agent-1", 120)));
    KeyedCircuitBreaker keyed = restoredKeys(config().failureThreshold(3), state);
    assertThat(keyed.isAvailable("agent-1")).isTrue();
    assertThat(keyed.state("agent-1")).isEqualTo(CircuitBreakerState.HALF_OPEN);
    assertThat(keyed.snapshots().get("agent-1").consecutiveFailures()).isEqualTo(3);
    fail(keyed.forKey("agent-1"));
    assertThat(keyed.isAvailable("agent-1")).isFalse();
  }

  @ParameterizedTest(name = "open for {0} s")
  @MethodSource("expiredSeconds")
  @Tag("CB-33")
  @DisplayName("a breaker open for its cooldown or longer is ready to probe, its failures kept")
  void expired_isReadyToProbe(Number openFor) {
    CircuitBreaker breaker = restored(single(3, true, openFor));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    assertThat(breaker.isAvailable()).isTrue();
    assertThat(breaker.snapshot().consecutiveFailures()).isEqualTo(3);
  }

  static Stream<Number> expiredSeconds() {
    return Stream.of(60, 60.0, 100, new BigDecimal("100.5"), 1e300, Double.POSITIVE_INFINITY);
  }

  @Test
  @Tag("CB-34")
  @DisplayName("the old flat form is understood")
  void flatForm_isUnderstood() {
    Map<String, ?> state = Map.of(
        "failures", Map.of("agent-1", 3, "agent-2", 1), "cooldowns", Map.of("agent-1", 10.5));
    KeyedCircuitBreaker keyed = restoredKeys(config().failureThreshold(3), state);
    assertThat(keyed.isAvailable("agent-1")).isFalse();
    assertThat(keyed.forKey("agent-1").snapshot().remainingCooldown())
        .isEqualTo(Duration.ofMillis(49_500));
    assertThat(keyed.snapshots().get("agent-2").consecutiveFailures()).isEqualTo(1);
    CircuitBreaker plain = restored(state);
    assertThat(plain.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(plain.snapshot().consecutiveFailures()).isZero();
  }

  @Test
  @Tag("CB-35")
  @DisplayName("an empty state is a closed breaker without failures and without keys")
  void empty_isClosed() {
    List<SavedBreaker> rows =
        ReferenceState.read("agents", Map.of(), sixtySeconds, time.wallTime());
    assertThat(rows).singleElement().satisfies(row -> {
      assertThat(row.name()).isEqualTo("agents");
      assertThat(row.state()).isEqualTo(CircuitBreakerState.CLOSED);
      assertThat(row.consecutiveFailures()).isZero();
    });
    CircuitBreaker breaker = restored(Map.of());
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(breaker.config().failureThreshold()).isEqualTo(4);
    assertThat(restoredKeys(config(), Map.of()).states()).isEmpty();
  }

  @Test
  @Tag("CB-31")
  @Tag("fault-67")
  @DisplayName("the time between saving and restoring counts toward the cooldown")
  void timeSinceTheWriting_counts() {
    List<SavedBreaker> rows = ReferenceState.read(
        "agents", single(4, true, 10), sixtySeconds, time.wallTime().minusSeconds(20));
    CircuitBreaker breaker = resilience.circuitBreaker("agents", sixtySeconds);
    breaker.restore(rows.get(0));
    assertThat(breaker.snapshot().remainingCooldown()).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  @Tag("fault-74")
  @DisplayName("the restored state holds no reference to the caller's maps")
  void maps_areNotAdopted() {
    Map<String, Object> failures = new HashMap<>(Map.of("agent-1", 2));
    Map<String, Object> open = new HashMap<>();
    Map<String, Object> entities = new HashMap<>(Map.of("failures", failures));
    entities.put("open_circuits", open);
    Map<String, Object> state = new HashMap<>(Map.of("entity_mode", entities));
    List<SavedBreaker> rows = ReferenceState.read("agents", state, sixtySeconds, time.wallTime());
    List<SavedBreaker> copy = List.copyOf(rows);
    failures.put("agent-1", 99);
    failures.put("agent-2", 1);
    open.put("agent-1", 5);
    state.clear();
    assertThat(rows).isEqualTo(copy).hasSize(2);
    assertThatThrownBy(() -> rows.remove(0)).isInstanceOf(UnsupportedOperationException.class);
  }

  static Stream<Arguments> bad() {
    Map<String, Object> nothing = Collections.singletonMap("single_mode", null);
    return Stream.of(
        Arguments.of(nothing, "single_mode must be an object: null"),
        Arguments.of(Map.of("entity_mode", List.of()), "entity_mode must be an object: []"),
        Arguments.of(
            Map.of("entity_mode", Map.of("failures", "none")),
            "entity_mode.failures must be an object: none"),
        Arguments.of(Map.of("failures", 3), "failures must be an object: 3"),
        Arguments.of(
            single("two", false, 0),
            "single_mode.failures must be a whole number in [0, 2147483647]: two"),
        Arguments.of(
            single(2.5, false, 0),
            "single_mode.failures must be a whole number in [0, 2147483647]: 2.5"),
        Arguments.of(
            single(-1, false, 0),
            "single_mode.failures must be a whole number in [0, 2147483647]: -1"),
        Arguments.of(
            single(3_000_000_000L, false, 0),
            "single_mode.failures must be a whole number in [0, 2147483647]: 3000000000"),
        Arguments.of(
            single(1, true, -0.5),
            "single_mode.open_for_seconds must be a number of seconds, at least 0: -0.5"),
        Arguments.of(
            single(1, true, Double.NaN),
            "single_mode.open_for_seconds must be a number of seconds, at least 0: NaN"),
        Arguments.of(
            Map.of("single_mode", Map.of("is_open", "yes")),
            "single_mode.is_open must be true or false: yes"),
        Arguments.of(
            Map.of("entity_mode", Map.of("open_circuits", Map.of("a", true))),
            "entity_mode.open_circuits.a must be a number of seconds, at least 0: true"),
        Arguments.of(
            Map.of("failures", Map.of(), "cooldowns", Map.of("a", "soon")),
            "cooldowns.a must be a number of seconds, at least 0: soon"),
        Arguments.of(Map.of("failures", Map.of(7, 1)), "a key of failures must be text: 7"),
        Arguments.of(
            Map.of("failures", Map.of(" ", 1)),
            "a key of failures must not be blank and have at most 10000 characters: ' '"));
  }

  @ParameterizedTest
  @MethodSource("bad")
  @Tag("fault-69")
  @DisplayName("an unreadable value is an error that names key, rule and value")
  void badValues_areNamed(Map<String, ?> state, String message) {
    assertThatThrownBy(() -> ReferenceState.read("agents", state, sixtySeconds, time.wallTime()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  @Tag("CB-29")
  @DisplayName("a key that failed and one that is only known as open are both restored")
  void keyKnownOnlyAsOpen_isRestored() {
    Map<String, ?> state = Map.of(
        "entity_mode", Map.of("failures", Map.of("a", 1), "open_circuits", Map.of("b", 1.5)));
    assertThat(ReferenceState.read("agents", state, sixtySeconds, time.wallTime()))
        .extracting(row -> row.id().toString())
        .isEqualTo(Arrays.asList("agents", "agents:a", "agents:b"));
  }
}
