package io.aragora.resilience.internal;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Work that one thread at a time does, and for which no other thread waits: a thread that comes meanwhile leaves it to the one that
 * is at it. For work that runs code of the application, which must not run under a lock. Thread-safe.
 */
public final class Exclusive implements AutoCloseable {
  /*
   * What the work writes is guarded by the state: a thread that takes it reads what the one before has written. Closing while a
   * thread is at work leaves the closing to that thread.
   */
  private static final int FREE = 0;
  private static final int TAKEN = 1;
  private static final int CLOSING = 2;
  private static final int CLOSED = 3;

  private final AtomicInteger state = new AtomicInteger(FREE);
  private final Runnable closing;

  /**
   * Creates one that is free.
   *
   * @param closing runs once, after {@link #close()} and when no thread is at work
   */
  public Exclusive(Runnable closing) {
    this.closing = closing;
  }

  /**
   * Does work, unless a thread is at work, this one included, or this is closed.
   *
   * @param work the work
   * @return whether it was done
   */
  public boolean tryRun(Runnable work) {
    if (!state.compareAndSet(FREE, TAKEN)) {
      return false;
    }
    try {
      work.run();
    } finally {
      if (!state.compareAndSet(TAKEN, FREE)) {
        state.set(CLOSED);
        closing.run();
      }
    }
    return true;
  }

  /** Allows no work from now on, and closes; if a thread is at work, it closes when that ends. Closing again does nothing. */
  @Override
  public void close() {
    while (true) {
      if (state.compareAndSet(FREE, CLOSED)) {
        closing.run();
        return;
      }
      if (state.compareAndSet(TAKEN, CLOSING) || isClosed()) {
        return;
      }
    }
  }

  /** {@return whether it is closed, or will be when the present work ends} */
  public boolean isClosed() {
    return state.get() >= CLOSING;
  }
}
