package io.aragora.resilience.core.call;

import io.aragora.resilience.internal.CallFrame;
import io.aragora.resilience.internal.CallFrames;
import io.aragora.resilience.internal.CancellableCall;
import io.aragora.resilience.internal.CancellationHandlers;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * One policy that its thread has entered. The frames of a thread form a stack and are reused, so
 * entering a policy allocates nothing once the thread has been at that depth.
 *
 * <p>References are written only if they change. A frame is as old as its thread, and a reference
 * store into an old object costs a full fence with a region-based collector. So a frame keeps its
 * retry until its next use; attempt 0 means that there is no retry.
 */
public final class Frame extends CallFrame {
  private @Nullable Frame above;

  private final @Nullable CallFrame enclosing;
  private TimeSource time;
  private long startedAt;
  private long deadline;
  private long interruptedAt;

  /**
   * Set in a frame that adopted a context. Inner frames do not copy it, so entering a policy does
   * not write it.
   */
  private long endedAt = TimeSource.NEVER;

  /** Set in a frame that adopted a context, as {@link #endedAt} is. */
  private boolean isAdopted;

  /** The call of a frame that adopted a context; null until the body of a call that is being started asks for it. */
  private @Nullable CancellableCall call;

  /** Whether the frame starts an asynchronous call. */
  private boolean isStart;

  private @Nullable Policy retry;

  /** As {@link CallPlace} has it. */
  private int place;

  private @Nullable Throwable failure;
  private @Nullable Expiry expiry;
  private boolean expiryArmed;

  /** The hedge of an earlier use of this frame, for the next one. */
  private @Nullable Expiry hedge;

  /** The limit of a frame. */
  public interface Expiry {
    /** {@return whether the deadline of the limit has passed} */
    boolean hasFired();

    /**
     * Returns whether the interrupt of this limit may have merged with that of a limit inside it,
     * since the flag of a thread is one bit. If so, the thread must be interrupted again. Called by
     * that thread; waits while the interrupt is being sent.
     *
     * @param insideInterrupted whether the inner limit has interrupted the thread; if this limit
     *     sent no interrupt because the flag was set, the flag was then the inner limit's
     * @return whether the interrupts may have merged
     */
    boolean mayHaveMerged(boolean insideInterrupted);

    /** {@return whether the call has ended without the code on this thread, which was interrupted because of that} */
    default boolean hasEndedCall() {
      return false;
    }
  }

  private Frame(TimeSource time, @Nullable CallFrame enclosing) {
    this.time = time;
    this.enclosing = enclosing;
  }

  /**
   * Enters a policy. The new frame inherits deadline and attempt from the enclosing frame.
   *
   * @param frames the frames of the calling thread
   * @param time the time source of the policy's runtime
   * @param now the present time
   * @return the new innermost frame
   */
  public static Frame push(CallFrames frames, TimeSource time, long now) {
    CallFrame top = frames.top();
    Frame frame = next(frames, top, time);
    if (top instanceof Frame around && around.time == time) {
      frame.startedAt = around.startedAt;
      frame.deadline = around.deadline;
      frame.interruptedAt = around.interruptedAt;
      frame.setPlace(around.retry, around.place, around.failure);
    } else {
      frame.startedAt = now;
      frame.deadline = TimeSource.NEVER;
      frame.interruptedAt = TimeSource.NEVER;
      frame.place = 0;
    }
    frames.enter(frame);
    return frame;
  }

  /**
   * Enters a captured context.
   *
   * @param frames the frames of the calling thread
   * @param time the time source of the context
   * @param context the context
   * @return the new innermost frame, which {@link #abandon} must clear
   */
  static Frame push(CallFrames frames, TimeSource time, CapturedContext context) {
    Frame frame = next(frames, frames.top(), time);
    frame.startedAt = context.startedAt();
    frame.deadline = context.deadline();
    frame.interruptedAt = TimeSource.NEVER;
    frame.endedAt = context.endedAt();
    frame.isAdopted = true;
    frame.call = context.call();
    frame.setPlace(context.retry(), context.place(), context.failure());
    frames.enter(frame);
    return frame;
  }

  /**
   * Returns the frame inside another one. A frame always has the same enclosing frame, and no
   * failure between two uses.
   */
  private static Frame next(CallFrames frames, @Nullable CallFrame top, TimeSource time) {
    CallFrame known =
        top == null ? frames.left() : top instanceof Frame around ? around.above : null;
    if (!(known instanceof Frame frame)) {
      return first(top, time);
    }
    if (frame.time != time) {
      frame.time = time;
    }
    return frame;
  }

  private static Frame first(@Nullable CallFrame top, TimeSource time) {
    Frame frame = new Frame(time, top);
    if (top instanceof Frame around) {
      around.above = frame;
    }
    return frame;
  }

  /**
   * Leaves the policy.
   *
   * @param frames the frames of the calling thread
   */
  public void pop(CallFrames frames) {
    frames.leave(enclosing);
    if (failure != null) {
      failure = null;
    }
    expiryArmed = false;
  }

  /** Clears the value that a captured context set and that no later use of the frame overwrites. */
  void abandon() {
    endedAt = TimeSource.NEVER;
    isAdopted = false;
    isStart = false;
    call = null;
  }

  /** Called if this is the frame that starts an asynchronous call. */
  void beginCall() {
    isStart = true;
    call = null;
  }

  /** Returns the handlers that the body of a started call has asked for; null if it has not. */
  @Nullable
  CancellationHandlers askedFor() {
    return call instanceof CancellationHandlers handlers ? handlers : null;
  }

  private void setPlace(@Nullable Policy policy, int present, @Nullable Throwable last) {
    if (retry != policy) {
      retry = policy;
    }
    place = present;
    if (failure != last) {
      failure = last;
    }
  }

  /** {@return the innermost frame of the calling thread; null outside any call} */
  public static @Nullable Frame ofThread() {
    return CallFrames.ofThread().top() instanceof Frame frame ? frame : null;
  }

  /**
   * Returns the nearest deadline if it is one of a time source.
   *
   * @param source the time source
   * @return the deadline; {@link TimeSource#NEVER} if there is none, or if it is one of another time source
   */
  public long deadlineOn(TimeSource source) {
    return time == source ? deadline : TimeSource.NEVER;
  }

  /** {@return the nearest deadline; {@link TimeSource#NEVER} if there is none} */
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
   * Returns the nearest deadline at which this thread will be interrupted. A deadline that was only
   * inherited from a scope or another thread interrupts no thread.
   *
   * @return the deadline; {@link TimeSource#NEVER} if there is none
   */
  public long interruptedAt() {
    return interruptedAt;
  }

  /** {@return the nearest retry, or null} */
  public @Nullable Policy retry() {
    return CallPlace.attempt(place) == 0 ? null : retry;
  }

  /**
   * Returns the nearest retry if it is one of a time source.
   *
   * @param source the time source
   * @return the retry, or null
   */
  public @Nullable Policy retryOn(TimeSource source) {
    return time == source ? retry() : null;
  }

  /**
   * Begins an attempt.
   *
   * @param policy the retry
   * @param number 1 for the first
   * @param last the failure of the previous attempt, or null
   */
  public void beginAttempt(Policy policy, int number, @Nullable Throwable last) {
    setPlace(policy, CallPlace.atAttempt(place, number), last);
  }

  /**
   * Returns whether a hedge of a time source is around this call.
   *
   * @param source the time source
   * @return whether one is
   */
  public boolean isHedgedOn(TimeSource source) {
    return time == source && CallPlace.isHedged(place);
  }

  /** {@return the hedge of an earlier use of this frame; null if there was none} */
  public @Nullable Expiry earlierHedge() {
    return hedge;
  }

  /**
   * Says that this frame is that of a hedge, which may interrupt its thread, and has no deadline.
   *
   * @param around the hedge
   */
  public void enterHedge(Expiry around) {
    place = CallPlace.inHedge(place, false);
    if (hedge != around) {
      hedge = around;
    }
    if (expiry != around) {
      expiry = around;
    }
    expiryArmed = true;
  }

  /**
   * Says that this frame, which adopted a context, is that of a further attempt of a hedge, which may interrupt its thread.
   *
   * @param attempt the attempt; {@link #forgetHedge} must follow
   */
  public void enterAttempt(Expiry attempt) {
    expiry = attempt;
    expiryArmed = true;
  }

  /** Drops what the frame has of a hedge that was used, which holds the body and the result of its call. */
  public void forgetHedge() {
    hedge = null;
    expiry = null;
    expiryArmed = false;
  }

  /** {@return whether this call is a further attempt of a hedge} */
  public boolean isHedge() {
    return CallPlace.isHedge(place);
  }

  /** {@return whether the calling thread runs a further attempt of a hedge} */
  public static boolean isThreadHedge() {
    return CallFrames.ofThread().top() instanceof Frame frame && frame.isHedge();
  }

  /** {@return the limit of this frame, or of an earlier use of it; may be null} */
  public @Nullable Expiry expiry() {
    return expiry;
  }

  /**
   * Sets the limit of this frame, which interrupts its thread.
   *
   * @param limit the limit
   * @param nanos its deadline, which is nearer than every enclosing one
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
   * Removes the limit that {@link #setExpiry} set; the frame stays in use.
   *
   * @param deadlineBefore the previous {@link #deadline}
   * @param interruptedBefore the previous {@link #interruptedAt}
   */
  public void clearExpiry(long deadlineBefore, long interruptedBefore) {
    deadline = deadlineBefore;
    interruptedAt = interruptedBefore;
    expiryArmed = false;
  }

  /** {@return whether a limit of an enclosing frame has fired} */
  public boolean hasEnclosingFired() {
    for (CallFrame frame = enclosing; frame instanceof Frame around; frame = around.enclosing) {
      if (around.hasFired()) {
        return true;
      }
    }
    return false;
  }

  /**
   * If the thread runs for a future, that future's limit counts, too: it interrupts by cancelling.
   */
  private boolean hasFired() {
    return (expiryArmed
            && expiry != null
            && (expiry.hasFired()
                || (interruptedAt != TimeSource.NEVER && time.nanoTime() - interruptedAt >= 0)))
        || (endedAt != TimeSource.NEVER && time.nanoTime() - endedAt >= 0);
  }

  /**
   * Returns whether the interrupt of an enclosing limit may have merged with that of this frame's
   * limit.
   *
   * @param interrupted whether this frame's limit has interrupted the thread
   * @return true if they may have merged, so the thread must be interrupted again
   */
  public boolean mayEnclosingHaveMerged(boolean interrupted) {
    for (CallFrame frame = enclosing; frame instanceof Frame around; frame = around.enclosing) {
      if (around.expiryArmed && around.expiry != null && around.expiry.mayHaveMerged(interrupted)) {
        return true;
      }
    }
    return false;
  }

  /** {@return whether a limit around the calling thread has fired} */
  public static boolean hasThreadExpired() {
    return CallFrames.ofThread().top() instanceof Frame frame
        && (frame.hasFired() || frame.hasEnclosingFired());
  }

  /**
   * Returns whether the call around the calling thread has ended without it: another attempt of a hedge won, or the call was
   * cancelled. The thread was interrupted then, or will be.
   *
   * @return whether it has
   */
  public static boolean hasThreadLost() {
    if (!(CallFrames.ofThread().top() instanceof Frame top)) {
      return false;
    }
    CallFrame frame = top;
    while (frame instanceof Frame around) {
      if (around.expiryArmed && around.expiry != null && around.expiry.hasEndedCall()) {
        return true;
      }
      frame = around.enclosing;
    }
    CancellableCall call = top.callAround(false);
    return call != null && call.isCancelled();
  }

  @Override
  public @Nullable CallFrame enclosing() {
    return enclosing;
  }

  @Override
  public CapturedContext capture() {
    return captured(callAround(false));
  }

  @Override
  public CapturedContext captureForBody() {
    return captured(callAround(true));
  }

  @Override
  public CapturedContext captureFor(CancellableCall one) {
    return captured(one);
  }

  private CapturedContext captured(@Nullable CancellableCall around) {
    return new CapturedContext(
        time, startedAt, deadline, endedAt(), retry(), place, failure, around);
  }

  /** Returns the nearest asynchronous call around, which the nearest adopted context belongs to. */
  private @Nullable CancellableCall callAround(boolean isAskedFor) {
    Frame frame = this;
    while (!frame.isAdopted) {
      if (!(frame.enclosing instanceof Frame around)) {
        return null;
      }
      frame = around;
    }
    if (frame.isStart && frame.call == null && isAskedFor) {
      frame.call = new CancellationHandlers();
    }
    return frame.call;
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
