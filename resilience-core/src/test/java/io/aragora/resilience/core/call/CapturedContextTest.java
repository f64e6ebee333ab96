package io.aragora.resilience.core.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.time.TimeSource;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a copy of a context keeps, and that it has nothing of another time source. */
class CapturedContextTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final IOException FAILURE = new IOException("down");

  private final ManualTime time = ManualTime.create();
  private final ManualTime other = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final Retry retry = resilience.retry("r");
  private final CapturedContext attempt =
      CapturedContext.beginning(time).withAttempt(time, time.nanoTime(), retry, 2, FAILURE);
  private final CapturedContext hedge = attempt.inHedge(time, time.nanoTime(), true);

  @AfterEach
  void close() {
    resilience.close();
  }

  private long in(Duration duration) {
    return time.nanoTime() + duration.toNanos();
  }

  @Test
  void attempt_isSeen_onItsTimeSource() {
    assertThat(attempt.attempt()).isEqualTo(2);
    assertThat(attempt.retryName()).contains("r");
    assertThat(attempt.retryOn(time)).isSameAs(retry);
    assertThat(attempt.retryOn(other)).isNull();
    assertThat(attempt.lastFailure()).containsSame(FAILURE);
    assertThat(attempt.isHedge()).isFalse();
    assertThat(attempt.isHedgedOn(time)).isFalse();
  }

  @Test
  void hedgeInsideAnAttempt_keepsTheAttempt() {
    time.advance(SECOND);
    CapturedContext later = attempt.inHedge(time, time.nanoTime(), true);
    assertThat(later.elapsed()).as("since the outermost policy").isEqualTo(SECOND);
    assertThat(hedge.attempt()).isEqualTo(2);
    assertThat(hedge.retryName()).contains("r");
    assertThat(hedge.lastFailure()).containsSame(FAILURE);
    assertThat(hedge.isHedge()).isTrue();
    assertThat(hedge.isHedgedOn(time)).isTrue();
    assertThat(hedge.isHedgedOn(other)).isFalse();
    CapturedContext further = hedge.withAttempt(time, time.nanoTime(), retry, 3, null);
    assertThat(further.attempt()).isEqualTo(3);
    assertThat(further.isHedge()).isTrue();
  }

  @Test
  void deadlineOfAFuture_keepsTheRest() {
    CapturedContext limited = hedge.endedAt(time, time.nanoTime(), in(SECOND));
    assertThat(limited.deadlineOn(time)).isEqualTo(in(SECOND));
    assertThat(limited.endedAtOn(time)).isEqualTo(in(SECOND));
    assertThat(limited.attempt()).isEqualTo(2);
    assertThat(limited.retryName()).contains("r");
    assertThat(limited.lastFailure()).containsSame(FAILURE);
    assertThat(limited.isHedge()).isTrue();
  }

  @Test
  void nearerEnd_isAnotherContext_aFurtherOneIsNot() {
    CapturedContext limited = attempt.endedAt(time, time.nanoTime(), in(SECOND));
    assertThat(limited.endedBy(in(SECOND))).isSameAs(limited);
    assertThat(limited.endedBy(TimeSource.NEVER)).isSameAs(limited);
    CapturedContext nearer = limited.endedBy(in(SECOND) - 1);
    assertThat(nearer.endedAtOn(time)).isEqualTo(in(SECOND) - 1);
    assertThat(nearer.deadlineOn(time)).isEqualTo(in(SECOND));
    assertThat(nearer.attempt()).isEqualTo(2);
  }

  @Test
  void copyForAnotherTimeSource_hasNothingOfThisOne() {
    other.advance(SECOND);
    long now = other.nanoTime();
    CapturedContext limited = hedge.endedAt(time, time.nanoTime(), in(SECOND));
    for (CapturedContext copy : new CapturedContext[] {
      limited.endedAt(other, now, TimeSource.NEVER), limited.inHedge(other, now, false)
    }) {
      assertThat(copy.attempt()).isZero();
      assertThat(copy.retryName()).isEmpty();
      assertThat(copy.lastFailure()).isEmpty();
      assertThat(copy.isHedge()).isFalse();
      assertThat(copy.remaining()).isEmpty();
      assertThat(copy.elapsed()).isZero();
    }
    CapturedContext attempted = limited.withAttempt(other, now, retry, 1, null);
    assertThat(attempted.attempt()).isEqualTo(1);
    assertThat(attempted.isHedge()).isFalse();
    assertThat(attempted.remaining()).isEmpty();
    assertThat(attempted.elapsed()).isZero();
  }

  @Test
  void cancelled_fromTheDeadlineOn() {
    CapturedContext limited = attempt.endedAt(time, time.nanoTime(), in(SECOND));
    time.advance(SECOND.minusNanos(1));
    assertThat(limited.isCancelled()).isFalse();
    time.advance(Duration.ofNanos(1));
    assertThat(limited.isCancelled()).isTrue();
    assertThat(attempt.isCancelled()).isFalse();
  }

  @Test
  void outsideAnyCall_bodiesRunAsTheyAre() {
    CapturedContext none = CapturedContext.ofThread();
    assertThat(none.<String, RuntimeException>call(() -> "value")).isEqualTo("value");
    assertThat(none.elapsed()).isZero();
    assertThat(none.start(() -> {
          throw new IllegalStateException("injected");
        }))
        .isCompletedExceptionally();
  }

  @Test
  void contextOfACall_isThatOfTheThreadInside_andLeftAfterwards() {
    CapturedContext limited = attempt.endedAt(time, time.nanoTime(), in(SECOND));
    CapturedContext inside =
        limited.<CapturedContext, RuntimeException>call(CapturedContext::ofThread);
    assertThat(inside.attempt()).isEqualTo(2);
    assertThat(inside.endedAtOn(time)).isEqualTo(in(SECOND));
    assertThat(CapturedContext.ofThread().attempt()).isZero();
    CapturedContext next = CapturedContext.beginning(time)
        .<CapturedContext, RuntimeException>call(CapturedContext::ofThread);
    assertThat(next.endedAtOn(time)).as("of the call before").isEqualTo(TimeSource.NEVER);
  }
}
