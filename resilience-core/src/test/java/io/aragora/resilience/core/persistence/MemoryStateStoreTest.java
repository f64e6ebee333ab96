package io.aragora.resilience.core.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.persistence.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.testing.StateStoreContract;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MemoryStateStoreTest extends StateStoreContract {
  private final MemoryStateStore store = new MemoryStateStore(20_000);

  @Override
  protected StateStore open() {
    return store;
  }

  static SavedBreaker savedAt(int second) {
    Instant at = Instant.EPOCH.plusSeconds(second);
    return new SavedBreaker(
        "b" + second,
        null,
        CircuitBreakerState.CLOSED,
        1,
        at,
        null,
        Duration.ZERO,
        0,
        0,
        0,
        0,
        CircuitBreakerTotals.ZERO,
        0,
        "",
        at);
  }

  @Test
  void beyondTheBound_theOldestGo() {
    MemoryStateStore small = new MemoryStateStore(3);
    small.save(IntStream.range(0, 5).mapToObj(MemoryStateStoreTest::savedAt).toList());
    assertThat(small.load().states())
        .extracting(SavedBreaker::name)
        .containsExactly("b4", "b3", "b2");
    small.save(List.of(savedAt(9)));
    assertThat(small.load().states())
        .extracting(SavedBreaker::name)
        .containsExactly("b9", "b4", "b3");
  }
}
