package io.aragora.resilience.core.recording;

import io.aragora.resilience.internal.GuardedLog;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Holds events until the classes of events are initialized, which happens once, on another thread. Holds at most 1,024 and drops
 * those beyond. Thread-safe.
 */
final class FirstEvents {
  private static final GuardedLog LOG = GuardedLog.of(FirstEvents.class);
  private static final int CAPACITY = 1_024;

  private final Runnable initialization;

  /** Guarded by itself, as the changes of what follows are. */
  private final Queue<Runnable> held = new ArrayDeque<>();

  private boolean begun;
  private volatile boolean full;
  private volatile boolean ready;

  /**
   * Creates one that holds nothing.
   *
   * @param initialization initializes the classes; if it throws, events are dropped from then on
   */
  FirstEvents(Runnable initialization) {
    this.initialization = initialization;
  }

  /** Returns whether events need not be held any more. */
  boolean areReady() {
    return ready;
  }

  /**
   * Returns whether the caller has to begin the initialization: true once, until {@link #giveUp}.
   */
  boolean mayBegin() {
    synchronized (held) {
      boolean mine = !begun;
      begun = true;
      return mine;
    }
  }

  /** Lets another caller begin, because the one that was to has no thread. */
  void giveUp() {
    synchronized (held) {
      begun = false;
    }
  }

  /**
   * Holds an event, or commits it if the classes are initialized by now.
   *
   * @param commit commits it
   */
  void add(Runnable commit) {
    if (full && !ready) {
      return;
    }
    synchronized (held) {
      if (!ready) {
        if (held.size() < CAPACITY) {
          held.add(commit);
        } else {
          full = true;
        }
        return;
      }
    }
    commit.run();
  }

  /** Initializes the classes and commits what is held, in its order. */
  void initialize() {
    try {
      initialization.run();
    } catch (Throwable e) {
      // A class that failed to initialize once fails for good, and must not do so in calls.
      LOG.log(System.Logger.Level.WARNING, "the flight recorder is told nothing", e);
      synchronized (held) {
        full = true;
        held.clear();
      }
      return;
    }
    while (true) {
      Runnable commit;
      synchronized (held) {
        commit = held.poll();
        if (commit == null) {
          ready = true;
          return;
        }
      }
      try {
        commit.run();
      } catch (Throwable e) {
        // The next events are committed all the same.
        LOG.log(System.Logger.Level.DEBUG, "an event of the flight recorder was lost", e);
      }
    }
  }
}
