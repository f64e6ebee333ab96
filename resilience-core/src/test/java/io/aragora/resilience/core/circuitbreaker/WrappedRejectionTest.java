package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.bulkhead.BulkheadFullException;
import io.aragora.resilience.circuitbreaker.CallOutcome;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.internal.RejectedIOException;
import io.aragora.resilience.policy.CallRejectedException;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A rejection stays one in every wrapper that the library, or a future, puts around it. */
@Tag("GW-01")
class WrappedRejectionTest extends BreakerFixture {
  /** How a rejection reaches the policies around the call. */
  enum Wrapping {
    NONE(rejection -> rejection),
    COMPLETION(CompletionException::new),
    EXECUTION(ExecutionException::new),
    BOTH(rejection -> new CompletionException(new ExecutionException(rejection))),
    IO(RejectedIOException::new),
    IO_OF_A_FUTURE(rejection -> new CompletionException(new RejectedIOException(rejection)));

    private final Function<CallRejectedException, Throwable> wrapper;

    Wrapping(Function<CallRejectedException, Throwable> wrapper) {
      this.wrapper = wrapper;
    }

    Throwable around(CallRejectedException rejection) {
      return wrapper.apply(rejection);
    }
  }

  private static final class Rejection extends CallRejectedException {
    private static final long serialVersionUID = 1L;

    @Override
    public String policy() {
      return "p";
    }

    @Override
    public String kind() {
      return "kind";
    }

    @Override
    public Duration retryAfter() {
      return Duration.ofSeconds(7);
    }

    @Override
    public String getMessage() {
      return "no";
    }
  }

  private final CircuitBreaker breaker = opensAfter(1);

  private void assertNeutral(int calls) {
    CircuitBreakerTotals totals = breaker.snapshot().totals();
    assertThat(totals.ignored()).isEqualTo(calls);
    assertThat(totals.failures() + totals.successes()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("a breaker counts neither success nor failure, whatever wraps the rejection")
  void breaker_isNeutral(Wrapping wrapping) {
    Throwable thrown = wrapping.around(new Rejection());
    assertThatThrownBy(() -> breaker.call(() -> {
          throw thrown;
        }))
        .isSameAs(thrown);
    assertThat(breaker.callAsync(() -> CompletableFuture.failedFuture(thrown)))
        .isCompletedExceptionally();
    assertThat(breaker.callAsync(() -> {
          throw new CompletionException(thrown);
        }))
        .isCompletedExceptionally();
    breaker.recordFailure(breaker.acquirePermit(), thrown);
    assertNeutral(4);
  }

  @Test
  @DisplayName("a rejection ends no series of failures, and gives the permit of a probe back")
  void breaker_staysAsItIs() {
    CircuitBreaker second = resilience.circuitBreaker(
        "second",
        config().failureThreshold(2).halfOpenMaxCalls(1).successThreshold(1).build());
    Runnable rejected = () -> assertThatThrownBy(() -> second.run(() -> {
          throw new Rejection();
        }))
        .isInstanceOf(Rejection.class);
    fail(second);
    rejected.run();
    assertThat(second.state()).isEqualTo(CircuitBreakerState.CLOSED);
    fail(second);
    assertThat(second.state()).isEqualTo(CircuitBreakerState.OPEN);
    time.advance(COOLDOWN);
    rejected.run();
    rejected.run();
    assertThat(second.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    assertThat(second.snapshot().totals().ignored()).isEqualTo(3);
    assertThat(second.snapshot().totals().failures()).isEqualTo(2);
    succeed(second);
    assertThat(second.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("a retry does not repeat it, or waits until the policy admits calls again")
  void retry_knowsIt(Wrapping wrapping) throws Throwable {
    Throwable thrown = wrapping.around(new Rejection());
    AtomicInteger attempts = new AtomicInteger();
    Retry retry = resilience.retry("r", RetryConfig.defaults());
    List<RetryEvent.Kind> ends = new ArrayList<>();
    retry.subscribe(event -> ends.add(event.kind()));
    assertThatThrownBy(() -> retry.call(() -> {
          attempts.incrementAndGet();
          throw thrown;
        }))
        .isSameAs(thrown);
    time.runPending();
    assertThat(attempts).hasValue(1);
    assertThat(ends).containsExactly(RetryEvent.Kind.REJECTED);

    Retry asks = resilience.retry(
        "asks",
        RetryConfig.builder()
            .maxAttempts(2)
            .retryRejections(true)
            .retryIf(any -> true)
            .build());
    time.autoAdvance(true);
    long before = time.nanoTime();
    assertThat(asks.<String, Throwable>call(() -> {
          if (attempts.incrementAndGet() == 2) {
            throw thrown;
          }
          return "admitted";
        }))
        .isEqualTo("admitted");
    assertThat(Duration.ofNanos(time.nanoTime() - before))
        .isGreaterThanOrEqualTo(Duration.ofSeconds(7));
  }

  @Test
  @DisplayName("the timeout that took the place of a rejection still counts")
  void timeout_isAFailure() {
    TimeoutExceededException expired =
        new TimeoutExceededException("t", Duration.ofSeconds(1), new Rejection());
    breaker.recordFailure(breaker.acquirePermit(), expired);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(1);
  }

  @Test
  @DisplayName("a pipeline with a fallback gives the rejection of any policy as a value")
  void tryCall_knowsEveryRejection() throws Exception {
    Bulkhead db = resilience.bulkhead("db", BulkheadConfig.of(1));
    db.tryAcquirePermit();
    var pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(db)
        .build()
        .withFallback(io.aragora.resilience.fallback.Fallback.<String>builder()
            .on(IllegalStateException.class, failure -> "other")
            .build());
    CallOutcome<String> outcome = pipeline.tryCall(() -> "never");
    assertThat(outcome.isRejected()).isTrue();
    assertThat(outcome.rejection()).isInstanceOf(BulkheadFullException.class);
    assertThat(outcome.orElse("else")).isEqualTo("else");
    assertThat(pipeline
            .tryCallAsync(() -> CompletableFuture.completedFuture("never"))
            .join()
            .rejection())
        .isInstanceOf(BulkheadFullException.class);
  }
}
