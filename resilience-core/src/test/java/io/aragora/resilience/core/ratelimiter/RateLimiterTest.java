package io.aragora.resilience.core.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.ratelimiter.RateLimitExceededException;
import io.aragora.resilience.ratelimiter.RateLimitExceededException.Reason;
import io.aragora.resilience.ratelimiter.RateLimitHint;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterEvent;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.RetryAfter;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RateLimiterTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience =
      Resilience.builder().timeSource(time).name("test").build();

  @AfterEach
  void close() {
    resilience.close();
  }

  private RateLimiter limiter(RateLimiterConfig.Builder config) {
    return resilience.rateLimiter("github", config.build());
  }

  /** Ten a second, three at once. */
  private static RateLimiterConfig.Builder ten() {
    return RateLimiterConfig.smooth(10, SECOND).burst(3);
  }

  private static void takeAll(RateLimiter limiter) {
    while (limiter.tryAcquire()) {
      // until there is none
    }
  }

  private static RateLimitExceededException rejected(RateLimiter limiter) {
    return catchThrowableOfType(
        RateLimitExceededException.class,
        () -> limiter.run(() -> {
          throw new AssertionError("the body ran");
        }));
  }

  private static void runs(RateLimiter limiter) {
    assertThat(limiter.<String, RuntimeException>call(() -> "ran")).isEqualTo("ran");
  }

  private void advanceMillis(long millis) {
    time.advance(Duration.ofMillis(millis));
  }

  @Test
  @Tag("RL-01")
  @DisplayName(
      "the burst passes at once, then one permit each interval, never early by a nanosecond")
  void call_beyondTheBurst_isRejectedUntilItsInstant() {
    RateLimiter limiter = limiter(ten());
    for (int i = 0; i < 3; i++) {
      runs(limiter);
    }
    RateLimitExceededException rejection = rejected(limiter);
    assertThat(rejection).hasMessage("rate limiter 'github' allows 10 per 1 s: next in 0.100 s");
    assertThat(rejection.reason()).isEqualTo(Reason.LIMIT);
    assertThat(rejection.retryAfter()).isEqualTo(Duration.ofMillis(100));
    assertThat(rejection.getStackTrace()).isEmpty();
    time.advance(Duration.ofNanos(99_999_999));
    assertThat(rejected(limiter)).isNotNull();
    assertThat(limiter.retryAfter()).isEqualTo(Duration.ofNanos(1));
    time.advance(Duration.ofNanos(1));
    assertThat(limiter.retryAfter()).isZero();
    runs(limiter);
    assertThat(rejected(limiter)).isNotNull();
  }

  @Test
  @Tag("RL-02")
  @DisplayName("a limiter that was idle for an hour or for years has its burst, and no more")
  void idleLimiter_hasItsBurst() {
    RateLimiter limiter = limiter(ten());
    takeAll(limiter);
    for (Duration idle : List.of(Duration.ofHours(1), Duration.ofDays(73_000))) {
      time.advance(idle);
      assertThat(limiter.snapshot().level()).isEqualTo(3);
      takeAll(limiter);
    }
    assertThat(limiter.totals().admitted()).isEqualTo(9);
  }

  @Test
  @Tag("RL-06")
  @DisplayName("more permits than the burst, or none, are an error, however full the limiter is")
  void permits_outOfRange_areAnError() {
    RateLimiter limiter = limiter(ten());
    for (int i = 0; i < 2; i++) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> limiter.tryAcquire(4))
          .withMessage("permits must be in [1, 3]: 4");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> limiter.tryAcquire(0))
          .withMessage("permits must be in [1, 3]: 0");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> limiter.withPermits(4))
          .withMessage("permits must be in [1, 3]: 4");
      takeAll(limiter);
    }
    advanceMillis(300);
    assertThat(limiter.tryAcquire(2)).isTrue();
    assertThat(limiter.tryAcquire(2)).isFalse();
    assertThat(limiter.totals().permits()).isEqualTo(5);
  }

  @Test
  @Tag("RL-07")
  @DisplayName("an exact limiter has no period with more than its limit, wherever it begins")
  void exactLimiter_keepsEveryWindow() {
    RateLimiter limiter = limiter(RateLimiterConfig.exact(3, Duration.ofSeconds(10)));
    runs(limiter);
    advanceMillis(4_000);
    runs(limiter);
    advanceMillis(1_000);
    runs(limiter);
    advanceMillis(4_900);
    assertThat(rejected(limiter).retryAfter()).isEqualTo(Duration.ofMillis(100));
    advanceMillis(100);
    runs(limiter);
    advanceMillis(3_900);
    assertThat(rejected(limiter)).isNotNull();
    time.advance(Duration.ofMinutes(5).plusMillis(9_900));
    for (int i = 0; i < 3; i++) {
      runs(limiter);
    }
    advanceMillis(200);
    assertThat(rejected(limiter)).as("the edge of a fixed window").isNotNull();
  }

  @Test
  @Tag("RL-08")
  @DisplayName("an exact limiter has one permit a call")
  void exactLimiter_hasOnePermitACall() {
    RateLimiter limiter = limiter(RateLimiterConfig.exact(3, SECOND));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> limiter.withPermits(2))
        .withMessage("an exact limiter has one permit a call: 2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> limiter.tryAcquire(2))
        .withMessage("an exact limiter has one permit a call: 2");
    assertThat(limiter.withPermits(1)).isSameAs(limiter);
  }

  @Test
  @Tag("RL-09")
  @DisplayName("a limiter that does not start full has its first permit after one interval")
  void limiterThatStartsEmpty_earnsItsFirstPermit() {
    RateLimiter limiter = limiter(ten().startFull(false));
    assertThat(rejected(limiter).retryAfter()).isEqualTo(Duration.ofMillis(100));
    advanceMillis(100);
    runs(limiter);
    assertThat(rejected(limiter)).isNotNull();
  }

  @Test
  @Tag("GW-02")
  @DisplayName(
      "a retry around a limiter that was paused for longer than the delay gives up at once")
  void pause_endsTheRetryAround_withoutAWait() {
    RateLimiter limiter = limiter(ten());
    RetryConfig config = RetryConfig.builder().backoff(Backoff.constant(SECOND)).build();
    IOException own = new IOException("429");
    long began = time.nanoTime();

    assertThatThrownBy(() -> resilience
            .pipeline("p", p -> p.add(resilience.retry("r", config)).add(limiter))
            .run(() -> {
              limiter.pauseFor(Duration.ofSeconds(30));
              throw own;
            }))
        .isSameAs(own);
    assertThat(time.nanoTime()).isEqualTo(began);
    assertThat(limiter.totals().admitted()).isEqualTo(1);
  }

  @Test
  @Tag("RL-17")
  @DisplayName(
      "a pause rejects calls until its end; a shorter one changes nothing, and resume ends it")
  void pause_rejectsCalls() {
    List<RateLimiterEvent> events = new ArrayList<>();
    RateLimiter limiter = limiter(ten().maxPause(Duration.ofMinutes(1)));
    limiter.subscribe(events::add);
    limiter.pauseFor(Duration.ofSeconds(30));
    limiter.pauseFor(Duration.ofSeconds(10));
    advanceMillis(1_000);
    RateLimitExceededException rejection = rejected(limiter);
    assertThat(rejection.reason()).isEqualTo(Reason.PAUSED);
    assertThat(rejection.retryAfter()).isEqualTo(Duration.ofSeconds(29));
    assertThat(limiter.snapshot().pausedFor()).isEqualTo(Duration.ofSeconds(29));
    assertThat(limiter.snapshot().level()).isZero();
    time.advance(Duration.ofSeconds(29).minusNanos(1));
    assertThat(limiter.tryAcquire()).isFalse();
    time.advance(Duration.ofNanos(1));
    runs(limiter);

    limiter.pauseFor(Duration.ofHours(5));
    assertThat(limiter.retryAfter()).as("maxPause").isEqualTo(Duration.ofMinutes(1));
    limiter.resume();
    limiter.resume();
    runs(limiter);
    time.runPending();
    assertThat(events)
        .extracting(RateLimiterEvent::kind)
        .containsExactly(
            RateLimiterEvent.Kind.PAUSED,
            RateLimiterEvent.Kind.REJECTED,
            RateLimiterEvent.Kind.REJECTED,
            RateLimiterEvent.Kind.PAUSED,
            RateLimiterEvent.Kind.RESUMED);
    assertThat(limiter.totals().rejectedPaused()).isEqualTo(2);
    assertThatIllegalArgumentException().isThrownBy(() -> limiter.pauseFor(Duration.ZERO));
  }

  @Test
  @Tag("RL-18")
  @DisplayName("a hint lowers the level and pauses, and never raises")
  void hint_lowers() {
    RateLimiter limiter = limiter(RateLimiterConfig.smooth(10, SECOND));
    limiter.observe(RateLimitHint.builder().remaining(20).limit(5000).build());
    assertThat(limiter.snapshot().level()).isEqualTo(10);
    limiter.observe(RateLimitHint.builder().remaining(4).build());
    assertThat(limiter.snapshot().level()).isEqualTo(4);
    limiter.observe(RateLimitHint.builder().remaining(6).build());
    assertThat(limiter.snapshot().level()).isEqualTo(4);
    assertThat(limiter.config().limit()).isEqualTo(10);
    limiter.observe(RateLimitHint.builder()
        .remaining(0)
        .reset(RetryAfter.of(Duration.ofSeconds(20)))
        .build());
    assertThat(limiter.snapshot().pausedFor()).isEqualTo(Duration.ofSeconds(20));
    limiter.resume();
    limiter.observe(RateLimitHint.builder()
        .retryAfter(RetryAfter.of(Duration.ofSeconds(20)))
        .build());
    assertThat(limiter.snapshot().pausedFor()).isEqualTo(Duration.ofSeconds(20));
  }

  @Test
  @Tag("RL-18")
  @DisplayName("an exact limiter counts what the server has counted as its own admissions")
  void hint_lowersAnExactLimiter() {
    RateLimiter limiter = limiter(RateLimiterConfig.exact(5, SECOND));
    limiter.observe(RateLimitHint.builder().remaining(2).build());
    assertThat(limiter.snapshot().level()).isEqualTo(2);
    assertThat(limiter.totals().admitted()).isZero();
  }

  @Test
  @Tag("RL-18")
  @DisplayName("a limit of the server is adopted up to the declared one")
  void hint_isAdopted() {
    List<RateLimiterEvent> events = new ArrayList<>();
    RateLimiter limiter = limiter(RateLimiterConfig.smooth(10, SECOND).adoptUpTo(50));
    limiter.subscribe(events::add);
    limiter.observe(RateLimitHint.builder().limit(30).build());
    assertThat(limiter.config().limit()).isEqualTo(30);
    assertThat(limiter.snapshot().level()).isEqualTo(30);
    limiter.observe(
        RateLimitHint.builder().limit(1200).window(Duration.ofMinutes(1)).build());
    assertThat(limiter.config().limit()).as("1200 a minute").isEqualTo(20);
    limiter.observe(RateLimitHint.builder().limit(5000).build());
    assertThat(limiter.config().limit()).isEqualTo(50);
    limiter.observe(RateLimitHint.builder().limit(1).window(Duration.ofDays(1)).build());
    assertThat(limiter.config().limit()).isEqualTo(1);
    time.runPending();
    assertThat(events)
        .extracting(event -> event.kind() + " " + event.limit())
        .containsExactly("ADOPTED 30", "ADOPTED 20", "ADOPTED 50", "ADOPTED 1");
  }

  @Test
  @Tag("RL-18")
  @DisplayName("a call of more permits than an adopted limit has is rejected, and is no error")
  void adoptedLimit_belowThePermitsOfACall_rejectsIt() {
    RateLimiter limiter = limiter(RateLimiterConfig.smooth(10, SECOND).adoptUpTo(50));
    Policy batch = limiter.withPermits(5);
    limiter.observe(RateLimitHint.builder().limit(1).build());
    assertThat(limiter.config().burst()).isEqualTo(1);
    assertThatThrownBy(() -> batch.run(() -> {}))
        .isInstanceOfSatisfying(
            RateLimitExceededException.class,
            rejection -> assertThat(rejection.reason()).isEqualTo(Reason.LIMIT));
    assertThat(limiter.tryAcquire(5)).isFalse();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> limiter.tryAcquire(51))
        .withMessage("permits must be in [1, 50]: 51");
    limiter.observe(RateLimitHint.builder().limit(20).build());
    time.advance(SECOND);
    assertThat(limiter.tryAcquire(5)).isTrue();
  }

  @Test
  @Tag("PO-14")
  @DisplayName(
      "of two limiters both must admit, and a rejection by the inner one spends a permit of the outer one")
  void twoLimiters_bothAdmit() {
    RateLimiter outer = limiter(ten());
    RateLimiter inner = resilience.rateLimiter(
        "daily", RateLimiterConfig.smooth(1, Duration.ofDays(1)).build());
    var both =
        resilience.unregistered().pipelineBuilder("p").add(outer).add(inner).build();
    both.run(() -> {});
    assertThatThrownBy(() -> both.run(() -> {}))
        .isInstanceOf(RateLimitExceededException.class)
        .hasMessageContaining("'daily'");
    assertThat(outer.totals().admitted()).isEqualTo(2);
    assertThat(outer.snapshot().level()).isEqualTo(1);
    takeAll(outer);
    assertThatThrownBy(() -> both.run(() -> {})).hasMessageContaining("'github'");
    assertThat(inner.totals().rejected()).isEqualTo(1);
  }

  @Test
  @Tag("RL-19")
  @DisplayName("a reset in the past, or beyond the longest pause, begins no pause")
  void hintOutOfRange_beginsNoPause() {
    RateLimiter limiter = limiter(ten());
    Instant now = time.wallTime();
    limiter.observe(RateLimitHint.builder()
        .remaining(0)
        .reset(RetryAfter.at(now.minusSeconds(1)))
        .build());
    assertThat(limiter.snapshot().level()).as("of a window that has passed").isEqualTo(3);
    limiter.observe(RateLimitHint.builder()
        .retryAfter(RetryAfter.at(now.plusSeconds(10_000_000)))
        .build());
    limiter.observe(
        RateLimitHint.builder().retryAfter(RetryAfter.of(Duration.ofHours(1))).build());
    assertThat(limiter.snapshot().pausedFor()).isZero();
    runs(limiter);
  }

  @Test
  @Tag("RL-21")
  @DisplayName("each attempt of a retry takes a permit, and rejections are not retried")
  void attempts_takeAPermitEach() {
    RateLimiter limiter = limiter(ten());
    time.autoAdvance(true);
    AtomicInteger attempts = new AtomicInteger();
    assertThatThrownBy(() -> resilience
            .unregistered()
            .pipelineBuilder("p")
            .add(resilience.retry("r", RetryConfig.builder().maxAttempts(2).build()))
            .add(limiter)
            .build()
            .run(() -> {
              attempts.incrementAndGet();
              throw new IOException("down");
            }))
        .isInstanceOf(IOException.class);
    assertThat(attempts).hasValue(2);
    assertThat(limiter.totals().admitted()).isEqualTo(2);
    takeAll(limiter);
    long rejections = limiter.totals().rejected();
    assertThatThrownBy(() -> resilience
            .unregistered()
            .pipelineBuilder("p")
            .add(resilience.retry("r"))
            .add(limiter)
            .build()
            .run(() -> {}))
        .isInstanceOf(RateLimitExceededException.class);
    assertThat(limiter.totals().rejected()).isEqualTo(rejections + 1);
  }

  @Test
  @Tag("RL-22")
  @DisplayName("a new config keeps the level as a share of the burst")
  void reconfigure_keepsTheShare() {
    List<RateLimiterEvent> events = new ArrayList<>();
    RateLimiter limiter = limiter(RateLimiterConfig.smooth(10, SECOND));
    limiter.subscribe(events::add);
    assertThat(limiter.tryAcquire(5)).isTrue();
    limiter.reconfigure(RateLimiterConfig.smooth(1000, SECOND).burst(40).build());
    assertThat(limiter.snapshot().level()).isEqualTo(20);
    assertThat(limiter.config().burst()).isEqualTo(40);
    takeAll(limiter);
    assertThat(limiter.retryAfter()).isEqualTo(Duration.ofMillis(1));
    limiter.reconfigure(limiter.config().toBuilder().maxWait(SECOND).build());
    assertThat(limiter.retryAfter()).isEqualTo(Duration.ofMillis(1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> limiter.reconfigure(RateLimiterConfig.exact(5, SECOND).build()))
        .withMessageContaining("rate limiter 'github' must stay smooth");
    var several = limiter.withPermits(30);
    limiter.reconfigure(RateLimiterConfig.smooth(10, SECOND).build());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> several.run(() -> {}))
        .withMessage("permits must be in [1, 10]: 30");
    time.runPending();
    assertThat(events)
        .extracting(RateLimiterEvent::kind)
        .contains(RateLimiterEvent.Kind.RECONFIGURED);
  }

  @Test
  @Tag("RL-23")
  @DisplayName("jumps of the wall clock change nothing")
  void wallClock_mayJump() {
    RateLimiter limiter = limiter(ten());
    takeAll(limiter);
    limiter.observe(RateLimitHint.builder()
        .retryAfter(RetryAfter.at(time.wallTime().plusSeconds(20)))
        .build());
    for (Duration jump : List.of(Duration.ofHours(1), Duration.ofHours(-2))) {
      time.jumpWallClock(jump);
      assertThat(limiter.retryAfter()).isEqualTo(Duration.ofSeconds(20));
      assertThat(limiter.tryAcquire()).isFalse();
    }
    time.advance(Duration.ofSeconds(20));
    runs(limiter);
  }

  @Test
  @Tag("RL-26")
  @DisplayName("the snapshot shows the present, the totals what happened")
  void snapshotAndTotals_areComplete() {
    RateLimiter limiter = limiter(ten());
    limiter.tryAcquire(2);
    assertThat(limiter.snapshot())
        .hasToString("RateLimiterSnapshot[name=github, level=1, limit=10, period=PT1S, burst=3,"
            + " waiting=0, nextPermitIn=PT0S, pausedFor=PT0S, instances=0, alone=false]");
    runs(limiter);
    limiter.tryAcquire();
    limiter.tryAcquire(3);
    assertThat(limiter.snapshot().nextPermitIn()).isEqualTo(Duration.ofMillis(100));
    assertThat(limiter.totals())
        .hasToString("RateLimiterTotals[admitted=2, admittedAfterWait=0, permits=3,"
            + " rejectedLimit=2, rejectedQueueFull=0, rejectedDeadline=0, rejectedPaused=0,"
            + " cancelled=0]");
  }

  @Test
  @Tag("RL-28")
  @DisplayName(
      "a rejection is an event with its reason, its permits and the time of the next permit")
  void rejection_isAnEvent() {
    List<RateLimiterEvent> events = new ArrayList<>();
    RateLimiter limiter = limiter(ten());
    limiter.subscribe(event -> {
      throw new IllegalStateException("a listener that fails disturbs no other one");
    });
    limiter.subscribe(events::add);
    takeAll(limiter);
    limiter.tryAcquire(3);
    time.runPending();
    assertThat(events)
        .containsExactly(
            RateLimiterEvent.builder("github", RateLimiterEvent.Kind.REJECTED)
                .reason(Reason.LIMIT)
                .permits(1)
                .limit(10)
                .retryAfter(Duration.ofMillis(100))
                .build(),
            RateLimiterEvent.builder("github", RateLimiterEvent.Kind.REJECTED)
                .reason(Reason.LIMIT)
                .permits(3)
                .limit(10)
                .retryAfter(Duration.ofMillis(300))
                .build());
  }

  @Test
  @Tag("GW-01")
  @DisplayName("a rejection by a limiter is neutral for the breaker around it")
  void rejection_isNeutralForABreaker() {
    RateLimiter limiter = limiter(RateLimiterConfig.smooth(1, SECOND));
    CircuitBreaker breaker = resilience.circuitBreaker(
        "b", CircuitBreakerConfig.builder().failureThreshold(1).build());
    var pipeline =
        resilience.unregistered().pipelineBuilder("p").add(breaker).add(limiter).build();
    pipeline.run(() -> {});
    assertThatThrownBy(() -> pipeline.run(() -> {})).isInstanceOf(RateLimitExceededException.class);
    assertThat(breaker.snapshot().totals().failures()).isZero();
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(1);
    assertThat(breaker.snapshot().totals().ignored()).isEqualTo(1);
  }

  @Test
  @Tag("RL-29")
  @DisplayName(
      "settings from outside the code declare a limiter; without a period they are an error")
  void settingsFromOutside_declareALimiter() {
    try (Resilience outside = Resilience.builder()
        .timeSource(time)
        .config(Map.of(
            "resilience.ratelimiter.github.limit", "7",
            "resilience.ratelimiter.github.period", "2s",
            "resilience.ratelimiter.github.burst", "4",
            "resilience.ratelimiter.github.maxWait", "1s",
            "resilience.ratelimiter.github.maxWaiting", "9",
            "resilience.ratelimiter.github.maxPause", "5m",
            "resilience.ratelimiter.github.startFull", "false",
            "resilience.ratelimiter.half.limit", "7",
            "resilience.pipeline.p.policies", "retry, circuitbreaker, ratelimiter:github"))
        .build()) {
      RateLimiter limiter = outside.rateLimiter("github");
      assertThat(limiter.config())
          .hasToString("limit=7, period=PT2S, burst=4, maxWait=PT1S, maxWaiting=9,"
              + " maxPause=PT5M, startFull=false, adoptUpTo=0, keepAcrossRestart=false");
      assertThat(outside.rateLimiter("github", ten().build())).isSameAs(limiter);
      assertThatThrownBy(() -> outside.rateLimiter("half"))
          .isInstanceOf(ResilienceConfigurationException.class)
          .hasMessageContaining("resilience.ratelimiter.half.limit=7")
          .hasMessageContaining("period must be set: it has no default");
      assertThatThrownBy(() -> outside.rateLimiter("none"))
          .isInstanceOf(ResilienceConfigurationException.class)
          .hasMessage("rate limiter 'none' has no limit and period. Declare it by rateLimiter(name,"
              + " config), or set resilience.ratelimiter.none.limit and"
              + " resilience.ratelimiter.none.period");
      assertThat(outside.rateLimiter("half", ten().build()).config().limit()).isEqualTo(7);
      assertThatCode(() -> outside.pipeline("p")).doesNotThrowAnyException();
    }
  }

  @Test
  @Tag("GW-11")
  @DisplayName("a limiter that is declared twice with different settings is an error")
  void secondDeclaration_isAnError() {
    RateLimiter limiter = limiter(ten());
    assertThat(resilience.rateLimiter("github")).isSameAs(limiter);
    assertThat(resilience.rateLimiter("github", r -> r.limit(10).period(SECOND).burst(3)))
        .isSameAs(limiter);
    assertThatThrownBy(() -> limiter(ten().burst(4)))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("rate limiter 'github' is already declared with burst=3")
        .hasMessageContaining("this declaration has burst=4");
    assertThat(resilience.policies().rateLimiters()).containsExactly(limiter);
    assertThat(resilience.unregistered().rateLimiter("github", ten().build())).isNotSameAs(limiter);
    assertThat(resilience.policies().removeRateLimiter("github")).isTrue();
    assertThat(resilience.policies().removeRateLimiter("github")).isFalse();
    assertThat(resilience.policies().rateLimiters()).isEmpty();
    assertThat(resilience.policies().pruneRateLimiters()).isZero();
  }
}
