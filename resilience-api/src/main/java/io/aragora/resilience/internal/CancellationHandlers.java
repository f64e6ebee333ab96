package io.aragora.resilience.internal;

import java.util.ArrayList;
import java.util.List;

/** The actions that a body has registered for the case that its call is ended from outside. Bounded. Thread-safe. */
public final class CancellationHandlers implements CancellableCall {
  /*
   * One lock orders registering, cancelling and ending. Handlers are foreign code and run outside of it. A handler is
   * taken from the list before it runs, so it runs once, even if several threads cancel. (Stress:
   * CancellationStress.HandlerRunsOnce.)
   */

  /** The largest number of handlers of one call. */
  public static final int MAX = 64;

  private static final GuardedLog LOG = GuardedLog.of(CancellationHandlers.class);

  /** The state of the call. */
  private enum State {
    RUNNING,
    CANCELLED,
    ENDED
  }

  private volatile State state = State.RUNNING;

  // Guarded by this.
  private List<Runnable> handlers = new ArrayList<>(1);

  /** Creates the handlers of a call that runs. */
  public CancellationHandlers() {}

  @Override
  public boolean isCancelled() {
    return state == State.CANCELLED;
  }

  @Override
  public boolean onCancel(Runnable handler) {
    synchronized (this) {
      if (state == State.ENDED) {
        return false;
      }
      if (state == State.RUNNING) {
        if (handlers.size() == MAX) {
          throw new IllegalStateException(
              "a call must have at most " + MAX + " handlers of its cancellation: " + (MAX + 1));
        }
        handlers.add(handler);
        return true;
      }
    }
    run(handler);
    return true;
  }

  /** Marks the call as ended from outside. Handlers that are registered from now on run at once. */
  public synchronized void mark() {
    if (state == State.RUNNING) {
      state = State.CANCELLED;
    }
  }

  /** Marks the call as ended from outside, and runs the handlers that have not run. */
  public void cancel() {
    List<Runnable> due;
    synchronized (this) {
      mark();
      if (state == State.ENDED) {
        return;
      }
      due = handlers;
      handlers = List.of();
    }
    due.forEach(CancellationHandlers::run);
  }

  /** Marks the call as ended by itself, and drops the handlers. */
  public synchronized void end() {
    if (state == State.RUNNING) {
      state = State.ENDED;
      handlers = List.of();
    }
  }

  private static void run(Runnable handler) {
    try {
      handler.run();
    } catch (Throwable e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "a handler of a call's cancellation failed; the other handlers run",
          e);
    }
  }
}
