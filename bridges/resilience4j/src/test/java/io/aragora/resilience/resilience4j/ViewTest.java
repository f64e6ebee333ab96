package io.aragora.resilience.resilience4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.testing.ManualTime;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.core.ConfigurationNotFoundException;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.timelimiter.TimeLimiterConfig;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Where a view differs from Resilience4j, and what it shares with the policy that it shows. */
class ViewTest {
  private final ManualTime time = ManualTime.create().autoAdvance(true);
  private final Resilience resilience = Resilience.builder().timeSource(time).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  private static void fail(CircuitBreaker breaker) {
    breaker.onError(0, TimeUnit.NANOSECONDS, new IOException("down"));
  }

  @Test
  void callFromBeforeTheTrip_withoutAProbe_decidesNothing() {
    var breaker =
        resilience.circuitBreaker("prices", c -> c.failureThreshold(1).successThreshold(1));
    CircuitBreaker view = Resilience4j.circuitBreaker(resilience, breaker);
    view.acquirePermission();
    view.acquirePermission();
    fail(view);
    time.advance(Duration.ofSeconds(61));
    assertThat(view.getState()).isEqualTo(State.HALF_OPEN);

    view.onSuccess(1, TimeUnit.MINUTES);

    assertThat(view.getState()).isEqualTo(State.HALF_OPEN);
    assertThat(breaker.snapshot().totals().late()).isOne();
  }

  @Test
  void probe_thatNeverEnds_losesItsPermit() {
    var breaker = resilience.circuitBreaker("prices", c -> c.halfOpenMaxCalls(1));
    CircuitBreaker view = Resilience4j.circuitBreaker(resilience, breaker);
    view.transitionToOpenState();
    view.transitionToHalfOpenState();
    assertThatThrownBy(() -> view.executeRunnable(() -> {
          throw new AssertionError("passes all handlers");
        }))
        .isInstanceOf(AssertionError.class);
    assertThat(view.tryAcquirePermission()).isFalse();

    time.advance(Duration.ofSeconds(61));

    assertThat(view.tryAcquirePermission()).isTrue();
  }

  @Test
  void slowProbes_thatSucceed_countAsFailed() {
    CircuitBreaker view = Resilience4j.circuitBreakers(resilience)
        .circuitBreaker(
            "prices",
            CircuitBreakerConfig.custom()
                .permittedNumberOfCallsInHalfOpenState(4)
                .slowCallDurationThreshold(Duration.ofSeconds(4))
                .build());
    view.transitionToOpenState();
    view.transitionToHalfOpenState();
    view.acquirePermission();
    view.onSuccess(5, TimeUnit.SECONDS);
    assertThat(view.getMetrics().getNumberOfFailedCalls()).isOne();
    view.acquirePermission();

    view.onSuccess(5, TimeUnit.SECONDS);

    assertThat(view.getState()).isEqualTo(State.OPEN);
  }

  @Test
  void slowCall_isMeasuredByTheTimeOfTheRuntime() {
    var breaker = resilience.circuitBreaker(
        "prices", c -> c.slowCallRateThreshold(50).slowCallDuration(Duration.ofSeconds(1)));
    CircuitBreaker view = Resilience4j.circuitBreaker(resilience, breaker);

    view.executeRunnable(() -> time.advance(Duration.ofSeconds(2)));

    assertThat(view.getMetrics().getNumberOfSlowCalls()).isOne();
  }

  @Test
  void breaker_andItsView_areOne() {
    var breaker = resilience.circuitBreaker("prices", c -> c.failureThreshold(2));
    CircuitBreaker view = Resilience4j.circuitBreaker(resilience, "prices");
    List<String> transitions = new ArrayList<>();
    view.getEventPublisher()
        .onStateTransition(event -> transitions.add(event.getStateTransition().name()));
    view.acquirePermission();
    fail(view);
    assertThatThrownBy(() -> breaker.call(() -> {
          throw new IOException("down");
        }))
        .isInstanceOf(IOException.class);
    time.runPending();

    assertThat(view.getState()).isEqualTo(State.OPEN);
    assertThat(transitions).containsExactly("CLOSED_TO_OPEN");
  }

  @Test
  void config_thatIsReplaced_isShown() {
    var breaker = resilience.circuitBreaker("prices", c -> c.cooldown(Duration.ofSeconds(7)));
    CircuitBreaker view = Resilience4j.circuitBreaker(resilience, "prices");
    assertThat(
            view.getCircuitBreakerConfig().getWaitIntervalFunctionInOpenState().apply(1))
        .isEqualTo(7000);
    assertThat(view.getCircuitBreakerConfig()).isSameAs(view.getCircuitBreakerConfig());

    breaker.reconfigure(breaker.config().toBuilder()
        .failureRateThreshold(12)
        .countWindow(40)
        .cooldownBackoff(2)
        .maxCooldown(Duration.ofMinutes(1))
        .build());

    CircuitBreakerConfig shown = view.getCircuitBreakerConfig();
    assertThat(shown.getFailureRateThreshold()).isEqualTo(12);
    assertThat(shown.getSlidingWindowSize()).isEqualTo(40);
    assertThat(shown.getSlidingWindowType())
        .isEqualTo(CircuitBreakerConfig.SlidingWindowType.COUNT_BASED);
    assertThat(shown.getWaitIntervalFunctionInOpenState().apply(2)).isEqualTo(14_000);
    assertThat(shown.isWritableStackTraceEnabled()).isFalse();
  }

  @Test
  void declaredConfig_isShown_unlessSettingsChangedThePolicy() {
    Map<String, String> settings = Map.of(
        "resilience.circuitbreaker.prices.cooldown", "7s",
        "resilience.retry.prices.maxAttempts", "7",
        "resilience.bulkhead.prices.maxConcurrentCalls", "7",
        "resilience.ratelimiter.prices.maxWait", "7s",
        "resilience.timeout.prices.limit", "7s");
    try (Resilience changed =
        Resilience.builder().timeSource(time).config(settings).build()) {
      assertThat(declaredAndShown(changed))
          .allSatisfy((declared, shown) -> assertThat(shown).isNotSameAs(declared));
      assertThat(Resilience4j.retries(changed).retry("prices").getRetryConfig().getMaxAttempts())
          .isEqualTo(7);
    }

    assertThat(declaredAndShown(resilience))
        .hasSize(5)
        .allSatisfy((declared, shown) -> assertThat(shown).isSameAs(declared));
  }

  private static Map<Object, Object> declaredAndShown(Resilience runtime) {
    CircuitBreakerConfig breaker = CircuitBreakerConfig.ofDefaults();
    RetryConfig retry = RetryConfig.ofDefaults();
    BulkheadConfig bulkhead = BulkheadConfig.ofDefaults();
    RateLimiterConfig limiter =
        RateLimiterConfig.custom().limitRefreshPeriod(Duration.ofSeconds(1)).build();
    TimeLimiterConfig timeout = TimeLimiterConfig.ofDefaults();
    return Map.of(
        breaker,
        Resilience4j.circuitBreakers(runtime)
            .circuitBreaker("prices", breaker)
            .getCircuitBreakerConfig(),
        retry,
        Resilience4j.retries(runtime).retry("prices", retry).getRetryConfig(),
        bulkhead,
        Resilience4j.bulkheads(runtime).bulkhead("prices", bulkhead).getBulkheadConfig(),
        limiter,
        Resilience4j.rateLimiters(runtime).rateLimiter("prices", limiter).getRateLimiterConfig(),
        timeout,
        Resilience4j.timeLimiters(runtime).timeLimiter("prices", timeout).getTimeLimiterConfig());
  }

  @Test
  void probes_afterAReconfiguration_areAllHeld() {
    var breaker =
        resilience.circuitBreaker("prices", c -> c.halfOpenMaxCalls(1).successThreshold(6));
    CircuitBreaker view = Resilience4j.circuitBreaker(resilience, breaker);
    view.transitionToOpenState();
    view.transitionToHalfOpenState();
    view.acquirePermission();
    view.onSuccess(0, TimeUnit.NANOSECONDS);
    view.transitionToOpenState();
    breaker.reconfigure(breaker.config().toBuilder().halfOpenMaxCalls(6).build());
    view.transitionToHalfOpenState();
    for (int i = 0; i < 6; i++) {
      view.acquirePermission();
    }
    for (int i = 0; i < 6; i++) {
      view.onSuccess(0, TimeUnit.NANOSECONDS);
    }

    assertThat(view.getState()).isEqualTo(State.CLOSED);
  }

  @Test
  void transition_thatResilience4jHasNoValueFor_isNotPublished() {
    CircuitBreaker view = Resilience4j.circuitBreaker(resilience, "prices");
    List<String> events = new ArrayList<>();
    view.getEventPublisher().onEvent(event -> events.add(event.getEventType().name()));
    view.transitionToMetricsOnlyState();
    time.runPending();
    view.transitionToOpenState();
    time.runPending();

    assertThat(events).containsExactly("STATE_TRANSITION");
    assertThat(view.getState()).isEqualTo(State.OPEN);
  }

  @Test
  void retry_asksTheBudget() {
    RetryBudget budget =
        resilience.retryBudget("prices", c -> c.capacity(1).ratio(0).perSecond(0));
    Retry view = Resilience4j.retry(resilience.retry(
        "prices",
        c -> c.maxAttempts(9).backoff(Backoff.constant(Duration.ofMillis(1))).budget(budget)));
    AtomicInteger attempts = new AtomicInteger();

    assertThatThrownBy(() -> view.executeCallable(() -> {
          attempts.incrementAndGet();
          throw new IOException("down");
        }))
        .hasMessage("down");

    assertThat(attempts).hasValue(2);
  }

  @Test
  void retry_ofARejection_isNone() {
    Retry view = Resilience4j.retry(resilience.retry("prices", c -> c.retryIf(failure -> true)));
    CircuitBreaker breaker = Resilience4j.circuitBreaker(resilience, "prices");
    breaker.transitionToForcedOpenState();

    assertThatThrownBy(
            () -> view.executeRunnable(CircuitBreaker.decorateRunnable(breaker, () -> {})))
        .hasMessageContaining("FORCED_OPEN");

    assertThat(breaker.getMetrics().getNumberOfNotPermittedCalls()).isOne();
  }

  @Test
  void permission_thatNothingHolds_isIgnored() {
    Bulkhead view =
        Resilience4j.bulkhead(resilience.bulkhead("prices", c -> c.maxConcurrentCalls(1)));

    view.releasePermission();

    assertThat(view.getMetrics().getAvailableConcurrentCalls()).isOne();
  }

  @Test
  void registry_declaresByConfig_andLooksUpByName() {
    resilience.circuitBreaker("prices", c -> c.failureThreshold(7));
    CircuitBreakerRegistry breakers = Resilience4j.circuitBreakers(resilience);
    breakers.addConfiguration(
        "patient",
        CircuitBreakerConfig.custom()
            .waitDurationInOpenState(Duration.ofMinutes(9))
            .build());

    breakers.circuitBreaker("prices");
    CircuitBreaker orders = breakers.circuitBreaker("orders", "patient", Map.of("team", "shop"));

    assertThat(resilience.circuitBreaker("prices").config().failureThreshold()).isEqualTo(7);
    assertThat(resilience.circuitBreaker("orders").config().cooldown())
        .isEqualTo(Duration.ofMinutes(9));
    assertThat(orders.getTags()).containsEntry("team", "shop");
    assertThat(breakers.find("orders")).containsSame(orders);
    assertThat(breakers.getAllCircuitBreakers()).hasSize(2);
    assertThatExceptionOfType(ConfigurationNotFoundException.class)
        .isThrownBy(() -> breakers.circuitBreaker("others", "unknown"));
    assertThatExceptionOfType(ResilienceConfigurationException.class)
        .isThrownBy(() -> Resilience4j.circuitBreakers(resilience)
            .circuitBreaker("prices", CircuitBreakerConfig.ofDefaults()));
  }

  @Test
  void config_thatCannotBeTranslated_saysWhatToUse() {
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> Resilience4j.config(CircuitBreakerConfig.custom()
            .waitIntervalFunctionInOpenState(IntervalFunction.of(100, x -> x + 100))
            .build()))
        .withMessage(
            "waitIntervalFunctionInOpenState must be constant or exponential: 100 ms, 200 ms,"
                + " 300 ms. For random cooldowns set cooldownJitter of a config of this library");
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> Resilience4j.config(CircuitBreakerConfig.custom()
            .transitionToStateAfterWaitDuration(State.CLOSED)
            .build()))
        .withMessageContaining("transitionToStateAfterWaitDuration must be OPEN");
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> Resilience4j.config(
            TimeLimiterConfig.custom().cancelRunningFuture(false).build()))
        .withMessageContaining("cancelRunningFuture must be true");
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> Resilience4j.config(RateLimiterConfig.ofDefaults()))
        .withMessage("period must be at least PT0.000001S: PT0.0000005S");
  }

  @Test
  void defaults_ofResilience4j_areTranslated() {
    var config = Resilience4j.config(CircuitBreakerConfig.ofDefaults());

    assertThat(config.failureThreshold()).isZero();
    assertThat(config.failureRateThreshold()).isEqualTo(50);
    assertThat(config.countWindow()).isEqualTo(100);
    assertThat(config.cooldown()).isEqualTo(Duration.ofSeconds(60));
    assertThat(config.halfOpenCalls()).isEqualTo(10);
    assertThat(config.initialState()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  void permission_allocatesNoMoreThanTheirs() {
    CircuitBreakerConfig config = CircuitBreakerConfig.ofDefaults();
    long theirs = bytesPerCall(CircuitBreaker.of("prices", config));
    long ours =
        bytesPerCall(Resilience4j.circuitBreakers(resilience).circuitBreaker("prices", config));

    assertThat(ours).isLessThanOrEqualTo(theirs);
  }

  private static long bytesPerCall(CircuitBreaker breaker) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long id = Thread.currentThread().getId();
    int calls = 20_000;
    long before = 0;
    for (int round = 0; round < 3; round++) {
      before = threads.getThreadAllocatedBytes(id);
      for (int i = 0; i < calls; i++) {
        breaker.acquirePermission();
        breaker.onSuccess(1000, TimeUnit.NANOSECONDS);
      }
    }
    return (threads.getThreadAllocatedBytes(id) - before) / calls;
  }

  @Test
  void stageOfATimeLimiter_thatIsCancelled_cancelsTheCallBeforeContinuationsRun() {
    CompletableFuture<String> body = new CompletableFuture<>();
    CompletableFuture<String> stage = Resilience4j.timeLimiter(
            resilience.timeout("limit", Duration.ofMinutes(1)))
        .<String, CompletionStage<String>>decorateCompletionStage(null, () -> body)
        .get()
        .toCompletableFuture();
    CompletableFuture<Boolean> seen = stage.handle((value, failure) -> body.isCancelled());

    stage.cancel(true);

    assertThat(seen).isCompletedWithValue(true);
  }

  @Test
  void changeConfig_ofABulkhead_keepsMaxWaitingWhileCallsWait() {
    var bulkhead = resilience.bulkhead(
        "prices", c -> c.maxConcurrentCalls(5).maxWait(Duration.ofSeconds(1)).maxWaiting(2));
    Bulkhead view = Resilience4j.bulkhead(bulkhead);

    view.changeConfig(waiting(7, Duration.ofSeconds(3)));
    assertThat(bulkhead.config().maxConcurrentCalls()).isEqualTo(7);
    assertThat(bulkhead.config().maxWait()).isEqualTo(Duration.ofSeconds(3));
    assertThat(bulkhead.config().maxWaiting()).as("of the application").isEqualTo(2);

    view.changeConfig(waiting(7, Duration.ZERO));
    assertThat(bulkhead.config().maxWaiting()).isZero();

    view.changeConfig(waiting(8, Duration.ofSeconds(3)));
    assertThat(bulkhead.config().maxWaiting()).as("the default").isEqualTo(8);
  }

  private static BulkheadConfig waiting(int calls, Duration wait) {
    return BulkheadConfig.custom()
        .maxConcurrentCalls(calls)
        .maxWaitDuration(wait)
        .build();
  }
}
