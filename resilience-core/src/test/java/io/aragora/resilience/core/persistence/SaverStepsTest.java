package io.aragora.resilience.core.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.persistence.StateStoreStatus;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** How often a store is called and with how much, what is pending meanwhile, and what is said at the end. */
class SaverStepsTest extends SaverFixture {
  /** Longer than the time between two saves of what changed, with its random part. */
  private static final Duration AN_INTERVAL = Duration.ofSeconds(34);

  private static final RateLimiterConfig QUOTA = RateLimiterConfig.smooth(
          5_000, Duration.ofHours(1))
      .keepAcrossRestart(true)
      .build();

  private void failKeys(Resilience resilience, int count) {
    for (int i = 0; i < count; i++) {
      fail(keyed(resilience).forKey("key-" + i));
    }
  }

  private static StateStoreStatus status(Resilience resilience) {
    return resilience.status().stateStore();
  }

  @Test
  void save_ofAWholeNumberOfPieces_hasNoEmptyPiece() {
    try (Resilience resilience = open()) {
      failKeys(resilience, 2_000);
      assertThat(resilience.flush(Duration.ofSeconds(1))).isTrue();
      assertThat(store.saves).extracting(List::size).containsExactly(1_000, 1_000);
      for (int i = 0; i < 1_000; i++) {
        keyed(resilience).remove("key-" + i);
      }
      assertThat(resilience.flush(Duration.ofSeconds(1))).isTrue();
      assertThat(store.removals).isEqualTo(1);
      assertThat(store.ids()).hasSize(1_000);
      assertThat(resilience.flush(Duration.ofSeconds(1))).isTrue();
      assertThat(store.removals).as("a removal is done once").isEqualTo(1);
    }
  }

  @Test
  void pending_isWhatTheStoreDidNotTake() {
    try (Resilience resilience = open()) {
      failKeys(resilience, 2_500);
      store.savesLeft = 1;
      assertThat(resilience.flush(Duration.ofSeconds(1))).isFalse();
      assertThat(status(resilience).pending()).isEqualTo(1_500);
      store.savesLeft = Integer.MAX_VALUE;
      assertThat(resilience.flush(Duration.ofSeconds(1))).isTrue();
      assertThat(status(resilience).pending()).isZero();
    }
  }

  @Test
  void keysWithoutACallSinceTheLastSave_areNotSavedAgain() {
    try (Resilience resilience = open()) {
      time.advance(Duration.ofSeconds(1));
      succeed(keyed(resilience).forKey("idle"));
      time.advance(Duration.ofMinutes(3));
      assertThat(store.ids()).containsExactly("k:idle");
      store.saves.clear();
      time.advance(AN_INTERVAL);
      assertThat(store.saves).isNotEmpty().allSatisfy(ids -> assertThat(ids).isEmpty());
    }
  }

  @Test
  @DisplayName("the next save comes at the interval, or up to a tenth of it later")
  void interval_hasARandomPart() {
    time.fixedRandom(0.5);
    try (Resilience resilience = open()) {
      fail(breaker(resilience));
      time.advance(Duration.ofSeconds(31));
      assertThat(store.saves).isEmpty();
      time.advance(Duration.ofSeconds(1));
      assertThat(store.saves).hasSize(1);
    }
  }

  @Test
  void purge_isHourly_andOneThatFailsIsAnOutage() {
    try (Resilience resilience = open()) {
      int before = store.purges;
      time.advance(Duration.ofHours(6));
      assertThat(store.purges - before).isBetween(5, 6);
      store.failsToPurge = true;
      time.advance(Duration.ofMinutes(62));
      assertThat(status(resilience).failures()).isEqualTo(1);
      store.failsToPurge = false;
      time.advance(Duration.ofMinutes(1));
      assertThat(status(resilience).lastError()).isNull();
    }
  }

  @Test
  void rowThatBecameTooOld_isNotRestoredIntoABreakerThatIsMadeLater() {
    leaveOpen();
    try (Resilience resilience = open()) {
      time.advance(Duration.ofHours(80));
      assertThat(breaker(resilience).state()).isEqualTo(CircuitBreakerState.CLOSED);
      assertThat(breaker(resilience).snapshot().totals().failures()).isZero();
    }
  }

  @Test
  void limiters_areCountedAmongWhatIsSaved_andNotSavedTwice() {
    try (Resilience resilience = open()) {
      RateLimiter limiter = resilience.rateLimiter("q", QUOTA);
      assertThat(limiter.tryAcquire(100)).isTrue();
      time.advance(Duration.ofSeconds(2));
      assertThat(status(resilience).saved()).isEqualTo(1);
      assertThat(store.limiterSaves).isEqualTo(1);
    }
  }

  @Test
  void limitersOfAStoreThatSavesNone_doNotAskItAgainAndAgain() {
    store.savesLimiters = false;
    try (Resilience resilience = open()) {
      assertThat(resilience.rateLimiter("q", QUOTA).tryAcquire(100)).isTrue();
      time.advance(Duration.ofSeconds(20));
      assertThat(store.saves).hasSizeLessThan(3);
    }
  }

  @Test
  void limiterMadeDuringAnOutage_isRestoredBeforeItsRowIsReplaced() {
    try (Resilience before = open()) {
      assertThat(before.rateLimiter("q", QUOTA).tryAcquire(4_000)).isTrue();
    }
    store.unreadable = true;
    try (Resilience resilience = open()) {
      RateLimiter limiter = resilience.rateLimiter("q", QUOTA);
      assertThat(limiter.tryAcquire(500)).isTrue();
      store.unreadable = false;
      time.advance(Duration.ofSeconds(5));
      assertThat(status(resilience).lastError()).isNull();
      assertThat(limiter.snapshot().level()).isLessThan(600);
    }
  }

  @Test
  void close_withoutASave_saysWhatIsLostAndWhy() {
    try (RecordedLog log = RecordedLog.of(StateSaver.class)) {
      leaveOpen();
      assertThat(log.messages()).isEmpty();
      Resilience resilience = open();
      breaker(resilience).reset();
      store.failing = true;
      resilience.close();
      assertThat(log.messages())
          .containsExactly("WARNING runtime 'r': closing did not save all state to RecordingStore;"
              + " unsaved changes are lost: save: disk full");
    }
  }
}
