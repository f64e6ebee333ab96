package io.aragora.resilience.core.timeout;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Interrupts from outside and from a limit meet at every point of a call, for many thousands of
 * rounds. The rule: no interrupt of a limit is pending after a call. An outside interrupt before
 * the limit is kept. If the limit fired and the body threw InterruptedException, a flag that is
 * still set comes from outside.
 */
class InterruptHammerTest {
  private static final int ROUNDS = 20_000;

  /** Each eighth round ends near the timer's tick, at which the limit fires. */
  private static long spinOf(int round) {
    return round % 8 == 0 ? 700_000 + 1_000L * (round % 700) : 1_000L * (round % 20);
  }

  /**
   * No outside interrupts: a pending one afterwards would be the limit's. Bodies that throw, that
   * swallow the interrupt, and that end in time.
   */
  @Test
  void withoutTheOutside_nothingIsEverPending() {
    int fired = 0;
    try (Resilience resilience = Resilience.create()) {
      Timeout timeout = resilience.timeout("t", Duration.ofNanos(60_000));
      for (int round = 0; round < ROUNDS; round++) {
        boolean swallows = round % 16 == 0;
        long spin = spinOf(round);
        try {
          timeout.run(() -> {
            long until = System.nanoTime() + spin;
            while (System.nanoTime() < until) {
              if (swallows && Thread.currentThread().isInterrupted()) {
                break;
              }
              if (!swallows && Thread.interrupted()) {
                throw new InterruptedException();
              }
            }
          });
        } catch (TimeoutExceededException e) {
          fired++;
        } catch (InterruptedException e) {
          throw new AssertionError("in time, and yet interrupted", e);
        }
        assertThat(Thread.interrupted()).as("round %d", round).isFalse();
      }
      assertThat(timeout.totals().fired() + timeout.totals().late()).isEqualTo(fired);
      assertThat(timeout.totals().inTime()).isEqualTo(ROUNDS - fired);
    }
    assertThat(fired).as("the limit fired in some rounds and in others not").isBetween(1, ROUNDS);
  }

  /**
   * An outside thread interrupts once in each round: before, in, or after the call. The round ends
   * after that, so a flag that is set then, or that the body cleared, comes from outside, unless
   * the limit fired.
   */
  @Test
  void withTheOutside_theRuleHolds() throws Exception {
    AtomicInteger begun = new AtomicInteger();
    AtomicInteger interrupted = new AtomicInteger();
    Thread caller = Thread.currentThread();
    Thread outside = new Thread(() -> {
      for (int round = 1; round <= ROUNDS; round++) {
        while (begun.get() < round) {
          Thread.onSpinWait();
        }
        long until = System.nanoTime() + 1_000L * (round % 60);
        while (System.nanoTime() < until) {
          Thread.onSpinWait();
        }
        caller.interrupt();
        interrupted.set(round);
      }
    });
    outside.setDaemon(true);
    int fired = 0;
    int kept = 0;
    try (Resilience resilience = Resilience.create()) {
      Timeout timeout = resilience.timeout("t", Duration.ofNanos(40_000));
      outside.start();
      for (int round = 1; round <= ROUNDS; round++) {
        boolean leaves = round % 16 != 0;
        long spin = spinOf(round);
        boolean tookFlag = false;
        boolean limitFired = false;
        begun.set(round);
        try {
          timeout.run(() -> {
            long until = System.nanoTime() + spin;
            while (System.nanoTime() < until) {
              if (leaves && Thread.interrupted()) {
                throw new InterruptedException();
              }
            }
          });
        } catch (InterruptedException e) {
          tookFlag = true;
        } catch (TimeoutExceededException e) {
          limitFired = true;
        }
        while (interrupted.get() < round) {
          Thread.onSpinWait();
        }
        boolean pending = Thread.interrupted();
        if (limitFired) {
          // The outside's may have merged with ours, as documented; or it came later, and is kept.
          fired++;
          kept += pending ? 1 : 0;
        } else {
          assertThat(pending ^ tookFlag)
              .as(
                  "round %d: the outside's interrupt arrives once, in the body or after the call",
                  round)
              .isTrue();
        }
      }
    }
    outside.join();
    assertThat(fired).isBetween(1, ROUNDS - 1);
    assertThat(kept).isLessThanOrEqualTo(fired);
    assertThat(Thread.interrupted()).isFalse();
  }
}
