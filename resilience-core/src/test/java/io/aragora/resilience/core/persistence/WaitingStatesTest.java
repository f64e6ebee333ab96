package io.aragora.resilience.core.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Whatever a store contains, what waits for its breaker is bounded. */
class WaitingStatesTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final String LONGEST = "x".repeat(SavedBreaker.MAX_TEXT);

  private final WaitingStates states = new WaitingStates();

  private static SavedBreaker.Builder named(String name) {
    return SavedBreaker.builder(name).enteredAt(NOW).savedAt(NOW);
  }

  /** States that differ in a key of four characters and have the longest name and settings. */
  private static List<SavedBreaker> longest(int count) {
    return IntStream.range(1_000, 1_000 + count)
        .mapToObj(i -> named(LONGEST).key("" + i).declared(LONGEST).build())
        .toList();
  }

  @Test
  void rows_areBounded_andThoseThatWaitMayStillChange() {
    List<SavedBreaker> all = IntStream.range(0, WaitingStates.MAX + 3)
        .mapToObj(i -> named("b" + i).build())
        .toList();
    assertThat(states.addAll(all)).isEqualTo(3);
    assertThat(states.contains(all.get(WaitingStates.MAX - 1).id())).isTrue();
    assertThat(states.contains(all.get(WaitingStates.MAX).id())).isFalse();
    assertThat(states.add(named("b0").generation(1).savedAt(NOW.plusSeconds(1)).build()))
        .isTrue();
    assertThat(states.add(named("another").build())).isFalse();
    assertThat(states.addAll(all)).as("of those that wait, none is left out").isEqualTo(3);
  }

  @Test
  void characters_areBounded_andGivenBack() {
    int most = 32_000_000 / (2 * SavedBreaker.MAX_TEXT + 4);
    List<SavedBreaker> all = longest(most + 7);
    assertThat(states.addAll(all)).isEqualTo(7);
    states.dropSavedBefore(NOW);
    assertThat(states.contains(all.get(0).id())).as("saved at that instant").isTrue();
    states.dropSavedBefore(NOW.plusNanos(1));
    assertThat(states.contains(all.get(0).id())).isFalse();
    assertThat(states.addAll(all)).as("there is room again").isEqualTo(7);
  }

  @Test
  void characters_ofAReplacedState_areGivenBack() {
    for (int i = 0; i < 5_000; i++) {
      SavedBreaker newer =
          named(LONGEST).declared(LONGEST).savedAt(NOW.plusSeconds(i)).build();
      assertThat(states.add(newer)).as("state %d", i).isTrue();
    }
    assertThat(states.add(named(LONGEST).build()))
        .as("an older one, which is ignored")
        .isTrue();
  }
}
