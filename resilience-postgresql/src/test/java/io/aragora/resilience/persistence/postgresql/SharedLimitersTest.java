package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.ratelimiter.SavedLimiter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Instances that share the row of a rate limiter. */
@Tag("RL-30")
class SharedLimitersTest extends PostgresqlStoreFixture {
  static SavedLimiter limiter(String name) {
    return limiter(name, InstantSource.system(), Duration.ofMinutes(1));
  }

  private static SavedLimiter limiter(String name, InstantSource clock, Duration untilFull) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
    return SavedLimiter.builder(name)
        .declared("limit=5000, period=PT1H, burst=5000")
        .fullAt(now.plus(untilFull))
        .pausedUntil(now.plusSeconds(60))
        .fillTime(Duration.ofHours(1))
        .maxPause(Duration.ofMinutes(15))
        .savedAt(now)
        .build();
  }

  private static SavedLimiter onlyLimiter(StateStore store) throws Exception {
    StateStore.Loaded loaded = store.load();
    assertThat(loaded.problems()).isEmpty();
    assertThat(loaded.limiters()).hasSize(1);
    return loaded.limiters().get(0);
  }

  @ParameterizedTest
  @CsvSource({"PT0S, PT0S", "PT5H, PT0S", "PT0S, PT-5H", "PT-100H, PT100H"})
  @DisplayName("the level of the most exhausted instance stays, even if a wall clock is hours off")
  void saveLimiters_wallClocksDiffer_laterInstantStays(Duration fast, Duration otherFast)
      throws Exception {
    InstantSource clock = fastBy(otherFast);
    StateStore one = storeOfClock(fastBy(fast));
    StateStore other = storeOfClock(clock);

    one.saveLimiters(List.of(limiter("q", fastBy(fast), Duration.ofMinutes(50))));
    other.saveLimiters(List.of(limiter("q", clock, Duration.ofMinutes(10))));

    assertThat(Duration.between(clock.instant(), onlyLimiter(other).fullAt()))
        .isBetween(Duration.ofMinutes(49), Duration.ofMinutes(51));
    other.saveLimiters(List.of(limiter("q", clock, Duration.ofMinutes(55))));
    assertThat(Duration.between(fastBy(fast).instant(), onlyLimiter(one).fullAt()))
        .isBetween(Duration.ofMinutes(54), Duration.ofMinutes(56));
  }

  @Test
  @DisplayName("of saves at the same time, also the first ones, none is lost")
  void saveLimiters_atTheSameTime_latestOfAllStays() throws Exception {
    InstantSource clock = InstantSource.system();
    int stores = 4;
    List<StateStore> open = new ArrayList<>();
    for (int i = 0; i < stores; i++) {
      open.add(store());
    }
    ExecutorService threads = Executors.newFixedThreadPool(stores);
    try {
      List<Future<?>> saving = new ArrayList<>();
      for (int i = 0; i < stores; i++) {
        StateStore store = open.get(i);
        Duration untilFull = Duration.ofMinutes(10 + 10 * i);
        saving.add(threads.submit(() -> {
          store.saveLimiters(
              List.of(limiter("q", clock, untilFull), limiter("r", clock, untilFull)));
          return null;
        }));
      }
      for (Future<?> each : saving) {
        each.get();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(store().load().limiters())
        .hasSize(2)
        .allSatisfy(limiter -> assertThat(Duration.between(clock.instant(), limiter.fullAt()))
            .isBetween(Duration.ofMinutes(39), Duration.ofMinutes(41)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "declared = repeat('x', 60001)",
        "declared = E'\\\\n'",
        "full_at_micros = 9223372036854775807",
        "full_at_micros = 9214646400000000",
        "paused_until_micros = -9223372036854775808",
        "fill_micros = -1",
        "max_pause_micros = 9223372036854775807",
        "saved_at_micros = 9223372036854775807",
        "saved_at_micros = 9214646400000000",
        "clock_offset_micros = -9223372036854775808"
      })
  @DisplayName(
      "whatever a column contains, the next save replaces it, within the bounds of the limiter")
  void row_holdsAnything_isReplaced(String damage) throws Exception {
    StateStore store = store();
    InstantSource clock = InstantSource.system();
    store.saveLimiters(List.of(limiter("q", clock, Duration.ofMinutes(1))));
    execute("UPDATE resilience_rate_limiters SET " + damage);
    assertThat(store.load().problems())
        .allSatisfy(problem -> assertThat(problem).startsWith("skipped rate limiter 'q': "));

    store.saveLimiters(List.of(limiter("q", clock, Duration.ofMinutes(1))));

    assertThat(Duration.between(clock.instant(), onlyLimiter(store).fullAt()))
        .isBetween(Duration.ZERO, Duration.ofHours(1));
  }

  @Test
  @DisplayName("a purge removes rows beyond the number that a start reads")
  void purge_moreRowsThanAreRead_removesTheOldest() throws Exception {
    StateStore store = store();
    store.saveLimiters(List.of(limiter("q", InstantSource.system(), Duration.ofMinutes(1))));
    execute("""
        INSERT INTO resilience_rate_limiters
        SELECT decode(lpad(to_hex(i), 8, '0'), 'hex'), 'made up ' || i, 'x', full_at_micros, NULL, 0, 0,
          saved_at_micros - 1, clock_offset_micros
        FROM resilience_rate_limiters, generate_series(1, %d) AS i""".formatted(StateStore.Loaded.MAX_LIMITERS + 5));

    assertThat(store.load().limiters())
        .hasSize(StateStore.Loaded.MAX_LIMITERS)
        .extracting(SavedLimiter::name)
        .contains("q");
    assertThat(store.purgeSavedBefore(Instant.now().minusSeconds(60))).isEqualTo(6);
    assertThat(store.load().limiters()).extracting(SavedLimiter::name).contains("q");
  }
}
