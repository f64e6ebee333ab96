package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies that end by an interrupt or a cancellation of their own, which may count as failures. */
class StoppedBodiesTest extends BreakerFixture {
  private CircuitBreaker counting(boolean counts) {
    CircuitBreakerConfig.Builder config = config();
    return breaker(counts ? config.recordInterrupted(true).recordCancelled(true) : config);
  }

  private static void assertCounted(CircuitBreaker breaker, boolean counts) {
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(counts ? 1 : 0);
    assertThat(breaker.snapshot().totals().ignored()).isEqualTo(counts ? 0 : 1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("an interrupt of the body counts on request, if the flag of the thread is clear")
  void interruptOfTheBody_countsOnRequest(boolean counts) {
    CircuitBreaker breaker = counting(counts);
    assertThat(catchThrowable(() -> breaker.callInterruptibly(() -> {
          throw new InterruptedException("of the body");
        })))
        .isInstanceOf(InterruptedException.class);
    assertCounted(breaker, counts);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("a cancellation of the body counts on request, synchronous and asynchronous")
  void cancellationOfTheBody_countsOnRequest(boolean counts) {
    CircuitBreaker breaker = counting(counts);
    assertThat(catchThrowable(() -> breaker.call(() -> {
          throw new CancellationException("of the body");
        })))
        .isInstanceOf(CancellationException.class);
    assertCounted(breaker, counts);
    breaker.callAsync(
        () -> CompletableFuture.failedFuture(new CancellationException("of the body")));
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(counts ? 2 : 0);
  }

  @Test
  @DisplayName("an interrupt from outside and a cancellation by the caller never count")
  void stopFromOutside_neverCounts() {
    CircuitBreaker breaker = counting(true);
    CompletableFuture<String> work = new CompletableFuture<>();
    breaker.callAsync(() -> work).cancel(true);
    assertThat(work).isCancelled();
    catchThrowable(() -> breaker.call(() -> {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("stopped");
    }));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(breaker.snapshot().totals().failures()).isZero();
    assertThat(breaker.snapshot().totals().ignored()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("an interrupt that a future of the body reports counts on request")
  void interruptInAFuture_countsOnRequest(boolean counts) {
    CircuitBreaker breaker = counting(counts);
    breaker.callAsync(
        () -> CompletableFuture.failedFuture(new InterruptedException("of the body")));
    assertCounted(breaker, counts);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("one of the two requests does not count the other end")
  void oneRequest_countsNothingElse(boolean ofInterrupts) {
    CircuitBreaker breaker =
        breaker(config().recordInterrupted(ofInterrupts).recordCancelled(!ofInterrupts));
    Exception other =
        ofInterrupts ? new CancellationException("cancelled") : new InterruptedException("stopped");
    breaker.callAsync(() -> CompletableFuture.failedFuture(other));
    assertCounted(breaker, false);
  }
}
