package io.aragora.resilience.core.timeout;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.internal.CallFrames;
import io.aragora.resilience.testing.ManualTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One interrupt of one call, step by step, on the thread that is interrupted. */
class OneInterruptTest {
  private final ManualTime time = ManualTime.create();
  private final CallFrames frames = CallFrames.ofThread();
  private final OneInterrupt interrupt = new OneInterrupt(Thread.currentThread());
  private Frame frame;

  @BeforeEach
  void enter() {
    frame = Frame.push(frames, time, time.nanoTime());
  }

  @AfterEach
  void leave() {
    frame.pop(frames);
    assertThat(Thread.interrupted()).isFalse();
  }

  private static boolean isInterrupted() {
    return Thread.currentThread().isInterrupted();
  }

  @Test
  void send_insideTheCall_interruptsOnce_andNothingIsLeft() {
    assertThat(interrupt.send()).isTrue();
    assertThat(isInterrupted()).isTrue();
    assertThat(interrupt.send()).isFalse();
    assertThat(interrupt.leave()).isFalse();
    interrupt.settle(false, frame);
    assertThat(isInterrupted()).isFalse();
    assertThat(interrupt.send()).isFalse();
    assertThat(isInterrupted()).isFalse();
  }

  @Test
  void send_afterTheCallHasEnded_isNone() {
    assertThat(interrupt.leave()).isTrue();
    assertThat(interrupt.send()).isFalse();
    assertThat(isInterrupted()).isFalse();
  }

  @Test
  void send_besideAnInterruptFromOutside_leavesThat() {
    Thread.currentThread().interrupt();
    assertThat(interrupt.send()).isTrue();
    assertThat(interrupt.leave()).isFalse();
    interrupt.settle(false, frame);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void settle_afterAnInterruptedException_leavesALaterInterruptFromOutside() {
    interrupt.send();
    assertThat(Thread.interrupted()).as("what the exception clears").isTrue();
    Thread.currentThread().interrupt();
    assertThat(interrupt.leave()).isFalse();
    interrupt.settle(true, frame);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void mayHaveMerged_onceItWasSent() {
    assertThat(interrupt.mayHaveMerged(false)).isFalse();
    assertThat(interrupt.mayHaveMerged(true)).isFalse();
    interrupt.send();
    assertThat(interrupt.mayHaveMerged(false)).isTrue();
    interrupt.settle(false, frame);
  }

  @Test
  void mayHaveMerged_itMetAFlag_ifThatWasOfALimitInside() {
    Thread.currentThread().interrupt();
    interrupt.send();
    assertThat(interrupt.mayHaveMerged(false)).as("the flag is the outside's").isFalse();
    assertThat(interrupt.mayHaveMerged(true)).isTrue();
    assertThat(interrupt.mayHaveMerged(false)).as("it counts as sent now").isTrue();
    interrupt.settle(false, frame);
    assertThat(isInterrupted()).as("it is taken back").isFalse();
  }

  @Test
  void slotOfATable_timerIsClosed_interruptsWithoutHavingFired() {
    Timer timer = new Timer("test", time);
    LimitTable table = new LimitTable(time, timer, new Dispatcher("test", time, null));
    LimitSlot slot = table.claim(time.nanoTime() + 1_000_000, frame);
    assertThat(slot).isNotNull();
    assertThat(slot.isClosed()).isFalse();
    timer.close();
    assertThat(slot.isClosed()).isTrue();
    assertThat(slot.hasFired()).isFalse();
    assertThat(isInterrupted()).isTrue();
    assertThat(slot.settle(false, frame)).as("was closed").isTrue();
    assertThat(isInterrupted()).isFalse();
    assertThat(table.inTime()).isZero();
    assertThat(table.claim(time.nanoTime() + 1_000_000, frame)).isNull();
  }
}
