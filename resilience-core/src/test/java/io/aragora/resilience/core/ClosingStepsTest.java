package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.persistence.RecordedLog;
import io.aragora.resilience.core.time.SystemTimeSource;
import io.aragora.resilience.testing.ManualTime;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One step that closes a part of a runtime. */
@Timeout(120)
class ClosingStepsTest {
  private static ClosingSteps steps(long millis) {
    SystemTimeSource time = SystemTimeSource.INSTANCE;
    return new ClosingSteps("shop", time, time.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis));
  }

  /** A step that ends when the thread that runs the steps waits for it. */
  private static Runnable endsWhileWaitedFor(Thread closer, AtomicBoolean ended) {
    return () -> {
      while (closer.getState() != Thread.State.TIMED_WAITING) {
        Thread.onSpinWait();
      }
      ended.set(true);
    };
  }

  @Test
  void run_stepTakesAWhile_returnsAfterItsEnd() {
    AtomicBoolean ended = new AtomicBoolean();
    try (RecordedLog log = RecordedLog.of(ClosingSteps.class)) {
      steps(60_000).run("the timer", endsWhileWaitedFor(Thread.currentThread(), ended));
      assertThat(ended).isTrue();
      assertThat(log.messages()).isEmpty();
    }
  }

  @Test
  void run_callerIsInterrupted_waitsNevertheless_andStaysInterrupted() {
    AtomicBoolean ended = new AtomicBoolean();
    Thread.currentThread().interrupt();
    steps(60_000).run("the timer", endsWhileWaitedFor(Thread.currentThread(), ended));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(ended).isTrue();
  }

  @Test
  void run_stepHangs_continuesAtTheDeadline_andSaysWhatHangs() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    try (RecordedLog log = RecordedLog.of(ClosingSteps.class)) {
      steps(50).run("extension x", () -> {
        try {
          release.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        ended.countDown();
      });
      assertThat(ended.getCount()).as("it hangs").isOne();
      assertThat(log.messages())
          .containsExactly("WARNING runtime 'shop': closing of extension x did not end in time;"
              + " closing continues without it");
    }
    release.countDown();
    assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void run_stepThrows_continuesAndSaysSo() {
    for (Throwable thrown : new Throwable[] {new IllegalStateException("a"), new Error("b")}) {
      try (RecordedLog log = RecordedLog.of(ClosingSteps.class)) {
        steps(60_000).run("the timer", () -> ClosingStepsTest.<RuntimeException>sneak(thrown));
        assertThat(log.messages())
            .containsExactly(
                "WARNING runtime 'shop': closing of the timer failed; closing continues");
      }
    }
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <X extends Throwable> void sneak(Throwable thrown) throws X {
    throw (X) thrown;
  }

  @Test
  void run_timeSourceHasAnExecutor_runsOnTheCaller() {
    Thread[] ran = new Thread[1];
    new ClosingSteps("shop", ManualTime.create(), Long.MAX_VALUE)
        .run("the timer", () -> ran[0] = Thread.currentThread());
    assertThat(ran[0]).isSameAs(Thread.currentThread());
  }
}
