package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Instances that share a table. */
class SharedTableTest extends PostgresqlStoreFixture {
  /** When the only breaker changed by the server's clock, and in which transaction. */
  private String change() throws SQLException {
    return query(
        "SELECT transitioned_at_micros || ' in ' || changed_in FROM resilience_circuit_breakers");
  }

  @Test
  void save_changeOfAnotherWriterThatCameEarlier_keepsTheLater() throws Exception {
    StateStore one = store();
    StateStore other = store();
    one.save(List.of(SavedBreakers.open("b", 5, Duration.ofMinutes(10))));

    assertThat(other.save(List.of(SavedBreakers.closed("b", 9, Duration.ofMinutes(40)))))
        .isZero();
    assertThat(only(other).state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(other.save(List.of(SavedBreakers.closed("b", 3, NOW)))).isEqualTo(1);
    assertThat(only(one).state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @ParameterizedTest
  @CsvSource({"PT5H, PT0S", "PT-5H, PT0S", "PT0S, PT5H", "PT0S, PT-5H", "PT-100H, PT100H"})
  @DisplayName("the newest change wins, even if a wall clock is hours off")
  void save_wallClocksDiffer_theNewestChangeWins(Duration fast, Duration otherFast)
      throws Exception {
    StateStore one = storeOfClock(fastBy(fast));
    StateStore other = storeOfClock(fastBy(otherFast));
    one.save(List.of(SavedBreakers.open("b", null, 2, Duration.ofMinutes(20), fastBy(fast))));

    assertThat(other.save(
            List.of(SavedBreakers.open("b", null, 3, Duration.ofMinutes(30), fastBy(otherFast)))))
        .as("earlier")
        .isZero();
    assertThat(other.save(
            List.of(SavedBreakers.open("b", null, 4, Duration.ofMinutes(10), fastBy(otherFast)))))
        .as("later")
        .isEqualTo(1);
    assertThat(one.save(
            List.of(SavedBreakers.open("b", null, 5, Duration.ofMinutes(15), fastBy(fast)))))
        .as("between")
        .isZero();
    assertThat(one.save(List.of(SavedBreakers.open("b", null, 6, NOW, fastBy(fast)))))
        .as("last")
        .isEqualTo(1);
    assertThat(only(other).generation()).isEqualTo(6);
  }

  @Test
  @DisplayName("times are converted to the reader's clock, so that a cooldown ends on time")
  void load_wallClocksDiffer_convertsTimes() throws Exception {
    Duration fast = Duration.ofHours(5);
    SavedBreaker saved = SavedBreakers.open("b", null, 2, Duration.ofSeconds(10), fastBy(fast));
    StateStore one = storeOfClock(fastBy(fast));
    one.save(List.of(saved));

    assertThat(only(one)).isEqualTo(saved);
    SavedBreaker read = only(store());
    assertThat(read.enteredAt())
        .isCloseTo(saved.enteredAt().minus(fast), within(2, ChronoUnit.SECONDS));
    assertThat(read.openUntil())
        .isCloseTo(saved.openUntil().minus(fast), within(2, ChronoUnit.SECONDS));
    assertThat(Duration.between(read.enteredAt(), read.savedAt()))
        .isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void save_sameChangeAgain_updatesCountsAndKeepsTheTimeOfTheChange() throws Exception {
    StateStore store = store();
    SavedBreaker breaker = SavedBreakers.open("b", 2, Duration.ofSeconds(10));
    store.save(List.of(breaker));
    String change = change();

    // By the writer's clock, which was set forth in between.
    SavedBreaker later = SavedBreakers.later(breaker, Duration.ofHours(3));
    assertThat(store.save(List.of(later))).isEqualTo(1);

    assertThat(only(store)).isEqualTo(later);
    assertThat(change()).isEqualTo(change);
  }

  @Test
  @DisplayName("an instance saves restored state as the same change")
  void save_restoredChange_isTheSame() throws Exception {
    StateStore before = store();
    before.save(List.of(SavedBreakers.open("b", 2, Duration.ofSeconds(10))));
    before.close();
    String change = change();

    StateStore after = store();
    SavedBreaker restored = only(after);
    Duration since = Duration.between(restored.savedAt(), Instant.now());
    SavedBreaker again = SavedBreakers.later(restored, since.truncatedTo(ChronoUnit.MICROS));
    assertThat(after.save(List.of(again))).isEqualTo(1);

    assertThat(only(after)).isEqualTo(again);
    assertThat(change()).isEqualTo(change);
  }

  @Test
  @DisplayName("of one writer's changes the later wins, however long the save of the earlier took")
  void save_laterChangeAfterASlowSave_replaces() throws Exception {
    StateStore store = store();
    SavedBreaker slow = SavedBreakers.open("b", 2, NOW);
    store.save(List.of(slow));
    SavedBreaker next = SavedBreakers.breaker(
        "b",
        null,
        CircuitBreakerState.HALF_OPEN,
        3,
        slow.enteredAt().plusMillis(100),
        null,
        slow.enteredAt().plusSeconds(20));

    assertThat(store().save(List.of(next))).as("of another writer").isZero();
    assertThat(store.save(List.of(next))).isEqualTo(1);
    assertThat(only(store).state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
  }

  @Test
  void save_firstChange_replacesWhatNeverChangedAndWasMadeLater() throws Exception {
    store().save(List.of(SavedBreakers.closed("b", 1, NOW)));
    StateStore other = store();

    assertThat(other.save(List.of(SavedBreakers.open("b", 2, Duration.ofSeconds(50)))))
        .isEqualTo(1);
    assertThat(only(other).state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(store().save(List.of(SavedBreakers.closed("b", 1, NOW)))).isZero();
  }

  @Test
  @DisplayName("a change in the future comes from a time when the server's clock was wrong")
  void save_overAChangeOfTheServersFuture_replacesIt() throws Exception {
    StateStore store = store();
    store.save(List.of(SavedBreakers.open("b", 5, NOW)));
    execute("UPDATE resilience_circuit_breakers"
        + " SET transitioned_at_micros = transitioned_at_micros + 3600000000");

    assertThat(store().save(List.of(SavedBreakers.closed("b", 3, NOW)))).isEqualTo(1);
    assertThat(only(store).state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @DisplayName(
      "instances that save the same breakers at once, in any order, do not lock each other out")
  void save_bySeveralStoresAtOnce_neverFails() throws Exception {
    int stores = 4;
    ExecutorService threads = Executors.newFixedThreadPool(stores);
    try {
      List<Future<Integer>> results = new ArrayList<>();
      for (int i = 0; i < stores; i++) {
        StateStore store = store();
        Random random = new Random(i);
        results.add(threads.submit(() -> {
          int written = 0;
          for (int round = 0; round < 20; round++) {
            List<SavedBreaker> batch = new ArrayList<>(IntStream.range(0, 200)
                .mapToObj(name -> SavedBreakers.open("b" + name))
                .toList());
            Collections.shuffle(batch, random);
            written += store.save(batch);
            store.purgeSavedBefore(Instant.now().minusSeconds(1));
          }
          return written;
        }));
      }
      for (Future<Integer> result : results) {
        assertThat(result.get()).isPositive();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(store().load().states()).hasSizeBetween(1, 200);
  }
}
