package io.aragora.resilience.core.recording;

import io.aragora.resilience.internal.GuardedLog;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Holds events until the event classes are initialized, which happens once, on another thread.
 * Holds at most 1,024 events and drops further ones. Thread-safe.
 */
final class FirstEvents {
  private static final GuardedLog LOG = GuardedLog.of(FirstEvents.class);
  private static final int CAPACITY = 1_024;

  private final Runnable initialization;

  /** Guarded by itself, and so are the writes of the fields below. */
  private final Queue<Runnable> held = new ArrayDeque<>();

  private boolean begun;
  private volatile boolean full;
  private volatile boolean ready;

  /**
   * Creates an empty holder.
   *
   * @param initialization initializes the classes; if it throws, events are dropped from then on
   */
  FirstEvents(Runnable initialization) {
    this.initialization = initialization;
  }

  /** Returns whether the event classes are initialized, so that events need not be held. */
  boolean areReady() {
    return ready;
  }

  /**
   * Returns whether the caller must begin the initialization. True for one caller, and again after
   * {@link #giveUp}.
   */
  boolean mayBegin() {
    synchronized (held) {
      boolean mine = !begun;
      begun = true;
      return mine;
    }
  }

  /** Lets another caller begin, because no thread could be started. */
  void giveUp() {
    synchronized (held) {
      begun = false;
    }
  }

  /**
   * Holds an event, or commits it if the classes have been initialized.
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

  /** Initializes the classes and commits the held events in their order. */
  void initialize() {
    try {
      initialization.run();
    } catch (Throwable e) {
      // A class that failed to initialize once fails forever, and must not do so in calls.
      LOG.log(
          System.Logger.Level.WARNING,
          "the classes of flight recorder events failed to initialize; no event is recorded",
          e);
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
        // The next events are still committed.
        LOG.log(
            System.Logger.Level.DEBUG,
            "a flight recorder event failed to commit; it is dropped",
            e);
      }
    }
  }
}
