package io.aragora.resilience.resilience4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.MaxRetriesExceededException;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.event.RetryEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a retry of Resilience4j does, on theirs and on a view of ours. */
class RetryContractTest {
  private static final String SUBJECTS = "io.aragora.resilience.resilience4j.Subject#both";

  private final AtomicInteger attempts = new AtomicInteger();
  private final List<String> events = new ArrayList<>();

  private static RetryConfig.Builder<Object> settings() {
    return RetryConfig.custom().maxAttempts(3).waitDuration(Duration.ofMillis(200));
  }

  /** Fails as often as asked. */
  private String body(int failures) throws IOException {
    if (attempts.incrementAndGet() <= failures) {
      throw new IOException("down " + attempts);
    }
    return "5";
  }

  private void listen(Retry retry) {
    retry
        .getEventPublisher()
        .onRetry(
            event -> events.add(text(event) + " " + event.getWaitInterval().toMillis() + " ms"))
        .onSuccess(event -> events.add(text(event)))
        .onError(event -> events.add(text(event)))
        .onIgnoredError(event -> events.add(text(event)));
  }

  private static String text(RetryEvent event) {
    Throwable last = event.getLastThrowable();
    return event.getEventType() + " " + event.getNumberOfRetryAttempts() + " "
        + (last == null ? "none" : last.getMessage());
  }

  private static void assertNumbers(
      Retry retry, long atOnce, long afterRetry, long failedAtOnce, long failed, long total) {
    Retry.Metrics numbers = retry.getMetrics();
    assertThat(numbers.getNumberOfSuccessfulCallsWithoutRetryAttempt()).isEqualTo(atOnce);
    assertThat(numbers.getNumberOfSuccessfulCallsWithRetryAttempt()).isEqualTo(afterRetry);
    assertThat(numbers.getNumberOfFailedCallsWithoutRetryAttempt()).isEqualTo(failedAtOnce);
    assertThat(numbers.getNumberOfFailedCallsWithRetryAttempt()).isEqualTo(failed);
    assertThat(numbers.getNumberOfTotalCalls()).isEqualTo(total);
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void identity_ofARetry_isWhatItWasDeclaredWith(Subject subject) {
    try (subject) {
      Retry retry = subject.retry(settings().build());

      assertThat(retry.getName()).isEqualTo("prices");
      assertThat(retry.getTags()).isEqualTo(Subject.TAGS);
      assertThat(retry.getRetryConfig().getMaxAttempts()).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void success_atOnce_isNoRetry(Subject subject) throws Exception {
    try (subject) {
      Retry retry = subject.retry(settings().build());
      listen(retry);

      assertThat(retry.<String>executeCallable(() -> body(0))).isEqualTo("5");

      assertNumbers(retry, 1, 0, 0, 0, 1);
      assertThat(events).isEmpty();
      assertThat(subject.waited()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void success_afterRetries_waitsBetweenThem(Subject subject) throws Exception {
    try (subject) {
      Retry retry = subject.retry(settings().build());
      listen(retry);

      assertThat(retry.<String>executeCallable(() -> body(2))).isEqualTo("5");

      assertNumbers(retry, 0, 1, 0, 0, 3);
      assertThat(subject.waited()).isEqualTo(Duration.ofMillis(400));
      assertThat(events)
          .containsExactly("RETRY 1 down 1 200 ms", "RETRY 2 down 2 200 ms", "SUCCESS 2 down 2");
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void failures_ofAllAttempts_endWithTheLast(Subject subject) {
    try (subject) {
      Retry retry = subject.retry(settings().build());
      listen(retry);

      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> retry.executeCallable(() -> body(9)))
          .withMessage("down 3");

      assertNumbers(retry, 0, 0, 0, 1, 3);
      assertThat(events)
          .containsExactly("RETRY 1 down 1 200 ms", "RETRY 2 down 2 200 ms", "ERROR 3 down 3");
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void failure_thatIsNotRetried_endsTheCall(Subject subject) {
    try (subject) {
      Retry retry = subject.retry(settings().ignoreExceptions(IOException.class).build());
      listen(retry);

      assertThatThrownBy(() -> retry.executeCallable(() -> body(9))).hasMessage("down 1");

      assertNumbers(retry, 0, 0, 1, 0, 1);
      assertThat(events).containsExactly("IGNORED_ERROR 0 down 1");
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void interval_ofMinutes_isWaitedFor(Subject subject) throws Exception {
    try (subject) {
      Retry retry = subject.retry(settings().waitDuration(Duration.ofMinutes(5)).build());

      retry.executeCallable(() -> body(2));

      assertThat(subject.waited()).isEqualTo(Duration.ofMinutes(10));
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void intervals_grow(Subject subject) throws Exception {
    try (subject) {
      Retry retry = subject.retry(RetryConfig.custom()
          .maxAttempts(4)
          .intervalFunction(IntervalFunction.ofExponentialBackoff(100, 2))
          .build());

      retry.executeCallable(() -> body(3));

      assertThat(subject.waited()).isEqualTo(Duration.ofMillis(700));
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void intervalByResult_isAsked(Subject subject) {
    try (subject) {
      Retry retry = subject.retry(RetryConfig.custom()
          .maxAttempts(2)
          .retryOnResult("busy"::equals)
          .intervalBiFunction((attempt, end) -> end.get().equals("busy") ? 300L : 1L)
          .build());

      retry.executeSupplier(() -> attempts.incrementAndGet() == 1 ? "busy" : "5");

      assertThat(subject.waited()).isEqualTo(Duration.ofMillis(300));
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void result_thatIsRetried_isReturnedInTheEnd(Subject subject) {
    try (subject) {
      List<String> consumed = new ArrayList<>();
      Retry retry = subject.retry(settings()
          .retryOnResult("busy"::equals)
          .consumeResultBeforeRetryAttempt(
              (attempt, result) -> consumed.add(attempt + " " + result))
          .build());

      assertThat(retry.<String>executeSupplier(() -> "busy")).isEqualTo("busy");

      assertThat(consumed).containsExactly("1 busy", "2 busy");
      // Theirs counts the end of such a call as an attempt.
      assertNumbers(retry, 0, 0, 0, 1, subject instanceof Subject.Theirs ? 4 : 3);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void result_thatIsRetried_failsIfAsked(Subject subject) {
    try (subject) {
      Retry retry = subject.retry(
          settings().retryOnResult("busy"::equals).failAfterMaxAttempts(true).build());

      assertThatExceptionOfType(MaxRetriesExceededException.class)
          .isThrownBy(() -> retry.executeSupplier(() -> "busy"))
          .withMessageContaining("prices");
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void stageWithAResult_thatIsRetried_failsIfAsked(Subject subject) {
    ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
    try (subject) {
      Retry retry = subject.retry(settings()
          .waitDuration(Duration.ofMillis(1))
          .retryOnResult("busy"::equals)
          .failAfterMaxAttempts(true)
          .build());
      CompletableFuture<String> call = retry
          .executeCompletionStage(scheduler, () -> CompletableFuture.completedFuture("busy"))
          .toCompletableFuture();

      assertThatThrownBy(() -> call.get(60, TimeUnit.SECONDS))
          .hasCauseInstanceOf(MaxRetriesExceededException.class)
          .hasMessageContaining("prices");
    } finally {
      scheduler.shutdownNow();
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void interval_belowZero_endsTheStage(Subject subject) {
    ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
    try (subject) {
      Retry retry = subject.retry(RetryConfig.custom()
          .maxAttempts(5)
          .intervalFunction(attempt -> attempt == 1 ? 1L : -1L)
          .build());
      listen(retry);
      CompletableFuture<String> call = retry
          .executeCompletionStage(
              scheduler,
              () -> CompletableFuture.<String>failedFuture(
                  new IOException("down " + attempts.incrementAndGet())))
          .toCompletableFuture();

      assertThatThrownBy(() -> call.get(60, TimeUnit.SECONDS)).hasMessageEndingWith("down 2");
      // Theirs publishes no end of such a call, and does not count it.
      assertThat(events).startsWith("RETRY 1 down 1 1 ms");
      if (subject instanceof Subject.Ours) {
        assertThat(events).endsWith("ERROR 2 down 2");
        assertThat(retry.getMetrics().getNumberOfFailedCallsWithRetryAttempt()).isOne();
      }
    } finally {
      scheduler.shutdownNow();
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void decorated_calledTwice_makesTwoCalls(Subject subject) throws Exception {
    try (subject) {
      Retry retry = subject.retry(settings().build());
      Callable<String> call = Retry.decorateCallable(retry, () -> body(1));

      assertThat(call.call()).isEqualTo("5");
      attempts.set(0);
      assertThat(call.call()).isEqualTo("5");

      assertNumbers(retry, 0, 2, 0, 0, 4);
      assertThat(subject.waited()).isEqualTo(Duration.ofMillis(400));
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void decorators_retryWhatTheyRun(Subject subject) throws Throwable {
    try (subject) {
      Retry retry = subject.retry(settings().build());
      Retry.decorateCheckedRunnable(retry, () -> body(1)).run();
      assertThat(attempts).hasValue(2);
      attempts.set(0);
      assertThat(retry.<String>executeCheckedSupplier(() -> body(1))).isEqualTo("5");
      attempts.set(0);
      assertThat(
              Retry.<String, String>decorateCheckedFunction(retry, x -> body(1)).apply("x"))
          .isEqualTo("5");
      attempts.set(0);
      Runnable down = () -> {
        if (attempts.incrementAndGet() == 1) {
          throw new IllegalStateException("down");
        }
      };
      retry.executeRunnable(down);
      assertThat(attempts).hasValue(2);

      assertNumbers(retry, 0, 4, 0, 0, 8);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void stage_isRetriedOnTheScheduler(Subject subject) throws Exception {
    ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
    try (subject) {
      Retry retry = subject.retry(RetryConfig.custom()
          .maxAttempts(3)
          .waitDuration(Duration.ofMillis(1))
          .retryOnException(failure -> failure instanceof IOException)
          .build());
      CompletableFuture<String> call = retry
          .executeCompletionStage(
              scheduler,
              () -> attempts.incrementAndGet() < 3
                  ? CompletableFuture.<String>failedFuture(
                      new CompletionException(new IOException("down")))
                  : CompletableFuture.completedFuture("5"))
          .toCompletableFuture();

      assertThat(call.get(60, TimeUnit.SECONDS)).isEqualTo("5");
      assertNumbers(retry, 0, 1, 0, 0, 3);
    } finally {
      scheduler.shutdownNow();
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void asyncContext_returnsMillisecondsOrMinusOne(Subject subject) {
    try (subject) {
      Retry retry = subject.retry(settings().retryOnResult("busy"::equals).build());
      Retry.AsyncContext<String> call = retry.asyncContext();

      assertThat(call.onError(new IOException("down"))).isEqualTo(200);
      assertThat(call.onResult("busy")).isEqualTo(200);
      assertThat(call.onError(new IOException("down"))).isEqualTo(-1);
      assertThat(retry.asyncContext().onResult("fine")).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @MethodSource(SUBJECTS)
  void interruptedWait_endsWithTheLastFailure(Subject subject) {
    try (subject) {
      Retry retry = subject.retry(settings().build());
      Thread.currentThread().interrupt();
      try {
        if (subject instanceof Subject.Theirs) {
          io.github.resilience4j.retry.internal.RetryImpl.setSleepFunction(Thread::sleep);
        }
        assertThatThrownBy(() -> retry.executeCallable(() -> body(9))).hasMessage("down 1");
      } finally {
        assertThat(Thread.interrupted()).isTrue();
      }
      assertThat(attempts).hasValue(1);
    }
  }
}
