package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.ForwardingTime;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The timer looks at slow calls as long as there are calls under way, and no longer. */
class WatchRestsTest {
  private static final Duration SLOW = Duration.ofSeconds(2);
  private static final Duration AFTERWARDS = Duration.ofMinutes(10);

  private final ManualTime time = ManualTime.create();
  private final AtomicInteger wakes = new AtomicInteger();
  private final Resilience resilience = Resilience.builder()
      .timeSource(new ForwardingTime(time) {
        @Override
        public TimerRegistration drive(String name, TimerCallback driver) {
          return super.drive(name, counting(driver));
        }
      })
      .build();

  @AfterEach
  void close() {
    resilience.close();
  }

  private TimerCallback counting(TimerCallback driver) {
    return new TimerCallback() {
      @Override
      public long advanceTo(long nowNanos) {
        wakes.incrementAndGet();
        return driver.advanceTo(nowNanos);
      }

      @Override
      public boolean hasHandOver() {
        return driver.hasHandOver();
      }
    };
  }

  private CircuitBreaker breaker() {
    return resilience.circuitBreaker(
        "b",
        CircuitBreakerConfig.builder()
            .slowCallRateThreshold(100)
            .slowCallDuration(SLOW)
            .minimumNumberOfCalls(100)
            .countWindow(100)
            .build());
  }

  private int wakesIn(Duration duration) {
    int before = wakes.get();
    time.advance(duration);
    return wakes.get() - before;
  }

  @Test
  void call_thatHangs_isLookedAtFourTimesInItsLimit_andNoMoreOnceItHasEnded() {
    CircuitBreaker breaker = breaker();
    CompletableFuture<String> hanging = new CompletableFuture<>();
    breaker.callAsync(() -> hanging);
    time.advance(SLOW);
    assertThat(wakesIn(SLOW.multipliedBy(10)))
        .as("a timer may wake twice for a look")
        .isBetween(40, 100);
    hanging.complete("late");
    time.advance(SLOW);
    assertThat(wakesIn(AFTERWARDS)).isLessThan(3);
  }

  @Test
  void probe_thatHangs_isLookedAt_andNoMoreOnceItHasEnded() {
    CircuitBreaker breaker = breaker();
    breaker.halfOpen();
    long probe = breaker.acquirePermit();
    assertThat(wakesIn(SLOW.dividedBy(2))).isPositive();
    breaker.releasePermit(probe);
    time.advance(SLOW);
    assertThat(wakesIn(AFTERWARDS)).isLessThan(3);
  }

  @Test
  void call_thatItsCallerCancels_isUnderWayNoMore() {
    CircuitBreaker breaker = breaker();
    CompletableFuture<String> call = breaker.callAsync(CompletableFuture::new);
    time.advance(SLOW.multipliedBy(2));
    assertThat(breaker.snapshot().slowCallsInFlight()).isEqualTo(1);
    call.cancel(true);
    assertThat(breaker.snapshot().slowCallsInFlight()).isZero();
    time.advance(SLOW);
    assertThat(wakesIn(AFTERWARDS)).isLessThan(3);
  }
}
