package io.aragora.resilience.core.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadFullException;
import io.aragora.resilience.bulkhead.BulkheadFullException.Reason;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Calls that do not wait: with a body that ends at once, and with a deadline that is near or passed. */
class AdmittedAtOnceTest {
  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final Bulkhead db = resilience.bulkhead("db", c -> c.maxConcurrentCalls(1));
  private final Timeout timeout = resilience.timeout("t", Duration.ofMillis(100));

  @AfterEach
  void close() {
    resilience.close();
  }

  private void assertFree() {
    assertThat(db.snapshot().inUse()).isZero();
  }

  @Test
  void async_bodyThatHasEnded_returnsItsValue_andFreesThePlace() {
    CompletableFuture<String> call = db.callAsync(() -> CompletableFuture.completedFuture("a"));
    assertThat(call).isCompletedWithValue("a");
    assertFree();
  }

  @Test
  void async_limiter_returnsTheFutureOfTheBody() {
    RateLimiter limiter =
        resilience.rateLimiter("api", c -> c.limit(1).period(Duration.ofSeconds(1)));
    CompletableFuture<String> body = new CompletableFuture<>();
    CompletableFuture<String> call = limiter.callAsync(() -> body);
    assertThat(call).isNotDone();
    body.complete("a");
    assertThat(call).isCompletedWithValue("a");
  }

  /** Calls the bulkhead inside of a body whose deadline is near. */
  private String callAfter(Duration pause) {
    return timeout.<String, RuntimeException>call(() -> {
      time.advance(pause);
      return db.<String, RuntimeException>call(() -> "a");
    });
  }

  private CompletableFuture<String> asyncAfter(Duration pause) {
    return timeout.callAsync(() -> {
      time.advance(pause);
      return db.callAsync(() -> CompletableFuture.completedFuture("a"));
    });
  }

  @Test
  void call_justBeforeTheDeadline_isAdmitted() {
    assertThat(callAfter(Duration.ofNanos(99_999_999))).isEqualTo("a");
    assertThat(asyncAfter(Duration.ofNanos(99_999_999))).isCompletedWithValue("a");
    assertFree();
  }

  @Test
  void call_atTheDeadline_isRejected_andHoldsNoPlace() {
    assertThatThrownBy(() -> callAfter(Duration.ofMillis(100)))
        .cause()
        .isInstanceOf(BulkheadFullException.class)
        .extracting(e -> ((BulkheadFullException) e).reason())
        .isEqualTo(Reason.DEADLINE);
    assertThat(asyncAfter(Duration.ofMillis(100))).isCompletedExceptionally();
    assertThat(db.totals().admitted()).isZero();
    assertFree();
  }
}
