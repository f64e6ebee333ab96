package io.aragora.resilience.core.coalescing;

import org.jspecify.annotations.Nullable;

/**
 * One call of a flight: a thread or a future.
 *
 * @param <K> the type of the key
 * @param <V> the type of the result
 */
abstract class Caller<K, V extends @Nullable Object> {
  /** The steps of a call. Changed under the monitor of the flight, but for the step from WAITING to ENDED, after the flight is over. */
  enum State {
    /** In no flight yet. */
    NEW,
    /** Has joined. */
    WAITING,
    /** Runs its body for all, or is about to. */
    LEADING,
    /** Has left its flight, or never got into one. */
    LEFT,
    /** The flight is over, and its outcome is that of this call. */
    ENDED
  }

  /** Volatile: a thread that waits reads it without the monitor. */
  private volatile State state = State.NEW;

  /** Written under the monitor, before the state. */
  private @Nullable Flight<K, V> flight;

  // The links of the flight, guarded by its monitor until it is over; then they belong to the
  // thread that ended it.

  @Nullable
  Caller<K, V> older;

  @Nullable
  Caller<K, V> newer;

  /**
   * Called outside of the monitor, after the state has become LEADING or ENDED. Runs no foreign code.
   */
  abstract void wake();

  /** {@return the thread that runs the body as long as this call leads; null if the flight is told each time} */
  abstract @Nullable Thread runner();

  final State state() {
    return state;
  }

  final boolean isWaiting() {
    return state == State.WAITING;
  }

  final boolean isLeading() {
    return state == State.LEADING;
  }

  final void become(State next) {
    state = next;
  }

  final void board(Flight<K, V> boarded, State first) {
    flight = boarded;
    state = first;
  }

  /** Returns the flight. Called after this call has boarded one. */
  final Flight<K, V> flight() {
    Flight<K, V> present = flight;
    if (present == null) {
      throw new IllegalStateException("in no flight");
    }
    return present;
  }
}
