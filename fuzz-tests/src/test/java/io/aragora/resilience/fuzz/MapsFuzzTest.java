package io.aragora.resilience.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.health.HealthTrackerSnapshot;
import io.aragora.resilience.reference.ReferenceState;
import io.aragora.resilience.testing.ManualTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** State that another program saved as JSON: that of the Python package, and trackers. */
class MapsFuzzTest {
  private static final int MOST_OF_ERROR = 700;
  private static final JsonMapper JACKSON = JsonMapper.builder(JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNestingDepth(100).build())
          .build())
      .build();

  /** The state becomes rows, one for each key that it has and one without, or an error names what is wrong. */
  @FuzzTest
  void pythonState(byte[] input) {
    Map<String, Object> state = map(input);
    List<SavedBreaker> rows;
    try {
      rows = ReferenceState.read(
          "shop", state, CircuitBreakerConfig.defaults(), ManualTime.DEFAULT_START);
    } catch (IllegalArgumentException e) {
      Shown.isOneLine(e.getMessage(), MOST_OF_ERROR);
      assertThat(e).hasMessageContaining(" must ");
      return;
    }
    assertThat(rows.get(0).key()).isNull();
    assertThat(rows).extracting(SavedBreaker::key).doesNotHaveDuplicates();
    for (SavedBreaker row : rows) {
      assertThat(row.name()).isEqualTo("shop");
      assertThat(row.enteredAt()).isBeforeOrEqualTo(ManualTime.DEFAULT_START);
      assertThat(row.openUntil() != null).isEqualTo(row.state() == CircuitBreakerState.OPEN);
    }
  }

  /** A snapshot is made of entries in their ranges, and is made again of its own entries; or an error names one. */
  @FuzzTest
  void tracker(byte[] input) {
    Map<String, Object> entries = map(input);
    HealthTrackerSnapshot snapshot;
    try {
      snapshot = HealthTrackerSnapshot.fromMap(entries);
    } catch (IllegalArgumentException e) {
      Shown.isOneLine(e.getMessage(), MOST_OF_ERROR);
      return;
    }
    assertThat(snapshot.consecutiveFailures()).isNotNegative();
    assertThat(HealthTrackerSnapshot.fromMap(snapshot.toMap()).toMap()).isEqualTo(snapshot.toMap());
    if (entries.get("consecutive_failures") instanceof Number failures) {
      assertThat((double) snapshot.consecutiveFailures()).isEqualTo(failures.doubleValue());
    }
  }

  private static Map<String, Object> map(byte[] json) {
    try {
      Map<String, Object> map = JACKSON.readValue(
          new FuzzInput(json).restAsText(), new TypeReference<LinkedHashMap<String, Object>>() {});
      return map == null ? Map.of() : map;
    } catch (JsonProcessingException e) {
      return Map.of();
    }
  }
}
