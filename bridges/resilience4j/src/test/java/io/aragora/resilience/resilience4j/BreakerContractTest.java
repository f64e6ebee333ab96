package io.aragora.resilience.resilience4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.TransitionCheckResult;
import io.github.resilience4j.circuitbreaker.event.CircuitBreakerEvent;
import io.github.resilience4j.circuitbreaker.event.CircuitBreakerOnErrorEvent;
import io.github.resilience4j.circuitbreaker.event.CircuitBreakerOnStateTransitionEvent;
import io.github.resilience4j.core.IntervalFunction;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a breaker of Resilience4j does, on theirs and on a view of ours. */
class BreakerContractTest {
  private static final String SUBJECTS = "io.aragora.resilience.resilience4j.Subject#both";

  private static CircuitBreakerConfig.Builder settings() {
    return CircuitBreakerConfig.custom()
        .failureRateThreshold(50)
        .slidingWindow(5, 5, SlidingWindowType.TIME_BASED)
        .permittedNumberOfCallsInHalfOpenState(4)
        .slowCallDurationThreshold(Duration.ofSeconds(4))
        .slowCallRateThreshold(50)
        .waitDurationInOpenState(Duration.ofSeconds(5))
        .ignoreExceptions(NumberFormatException.class);
  }

  private static void succeed(CircuitBreaker breaker) {
    assertThat(breaker.tryAcquirePermission()).isTrue();
    breaker.onSuccess(0, TimeUnit.NANOSECONDS);
  }

  private static void fail(CircuitBreaker breaker) {
    assertThat(breaker.tryAcquirePermission()).isTrue();
    breaker.onError(0, TimeUnit.NANOSECONDS, new IOException("down"));
  }

  private static void assertNumbers(
      CircuitBreaker breaker, float rate, int calls, int failed, long rejected) {
    CircuitBreaker.Metrics numbers = breaker.getMetrics();
    assertThat(numbers.getFailureRate()).isEqualTo(rate);
    assertThat(numbers.getNumberOfBufferedCalls()).isEqualTo(calls);
    assertThat(numbers.getNumberOfFailedCalls()).isEqualTo(failed);
    assertThat(numbers.getNumberOfSuccessfulCalls()).isEqualTo(calls - failed);
    assertThat(numbers.getNumberOfNotPermittedCalls()).isEqualTo(rejected);
  }

  private static void probe(CircuitBreaker breaker) {
    breaker.transitionToOpenState();
    breaker.transitionToHalfOpenState();
    assertThat(breaker.getState()).isEqualTo(State.HALF_OPEN);
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void identity_ofABreaker_isWhatItWasDeclaredWith(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());

      assertThat(breaker.getName()).isEqualTo("prices");
      assertThat(breaker.getTags()).isEqualTo(Subject.TAGS);
      assertThat(breaker.toString()).isEqualTo("CircuitBreaker 'prices'");
      assertThat(breaker.getTimestampUnit()).isEqualTo(TimeUnit.NANOSECONDS);
      CircuitBreakerConfig config = breaker.getCircuitBreakerConfig();
      assertThat(config.getFailureRateThreshold()).isEqualTo(50);
      assertThat(config.getSlidingWindowSize()).isEqualTo(5);
      assertThat(config.getPermittedNumberOfCallsInHalfOpenState()).isEqualTo(4);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void failures_atTheRate_openTheBreaker(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      assertNumbers(breaker, -1, 0, 0, 0);
      fail(breaker);
      assertNumbers(breaker, -1, 1, 1, 0);
      fail(breaker);
      fail(breaker);
      succeed(breaker);
      assertThat(breaker.getState()).isEqualTo(State.CLOSED);
      assertNumbers(breaker, -1, 4, 3, 0);

      succeed(breaker);

      assertThat(breaker.getState()).isEqualTo(State.OPEN);
      assertNumbers(breaker, 60, 5, 3, 0);
      assertThat(breaker.tryAcquirePermission()).isFalse();
      assertNumbers(breaker, 60, 5, 3, 1);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void failures_belowTheRate_leaveItClosed(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      for (int i = 0; i < 2; i++) {
        fail(breaker);
        succeed(breaker);
        succeed(breaker);
      }

      assertThat(breaker.getState()).isEqualTo(State.CLOSED);
      assertThat(breaker.getMetrics().getFailureRate()).isBetween(33f, 34f);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void slowCalls_atTheRate_openTheBreaker(Subject subject) {
    try (subject) {
      CircuitBreaker breaker =
          subject.breaker(settings().failureRateThreshold(100).build());
      for (int seconds : new int[] {5, 5, 0, 0, 5}) {
        breaker.acquirePermission();
        breaker.onSuccess(seconds, TimeUnit.SECONDS);
      }

      assertThat(breaker.getState()).isEqualTo(State.OPEN);
      CircuitBreaker.Metrics numbers = breaker.getMetrics();
      assertThat(numbers.getSlowCallRate()).isEqualTo(60);
      assertThat(numbers.getNumberOfSlowCalls()).isEqualTo(3);
      assertThat(numbers.getNumberOfSlowSuccessfulCalls()).isEqualTo(3);
      assertThat(numbers.getNumberOfSlowFailedCalls()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void countWindow_forgetsTheOldestCall(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(
          settings().slidingWindow(4, 4, SlidingWindowType.COUNT_BASED).build());
      fail(breaker);
      for (int i = 0; i < 4; i++) {
        succeed(breaker);
      }

      assertNumbers(breaker, 0, 4, 0, 0);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void timeWindow_forgetsCallsOfEarlierSeconds(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      fail(breaker);
      fail(breaker);

      subject.advance(Duration.ofSeconds(6));

      assertThat(breaker.getMetrics().getNumberOfBufferedCalls()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void ignoredFailure_countsAsNothing(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      breaker.acquirePermission();
      breaker.onError(0, TimeUnit.NANOSECONDS, new NumberFormatException("x"));

      assertNumbers(breaker, -1, 0, 0, 0);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void failureThatIsNotRecorded_countsAsASuccess(Subject subject) {
    try (subject) {
      CircuitBreaker breaker =
          subject.breaker(settings().recordExceptions(IOException.class).build());
      breaker.acquirePermission();
      breaker.onError(0, TimeUnit.NANOSECONDS, new IllegalStateException("x"));
      fail(breaker);

      assertNumbers(breaker, -1, 2, 1, 0);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void wrappersOfFutures_areTakenOff(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      List<Throwable> seen = new ArrayList<>();
      breaker.getEventPublisher().onError(event -> seen.add(event.getThrowable()));
      IOException down = new IOException("down");
      for (Exception wrapper :
          List.of(new CompletionException(down), new ExecutionException(down))) {
        breaker.acquirePermission();
        breaker.onError(0, TimeUnit.NANOSECONDS, wrapper);
      }
      breaker.acquirePermission();
      breaker.onError(
          0, TimeUnit.NANOSECONDS, new CompletionException(new NumberFormatException("x")));

      assertThat(seen).containsExactly(down, down);
      assertNumbers(breaker, -1, 2, 2, 0);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void result_thatThePredicateMatches_isAFailure(Subject subject) {
    try (subject) {
      CircuitBreaker breaker =
          subject.breaker(settings().recordResult("busy"::equals).build());
      List<String> errors = new ArrayList<>();
      breaker
          .getEventPublisher()
          .onError(event -> errors.add(event.getThrowable().getClass().getSimpleName()));
      breaker.acquirePermission();
      breaker.onResult(0, TimeUnit.NANOSECONDS, "busy");
      breaker.acquirePermission();
      breaker.onResult(0, TimeUnit.NANOSECONDS, "fine");
      breaker.acquirePermission();
      breaker.onResult(0, TimeUnit.NANOSECONDS, null);

      assertNumbers(breaker, -1, 3, 1, 0);
      assertThat(errors).containsExactly("ResultRecordedAsFailureException");
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void open_rejects_andSaysSo(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      breaker.transitionToOpenState();

      assertThatExceptionOfType(CallNotPermittedException.class)
          .isThrownBy(breaker::acquirePermission)
          .withMessage("CircuitBreaker 'prices' is OPEN and does not permit further calls")
          .satisfies(e -> assertThat(e.getCausingCircuitBreakerName()).isEqualTo("prices"));
      assertThatExceptionOfType(CallNotPermittedException.class)
          .isThrownBy(() -> breaker.executeSupplier(() -> "never"));
      assertThat(breaker.getMetrics().getNumberOfNotPermittedCalls()).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void cooldown_whenItIsOver_admitsProbes(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      breaker.transitionToOpenState();
      subject.advance(Duration.ofSeconds(4));
      assertThat(breaker.tryAcquirePermission()).isFalse();

      subject.advance(Duration.ofSeconds(2));

      assertThat(breaker.tryAcquirePermission()).isTrue();
      assertThat(breaker.getState()).isEqualTo(State.HALF_OPEN);
      assertNumbers(breaker, -1, 0, 0, 0);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void cooldown_thatGrows_isLongerTheSecondTime(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(CircuitBreakerConfig.custom()
          .failureRateThreshold(50)
          .waitIntervalFunctionInOpenState(
              IntervalFunction.ofExponentialBackoff(Duration.ofSeconds(5), 2))
          .slidingWindow(2, 2, SlidingWindowType.COUNT_BASED)
          .permittedNumberOfCallsInHalfOpenState(2)
          .build());
      fail(breaker);
      fail(breaker);
      subject.advance(Duration.ofSeconds(6));
      fail(breaker);
      breaker.tryAcquirePermission();
      breaker.onError(0, TimeUnit.NANOSECONDS, new IOException("down"));
      assertThat(breaker.getState()).isEqualTo(State.OPEN);

      subject.advance(Duration.ofSeconds(6));
      assertThat(breaker.tryAcquirePermission()).isFalse();
      subject.advance(Duration.ofSeconds(5));
      assertThat(breaker.tryAcquirePermission()).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void openFor_lastsAsLongAsAsked(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      breaker.transitionToOpenStateFor(Duration.ofSeconds(30));
      subject.advance(Duration.ofSeconds(29));
      assertThat(breaker.tryAcquirePermission()).isFalse();

      subject.advance(Duration.ofSeconds(2));

      assertThat(breaker.tryAcquirePermission()).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void openUntil_lastsUntilThen(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      breaker.transitionToOpenStateUntil(
          io.aragora.resilience.testing.ManualTime.DEFAULT_START.plusSeconds(30));
      subject.advance(Duration.ofSeconds(29));
      assertThat(breaker.tryAcquirePermission()).isFalse();

      subject.advance(Duration.ofSeconds(2));

      assertThat(breaker.tryAcquirePermission()).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void halfOpen_admitsItsNumberOfProbes_andAReleasedOneAgain(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      probe(breaker);
      for (int i = 0; i < 4; i++) {
        assertThat(breaker.tryAcquirePermission()).isTrue();
      }
      assertThat(breaker.tryAcquirePermission()).isFalse();

      breaker.releasePermission();

      assertThat(breaker.tryAcquirePermission()).isTrue();
      assertThat(breaker.tryAcquirePermission()).isFalse();
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void halfOpen_beginsAnew_afterAnotherCooldown(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      for (int round = 0; round < 2; round++) {
        probe(breaker);
        for (int i = 0; i < 4; i++) {
          assertThat(breaker.tryAcquirePermission()).isTrue();
        }
        assertThat(breaker.tryAcquirePermission()).isFalse();
      }
      assertThat(breaker.getState()).isEqualTo(State.HALF_OPEN);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void halfOpen_withFailuresAtTheRate_opens(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      probe(breaker);
      for (int i = 0; i < 4; i++) {
        breaker.acquirePermission();
      }
      breaker.onError(0, TimeUnit.NANOSECONDS, new IOException("down"));
      breaker.onSuccess(0, TimeUnit.NANOSECONDS);
      breaker.onSuccess(0, TimeUnit.NANOSECONDS);
      assertThat(breaker.getState()).isEqualTo(State.HALF_OPEN);

      breaker.onError(0, TimeUnit.NANOSECONDS, new IOException("down"));

      assertThat(breaker.getState()).isEqualTo(State.OPEN);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void halfOpen_withFailuresBelowTheRate_closes(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      probe(breaker);
      for (int i = 0; i < 4; i++) {
        breaker.acquirePermission();
      }
      breaker.onError(0, TimeUnit.NANOSECONDS, new IOException("down"));
      for (int i = 0; i < 3; i++) {
        breaker.onSuccess(0, TimeUnit.NANOSECONDS);
      }

      assertThat(breaker.getState()).isEqualTo(State.CLOSED);
      assertNumbers(breaker, -1, 0, 0, 0);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void halfOpen_withTheMinimumOfProbes_isJudged(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(
          settings().slidingWindow(5, 2, SlidingWindowType.TIME_BASED).build());
      probe(breaker);
      succeed(breaker);
      assertThat(breaker.getState()).isEqualTo(State.HALF_OPEN);

      succeed(breaker);

      assertThat(breaker.getState()).isEqualTo(State.CLOSED);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void halfOpen_withSlowProbesAtTheRate_opens(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      probe(breaker);
      for (int i = 0; i < 4; i++) {
        breaker.acquirePermission();
      }
      breaker.onSuccess(0, TimeUnit.SECONDS);
      breaker.onSuccess(0, TimeUnit.SECONDS);
      breaker.onSuccess(5, TimeUnit.SECONDS);
      assertThat(breaker.getState()).isEqualTo(State.HALF_OPEN);

      breaker.onSuccess(5, TimeUnit.SECONDS);

      assertThat(breaker.getState()).isEqualTo(State.OPEN);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void halfOpen_withIgnoredFailures_admitsOthers(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      probe(breaker);
      for (int i = 0; i < 8; i++) {
        breaker.acquirePermission();
        breaker.onError(0, TimeUnit.NANOSECONDS, new NumberFormatException("x"));
      }

      assertThat(breaker.getState()).isEqualTo(State.HALF_OPEN);
      assertThat(breaker.tryAcquirePermission()).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void disabled_admitsAll_andCountsNothing(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      breaker.transitionToDisabledState();
      for (int i = 0; i < 10; i++) {
        fail(breaker);
      }

      assertThat(breaker.getState()).isEqualTo(State.DISABLED);
      assertNumbers(breaker, -1, 0, 0, 0);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void metricsOnly_admitsAll_andCounts(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      breaker.transitionToMetricsOnlyState();
      for (int i = 0; i < 10; i++) {
        fail(breaker);
      }

      assertThat(breaker.getState()).isEqualTo(State.METRICS_ONLY);
      assertNumbers(breaker, 100, 10, 10, 0);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void forcedOpen_rejectsUntilReset(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      breaker.transitionToForcedOpenState();
      subject.advance(Duration.ofHours(1));
      assertThat(breaker.tryAcquirePermission()).isFalse();
      assertThat(breaker.getState()).isEqualTo(State.FORCED_OPEN);

      breaker.reset();

      assertThat(breaker.getState()).isEqualTo(State.CLOSED);
      assertThat(breaker.tryAcquirePermission()).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void reset_whileClosed_forgetsTheWindow(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      fail(breaker);
      fail(breaker);

      breaker.reset();

      assertNumbers(breaker, -1, 0, 0, 0);
      breaker.onError(0, TimeUnit.NANOSECONDS, new IOException("without a permission"));
      assertNumbers(breaker, -1, 1, 1, 0);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void initialState_isThatOfTheConfig(Subject subject) {
    try (subject) {
      CircuitBreaker breaker =
          subject.breaker(settings().initialState(State.OPEN).build());

      assertThat(breaker.getState()).isEqualTo(State.OPEN);
      assertThat(breaker.tryAcquirePermission()).isFalse();
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void transitionOnResult_opensForTheTimeThatItReturns(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings()
          .transitionOnResult(end -> end.isLeft() && end.getLeft().equals("busy")
              ? TransitionCheckResult.transitionToOpenAndWaitFor(Duration.ofMinutes(2))
              : TransitionCheckResult.noTransition())
          .build());
      breaker.acquirePermission();
      breaker.onResult(0, TimeUnit.NANOSECONDS, "fine");
      assertThat(breaker.getState()).isEqualTo(State.CLOSED);
      breaker.acquirePermission();

      breaker.onResult(0, TimeUnit.NANOSECONDS, "busy");

      assertThat(breaker.getState()).isEqualTo(State.OPEN);
      subject.advance(Duration.ofSeconds(119));
      assertThat(breaker.tryAcquirePermission()).isFalse();
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void events_ofEachKind_reachTheirConsumers(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(
          settings().slidingWindow(3, 3, SlidingWindowType.COUNT_BASED).build());
      List<String> all = new ArrayList<>();
      List<String> byKind = new ArrayList<>();
      List<String> transitions = new ArrayList<>();
      breaker.getEventPublisher().onEvent(event -> all.add(kind(event)));
      breaker
          .getEventPublisher()
          .onSuccess(event -> byKind.add(kind(event)))
          .onError(event -> byKind.add(kind(event)))
          .onIgnoredError(event -> byKind.add(kind(event)))
          .onCallNotPermitted(event -> byKind.add(kind(event)))
          .onReset(event -> byKind.add(kind(event)))
          .onFailureRateExceeded(event -> byKind.add(kind(event)))
          .onSlowCallRateExceeded(event -> byKind.add(kind(event)))
          .onStateTransition(event -> byKind.add(kind(event)));
      breaker.getEventPublisher().onStateTransition(event -> transitions.add(text(event)));

      succeed(breaker);
      breaker.acquirePermission();
      breaker.onError(0, TimeUnit.NANOSECONDS, new NumberFormatException("x"));
      fail(breaker);
      fail(breaker);
      subject.settle();
      breaker.tryAcquirePermission();
      breaker.reset();
      subject.settle();

      assertThat(all)
          .containsExactlyInAnyOrder(
              "SUCCESS",
              "IGNORED_ERROR",
              "ERROR",
              "ERROR",
              "FAILURE_RATE_EXCEEDED",
              "STATE_TRANSITION",
              "NOT_PERMITTED",
              "STATE_TRANSITION",
              "RESET");
      assertThat(byKind).containsExactlyInAnyOrderElementsOf(all);
      assertThat(transitions).containsExactly("CLOSED OPEN", "OPEN CLOSED");
    }
  }

  private static String kind(CircuitBreakerEvent event) {
    return event.getEventType().name();
  }

  private static String text(CircuitBreakerOnStateTransitionEvent event) {
    return event.getStateTransition().getFromState() + " "
        + event.getStateTransition().getToState();
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void slowCallRateExceeded_isPublished(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(
          settings().slidingWindow(2, 2, SlidingWindowType.COUNT_BASED).build());
      List<Float> rates = new ArrayList<>();
      breaker
          .getEventPublisher()
          .onSlowCallRateExceeded(event -> rates.add(event.getSlowCallRate()));
      breaker.acquirePermission();
      breaker.onSuccess(5, TimeUnit.SECONDS);
      breaker.acquirePermission();
      breaker.onSuccess(5, TimeUnit.SECONDS);
      subject.settle();

      assertThat(rates).containsExactly(100f);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void events_carryTheDuration(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      List<Duration> durations = new ArrayList<>();
      breaker.getEventPublisher().onSuccess(event -> durations.add(event.getElapsedDuration()));
      breaker.getEventPublisher().onError(event -> durations.add(event.getElapsedDuration()));
      breaker.acquirePermission();
      breaker.onSuccess(7, TimeUnit.MILLISECONDS);
      breaker.acquirePermission();
      breaker.onError(8, TimeUnit.MILLISECONDS, new IOException("down"));

      assertThat(durations).containsExactly(Duration.ofMillis(7), Duration.ofMillis(8));
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void consumer_thatFails_doesNotChangeTheCall(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      breaker.getEventPublisher().onSuccess(event -> {
        throw new IllegalStateException("consumer");
      });

      assertThat(breaker.<String>executeSupplier(() -> "5")).isEqualTo("5");
      assertNumbers(breaker, -1, 1, 0, 0);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void decorators_countWhatTheyRun(Subject subject) throws Throwable {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(
          settings().slidingWindow(100, 100, SlidingWindowType.COUNT_BASED).build());
      IOException down = new IOException("down");
      breaker.executeRunnable(() -> {});
      breaker.executeCheckedRunnable(() -> {});
      breaker.decorateConsumer(value -> {}).accept("x");
      breaker.decorateCheckedConsumer(value -> {}).accept("x");
      assertThat(breaker.<String>executeSupplier(() -> "5")).isEqualTo("5");
      assertThat(breaker.<String>executeCallable(() -> "5")).isEqualTo("5");
      assertThat(breaker.<String>executeCheckedSupplier(() -> "5")).isEqualTo("5");
      assertThat(CircuitBreaker.<String, String>decorateFunction(breaker, value -> value)
              .apply("5"))
          .isEqualTo("5");
      assertThat(CircuitBreaker.<String, String>decorateCheckedFunction(breaker, value -> value)
              .apply("5"))
          .isEqualTo("5");
      assertThat(breaker
              .decorateFuture(() -> CompletableFuture.completedFuture("5"))
              .get()
              .get())
          .isEqualTo("5");
      Supplier<CompletionStage<String>> stage = () -> CompletableFuture.completedFuture("5");
      assertThat(breaker.executeCompletionStage(stage).toCompletableFuture().join())
          .isEqualTo("5");
      assertNumbers(breaker, -1, 11, 0, 0);

      assertThatThrownBy(() -> breaker.executeCallable(() -> {
            throw down;
          }))
          .isSameAs(down);
      assertThatThrownBy(() -> breaker.executeCheckedSupplier(() -> {
            throw down;
          }))
          .isSameAs(down);
      CompletableFuture<String> failed = breaker
          .<String>executeCompletionStage(() -> CompletableFuture.failedFuture(down))
          .toCompletableFuture();
      assertThatThrownBy(failed::join).hasCause(down);
      assertNumbers(breaker, -1, 14, 3, 0);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void future_readTwice_isCountedOnce(Subject subject) throws Exception {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      Future<String> call =
          breaker.decorateFuture(() -> CompletableFuture.completedFuture("5")).get();

      assertThat(call.get()).isEqualTo("5");
      assertThat(call.get(1, TimeUnit.SECONDS)).isEqualTo("5");

      assertNumbers(breaker, -1, 1, 0, 0);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void future_thatFailsOrTimesOut_isAFailure(Subject subject) throws Exception {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      Future<String> failed = breaker
          .<String>decorateFuture(() -> CompletableFuture.failedFuture(new IOException("down")))
          .get();
      Future<String> late =
          breaker.<String>decorateFuture(CompletableFuture::new).get();

      assertThatThrownBy(failed::get).hasMessageContaining("down");
      assertThatThrownBy(() -> late.get(1, TimeUnit.NANOSECONDS))
          .isInstanceOf(TimeoutException.class);

      assertNumbers(breaker, -1, 2, 2, 0);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void future_thatIsCancelled_countsAsNothing_andGivesItsPermissionBack(Subject subject)
      throws Exception {
    try (subject) {
      CircuitBreaker breaker =
          subject.breaker(settings().permittedNumberOfCallsInHalfOpenState(1).build());
      probe(breaker);
      Future<String> call =
          breaker.<String>decorateFuture(CompletableFuture::new).get();
      assertThat(breaker.tryAcquirePermission()).isFalse();
      call.cancel(true);

      assertThatThrownBy(call::get).isInstanceOf(CancellationException.class);

      assertNumbers(breaker, -1, 0, 0, 1);
      assertThat(breaker.tryAcquirePermission()).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void rejectedStage_failsWithTheRejection(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      breaker.transitionToForcedOpenState();
      CompletableFuture<String> call = breaker
          .executeCompletionStage(() -> CompletableFuture.completedFuture("never"))
          .toCompletableFuture();

      assertThatThrownBy(call::join).hasCauseInstanceOf(CallNotPermittedException.class);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void forcedStates_publishNoEventsOfCalls(Subject subject) {
    try (subject) {
      CircuitBreaker breaker = subject.breaker(settings().build());
      List<CircuitBreakerOnErrorEvent> errors = new ArrayList<>();
      breaker.getEventPublisher().onError(errors::add);
      breaker.transitionToDisabledState();
      fail(breaker);

      assertThat(errors).isEmpty();
    }
  }
}
