package io.aragora.resilience.core.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.testing.StateStoreContract;
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
    return SavedBreaker.builder("b" + second).enteredAt(at).savedAt(at).build();
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
