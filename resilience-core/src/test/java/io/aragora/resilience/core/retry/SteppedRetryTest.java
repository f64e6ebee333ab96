package io.aragora.resilience.core.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.internal.runtime.SteppedRetry;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryEvent.Kind;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Calls whose attempts other code makes. The bridge to Resilience4j compares them with calls of the retry. */
class SteppedRetryTest extends RetryFixture {
  private final IOException down = new IOException("down");

  private Retry everySecond() {
    return resilience.retry("r", everySecond(3).retryResultIf("bad"::equals).build());
  }

  private static SteppedRetry.Steps begin(Retry retry, boolean isOnThread) {
    return ((SteppedRetry) retry).begin(isOnThread);
  }

  @Test
  void attempts_areDecided_waited_andCounted() {
    Retry retry = everySecond();
    SteppedRetry.Steps call = begin(retry, true);
    long began = time.nanoTime();

    assertThat(call.failed(down, false)).isEqualTo(Kind.RETRY);
    assertThat(call.delayNanos()).isEqualTo(Duration.ofSeconds(1).toNanos());
    call.await();
    assertThat(call.isRejected("bad")).isTrue();
    assertThat(call.rejected("bad")).isEqualTo(Kind.RETRY);
    call.await();
    assertThat(call.isRejected("good")).isFalse();
    call.succeeded();

    assertThat(call.ended()).isEqualTo(2);
    assertThat(time.nanoTime() - began).isEqualTo(Duration.ofSeconds(2).toNanos());
    assertThat(retry.totals().succeededAfterRetry()).isEqualTo(1);
    assertThat(retry.totals().retries()).isEqualTo(2);
    assertThat(retry.attempts().get(2).succeeded()).isEqualTo(1);
  }

  @Test
  void firstAttempt_thatSucceeds_isCounted() {
    Retry retry = everySecond();

    begin(retry, false).succeeded();

    assertThat(retry.totals().succeededAtOnce()).isEqualTo(1);
  }

  @Test
  void attempts_thatAreUsedUp_endTheCall() {
    Retry retry = everySecond();
    SteppedRetry.Steps call = begin(retry, false);
    IOException last = new IOException("last");

    assertThat(call.failed(down, false)).isEqualTo(Kind.RETRY);
    assertThat(call.rejected("bad")).isEqualTo(Kind.RETRY);
    assertThat(call.failed(last, false)).isEqualTo(Kind.EXHAUSTED);

    assertThat(last.getSuppressed()).containsExactly(down);
    assertThat(retry.totals().exhausted()).isEqualTo(1);
    SteppedRetry.Steps rejected = begin(retry, false);
    rejected.rejected("bad");
    rejected.rejected("bad");
    assertThat(rejected.rejected("bad")).isEqualTo(Kind.EXHAUSTED);
    assertThat(retry.totals().exhausted()).isEqualTo(2);
  }

  @Test
  void rejectionOfAnotherLibrary_isRetriedIfTheConfigSaysSo() {
    Retry retry = everySecond();
    Retry patient =
        resilience.retry("patient", everySecond(3).retryRejections(true).build());

    assertThat(begin(retry, true).failed(down, true)).isEqualTo(Kind.REJECTED);
    assertThat(begin(patient, true).failed(down, true)).isEqualTo(Kind.RETRY);
    assertThat(retry.totals().count(Kind.REJECTED)).isEqualTo(1);
    assertThat(retry.attempts().get(0).failed()).isEqualTo(1);
  }

  @Test
  void deadlineAround_leavesNoTimeForTheWait() {
    Retry retry = everySecond();

    Kind kind = resilience
        .timeout("around", Duration.ofMillis(500))
        .call(() -> begin(retry, true).failed(down, false));

    assertThat(kind).isEqualTo(Kind.OUT_OF_TIME);
  }

  @Test
  void retryAround_makesTheAttempts() {
    Retry retry = everySecond();

    Kind kind = resilience.retry("around").call(() -> begin(retry, true).failed(down, false));

    assertThat(kind).isEqualTo(Kind.STOOD_DOWN);
  }

  @Test
  void wait_ofAnInterruptedThread_endsTheCall() {
    Retry retry = everySecond();
    SteppedRetry.Steps call = begin(retry, true);
    call.failed(down, false);
    Thread.currentThread().interrupt();

    assertThatThrownBy(call::await)
        .isInstanceOf(CallInterruptedException.class)
        .hasSuppressedException(down);

    assertThat(Thread.interrupted()).isTrue();
    assertThat(retry.totals().count(Kind.STOPPED)).isEqualTo(1);
  }

  @Test
  void wait_inAClosedRuntime_endsTheCall() {
    Retry retry = everySecond();
    SteppedRetry.Steps call = begin(retry, true);
    call.failed(down, false);
    resilience.close();

    assertThatThrownBy(call::await).isInstanceOf(ResilienceClosedException.class);

    assertThat(retry.totals().count(Kind.STOPPED)).isEqualTo(1);
  }
}
