package io.aragora.resilience.core.coalescing;

import org.jspecify.annotations.Nullable;

/**
 * The shared call of one key. Thread-safe.
 *
 * @param <K> the type of the key
 * @param <V> the type of the result
 */
final class Flight<K, V extends @Nullable Object> {
  /*
   * Layout: one leader, the calls that joined in a doubly linked list, since any of them may leave, and the outcome. All of it is
   * guarded by the monitor of this object. A flight begins with a leader, and is over once: there is a leader if and only if it is
   * not over. No call waits for a flight that is over, or in one without a leader, so every wait ends if each leader
   * ends or leaves. That is up to CoreCoalescer, which guards each piece of foreign code on the way.
   *
   * The four steps, each in one critical section:
   *
   *   join      if not over, and in time: append.
   *   leave     if waiting: unlink. The leader goes on, for itself alone perhaps.
   *   hand over by the leader only: the oldest that waits becomes the leader; if none waits, the flight is over without an outcome.
   *   land      by the leader only: set the outcome; the flight is over; take the list.
   *
   * So each race is decided by the order of two critical sections:
   *
   *   join against the end      A call either is in the list that the end takes, or sees that the flight is over, and removes it
   *                             from the map if the ending thread has not yet. (Stress: FlightStress.JoinAgainstEnd.)
   *   join against the last     The same: the call is handed the lead, or sees that the flight is over. It cannot wait beside a
   *   that leaves               flight that has no leader. (Stress: FlightStress.JoinAgainstLastLeave.)
   *   hand-over against leave   The call that leaves is unlinked and not chosen, or it finds itself leading, and hands over in its
   *                             turn. (Stress: FlightStress.LeaderLeavesAgainstLeave.)
   *   hand-over against end     A leader that was completed from outside while its body ends: the first of the two finds itself the
   *                             leader, the second does not, and does nothing. (Stress: FlightStress.LeaveAgainstEnd.)
   *
   * The map: an entry is removed by key and flight, compared by identity, after the flight is over or closed to further calls.
   * Removing the key alone would remove the flight of a later call, and a second body would run beside its body. So a flight must
   * not be equal to another one of the same key, and is not its own key in the map. (Test:
   * longFlight_takesNoFurtherCalls_andItsEndLeavesTheNewOneAlone.)
   *
   * Progress: the critical sections run no foreign code and wait for nothing. Their length is constant, but for the list of the
   * threads inside a body, which has an entry for each attempt under way. A list that is taken is walked outside.
   */
  enum Boarding {
    JOINED,
    /** It is over, or too old: remove it and look again. */
    CLOSED,
    /** The calling thread is inside the body of the leader. */
    ITSELF
  }

  private final FlightKey<K> key;
  private final long startedAt;
  private final long openUntil;

  // Guarded by this, as are the links of the callers.

  private @Nullable Caller<K, V> leader;
  private @Nullable Caller<K, V> oldest;
  private @Nullable Caller<K, V> newest;
  private boolean isOver;

  /** The threads inside the start or the body of an asynchronous leader, as a list: attempts of a hedge run beside each other. */
  private @Nullable Run runs;

  // The outcome: written before isOver, by the leader that lands.

  private @Nullable V value;
  private @Nullable Throwable failure;

  /**
   * Creates the flight that a call will lead.
   *
   * @param key the key
   * @param leader the call
   * @param startedAt the present time
   * @param openUntil the time from which no further call may join
   */
  Flight(FlightKey<K> key, Caller<K, V> leader, long startedAt, long openUntil) {
    this.key = key;
    this.startedAt = startedAt;
    this.openUntil = openUntil;
    this.leader = leader;
  }

  FlightKey<K> key() {
    return key;
  }

  long startedAt() {
    return startedAt;
  }

  /** Joins a call to this flight. */
  synchronized Boarding join(Caller<K, V> caller, long now) {
    if (isOver || now - openUntil >= 0) {
      return Boarding.CLOSED;
    }
    if (isInside(Thread.currentThread())) {
      return Boarding.ITSELF;
    }
    caller.older = newest;
    if (newest == null) {
      oldest = caller;
    } else {
      newest.newer = caller;
    }
    newest = caller;
    caller.board(this, Caller.State.WAITING);
    return Boarding.JOINED;
  }

  /**
   * Removes a call that waits.
   *
   * @return whether it has left; false if it leads, or has an outcome, or has left before
   */
  synchronized boolean leave(Caller<K, V> caller) {
    if (!caller.isWaiting()) {
      return false;
    }
    if (isOver) {
      // The thread that ended the flight has not come to this call yet.
      caller.become(Caller.State.ENDED);
      return false;
    }
    unlink(caller);
    caller.become(Caller.State.LEFT);
    return true;
  }

  /**
   * Passes the lead on, if the call has it.
   *
   * @return the call that leads now, which has to be woken; null if there is none, and if the call did not lead
   */
  synchronized @Nullable Caller<K, V> handOver(Caller<K, V> caller) {
    if (leader != caller) {
      return null;
    }
    caller.become(Caller.State.LEFT);
    Caller<K, V> next = oldest;
    leader = next;
    // A body that is still under way is no longer what others wait for.
    runs = null;
    if (next == null) {
      isOver = true;
      return null;
    }
    unlink(next);
    next.become(Caller.State.LEADING);
    return next;
  }

  /**
   * Ends the flight, if the call leads it.
   *
   * @return whether it did; the caller then takes {@link #joined} and ends all of them
   */
  synchronized boolean land(Caller<K, V> caller, @Nullable V result, @Nullable Throwable thrown) {
    if (leader != caller) {
      return false;
    }
    value = result;
    failure = thrown;
    caller.become(Caller.State.ENDED);
    leader = null;
    runs = null;
    isOver = true;
    return true;
  }

  /** Returns the calls that had joined when the flight ended. Called by the thread that ended it. */
  synchronized @Nullable Caller<K, V> joined() {
    Caller<K, V> first = oldest;
    oldest = null;
    newest = null;
    return first;
  }

  synchronized boolean isOver() {
    return isOver;
  }

  /** Returns the failure of a flight that has landed; null if it has a value. */
  synchronized @Nullable Throwable failure() {
    return failure;
  }

  /** Returns the value of a flight that has landed and has no failure. */
  @SuppressWarnings("NullAway") // it is null only if V admits it
  synchronized V value() {
    return value;
  }

  /**
   * Notes that the calling thread begins a piece of the body of a call: its start, or an attempt.
   *
   * @return what {@link #left} takes when it ends; null if the call does not lead
   */
  synchronized @Nullable Run entered(Caller<K, V> caller) {
    if (leader != caller) {
      return null;
    }
    Run run = new Run(Thread.currentThread(), runs);
    runs = run;
    return run;
  }

  /** Notes that a piece of a body has ended. Nothing happens if the call does not lead any more. */
  synchronized void left(Run ended) {
    Run after = null;
    for (Run each = runs; each != null; each = each.next) {
      if (each == ended) {
        if (after == null) {
          runs = each.next;
        } else {
          after.next = each.next;
        }
        return;
      }
      after = each;
    }
  }

  private boolean isInside(Thread thread) {
    if (leader != null && leader.runner() == thread) {
      return true;
    }
    Run each = runs;
    while (each != null && each.thread != thread) {
      each = each.next;
    }
    return each != null;
  }

  private void unlink(Caller<K, V> caller) {
    if (caller.older == null) {
      oldest = caller.newer;
    } else {
      caller.older.newer = caller.newer;
    }
    if (caller.newer == null) {
      newest = caller.older;
    } else {
      caller.newer.older = caller.older;
    }
    caller.older = null;
    caller.newer = null;
  }

  /** A piece of a body that is under way on a thread. The links are guarded by the monitor of the flight. */
  static final class Run {
    private final Thread thread;
    private @Nullable Run next;

    private Run(Thread thread, @Nullable Run next) {
      this.thread = thread;
      this.next = next;
    }
  }
}
