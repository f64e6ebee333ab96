package io.aragora.resilience.core.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.policy.CheckedFunction;
import io.aragora.resilience.policy.Policy;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.zip.DataFormatException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each way to pass a body, with a lambda that throws two checked exceptions. Compiling is half of
 * the test: if only the common type of both can be inferred, the caller must catch that type, and
 * nothing is wrapped.
 */
class DecorationTest {
  /** Kinds of policies. */
  enum Kind {
    BREAKER,
    RETRY,
    TIMEOUT,
    PIPELINE
  }

  private final Resilience resilience = Resilience.create();

  @AfterEach
  void close() {
    resilience.close();
  }

  private Policy policy(Kind kind) {
    return switch (kind) {
      case BREAKER ->
        resilience.circuitBreaker(
            "b", CircuitBreakerConfig.builder().failureThreshold(50).build());
      case RETRY -> resilience.retry("r");
      case TIMEOUT -> resilience.timeout("t", Duration.ofSeconds(60));
      case PIPELINE ->
        resilience
            .unregistered()
            .pipelineBuilder("p")
            .add(resilience.retry("r"))
            .build();
    };
  }

  /** Throws either of two checked exceptions, neither of which is retried. */
  private static String query(int key) throws DataFormatException, TimeoutException {
    if (key == 1) {
      throw new DataFormatException("one");
    }
    if (key == 2) {
      throw new CheckedTimeout("two");
    }
    return "row " + key;
  }

  private static final class CheckedTimeout extends TimeoutException {
    private static final long serialVersionUID = 1L;

    CheckedTimeout(String message) {
      super(message);
    }
  }

  @ParameterizedTest
  @EnumSource
  void call_returnsTheValue(Kind kind) throws Exception {
    String called = policy(kind).call(() -> query(3));
    assertThat(called).isEqualTo("row 3");
  }

  @ParameterizedTest
  @EnumSource
  void run_runsTheBody(Kind kind) throws Exception {
    StringBuilder ran = new StringBuilder();
    policy(kind).run(() -> ran.append(query(3)));
    assertThat(ran).hasToString("row 3");
  }

  @ParameterizedTest
  @EnumSource
  void callInterruptibly_returnsTheValue(Kind kind) throws Exception {
    String called = policy(kind).callInterruptibly(() -> {
      Thread.onSpinWait();
      return query(3);
    });
    assertThat(called).isEqualTo("row 3");
  }

  @ParameterizedTest
  @EnumSource
  void submit_completesWithTheValue(Kind kind) {
    CompletableFuture<String> submitted = policy(kind).submit(() -> query(3), Runnable::run);
    assertThat(submitted).isCompletedWithValue("row 3");
  }

  @ParameterizedTest
  @EnumSource
  void decorateCallable_returnsTheValue(Kind kind) throws Exception {
    Callable<String> callable = policy(kind).decorateCallable(() -> query(3));
    assertThat(callable.call()).isEqualTo("row 3");
  }

  @ParameterizedTest
  @EnumSource
  void decorateFunction_appliesTheBody(Kind kind) throws Exception {
    CheckedFunction<Integer, String, Exception> function =
        policy(kind).decorateFunction((Integer key) -> query(key));
    assertThat(function.apply(4)).isEqualTo("row 4");
  }

  @ParameterizedTest
  @EnumSource
  void decorateSupplier_returnsTheValue(Kind kind) {
    Supplier<String> supplier = policy(kind).decorateSupplier(() -> "supplied");
    assertThat(supplier.get()).isEqualTo("supplied");
  }

  @ParameterizedTest
  @EnumSource
  void decorateRunnable_runsTheBody(Kind kind) {
    StringBuilder ran = new StringBuilder();
    policy(kind).decorateRunnable(() -> ran.append("ran")).run();
    assertThat(ran).hasToString("ran");
  }

  @ParameterizedTest
  @EnumSource
  void decorateAsync_completesWithTheValue(Kind kind) {
    CompletionStage<String> stage = CompletableFuture.completedFuture("later");
    Supplier<CompletableFuture<String>> async = policy(kind).decorateAsync(() -> stage);
    assertThat(async.get()).isCompletedWithValue("later");
  }

  @ParameterizedTest
  @EnumSource
  void checkedExceptions_stayWhatTheyAre(Kind kind) throws Exception {
    Policy policy = policy(kind);
    assertThatThrownBy(() -> policy.call(() -> query(1)))
        .isExactlyInstanceOf(DataFormatException.class);
    assertThatThrownBy(() -> policy.run(() -> query(1)))
        .isExactlyInstanceOf(DataFormatException.class);
    assertThatThrownBy(() -> policy.callInterruptibly(() -> query(1)))
        .isExactlyInstanceOf(DataFormatException.class);
    assertThatThrownBy(() -> policy.decorateCallable(() -> query(1)).call())
        .isExactlyInstanceOf(DataFormatException.class);
    CheckedFunction<Integer, String, Exception> function =
        policy.decorateFunction((Integer k) -> query(k));
    assertThatThrownBy(() -> function.apply(1)).isExactlyInstanceOf(DataFormatException.class);
    assertThat(policy.submit(() -> query(1), Runnable::run))
        .isCompletedExceptionally()
        .failsWithin(Duration.ZERO)
        .withThrowableOfType(java.util.concurrent.ExecutionException.class)
        .withCauseExactlyInstanceOf(DataFormatException.class);
  }

  private static String send(int key) throws IOException, InterruptedException {
    if (key == 1) {
      throw new IOException("one");
    }
    if (key == 2) {
      throw new InterruptedException("two");
    }
    return "row " + key;
  }

  /** Like {@code HttpClient.send}: the caller must catch its two exceptions only. */
  @Test
  void interruption_isNoReasonToCatchAnyException() {
    Policy policy = resilience.retry("r");
    List<String> caught = new ArrayList<>();
    for (int key = 1; key <= 3; key++) {
      int sent = key;
      try {
        caught.add(policy.callInterruptibly(() -> send(sent)));
      } catch (IOException | InterruptedException e) {
        caught.add(e.getMessage());
      }
    }
    assertThat(caught).containsExactly("one", "two", "row 3");
  }

  /**
   * If the body throws one type, that type alone is declared, and the compiler requires no other.
   */
  @Test
  void oneCheckedException_isTheOnlyOneToCatch() {
    Policy policy = resilience.retry("r");
    try {
      policy.run(() -> {
        throw new DataFormatException("one");
      });
    } catch (DataFormatException e) {
      assertThat(e).hasMessage("one");
      return;
    }
    throw new AssertionError("nothing thrown");
  }

  @Test
  void body_withAFallback_throwsItsExceptions() throws Exception {
    ResultPipeline<String> pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(resilience.retry("r"))
        .build()
        .withFallback(Fallback.<String>builder()
            .on(DataFormatException.class, e -> "none")
            .build());
    assertThat(pipeline.<Exception>call(() -> query(1))).isEqualTo("none");
    assertThat(pipeline.decorateCallable(() -> query(1)).call()).isEqualTo("none");
    CheckedFunction<Integer, String, Exception> function =
        pipeline.decorateFunction((Integer key) -> query(key));
    assertThat(function.apply(1)).isEqualTo("none");
    assertThatThrownBy(() -> function.apply(2)).isExactlyInstanceOf(CheckedTimeout.class);
    String interruptible = pipeline.<Exception>callInterruptibly(() -> query(1));
    assertThat(interruptible).isEqualTo("none");
    assertThat(pipeline.decorateSupplier(() -> "supplied").get()).isEqualTo("supplied");
    CompletionStage<String> failed = CompletableFuture.failedFuture(new DataFormatException("one"));
    assertThat(pipeline.decorateAsync(() -> failed).get()).isCompletedWithValue("none");
    assertThat(pipeline.submit(() -> query(1), Runnable::run)).isCompletedWithValue("none");
    assertThatThrownBy(() -> pipeline.<Exception>call(() -> {
          throw new IOException("other");
        }))
        .isInstanceOf(IOException.class);
  }
}
