package io.aragora.resilience.core.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.core.ForwardingTime;
import io.aragora.resilience.core.ReadLines;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimitExceededException;
import io.aragora.resilience.ratelimiter.RateLimitHint;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.RetryAfter;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What calls that wait, readings and listeners see when a limiter changes. */
class LimiterChangesTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final RateLimiterConfig TEN = RateLimiterConfig.smooth(10, SECOND)
      .burst(2)
      .maxWait(SECOND)
      .maxWaiting(2)
      .build();

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final List<Object> events = new ArrayList<>();

  @AfterEach
  void close() {
    resilience.close();
  }

  private KeyedRateLimiter keyed(RateLimiterConfig config, int maxKeys) {
    return resilience.keyedRateLimiter(
        "tenants",
        KeyedRateLimiterConfig.builder().limiter(config).maxKeys(maxKeys).build());
  }

  private KeyedRateLimiter drained() {
    KeyedRateLimiter keyed = keyed(TEN, 10);
    assertThat(keyed.tryAcquire("a", 2)).isTrue();
    return keyed;
  }

  private static CompletableFuture<String> call(Policy policy) {
    return policy.callAsync(() -> CompletableFuture.completedFuture("done"));
  }

  private void assertRejectedAtOnce(CompletableFuture<String> call) {
    time.runPending();
    assertThat(call).isCompletedExceptionally();
    assertThatThrownBy(call::join).hasCauseInstanceOf(RateLimitExceededException.class);
  }

  @Test
  void keyed_pauseLongerThanTheWait_rejectsTheCallsThatWait() {
    KeyedRateLimiter keyed = drained();
    CompletableFuture<String> call = call(keyed.forKey("a"));
    assertThat(call).isNotDone();
    keyed.pauseFor("a", Duration.ofSeconds(10));
    assertRejectedAtOnce(call);
  }

  @Test
  void keyed_hintThatNothingIsLeftForLong_rejectsTheCallsThatWait() {
    KeyedRateLimiter keyed = drained();
    CompletableFuture<String> call = call(keyed.forKey("a"));
    keyed.observe(
        "a",
        RateLimitHint.builder()
            .remaining(0)
            .reset(RetryAfter.of(Duration.ofSeconds(10)))
            .build());
    assertThat(keyed.pausedKeys(5)).containsOnlyKeys("a");
    assertRejectedAtOnce(call);
  }

  @Test
  void keyed_resume_admitsTheCallsThatWait() {
    KeyedRateLimiter keyed = keyed(TEN, 10);
    keyed.pauseFor("a", Duration.ofMillis(900));
    CompletableFuture<String> call = call(keyed.forKey("a"));
    time.runPending();
    assertThat(call).isNotDone();
    keyed.resume("a");
    time.runPending();
    assertThat(call).isCompletedWithValue("done");
  }

  @Test
  void keyed_higherRate_admitsTheCallsThatWaitSooner() {
    KeyedRateLimiter keyed = drained();
    CompletableFuture<String> call = call(keyed.forKey("a"));
    keyed.reconfigure(TEN.toBuilder().limit(1000).build());
    time.advance(Duration.ofMillis(5));
    assertThat(call).isCompletedWithValue("done");
  }

  @Test
  void keyed_rejections_areCountedByTheirReason() {
    KeyedRateLimiter keyed = drained();
    assertThat(keyed.tryAcquire("a")).isFalse();
    keyed.pauseFor("b", SECOND);
    assertThat(keyed.tryAcquire("b")).isFalse();
    assertThat(keyed.tryAcquire("b")).isFalse();
    assertThat(keyed.totals().rejectedLimit()).isEqualTo(1);
    assertThat(keyed.totals().rejectedPaused()).isEqualTo(2);
  }

  private KeyedRateLimiter fullOfTwo() {
    KeyedRateLimiter keyed =
        keyed(RateLimiterConfig.smooth(1, Duration.ofHours(1)).build(), 2);
    assertThat(keyed.tryAcquire("first")).isTrue();
    time.advance(Duration.ofMinutes(6));
    assertThat(keyed.tryAcquire("second")).isTrue();
    time.advance(Duration.ofMinutes(6));
    return keyed;
  }

  @Test
  void keyed_keyThatWasRejectedLately_isNotTheOneThatIsEvicted() {
    KeyedRateLimiter keyed = fullOfTwo();
    assertThat(keyed.tryAcquire("first")).isFalse();
    assertThat(keyed.tryAcquire("third")).isTrue();
    assertThat(keyed.evictions()).isEqualTo(1);
    assertThat(keyed.retryAfter("second")).as("evicted").isZero();
    assertThat(keyed.retryAfter("first")).isPositive();
  }

  @Test
  void keyed_keyThatWasPausedLately_isNotTheOneThatIsEvicted() {
    KeyedRateLimiter keyed = fullOfTwo();
    keyed.pauseFor("first", SECOND);
    assertThat(keyed.tryAcquire("third")).isTrue();
    assertThat(keyed.retryAfter("second")).as("evicted").isZero();
    assertThat(keyed.retryAfter("first")).isPositive();
  }

  @Test
  void keyed_readings_areItsTotals() {
    KeyedRateLimiter keyed = keyed(TEN, 2);
    assertThat(keyed.tryAcquire("a", 2)).isTrue();
    for (int i = 0; i < 3; i++) {
      assertThat(keyed.tryAcquire("a")).isFalse();
    }
    CompletableFuture<String> waited = call(keyed.forKey("a"));
    time.advance(Duration.ofMillis(103));
    assertThat(waited).isDone();
    Policy policy = keyed.forKey("a");
    assertThat(call(policy)).isNotDone();
    assertThat(call(policy).cancel(true)).isTrue();
    assertThat(call(policy)).isNotDone();
    for (int i = 0; i < 4; i++) {
      assertThat(call(policy)).isCompletedExceptionally();
    }
    keyed.pauseFor("b", SECOND);
    assertThat(keyed.tryAcquire("b")).isFalse();
    assertThat(keyed.tryAcquire("c")).isTrue();
    assertThat(ReadLines.of(resilience, "keyedratelimiter"))
        .containsExactly(
            "keyedratelimiter tenants",
            "calls admitted 2",
            "calls admitted_after_wait 1",
            "calls rejected_limit 3",
            "calls rejected_queue_full 4",
            "calls rejected_deadline 0",
            "calls rejected_paused 1",
            "calls cancelled 1",
            "permits  4",
            "evictions  0",
            "overflows  1",
            "keys 2.0",
            "waiting 2.0");
  }

  @Test
  void keyed_removeOfAnUnknownKey_isFalse() {
    assertThat(keyed(TEN, 2).remove("unknown")).isFalse();
  }

  @Test
  void keyed_forKeyWithMorePermitsThanTheBurst_isAnError() {
    KeyedRateLimiter keyed = keyed(TEN, 2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> keyed.forKey("a", 3))
        .withMessage("permits must be in [1, 2]: 3");
  }

  @Test
  void keyed_listenersThatUnsubscribe_receiveNoMore() {
    KeyedRateLimiter keyed = keyed(TEN, 1);
    Subscription ofCalls = keyed.subscribe(events::add);
    Subscription ofKeys = keyed.subscribeKeys(events::add);
    keyed.reconfigure(TEN.toBuilder().limit(20).build());
    time.runPending();
    assertThat(events).hasSize(1);
    ofCalls.close();
    ofKeys.close();
    assertThat(keyed.tryAcquire("a", 2)).isTrue();
    assertThat(keyed.tryAcquire("b", 2)).as("overflow").isTrue();
    assertThat(keyed.tryAcquire("b")).isFalse();
    time.runPending();
    assertThat(events).hasSize(1);
  }

  @Test
  void names_areThoseOfTheDeclaration() {
    KeyedRateLimiter keyed = keyed(TEN, 2);
    assertThat(keyed.name()).isEqualTo("tenants");
    assertThat(keyed).hasToString("keyed rate limiter 'tenants'");
    assertThat(resilience.rateLimiter("api", TEN)).hasToString("rate limiter 'api'");
  }

  @Test
  void readings_areTheTotalsAndThePresentLevel() {
    RateLimiter limiter = resilience.rateLimiter("api", TEN.toBuilder().burst(5).build());
    limiter.run(() -> {});
    assertThat(limiter.tryAcquire(2)).isTrue();
    assertThat(ReadLines.of(resilience, "ratelimiter"))
        .containsSubsequence(
            "ratelimiter api",
            "calls admitted 2",
            "permits  3",
            "limit 10.0",
            "burst 5.0",
            "available 2.0",
            "waiting 0.0",
            "paused_seconds 0.0")
        .noneMatch(line -> line.startsWith("alone") || line.startsWith("instances"));
    limiter.pauseFor(Duration.ofMillis(500));
    call(limiter);
    assertThat(ReadLines.of(resilience, "ratelimiter"))
        .containsSubsequence("available 0.0", "waiting 1.0", "paused_seconds 0.5");
  }

  @Test
  void observe_higherLimitThatIsAdopted_admitsTheCallsThatWaitSooner() {
    RateLimiter limiter =
        resilience.rateLimiter("api", TEN.toBuilder().adoptUpTo(1000).build());
    assertThat(limiter.tryAcquire(2)).isTrue();
    CompletableFuture<String> call = call(limiter);
    limiter.observe(RateLimitHint.builder().limit(1000).window(SECOND).build());
    assertThat(limiter.config().limit()).isEqualTo(1000);
    time.advance(Duration.ofMillis(5));
    assertThat(call).isCompletedWithValue("done");
  }

  /**
   * A listener runs between the look for a key and the note that it is held, as another thread would: its key takes the place of the
   * new one.
   */
  @Test
  void forKey_ofAKeyThatIsEvictedMeanwhile_isTheOnlyLimiterOfTheKey() {
    TimeSource inline = new ForwardingTime(time) {
      @Override
      public Executor executor() {
        return Runnable::run;
      }
    };
    try (Resilience other = Resilience.builder().timeSource(inline).build()) {
      KeyedRateLimiter keyed = other.keyedRateLimiter(
          "tenants",
          KeyedRateLimiterConfig.builder()
              .limiter(RateLimiterConfig.smooth(1, Duration.ofHours(1)).build())
              .maxKeys(1)
              .build());
      assertThat(keyed.tryAcquire("idle")).isTrue();
      time.advance(Duration.ofMinutes(5));
      List<String> evicted = new ArrayList<>();
      keyed.subscribeKeys(event -> {
        evicted.add(event.key());
        keyed.forKey("b");
      });

      Policy held = keyed.forKey("a");

      assertThat(evicted).containsExactly("idle");
      assertThat(call(held)).isCompletedWithValue("done");
      assertThat(keyed.tryAcquire("a")).as("of a second limiter").isFalse();
    }
  }

  /** Runs an action once, when a call that has been checked asks for the time to take its permits. */
  private static final class TimeOfTake extends ForwardingTime {
    private @Nullable Runnable action;

    TimeOfTake(ManualTime time) {
      super(time);
    }

    @Override
    public long nanoTime() {
      Runnable present = action;
      if (present != null
          && StackWalker.getInstance()
              .walk(frames -> frames.anyMatch(frame -> frame.getMethodName().equals("tryTake")))) {
        action = null;
        present.run();
      }
      return super.nanoTime();
    }
  }

  /** Counts the readings of the clock. */
  private static final class CountedTime extends ForwardingTime {
    private int readings;

    CountedTime(ManualTime time) {
      super(time);
    }

    @Override
    public long nanoTime() {
      readings++;
      return super.nanoTime();
    }
  }

  /** Each answer of a server has a hint. */
  @Test
  void observe_hintThatChangesNothing_looksAtNoCallThatWaits() {
    CountedTime counted = new CountedTime(time);
    try (Resilience other = Resilience.builder().timeSource(counted).build()) {
      RateLimiter limiter = other.rateLimiter(
          "api", TEN.toBuilder().maxWait(Duration.ofMinutes(1)).maxWaiting(500).build());
      assertThat(limiter.tryAcquire(2)).isTrue();
      for (int i = 0; i < 500; i++) {
        assertThat(call(limiter)).isNotDone();
      }
      counted.readings = 0;
      limiter.observe(RateLimitHint.builder().remaining(7).build());
      assertThat(counted.readings).isLessThan(10);
    }
  }

  /** A clock that can fail. */
  private static final class FailingTime extends ForwardingTime {
    private boolean fails;

    FailingTime(ManualTime time) {
      super(time);
    }

    @Override
    public long nanoTime() {
      if (fails) {
        throw new IllegalStateException("no clock");
      }
      return super.nanoTime();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void reconfigure_thatFails_leavesTheConfig_andCanBeRepeated(boolean isExact) {
    FailingTime failing = new FailingTime(time);
    RateLimiterConfig present = isExact
        ? RateLimiterConfig.exact(2, SECOND).build()
        : TEN.toBuilder().burst(2).build();
    RateLimiterConfig next = isExact
        ? RateLimiterConfig.exact(5, SECOND).build()
        : TEN.toBuilder().burst(5).build();
    try (Resilience other = Resilience.builder().timeSource(failing).build()) {
      RateLimiter limiter = other.rateLimiter("api", present);
      KeyedRateLimiter keyed =
          other.keyedRateLimiter("tenants", KeyedRateLimiterConfig.of(present));
      assertThat(keyed.tryAcquire("a")).isTrue();
      failing.fails = true;
      assertThatThrownBy(() -> limiter.reconfigure(next)).hasMessage("no clock");
      assertThatThrownBy(() -> keyed.reconfigure(next)).hasMessage("no clock");
      failing.fails = false;
      assertThat(limiter.config()).isEqualTo(present);
      assertThat(limiter.snapshot().level()).isEqualTo(2);
      assertThat(keyed.config().limiter()).isEqualTo(present);

      limiter.reconfigure(next);
      keyed.reconfigure(next);
      time.advance(SECOND);
      assertThat(limiter.snapshot().level()).isEqualTo(5);
      assertThat(keyed.snapshot("a").level()).isEqualTo(5);
    }
  }

  @Test
  void reconfigure_lowerBurstBetweenCheckAndWaitOfACall_holdsUpNoOtherCall() {
    TimeOfTake timeOfTake = new TimeOfTake(time);
    try (Resilience other = Resilience.builder().timeSource(timeOfTake).build()) {
      RateLimiter limiter = other.rateLimiter("api", TEN);
      assertThat(limiter.tryAcquire(2)).isTrue();
      timeOfTake.action = () -> limiter.reconfigure(TEN.toBuilder().burst(1).build());

      CompletableFuture<String> two = call(limiter.withPermits(2));
      CompletableFuture<String> one = call(limiter);

      assertThat(timeOfTake.action).as("not run").isNull();
      assertRejectedAtOnce(two);
      time.advance(Duration.ofMillis(500));
      assertThat(one).isCompletedWithValue("done");
    }
  }
}
