package io.aragora.resilience.persistence.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.ratelimiter.SavedLimiter;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** As {@link HostileRowsTest}, for the rows of rate limiters: none admits nothing for longer than its burst takes. */
@Timeout(120)
@Tag("RL-30")
@Tag("any-jdk")
class HostileLimitersTest extends SqliteStoreFixture {
  private static final RateLimiterConfig CONFIG = RateLimiterConfig.smooth(
          10, Duration.ofSeconds(1))
      .maxPause(Duration.ofSeconds(1))
      .keepAcrossRestart(true)
      .build();

  private final ManualTime time = ManualTime.create();

  static Stream<String> columns() {
    return LimiterTable.COLUMNS.stream();
  }

  private SavedLimiter limiter(String name) {
    Instant now = time.wallTime();
    return SavedLimiter.builder(name)
        .declared("limit=10, period=PT1S, burst=10")
        .fullAt(now.plusMillis(500))
        .pausedUntil(now.plusMillis(500))
        .fillTime(Duration.ofSeconds(1))
        .maxPause(Duration.ofSeconds(1))
        .savedAt(now)
        .build();
  }

  /** As ours, but that nothing keeps NULL out. */
  private void loosen() throws Exception {
    String columns = String.join(", ", LimiterTable.COLUMNS);
    execute(
        "ALTER TABLE rate_limiters RENAME TO strict_one",
        "CREATE TABLE rate_limiters (" + columns + ", PRIMARY KEY (name))",
        "INSERT INTO rate_limiters SELECT " + columns + " FROM strict_one",
        "DROP TABLE strict_one");
  }

  @ParameterizedTest
  @MethodSource("columns")
  @DisplayName("whatever a column contains, the limiter admits soon, and the row is replaced")
  void column_holdsAnything_limiterAdmitsSoon(String column) throws Exception {
    List<String> values = HostileRowsTest.VALUES.keySet().stream().sorted().toList();
    try (SqliteStateStore store = open()) {
      store.saveLimiters(values.stream().map(this::limiter).toList());
      loosen();
      execute(values.stream()
          .map(value -> "UPDATE rate_limiters SET " + column + " = "
              + HostileRowsTest.VALUES.get(value) + " WHERE name = '" + value + "'")
          .toArray(String[]::new));
    }
    try (Resilience resilience = Resilience.builder()
        .timeSource(time)
        .stateStore("sqlite:" + file)
        .requireStateStore(true)
        .build()) {
      List<RateLimiter> limiters =
          values.stream().map(value -> resilience.rateLimiter(value, CONFIG)).toList();
      time.advance(Duration.ofSeconds(1));
      assertThat(limiters)
          .allSatisfy(limiter -> assertThat(limiter.tryAcquire(9)).isTrue());
      assertThat(resilience.flush(Duration.ofSeconds(5))).isTrue();
    }
    try (SqliteStateStore store = open()) {
      StateStore.Loaded loaded = store.load();
      assertThat(loaded.limiters()).extracting(SavedLimiter::name).containsAll(values);
      assertThat(loaded.limiters())
          .filteredOn(limiter -> values.contains(limiter.name()))
          .allSatisfy(limiter -> assertThat(limiter.fullAt())
              .isBetween(time.wallTime(), time.wallTime().plusSeconds(1)));
      assertThat(loaded.problems())
          .allSatisfy(problem -> assertThat(problem).doesNotContain("\n").hasSizeLessThan(600));
    }
  }

  @Test
  @DisplayName("a purge removes rows without times, and those beyond the number that a start reads")
  void purge_rowsOfOthers_areRemoved() throws Exception {
    SqliteStateStore store = open();
    store.saveLimiters(List.of(limiter("q")));
    execute("""
        INSERT INTO rate_limiters
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
        SELECT 'made up ' || i, '', 0, NULL, 0, 0, CASE i %% 5 WHEN 0 THEN 'ajar' ELSE i END FROM n""".formatted(StateStore.Loaded.MAX_LIMITERS + 10));

    assertThat(store.load().limiters()).extracting(SavedLimiter::name).contains("q");
    store.purgeSavedBefore(Instant.EPOCH.minusSeconds(1));
    assertThat(Integer.parseInt(query("SELECT count(*) FROM rate_limiters")))
        .isLessThanOrEqualTo(StateStore.Loaded.MAX_LIMITERS);
    assertThat(store.load().problems()).isEmpty();
    assertThat(store.load().limiters()).extracting(SavedLimiter::name).contains("q");
  }
}
