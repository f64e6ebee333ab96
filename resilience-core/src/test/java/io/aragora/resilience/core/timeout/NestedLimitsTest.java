package io.aragora.resilience.core.timeout;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.internal.CallFrames;
import io.aragora.resilience.testing.ManualTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Two limits of one thread that fire together, step by step: its interrupt flag is one bit for
 * both.
 */
class NestedLimitsTest {
  private static final long INNER_DEADLINE = 10_000_000;
  private static final long OUTER_DEADLINE = 20_000_000;

  private final ManualTime time = ManualTime.create();
  private final LimitTable table =
      new LimitTable(time, new Timer("test", time), new Dispatcher("test", time, null));
  private final CallFrames frames = CallFrames.ofThread();
  private Frame outerFrame;
  private Frame innerFrame;
  private LimitSlot outer;
  private LimitSlot inner;

  @BeforeEach
  void enterBoth() {
    long now = time.nanoTime();
    outerFrame = Frame.push(frames, time, now);
    outer = table.claim(now + OUTER_DEADLINE, outerFrame);
    outerFrame.setExpiry(outer, now + OUTER_DEADLINE);
    innerFrame = Frame.push(frames, time, now);
    inner = table.claim(now + INNER_DEADLINE, innerFrame);
    innerFrame.setExpiry(inner, now + INNER_DEADLINE);
    assertThat(inner.expire(now + INNER_DEADLINE)).isTrue();
    assertThat(outer.expire(now + OUTER_DEADLINE)).isTrue();
  }

  @AfterEach
  void leaveBoth() {
    outer.settle(false, outerFrame);
    assertThat(Thread.interrupted()).as("nothing of ours is left").isFalse();
    outerFrame.pop(frames);
  }

  private void leaveInner(boolean byInterrupt) {
    if (byInterrupt) {
      assertThat(Thread.interrupted()).as("what an InterruptedException clears").isTrue();
    }
    inner.settle(byInterrupt, innerFrame);
    innerFrame.pop(frames);
  }

  private static void assertInterrupted() {
    assertThat(Thread.currentThread().isInterrupted()).as("by the outer limit").isTrue();
  }

  @Test
  @DisplayName(
      "the outer limit sees the inner one's flag, and the body throws InterruptedException")
  void innerFirst_leftByInterrupt() {
    inner.run();
    outer.run();
    leaveInner(true);
    assertInterrupted();
  }

  @Test
  @DisplayName("the outer limit sees the inner one's flag, and the body returns by itself")
  void innerFirst_leftOtherwise() {
    inner.run();
    outer.run();
    leaveInner(false);
    assertInterrupted();
  }

  @Test
  @DisplayName(
      "the inner limit sees the outer one's flag, and the body throws InterruptedException")
  void outerFirst_leftByInterrupt() {
    outer.run();
    inner.run();
    leaveInner(true);
    assertInterrupted();
  }

  @Test
  @DisplayName("the outer limit interrupts, and the inner one's interrupt is never sent")
  void outerOnly_leftByInterrupt() {
    outer.run();
    leaveInner(true);
    assertInterrupted();
    inner.run();
    assertInterrupted();
  }

  @Test
  @DisplayName("the outer limit fires after the inner one's flag was cleared")
  void outer_afterTheInner_fires() {
    inner.run();
    leaveInner(true);
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
    outer.run();
    assertInterrupted();
  }

  @Test
  @DisplayName("an outside flag that both limits saw stays set")
  void outside_isKept() {
    Thread.currentThread().interrupt();
    inner.run();
    outer.run();
    leaveInner(false);
    outer.settle(false, outerFrame);
    assertThat(Thread.interrupted()).as("the outside's").isTrue();
  }
}
