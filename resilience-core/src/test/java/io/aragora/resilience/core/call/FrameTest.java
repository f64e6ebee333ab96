package io.aragora.resilience.core.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.internal.CallFrames;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a thread knows of the policies around its code, and that it forgets it when it leaves them. */
class FrameTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private record Limit(boolean hasFired, boolean mergesWith) implements Frame.Expiry {
    @Override
    public boolean mayHaveMerged(boolean insideInterrupted) {
      return mergesWith == insideInterrupted;
    }
  }

  private static final Limit QUIET = new Limit(false, true);
  private static final Limit FIRED = new Limit(true, true);

  private final ManualTime time = ManualTime.create();
  private final ManualTime other = ManualTime.create();
  private final CallFrames frames = CallFrames.ofThread();

  private Frame push() {
    return Frame.push(frames, time, time.nanoTime());
  }

  @AfterEach
  void leaveAll() {
    assertThat(Frame.ofThread()).as("the test has left its frames").isNull();
  }

  @Test
  void deadline_isOneOfItsTimeSource_andEndsWithItsLimit() {
    Frame frame = push();
    long deadline = time.nanoTime() + SECOND;
    frame.setExpiry(QUIET, deadline);
    assertThat(Frame.ofThread()).isSameAs(frame);
    assertThat(frame.deadlineOn(time)).isEqualTo(deadline);
    assertThat(frame.deadlineOn(other)).isEqualTo(TimeSource.NEVER);
    assertThat(frame.capture().deadlineOn(time)).isEqualTo(deadline);
    assertThat(frame.expiry()).isSameAs(QUIET);
    frame.clearExpiry(TimeSource.NEVER, TimeSource.NEVER);
    assertThat(frame.deadlineOn(time)).isEqualTo(TimeSource.NEVER);
    frame.pop(frames);
  }

  @Test
  void thread_hasExpired_ifALimitOfItOrAroundItHasFired() {
    assertThat(Frame.hasThreadExpired()).isFalse();
    Frame outer = push();
    outer.setExpiry(FIRED, time.nanoTime() + SECOND);
    assertThat(Frame.hasThreadExpired()).isTrue();
    Frame inner = push();
    assertThat(inner.hasEnclosingFired()).isTrue();
    assertThat(Frame.hasThreadExpired()).isTrue();
    outer.clearExpiry(TimeSource.NEVER, TimeSource.NEVER);
    assertThat(inner.hasEnclosingFired()).isFalse();
    assertThat(Frame.hasThreadExpired()).isFalse();
    inner.pop(frames);
    outer.pop(frames);
  }

  @Test
  void limitWhoseTimeIsOver_hasFired_whateverTheTimerDid() {
    Frame frame = push();
    frame.setExpiry(QUIET, time.nanoTime() + SECOND);
    time.advance(Duration.ofNanos(SECOND - 1));
    assertThat(Frame.hasThreadExpired()).isFalse();
    time.advance(Duration.ofNanos(1));
    assertThat(Frame.hasThreadExpired()).isTrue();
    frame.pop(frames);
    Frame reused = push();
    assertThat(Frame.hasThreadExpired()).as("of an earlier use of the frame").isFalse();
    reused.pop(frames);
  }

  @Test
  void interruptOfALimitAround_mayHaveMerged_whileThatIsArmed() {
    Frame outer = push();
    outer.setExpiry(QUIET, time.nanoTime() + 2 * SECOND);
    Frame inner = push();
    assertThat(inner.mayEnclosingHaveMerged(true)).isTrue();
    assertThat(inner.mayEnclosingHaveMerged(false))
        .as("as the limit around says")
        .isFalse();
    assertThat(outer.mayEnclosingHaveMerged(true)).as("nothing is around").isFalse();
    outer.clearExpiry(TimeSource.NEVER, TimeSource.NEVER);
    assertThat(inner.mayEnclosingHaveMerged(true)).isFalse();
    inner.pop(frames);
    outer.pop(frames);
  }

  @Test
  void hedge_isSeenInsideIt_onItsTimeSource() {
    Frame frame = push();
    assertThat(frame.isHedgedOn(time)).isFalse();
    frame.enterHedge(FIRED);
    assertThat(frame.isHedgedOn(time)).isTrue();
    assertThat(frame.isHedgedOn(other)).isFalse();
    assertThat(frame.isHedge()).as("its first attempt").isFalse();
    assertThat(frame.earlierHedge()).isSameAs(FIRED);
    assertThat(Frame.hasThreadExpired()).isTrue();
    frame.enterHedge(QUIET);
    assertThat(frame.earlierHedge()).isSameAs(QUIET);
    assertThat(frame.expiry()).isSameAs(QUIET);
    assertThat(Frame.hasThreadExpired()).isFalse();
    frame.pop(frames);
  }

  @Test
  void context_ofAFurtherAttempt_isThatOfAHedge_onTheThreadThatEntersIt() {
    CapturedContext further = CapturedContext.beginning(time).inHedge(time, 0, true);
    assertThat(further.<Boolean, RuntimeException>call(
            () -> Objects.requireNonNull(Frame.ofThread()).isHedge()))
        .isTrue();
    assertThat(CapturedContext.beginning(time)
            .<Boolean, RuntimeException>call(
                () -> Objects.requireNonNull(Frame.ofThread()).isHedge()))
        .isFalse();
  }

  @Test
  void deadlineOfAFuture_countsInsideIt() {
    CapturedContext limited =
        CapturedContext.beginning(time).endedAt(time, time.nanoTime(), time.nanoTime() + SECOND);
    boolean expired = limited.<Boolean, RuntimeException>call(() -> {
      assertThat(Frame.hasThreadExpired()).isFalse();
      time.advance(Duration.ofNanos(SECOND));
      return Frame.hasThreadExpired();
    });
    assertThat(expired).isTrue();
  }
}
