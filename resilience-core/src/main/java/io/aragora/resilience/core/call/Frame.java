package io.aragora.resilience.core.call;

import io.aragora.resilience.Policy;
import io.aragora.resilience.spi.CallFrame;
import io.aragora.resilience.spi.CallFrames;
import io.aragora.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * One policy that the thread is inside of. Frames form a stack of their thread and are used again, so that entering a
 * policy allocates nothing once a thread has been that deep.
 *
 * <p>References are written only where they change: a frame is old when its thread is, and such a store costs a garbage
 * collector with regions a full fence. So a frame keeps its retry until another one uses the frame; attempt 0 says that there
 * is none.
 */
public final class Frame extends CallFrame {
  private @Nullable Frame above;

  private @Nullable CallFrame enclosing;
  private TimeSource time;
  private long startedAt;
  private long deadline;
  private long interruptedAt;

  /** Of a frame that adopted a context; the frames inside do not copy it, so that entering a policy need not write it. */
  private long endedAt = TimeSource.NEVER;

  private @Nullable Policy retry;
  private int attempt;
  private @Nullable Throwable failure;
  private @Nullable Expiry expiry;
  private boolean expiryArmed;

  /** A limit on what runs inside a frame, which may have been reached. */
  public interface Expiry {
    /**
     * Tells whether the limit was reached.
     *
     * @return whether it was
     */
    boolean hasFired();

    /**
     * Tells whether its interrupt may have gone with that of a limit inside it, since the flag of a thread is one bit. Called
     * by that thread; waits where the interrupt is being sent. If so, the thread is to be interrupted again.
     *
     * @param insideInterrupted whether the limit inside has interrupted the thread, so that a flag which kept this one from doing
     *     so was that one's
     * @return whether it may have
     */
    boolean mayHaveMerged(boolean insideInterrupted);
  }

  private Frame(TimeSource time) {
    this.time = time;
  }

  /**
   * Enters a policy. The new frame inherits deadline and attempt from the one around it.
   *
   * @param frames the calling thread's
   * @param time the time of the policy's runtime
   * @param now the time now
   * @return the new innermost frame
   */
  public static Frame push(CallFrames frames, TimeSource time, long now) {
    CallFrame top = frames.top();
    Frame around = top instanceof Frame frame ? frame : null;
    Frame frame = around != null ? around.above : (Frame) frames.spare();
    if (frame == null) {
      frame = new Frame(time);
      if (around != null) {
        around.above = frame;
      } else {
        frames.setSpare(frame);
      }
    }
    if (frame.enclosing != top) {
      frame.enclosing = top;
    }
    if (frame.time != time) {
      frame.time = time;
    }
    if (around != null && around.time == time) {
      frame.startedAt = around.startedAt;
      frame.deadline = around.deadline;
      frame.interruptedAt = around.interruptedAt;
      frame.setAttempt(around.retry, around.attempt, around.failure);
    } else {
      frame.startedAt = now;
      frame.deadline = TimeSource.NEVER;
      frame.interruptedAt = TimeSource.NEVER;
      frame.setAttempt(frame.retry, 0, null);
    }
    frames.setTop(frame);
    return frame;
  }

  /**
   * Leaves the policy.
   *
   * @param frames the calling thread's
   */
  public void pop(CallFrames frames) {
    frames.setTop(enclosing);
    if (failure != null) {
      failure = null;
    }
    expiryArmed = false;
  }

  void adopt(CapturedContext context) {
    startedAt = context.startedAt();
    deadline = context.deadline();
    interruptedAt = TimeSource.NEVER;
    endedAt = context.endedAt();
    setAttempt(context.retry(), context.attempt(), context.failure());
  }

  /** Forgets what {@link #adopt} brought and no other use of the frame overwrites. */
  void abandon() {
    endedAt = TimeSource.NEVER;
  }

  private void setAttempt(@Nullable Policy policy, int number, @Nullable Throwable last) {
    if (retry != policy) {
      retry = policy;
    }
    attempt = number;
    if (failure != last) {
      failure = last;
    }
  }

  /**
   * Gives the nearest deadline.
   *
   * @return the deadline; {@link TimeSource#NEVER} where there is none
   */
  public long deadline() {
    return deadline;
  }

  /**
   * Sets a nearer deadline.
   *
   * @param nanos the deadline
   */
  public void setDeadline(long nanos) {
    deadline = nanos;
  }

  /**
   * Gives the nearest deadline at which this thread will be interrupted: one that only flowed here, from a scope or from
   * another thread, interrupts nobody.
   *
   * @return the deadline; {@link TimeSource#NEVER} where there is none
   */
  public long interruptedAt() {
    return interruptedAt;
  }

  /**
   * Gives the nearest retry.
   *
   * @return the retry, or null
   */
  public @Nullable Policy retry() {
    return attempt == 0 ? null : retry;
  }

  /**
   * Begins an attempt.
   *
   * @param policy the retry
   * @param number 1 for the first
   * @param last what the attempt before failed with, or null
   */
  public void beginAttempt(Policy policy, int number, @Nullable Throwable last) {
    setAttempt(policy, number, last);
  }

  /**
   * Gives what this frame, or an earlier use of it, has or had as its limit.
   *
   * @return the limit, or null
   */
  public @Nullable Expiry expiry() {
    return expiry;
  }

  /**
   * Sets the limit on what runs inside this frame, which interrupts its thread.
   *
   * @param limit the limit
   * @param nanos when it will be reached, which is nearer than any before
   */
  public void setExpiry(Expiry limit, long nanos) {
    deadline = nanos;
    interruptedAt = nanos;
    if (expiry != limit) {
      expiry = limit;
    }
    expiryArmed = true;
  }

  /**
   * Takes a limit back that {@link #setExpiry} set, where the frame goes on without it.
   *
   * @param deadlineBefore what {@link #deadline} was
   * @param interruptedBefore what {@link #interruptedAt} was
   */
  public void clearExpiry(long deadlineBefore, long interruptedBefore) {
    deadline = deadlineBefore;
    interruptedAt = interruptedBefore;
    expiryArmed = false;
  }

  /**
   * Tells whether a limit around this frame was reached.
   *
   * @return whether one was
   */
  public boolean hasEnclosingFired() {
    for (CallFrame frame = enclosing; frame instanceof Frame around; frame = around.enclosing) {
      if (around.hasFired()) {
        return true;
      }
    }
    return false;
  }

  /** Where the thread runs for a future, that future's limit counts as well: it interrupts by cancelling. */
  private boolean hasFired() {
    return (expiryArmed
            && expiry != null
            && (expiry.hasFired() || time.nanoTime() - interruptedAt >= 0))
        || (endedAt != TimeSource.NEVER && time.nanoTime() - endedAt >= 0);
  }

  /**
   * Tells whether the interrupt of a limit around this frame may have gone with that of the limit of this frame.
   *
   * @param interrupted whether the limit of this frame has interrupted the thread
   * @return whether one may have, and the thread is to be interrupted again
   */
  public boolean mayEnclosingHaveMerged(boolean interrupted) {
    for (CallFrame frame = enclosing; frame instanceof Frame around; frame = around.enclosing) {
      if (around.expiryArmed && around.expiry != null && around.expiry.mayHaveMerged(interrupted)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Tells whether a limit around the calling thread was reached.
   *
   * @return whether one was
   */
  public static boolean hasThreadExpired() {
    return CallFrames.ofThread().top() instanceof Frame frame
        && (frame.hasFired() || frame.hasEnclosingFired());
  }

  @Override
  public @Nullable CallFrame enclosing() {
    return enclosing;
  }

  @Override
  public CapturedContext capture() {
    return new CapturedContext(time, startedAt, deadline, endedAt(), retry(), attempt, failure);
  }

  private long endedAt() {
    Frame frame = this;
    while (frame.endedAt == TimeSource.NEVER
        && frame.enclosing instanceof Frame around
        && around.time == time) {
      frame = around;
    }
    return frame.endedAt;
  }
}
