package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceBuilder;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.TimeoutConfig;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * An executor of the application that accepts a task and never runs it: closing the runtime ends
 * the call.
 */
class DroppingExecutorTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  /** Accepts every task, and runs those that a test selects. */
  private static final class Dropping implements Executor {
    final List<Runnable> dropped = new ArrayList<>();

    @Override
    public void execute(Runnable task) {
      dropped.add(task);
    }
  }

  private final ManualTime time = ManualTime.create();
  private final Dropping executor = new Dropping();
  private final AtomicInteger begun = new AtomicInteger();
  private final RetryConfig retried = RetryConfig.builder()
      .maxAttempts(3)
      .backoff(Backoff.constant(Duration.ofSeconds(1)))
      .build();

  private ResilienceBuilder builder() {
    return Resilience.builder().timeSource(time).executor(executor);
  }

  private static CircuitBreakerConfig slowRule() {
    return CircuitBreakerConfig.builder()
        .slowCallRateThreshold(50)
        .slowCallDuration(Duration.ofSeconds(10))
        .build();
  }

  private String body() {
    begun.incrementAndGet();
    return "value";
  }

  @TestFactory
  Stream<DynamicTest> submit_throughEveryPolicy_endsWhenTheRuntimeIsClosed() {
    List<Function<Resilience, Policy>> policies = List.of(
        resilience -> resilience.circuitBreaker("b"),
        resilience -> resilience.circuitBreaker("slow", slowRule()),
        resilience -> resilience
            .keyedCircuitBreaker("k", KeyedCircuitBreakerConfig.builder().build())
            .forKey("a"),
        resilience -> resilience.retry("r", retried),
        resilience -> resilience.timeout("t", TimeoutConfig.of(LIMIT)),
        resilience -> resilience
            .unregistered()
            .pipelineBuilder("p")
            .add(resilience.retry("r", retried))
            .add(resilience.circuitBreaker("b"))
            .build());
    return policies.stream()
        .map(policy -> DynamicTest.dynamicTest(policies.indexOf(policy) + "", () -> {
          Resilience resilience = builder().build();
          CompletableFuture<String> call = policy.apply(resilience).submit(this::body, executor);
          time.advance(Duration.ofSeconds(20));
          assertThat(call).isNotDone();

          resilience.close();
          time.runPending();

          assertClosed(call);
          assertThat(begun)
              .as("what is run after its call has ended does nothing")
              .hasValue(0);
        }));
  }

  private void assertClosed(CompletableFuture<?> call) {
    assertThat(call).isDone();
    Throwable failure = call.handle((value, thrown) -> thrown).join();
    assertThat(failure).isInstanceOf(ResilienceClosedException.class);
    executor.dropped.forEach(Runnable::run);
  }

  @Test
  void submit_withFallback_endsWithoutIt() {
    Resilience resilience = builder().build();
    CompletableFuture<String> call = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(resilience.circuitBreaker("b"))
        .build()
        .withFallback(Fallback.value("instead"))
        .submit(this::body, executor);
    resilience.close();
    time.runPending();
    assertClosed(call);
  }

  @Test
  void submit_droppedAttempt_isCountedByNoBreaker() {
    Resilience resilience = builder().build();
    CircuitBreaker breaker = resilience.circuitBreaker(
        "b", CircuitBreakerConfig.builder().failureThreshold(1).build());
    CompletableFuture<String> call = breaker.submit(this::body, executor);
    resilience.close();
    time.runPending();
    assertClosed(call);
    assertThat(breaker.snapshot().totals().failures()).isZero();
    assertThat(breaker.snapshot().totals().ignored()).isEqualTo(1);
  }

  @Test
  void callAsync_droppedSecondAttempt_endsWithTheFirstFailureSuppressed() {
    Resilience resilience = builder().build();
    IOException down = new IOException("down");
    CompletableFuture<String> call =
        resilience.retry("r", retried).callAsync(() -> CompletableFuture.failedFuture(down));
    time.advance(Duration.ofSeconds(2));
    assertThat(executor.dropped).hasSize(1);
    assertThat(call).isNotDone();

    resilience.close();
    time.runPending();

    assertClosed(call);
    assertThat(call.handle((value, failure) -> failure).join().getSuppressed())
        .containsExactly(down);
  }

  @Test
  void task_thatIsRunTwice_beginsOnce() {
    try (Resilience resilience = builder().build()) {
      CompletableFuture<String> call = resilience.circuitBreaker("b").submit(this::body, executor);
      executor.dropped.forEach(Runnable::run);
      executor.dropped.forEach(Runnable::run);
      assertThat(call).isCompletedWithValue("value");

      CompletableFuture<String> retry = resilience
          .retry("r", retried)
          .callAsync(() -> begun.incrementAndGet() < 3
              ? CompletableFuture.failedFuture(new IOException("down"))
              : CompletableFuture.completedFuture("value"));
      time.advance(Duration.ofSeconds(2));
      Runnable second = executor.dropped.get(1);
      second.run();
      second.run();
      assertThat(begun).hasValue(3);
      assertThat(retry).isCompletedWithValue("value");
    }
  }

  @Test
  void droppedTask_ofACallThatEnds_leavesNoEntry() {
    Resilience resilience = builder().build();
    CompletableFuture<String> limited =
        resilience.timeout("t", TimeoutConfig.of(LIMIT)).submit(this::body, executor);
    CompletableFuture<String> cancelled =
        resilience.circuitBreaker("b").submit(this::body, executor);
    CompletableFuture<String> retry = resilience
        .retry("r", retried)
        .callAsync(() -> CompletableFuture.failedFuture(new IOException("down")));
    time.advance(LIMIT);
    time.advance(Duration.ofSeconds(1));
    cancelled.cancel(true);
    retry.cancel(true);
    assertThat(limited.handle((value, failure) -> failure).join())
        .isInstanceOf(TimeoutExceededException.class);

    resilience.close();
    time.runPending();

    assertThat(executor.dropped).hasSize(3);
    executor.dropped.forEach(Runnable::run);
    assertThat(begun).hasValue(0);
    assertThat(cancelled).isCancelled();
    assertThat(retry.handle((value, failure) -> failure).join())
        .isInstanceOf(CancellationException.class);
  }

  @Test
  void submit_afterClosing_isLeftToTheExecutor() {
    Resilience resilience = builder().build();
    CircuitBreaker breaker = resilience.circuitBreaker("b");
    resilience.close();
    CompletableFuture<String> call = breaker.submit(this::body, executor);
    executor.dropped.forEach(Runnable::run);
    assertThat(call).isCompletedWithValue("value");
  }
}
