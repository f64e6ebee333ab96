package io.aragora.resilience.core.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimitHint;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.ratelimiter.SavedLimiter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a limiter that is kept has left after a restart, and when it is saved. */
@Tag("RL-30")
class RestoredLimiterTest extends SaverFixture {
  private static final Duration HOUR = Duration.ofHours(1);

  /** Longer than the time between two looks at the levels, and a moment. */
  private static final Duration A_LOOK = Duration.ofMillis(1_100);

  private static RateLimiterConfig.Builder quota() {
    return RateLimiterConfig.smooth(5_000, HOUR).keepAcrossRestart(true);
  }

  private static RateLimiter limiter(Resilience resilience) {
    return resilience.rateLimiter("q", quota().build());
  }

  private static long left(RateLimiter limiter) {
    return limiter.snapshot().level();
  }

  /** A run that takes permits and ends in order. */
  private void take(int permits) {
    try (Resilience resilience = open()) {
      assertThat(limiter(resilience).tryAcquire(permits)).isTrue();
    }
  }

  private SavedLimiter row() {
    return store.limiters().stream()
        .filter(limiter -> limiter.name().equals("q"))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no row of q"));
  }

  @Test
  @DisplayName("a quota is not new after a restart, and the time spent down counts")
  void quota_restart_isNotNew() {
    take(4_000);
    time.advance(Duration.ofMinutes(6));
    try (Resilience resilience = open()) {
      assertThat(left(limiter(resilience))).isEqualTo(1_000 + 500);
    }
    time.advance(Duration.ofDays(2));
    try (Resilience resilience = open()) {
      assertThat(left(limiter(resilience))).isEqualTo(5_000);
    }
  }

  @Test
  @DisplayName("after a crash, at most what was taken since the last look is admitted again")
  void quota_crash_losesWhatWasTakenSinceTheLastLook() {
    try (Resilience crashed = open()) {
      assertThat(limiter(crashed).tryAcquire(4_000)).isTrue();
      time.advance(A_LOOK);
      assertThat(limiter(crashed).tryAcquire(30)).isTrue();
      try (Resilience resilience = open()) {
        assertThat(left(limiter(resilience))).isEqualTo(1_001);
      }
      time.advance(A_LOOK);
      try (Resilience resilience = open()) {
        assertThat(left(limiter(resilience))).isBetween(970L, 974L);
      }
    }
  }

  @Test
  void unchangedLimiter_isNotSavedBetweenIntervals() {
    try (Resilience resilience = open()) {
      limiter(resilience);
      time.advance(A_LOOK);
      int saves = store.limiterSaves;
      time.advance(Duration.ofSeconds(25));
      assertThat(store.limiterSaves).isEqualTo(saves);
      limiter(resilience).tryAcquire();
      time.advance(A_LOOK);
      assertThat(store.limiterSaves).isEqualTo(saves + 1);
    }
  }

  @Test
  @DisplayName("a limiter without keepAcrossRestart leaves no row, and begins anew")
  void otherLimiter_isNotSaved() {
    try (Resilience resilience = open()) {
      resilience.rateLimiter("q", quota().keepAcrossRestart(false).build()).tryAcquire(4_000);
      time.advance(Duration.ofMinutes(2));
    }
    assertThat(store.limiters()).isEmpty();
  }

  @Test
  @DisplayName("a pause is saved a moment later, and what is left of it is restored")
  void pause_isRestored() {
    Instant start = time.wallTime();
    try (Resilience crashed = open()) {
      limiter(crashed).pauseFor(Duration.ofMinutes(10));
      time.advance(A_MOMENT);
      assertThat(row().pausedUntil()).isEqualTo(start.plus(Duration.ofMinutes(10)));
    }
    time.advance(Duration.ofMinutes(4));
    try (Resilience resilience = open()) {
      RateLimiter limiter = limiter(resilience);
      assertThat(limiter.tryAcquire()).isFalse();
      assertThat(limiter.snapshot().pausedFor())
          .isBetween(Duration.ofSeconds(359), Duration.ofMinutes(6));
      limiter.resume();
      time.advance(A_MOMENT);
      try (Resilience next = open()) {
        assertThat(limiter(next).snapshot().pausedFor())
            .as("a pause that was ended by hand stays so")
            .isZero();
      }
    }
  }

  @Test
  void pause_isAtMostTheLongestPause() {
    Instant now = time.wallTime();
    store.saveLimiters(List.of(SavedLimiter.builder("q")
        .pausedUntil(now.plus(Duration.ofDays(300)))
        .savedAt(now)
        .build()));
    try (Resilience resilience = open()) {
      assertThat(limiter(resilience).snapshot().pausedFor()).isEqualTo(Duration.ofMinutes(15));
      time.advance(A_LOOK);
      assertThat(row().pausedUntil())
          .as("the row is healed, too")
          .isBefore(now.plus(Duration.ofMinutes(16)));
    }
  }

  @Test
  @DisplayName("a wall clock that was set back neither fills a level nor lengthens its filling")
  void clockWasSetBack_levelIsAsItWasSaved() {
    take(4_000);
    time.jumpWallClock(Duration.ofDays(-1));
    try (Resilience resilience = open()) {
      assertThat(left(limiter(resilience))).isEqualTo(1_000);
      limiter(resilience).tryAcquire(300);
    }
    try (Resilience resilience = open()) {
      assertThat(left(limiter(resilience)))
          .as("the row of the future is replaced")
          .isEqualTo(700);
      time.advance(HOUR);
      assertThat(left(limiter(resilience))).isEqualTo(5_000);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 366, 40_000})
  @DisplayName("whatever instants a row has, the limiter is full again after the time of its burst")
  void rowOfTheFuture_limiterIsFullAfterItsBurst(long daysAhead) {
    Instant future = time.wallTime().plus(Duration.ofDays(daysAhead));
    store.saveLimiters(List.of(SavedLimiter.builder("q")
        .declared("limit=5000, period=PT1H, burst=5000")
        .fullAt(SavedBreaker.LATEST)
        .fillTime(SavedBreaker.MAX_COOLDOWN)
        .savedAt(future)
        .build()));
    for (int restart = 0; restart < 2; restart++) {
      try (Resilience resilience = open()) {
        assertThat(left(limiter(resilience))).isBetween(0L, 2L);
        assertThat(limiter(resilience).retryAfter()).isLessThanOrEqualTo(Duration.ofMillis(720));
        time.advance(A_LOOK);
        assertThat(row().fullAt()).isBefore(time.wallTime().plus(HOUR).plusSeconds(1));
      }
    }
    time.advance(HOUR);
    try (Resilience resilience = open()) {
      assertThat(left(limiter(resilience))).isEqualTo(5_000);
    }
  }

  @Test
  @DisplayName("the level of other settings is not restored, and the log says so; a pause is")
  void otherSettings_beginAnew() {
    try (Resilience resilience = open()) {
      limiter(resilience).tryAcquire(4_000);
      limiter(resilience).pauseFor(Duration.ofMinutes(10));
    }
    try (RecordedLog log = RecordedLog.of(StateRestoration.class);
        Resilience resilience = open()) {
      RateLimiter limiter = resilience.rateLimiter("q", quota().limit(6_000).build());
      assertThat(limiter.snapshot().pausedFor()).isPositive();
      limiter.resume();
      assertThat(left(limiter)).isEqualTo(6_000);
      assertThat(log.messages())
          .containsExactly("INFO rate limiter 'q' was saved, but its settings were limit=5000,"
              + " period=PT1H, burst=5000, and are limit=6000, period=PT1H, burst=6000; its level"
              + " begins anew");
    }
    try (Resilience resilience = open()) {
      RateLimiter limiter = resilience.rateLimiter(
          "q", quota().limit(6_000).maxWait(HOUR).maxPause(HOUR).build());
      assertThat(left(limiter)).as("settings that are not of the rate").isEqualTo(6_000);
    }
  }

  @Test
  @DisplayName("a limit that a server set is not part of the settings")
  void adoptedLimit_levelIsRestored() {
    RateLimiterConfig config = quota().adoptUpTo(5_000).build();
    try (Resilience resilience = open()) {
      RateLimiter limiter = resilience.rateLimiter("q", config);
      limiter.observe(
          RateLimitHint.builder().limit(100).window(HOUR).remaining(20).build());
      assertThat(limiter.config().limit()).isEqualTo(100);
    }
    try (Resilience resilience = open()) {
      assertThat(left(resilience.rateLimiter("q", config))).isEqualTo(1_000);
    }
  }

  @Test
  void startEmpty_savedLevelCounts() {
    RateLimiterConfig config = quota().startFull(false).build();
    try (Resilience resilience = open()) {
      RateLimiter limiter = resilience.rateLimiter("q", config);
      assertThat(left(limiter)).isZero();
      time.advance(HOUR);
      limiter.tryAcquire(4_000);
    }
    try (Resilience resilience = open()) {
      assertThat(left(resilience.rateLimiter("q", config))).isEqualTo(1_000);
    }
  }

  @Test
  @DisplayName(
      "if the store answers only later, what was taken before and after the restart counts")
  void storeAnswersLater_bothCount() {
    take(4_000);
    store.unreadable = true;
    try (Resilience resilience = open()) {
      RateLimiter limiter = limiter(resilience);
      assertThat(limiter.tryAcquire(700)).isTrue();
      store.unreadable = false;
      time.advance(Duration.ofSeconds(2));
      assertThat(left(limiter)).isBetween(300L, 306L);
    }
    assertThat(Duration.between(row().savedAt(), row().fullAt()))
        .isBetween(Duration.ofMinutes(56), Duration.ofMinutes(57));
  }

  @Test
  @DisplayName("a limiter that is kept is never evicted, however long it is idle")
  void keptLimiter_isNotEvicted() {
    try (Resilience resilience = Resilience.builder()
        .timeSource(time)
        .stateStore(store)
        .staleAfter(Duration.ofMinutes(1))
        .build()) {
      limiter(resilience);
      resilience.rateLimiter("other", quota().keepAcrossRestart(false).build());
      resilience.policies().pruneRateLimiters();
      time.advance(Duration.ofMinutes(5));
      assertThat(resilience.policies().pruneRateLimiters()).isEqualTo(1);
      assertThat(resilience.policies().rateLimiters())
          .extracting(RateLimiter::name)
          .containsExactly("q");
    }
  }

  @Test
  void reconfiguredLimiter_isSavedFromThenOn() {
    try (Resilience resilience = open()) {
      RateLimiter limiter =
          resilience.rateLimiter("q", quota().keepAcrossRestart(false).build());
      limiter.tryAcquire(4_000);
      limiter.reconfigure(quota().build());
      time.advance(A_LOOK);
      assertThat(row().fullAt()).isAfter(time.wallTime());
      limiter.reconfigure(quota().keepAcrossRestart(false).build());
    }
  }

  @Test
  void settingFromOutside_keepsNamedLimitersAndNoKeys() {
    Map<String, String> outside = Map.of("resilience.ratelimiter.keepAcrossRestart", "true");
    RateLimiterConfig config = quota().keepAcrossRestart(false).build();
    try (Resilience resilience =
        Resilience.builder().timeSource(time).stateStore(store).config(outside).build()) {
      assertThat(resilience.rateLimiter("q", config).config().keepsAcrossRestart())
          .isTrue();
      assertThat(resilience
              .keyedRateLimiter(
                  "k", KeyedRateLimiterConfig.builder().limiter(config).build())
              .config()
              .limiter()
              .keepsAcrossRestart())
          .isFalse();
    }
    assertThat(store.limiters()).extracting(SavedLimiter::name).containsExactly("q");
  }

  @Test
  @DisplayName("a store that cannot save limiters is named once in the log, and calls go on")
  void storeWithoutLimiters_isSaidOnce() {
    store.savesLimiters = false;
    try (RecordedLog log = RecordedLog.of(StateSaver.class);
        Resilience resilience = open()) {
      limiter(resilience).tryAcquire(4_000);
      time.advance(Duration.ofMinutes(5));
      assertThat(left(limiter(resilience))).isBetween(1_400L, 1_418L);
      assertThat(log.messages())
          .singleElement()
          .asString()
          .startsWith("WARNING runtime 'r': RecordingStore")
          .contains("saves no rate limiters");
    }
    assertThat(store.limiters()).isEmpty();
  }

  @Test
  void runtimeWithoutStore_saysSoOnce() {
    try (RecordedLog log = RecordedLog.of("io.aragora.resilience.core.UnsavedLimiters");
        Resilience resilience = Resilience.builder().name("r").timeSource(time).build()) {
      limiter(resilience).tryAcquire(10);
      resilience.rateLimiter("other", quota().build());
      assertThat(log.messages())
          .containsExactly("WARNING rate limiter 'q' has keepAcrossRestart, but runtime 'r' has no"
              + " state store, so it begins anew after a restart; set stateStore (logged once)");
    }
  }

  @Test
  @DisplayName("a save that fails is repeated once the store answers, with the present level")
  void store_failsForAWhile_levelIsSavedAfterwards() {
    try (Resilience resilience = open()) {
      limiter(resilience).tryAcquire(1_000);
      store.failing = true;
      time.advance(Duration.ofSeconds(5));
      limiter(resilience).tryAcquire(1_000);
      store.failing = false;
      time.advance(Duration.ofMinutes(2));
      assertThat(Duration.between(time.wallTime(), row().fullAt()))
          .isBetween(Duration.ofMinutes(21), Duration.ofMinutes(22));
    }
  }
}
