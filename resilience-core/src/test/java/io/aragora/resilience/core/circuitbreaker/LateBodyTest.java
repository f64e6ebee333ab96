package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.ForwardingTime;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a breaker inside a timeout counts asynchronous calls at the end of that limit. */
class LateBodyTest {
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private final ManualTime time = ManualTime.create();
  private long aheadNanos;
  private final Resilience resilience = Resilience.builder()
      .timeSource(new ForwardingTime(time) {
        @Override
        public long nanoTime() {
          return super.nanoTime() + aheadNanos;
        }
      })
      .build();
  private final Timeout timeout = resilience.timeout("t", LIMIT);
  private final CircuitBreaker breaker = resilience.circuitBreaker(
      "b", CircuitBreakerConfig.builder().failureThreshold(100).build());

  @AfterEach
  void close() {
    resilience.close();
  }

  @ParameterizedTest
  @CsvSource({"4999999999, 0", "5000000000, 1", "6000000000, 1"})
  void body_thatReturnsBeforeTheTimerFires_isAFailureFromTheLimitOn(long took, long failures) {
    Pipeline pipeline =
        resilience.unregistered().pipelineBuilder("p").add(timeout).add(breaker).build();
    pipeline.callAsync(() -> {
      aheadNanos += took;
      return CompletableFuture.completedFuture("value");
    });
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(failures);
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(1 - failures);
  }

  @Test
  void call_thatWaitedInsideUntilTheLimit_isNoFailureOfTheDependency() {
    Bulkhead full = resilience.bulkhead(
        "full",
        BulkheadConfig.builder()
            .maxConcurrentCalls(1)
            .maxWait(LIMIT.multipliedBy(2))
            .build());
    full.tryAcquirePermit();
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(timeout)
        .add(breaker)
        .add(full)
        .build();
    CompletableFuture<String> call = pipeline.callAsync(CompletableFuture::new);
    time.advance(LIMIT.plusMillis(20));
    assertThat(call).isCompletedExceptionally();
    assertThat(breaker.snapshot().totals().failures()).isZero();
    assertThat(breaker.snapshot().totals().ignored()).isEqualTo(1);
  }
}
