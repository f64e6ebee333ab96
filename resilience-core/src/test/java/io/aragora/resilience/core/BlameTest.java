package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.TimeoutConfig;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The cause to which the end of a call is attributed. */
class BlameTest {
  private static final Duration LIMIT = Duration.ofSeconds(1);

  private final ManualTime time = ManualTime.create().autoAdvance(true);
  private final ManualTime manual = ManualTime.create();

  private static CircuitBreaker breaker(Resilience resilience) {
    return resilience.circuitBreaker(
        "b",
        CircuitBreakerConfig.builder()
            .failureThreshold(1)
            .ignoreIf(IllegalArgumentException.class::isInstance)
            .build());
  }

  @Test
  void close_callsUnderALimit_openNoBreaker() {
    Resilience resilience = Resilience.builder().timeSource(time).build();
    CircuitBreaker breaker = breaker(resilience);
    CompletableFuture<String> pending = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(resilience.timeout("t", TimeoutConfig.of(Duration.ofSeconds(5))))
        .add(breaker)
        .build()
        .callAsync(CompletableFuture::new);

    resilience.close();
    time.runPending();

    assertThat(pending).isCompletedExceptionally();
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(breaker.snapshot().totals().failures()).isZero();
    assertThat(breaker.snapshot().totals().ignored()).isEqualTo(1);
  }

  @Test
  void submit_executorRejects_isNoFailure() {
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      CircuitBreaker breaker = breaker(resilience);
      for (RuntimeException thrown :
          List.of(new RejectedExecutionException("full"), new IllegalStateException("stopped"))) {
        CompletableFuture<String> future = breaker.submit(() -> "never", task -> {
          throw thrown;
        });
        assertThatThrownBy(future::join)
            .hasCauseInstanceOf(RejectedExecutionException.class)
            .hasRootCause(thrown);
      }
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
      assertThat(breaker.snapshot().totals().ignored()).isEqualTo(2);
    }
  }

  /** The executor is busy with something else, so the dependency was not called. */
  @TestFactory
  Stream<DynamicTest> submit_endsInTheQueueOfItsExecutor_isNoFailure() {
    Map<String, BiConsumer<Resilience, CompletableFuture<String>>> endings = Map.of(
        "deadline", (resilience, future) -> manual.advance(LIMIT.multipliedBy(2)),
        "cancellation", (resilience, future) -> future.cancel(true),
        "closing", (resilience, future) -> resilience.close());
    return Stream.of("limit > breaker", "breaker > limit", "limit > breaker > retry")
        .flatMap(order -> endings.entrySet().stream()
            .map(ending -> dynamicTest(
                order + ", " + ending.getKey(), () -> endsInQueue(order, ending.getValue()))));
  }

  private void endsInQueue(String order, BiConsumer<Resilience, CompletableFuture<String>> ending) {
    try (Resilience resilience = Resilience.builder().timeSource(manual).build()) {
      CircuitBreaker breaker = breaker(resilience);
      ConcurrencyLimit limit = resilience.concurrencyLimit("c", ConcurrencyLimitConfig.defaults());
      Pipeline.Builder policies = resilience.unregistered().pipelineBuilder("p");
      for (String each : order.split(" > ")) {
        switch (each) {
          case "limit" -> policies.add(resilience.timeout("t", LIMIT));
          case "retry" -> policies.add(resilience.retry("r"));
          default -> policies.add(limit).add(breaker);
        }
      }
      AtomicInteger bodies = new AtomicInteger();
      List<Runnable> queue = new ArrayList<>();
      CompletableFuture<String> future = policies
          .build()
          .submit(
              () -> {
                bodies.incrementAndGet();
                return "never";
              },
              queue::add);
      ending.accept(resilience, future);
      manual.runPending();
      assertThat(future).isCompletedExceptionally();
      new ArrayList<>(queue).forEach(Runnable::run);
      assertThat(bodies).hasValue(0);
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
      assertThat(breaker.snapshot().totals().failures()).isZero();
      assertThat(breaker.snapshot().totals().ignored()).isEqualTo(1);
      assertThat(limit.totals().drops()).isZero();
    }
  }

  @Test
  void wrapperOfAFuture_isOpenedForABreaker() {
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      CircuitBreaker breaker = breaker(resilience);
      ExecutionException wrapped = new ExecutionException(new IllegalArgumentException("mine"));

      assertThatThrownBy(() -> breaker.call(() -> {
            throw wrapped;
          }))
          .isSameAs(wrapped);
      breaker.recordFailure(breaker.acquirePermit(), wrapped);

      assertThat(breaker.snapshot().totals().ignored()).isEqualTo(2);
    }
  }

  @Test
  void wrapperOfAFuture_isOpenedForARetry() {
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      AtomicInteger attempts = new AtomicInteger();
      var retry = resilience.retry(
          "r",
          RetryConfig.builder()
              .maxAttempts(3)
              .backoff(Backoff.constant(Duration.ofMillis(1)))
              .retryIf(IOException.class::isInstance)
              .build());
      assertThatThrownBy(() -> retry.call(() -> {
            attempts.incrementAndGet();
            throw new ExecutionException(new IOException("down"));
          }))
          .isInstanceOf(ExecutionException.class);
      assertThat(attempts).hasValue(3);
    }
  }

  @Test
  void wrapperOfAFuture_isOpenedForAFallback() throws Exception {
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      assertThat(resilience
              .unregistered()
              .pipelineBuilder("p")
              .add(breaker(resilience))
              .build()
              .withFallback(Fallback.<String>builder()
                  .on(IOException.class, IOException::getMessage)
                  .build())
              .<Exception>call(() -> {
                throw new ExecutionException(new IOException("down"));
              }))
          .isEqualTo("down");
    }
  }

  /**
   * A clock that advances while the process is suspended: the timer sees the deadline after the
   * body has returned.
   */
  private static final class SuspendedTime extends ForwardingTime {
    private long suspendedNanos;

    SuspendedTime() {
      super(ManualTime.create());
    }

    void jump(Duration length) {
      suspendedNanos += length.toNanos();
    }

    @Override
    public long nanoTime() {
      return super.nanoTime() + suspendedNanos;
    }

    @Override
    public Instant wallTime() {
      return super.wallTime().plusNanos(suspendedNanos);
    }
  }

  @Test
  void processIsSuspended_bodyComesBackAfterItsLimit_isLate() {
    SuspendedTime suspended = new SuspendedTime();
    List<Object> late = new ArrayList<>();
    try (Resilience resilience = Resilience.builder().timeSource(suspended).build()) {
      CircuitBreaker breaker = breaker(resilience);
      var timeout = resilience.timeout(
          "t",
          TimeoutConfig.builder()
              .limit(Duration.ofSeconds(5))
              .onLateResult(late::add)
              .build());
      var pipeline = resilience
          .unregistered()
          .pipelineBuilder("p")
          .add(timeout)
          .add(breaker)
          .build();

      assertThatThrownBy(() -> pipeline.call(() -> {
            suspended.jump(Duration.ofSeconds(30));
            return "late";
          }))
          .isInstanceOf(TimeoutExceededException.class);
      CompletableFuture<String> inner = new CompletableFuture<>();
      CompletableFuture<String> async = timeout.callAsync(() -> inner);
      suspended.jump(Duration.ofSeconds(30));
      inner.complete("late too");

      assertThatThrownBy(async::join).hasCauseInstanceOf(TimeoutExceededException.class);
      assertThat(late).containsExactly("late", "late too");
      assertThat(breaker.snapshot().totals().failures()).isEqualTo(1);
    }
  }
}
