package io.aragora.resilience.core.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.ratelimiter.SavedLimiter;
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

  @Test
  void limitersBeyondTheBound_areNotSaved_presentOnesAre() {
    assertThat(store.savesLimiters()).isTrue();
    for (int i = 0; i <= StateStore.Loaded.MAX_LIMITERS; i++) {
      store.saveLimiters(List.of(limiter("q" + i, 0)));
    }
    store.saveLimiters(List.of(limiter("q0", 9)));
    List<SavedLimiter> kept = store.load().limiters();
    assertThat(kept)
        .hasSize(StateStore.Loaded.MAX_LIMITERS)
        .extracting(SavedLimiter::name)
        .doesNotContain("q" + StateStore.Loaded.MAX_LIMITERS);
    assertThat(kept)
        .filteredOn(limiter -> limiter.name().equals("q0"))
        .extracting(SavedLimiter::savedAt)
        .containsExactly(Instant.EPOCH.plusSeconds(9));
  }

  private static SavedLimiter limiter(String name, int second) {
    return SavedLimiter.builder(name).savedAt(Instant.EPOCH.plusSeconds(second)).build();
  }

  @Test
  void remove_returnsHowManyItRemoved() {
    store.save(List.of(savedAt(1), savedAt(2)));
    assertThat(store.remove(List.of(savedAt(1), savedAt(2), savedAt(3)))).isEqualTo(2);
    assertThat(store.load().states()).isEmpty();
    assertThat(store).hasToString("MemoryStateStore");
  }
}
