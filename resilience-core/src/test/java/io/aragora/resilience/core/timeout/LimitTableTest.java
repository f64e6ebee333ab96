package io.aragora.resilience.core.timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.core.ForwardingTime;
import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.internal.CallFrames;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls that begin at any step of the patrol; the executor of the time source is the seam, and sends no interrupt. */
class LimitTableTest {
  private static final long MS = 1_000_000;

  private final ManualTime manual = ManualTime.create();
  private final Queue<Runnable> atInterrupts = new ArrayDeque<>();
  private final Queue<Runnable> atArmings = new ArrayDeque<>();
  private final TimeSource time = new ForwardingTime(manual) {
    @Override
    public Executor executor() {
      return task -> {
        Runnable next = atInterrupts.poll();
        if (next != null) {
          next.run();
        }
      };
    }

    @Override
    public TimerRegistration drive(String name, TimerCallback driver) {
      TimerRegistration driven = super.drive(name, driver);
      return new TimerRegistration() {
        @Override
        public void wakeBy(long deadlineNanos) {
          Runnable next = atArmings.poll();
          if (next != null) {
            next.run();
          }
          driven.wakeBy(deadlineNanos);
        }

        @Override
        public boolean isDriving() {
          return driven.isDriving();
        }

        @Override
        public void close() {
          driven.close();
        }
      };
    }
  };
  private final LimitTable table =
      new LimitTable(time, new Timer("test", time), new Dispatcher("test", time, null));
  private final long origin = time.nanoTime();

  private LimitSlot claim(long atMillis) {
    CallFrames frames = CallFrames.ofThread();
    Frame frame = Frame.push(frames, time, origin);
    LimitSlot slot = table.claim(origin + atMillis * MS, frame);
    frame.pop(frames);
    return slot;
  }

  /**
   * The patrol has passed one of two neighbouring slots; a call with a near deadline takes it. A second one, which is due at once, lets
   * a third one begin after the patrol found no further call. One of the two parameters leaves the slot that was passed first free.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void nearDeadline_claimedBehindThePatrol_firesInTime(boolean isFirstFreed) {
    LimitSlot[] two = {claim(10), claim(10)};
    assertThat(table.endInTime(two[isFirstFreed ? 0 : 1], origin + 10 * MS)).isTrue();
    LimitSlot[] near = new LimitSlot[2];
    LimitSlot[] far = new LimitSlot[1];
    atInterrupts.add(() -> {
      near[0] = claim(30);
      near[1] = claim(5);
    });
    atInterrupts.add(() -> far[0] = claim(10_000));
    manual.advance(Duration.ofMillis(12));
    if (far[0] == null) {
      far[0] = claim(10_000);
    }
    manual.advance(Duration.ofMillis(20));
    assertThat(near).allMatch(LimitSlot::hasFired);
    assertThat(far[0].hasFired()).isFalse();
    manual.advance(Duration.ofSeconds(10));
    assertThat(far[0].hasFired()).isTrue();
  }

  /** A call begins while the thread of another one arms the patrol for both, and that fails: no thread can be started, for instance. */
  @Test
  void patrolThatCannotBeArmed_leavesNoOtherCallUnwatched() {
    LimitSlot[] other = new LimitSlot[1];
    atArmings.add(() -> {
      other[0] = claim(10);
      throw new IllegalStateException("no thread");
    });
    assertThatThrownBy(() -> claim(10)).hasMessage("no thread");
    assertThat(other[0].hasFired()).isFalse();
    manual.advance(Duration.ofMillis(20));
    assertThat(other[0].hasFired()).isTrue();
    LimitSlot next = claim(30);
    manual.advance(Duration.ofMillis(20));
    assertThat(next.hasFired())
        .as("watched by the patrol that the next call arms")
        .isTrue();
  }
}
