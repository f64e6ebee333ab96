package io.aragora.resilience.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HealthTrackerSnapshotTest {
  private static final Instant TIME = Instant.parse("2026-03-04T05:06:07.123456Z");

  private static HealthTrackerSnapshot full() {
    return HealthTrackerSnapshot.builder(HealthStatus.UNHEALTHY, TIME)
        .since(TIME.minusSeconds(60))
        .consecutiveFailures(7)
        .lastError("timed out")
        .lastErrorAt(TIME.minusSeconds(1))
        .meanLatency(Duration.ofNanos(250_750_000))
        .maxLatency(Duration.ofNanos(900_000_001))
        .metadata(Map.of("region", "eu", "pool", Map.of("size", 8, "hosts", List.of("a", "b"))))
        .build();
  }

  @Test
  @Tag("HE-01")
  @DisplayName("status and time are kept; the other values are empty and not shared")
  void snapshot_withoutOptionalValues_hasEmptyOnes() {
    HealthTrackerSnapshot healthy = HealthTrackerSnapshot.of(true, TIME);
    assertThat(healthy.isHealthy()).isTrue();
    assertThat(healthy.status()).isEqualTo(HealthStatus.HEALTHY);
    assertThat(healthy.lastCheck()).isEqualTo(TIME);
    assertThat(healthy.consecutiveFailures()).isZero();
    assertThat(healthy.lastError()).isNull();
    assertThat(healthy.meanLatency()).isNull();
    assertThat(healthy.metadata()).isEmpty();
    assertThatThrownBy(() -> healthy.metadata().put("key", "value"))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThat(HealthTrackerSnapshot.of(false, TIME).isHealthy()).isFalse();
  }

  @Test
  @Tag("HE-01")
  @DisplayName("given values are kept; later changes of a given map have no effect")
  void full_keepsAll() {
    Map<String, Object> metadata = new HashMap<>(Map.of("region", "eu"));
    HealthTrackerSnapshot snapshot = HealthTrackerSnapshot.builder(HealthStatus.HEALTHY, TIME)
        .since(TIME)
        .consecutiveFailures(2)
        .lastError("slow")
        .lastErrorAt(TIME)
        .meanLatency(Duration.ofMillis(5))
        .metadata(metadata)
        .build();
    metadata.put("region", "us");
    assertThat(snapshot.consecutiveFailures()).isEqualTo(2);
    assertThat(snapshot.lastError()).isEqualTo("slow");
    assertThat(snapshot.meanLatency()).isEqualTo(Duration.ofMillis(5));
    assertThat(snapshot.metadata()).containsExactly(Map.entry("region", "eu"));
  }

  @Test
  @Tag("HE-02")
  @DisplayName("a map has the six keys of the reference first, times as text, and null for missing "
      + "values")
  void toMap_keys() {
    Map<String, ?> map = HealthTrackerSnapshot.of(true, TIME).toMap();
    assertThat(map.keySet().stream().limit(6))
        .containsExactly(
            "healthy",
            "last_check",
            "consecutive_failures",
            "last_error",
            "latency_ms",
            "metadata");
    assertThat(map.get("last_check")).isEqualTo("2026-03-04T05:06:07.123456Z");
    assertThat(map.get("last_error")).isNull();
    assertThat(map.get("latency_ms")).isNull();
    assertThat(full().toMap().get("latency_ms")).isEqualTo(250.75);
  }

  @Test
  @Tag("HE-02")
  @DisplayName("a round trip through a map keeps all values, nested metadata included")
  void map_roundTrip_keepsEverything() {
    assertThat(HealthTrackerSnapshot.fromMap(full().toMap())).isEqualTo(full());
    HealthTrackerSnapshot minimal = HealthTrackerSnapshot.of(false, TIME);
    assertThat(HealthTrackerSnapshot.fromMap(minimal.toMap())).isEqualTo(minimal);
  }

  @Test
  @Tag("HE-02")
  @DisplayName(
      "maps of the reference are accepted, with times as text or objects and optional entries")
  void fromMap_ofTheReference() {
    HealthTrackerSnapshot read = HealthTrackerSnapshot.fromMap(Map.of(
        "healthy", false, "last_check", "2026-03-04T07:06:07+02:00", "consecutive_failures", 3));
    assertThat(read.status()).isEqualTo(HealthStatus.UNHEALTHY);
    assertThat(read.lastCheck()).isEqualTo("2026-03-04T05:06:07Z");
    assertThat(read.consecutiveFailures()).isEqualTo(3);
    assertThat(read.lastError()).isNull();
    assertThat(HealthTrackerSnapshot.fromMap(Map.of("healthy", true, "last_check", TIME)))
        .isEqualTo(HealthTrackerSnapshot.of(true, TIME));
    assertThat(HealthTrackerSnapshot.fromMap(
                Map.of("healthy", true, "last_check", OffsetDateTime.parse(TIME.toString())))
            .lastCheck())
        .isEqualTo(TIME);
  }

  @Test
  @Tag("HE-02")
  @DisplayName("a missing or mistyped entry is rejected with its name")
  void fromMap_errors() {
    Map<String, Object> good = Map.of("healthy", true, "last_check", TIME);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HealthTrackerSnapshot.fromMap(Map.of("last_check", TIME)))
        .withMessageContaining("healthy must be there");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HealthTrackerSnapshot.fromMap(Map.of("healthy", true)))
        .withMessageContaining("last_check must be there");
    Map<String, Object> wrong = Map.of(
        "healthy", "yes",
        "last_check", "yesterday",
        "consecutive_failures", -1,
        "last_error", 5,
        "latency_ms", -1,
        "status", "fine",
        "metadata", "none");
    wrong.forEach((key, value) -> {
      Map<String, Object> map = new HashMap<>(good);
      map.put(key, value);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> HealthTrackerSnapshot.fromMap(map))
          .withMessageContaining(key)
          .withMessageContaining(value.toString());
    });
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 999, 15_500_000, 123_456_789_123L, 31_536_000_000_000_000L})
  @Tag("HE-02")
  @DisplayName("latencies survive a round trip through milliseconds to the nanosecond")
  void latencies_survive(long nanos) {
    HealthTrackerSnapshot snapshot = HealthTrackerSnapshot.builder(HealthStatus.HEALTHY, TIME)
        .since(TIME)
        .consecutiveSuccesses(1)
        .meanLatency(Duration.ofNanos(nanos))
        .build();
    assertThat(HealthTrackerSnapshot.fromMap(snapshot.toMap()).meanLatency())
        .isEqualTo(Duration.ofNanos(nanos));
  }
}
