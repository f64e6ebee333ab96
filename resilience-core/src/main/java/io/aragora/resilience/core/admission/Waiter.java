package io.aragora.resilience.core.admission;

import io.aragora.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/** A call that waits in a {@link WaitQueue}: a thread or a future. */
public abstract class Waiter {
  /** The steps of a wait. Changed under the lock of the queue. */
  enum State {
    /** Not in the queue yet. */
    NEW,
    /** In the queue. */
    WAITING,
    /** Has its permit. */
    GRANTED,
    /** Has given up. */
    LEFT,
    /** Was removed for a newer one. */
    EVICTED,
    /** Was removed because it would have waited in vain. */
    DISMISSED
  }

  private final int rank;
  private final int need;
  private final long since;
  private final long until;

  /** Volatile: the waiter reads it without a lock. Written by the thread that grants. */
  private volatile long looksAt = TimeSource.NEVER;

  /** Plain: of the thread that grants, one at a time. */
  private boolean looksAtAnotherTime;

  /** Volatile: a thread reads it without the lock. Written after {@link #permit}. */
  private volatile State state = State.NEW;

  private long permit;

  // The links of the queue, guarded by its lock.

  @Nullable
  Waiter older;

  @Nullable
  Waiter newer;

  /**
   * Creates a waiter.
   *
   * @param rank the rank of the call; 0 if the queue has no ranks
   * @param need how much the call needs; 1 for a place
   * @param since when it began to wait
   * @param until when it gives up
   */
  protected Waiter(int rank, int need, long since, long until) {
    this.rank = rank;
    this.need = need;
    this.since = since;
    this.until = until;
  }

  /** {@return the rank of the call} */
  public final int rank() {
    return rank;
  }

  /** {@return how much the call needs} */
  public final int need() {
    return need;
  }

  /** {@return the time at which the wait began} */
  public final long since() {
    return since;
  }

  /** {@return the time at which the waiter gives up} */
  public final long until() {
    return until;
  }

  /** {@return the time of {@link #lookAt}; {@link TimeSource#NEVER} if it was not called} */
  public final long looksAt() {
    return looksAt;
  }

  /**
   * Sets the time at which the waiter asks for a permit; if that changed, the queue wakes it. Called by {@link
   * WaitQueue.Source#onHeadWaits}.
   *
   * @param nanos the time
   */
  public final void lookAt(long nanos) {
    if (looksAt != nanos) {
      looksAt = nanos;
      looksAtAnotherTime = true;
    }
  }

  /** Returns whether {@link #lookAt} has changed the time since the last such question. */
  final boolean looksAtAnotherTime() {
    boolean isChanged = looksAtAnotherTime;
    looksAtAnotherTime = false;
    return isChanged;
  }

  /**
   * Called outside of any lock, after the waiter got its permit or was removed, and when the time of {@link #looksAt} has
   * changed. May run the call if no other thread takes it, and must not throw.
   */
  protected abstract void wake();

  final State state() {
    return state;
  }

  final boolean isWaiting() {
    return state == State.WAITING;
  }

  final void become(State next) {
    state = next;
  }

  final void grant(long granted) {
    permit = granted;
    state = State.GRANTED;
  }

  /** Returns the permit of a waiter whose state is GRANTED. */
  final long permit() {
    return permit;
  }
}
