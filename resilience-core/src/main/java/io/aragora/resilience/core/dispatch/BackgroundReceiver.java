package io.aragora.resilience.core.dispatch;

import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Passes values to a function of the application that has no say in the outcome of a call: a result
 * that comes too late and has to be closed, for instance. The function runs on threads of the
 * runtime, so one that blocks holds up no call.
 *
 * <p>The function runs for up to 8 values at a time, and up to 1,024 values wait in order. A value
 * beyond that is passed on by the thread that has it: none is lost, and no more memory is used. If
 * the time source has its own executor, each value is passed on at once by that thread. Thread-safe.
 *
 * @param <V> the type of the values
 */
public final class BackgroundReceiver<V extends @Nullable Object> extends RepeatedHandOver
    implements Runnable {
  /** The largest number of threads of a runtime that one function can block. */
  static final int MOST_THREADS = 8;

  /** The largest number of waiting values. */
  static final int MOST_WAITING = 1024;

  private final Dispatcher dispatcher;
  private final Consumer<? super V> function;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock.
  private final ArrayDeque<Waiting<V>> waiting = new ArrayDeque<>();
  private int busy;

  private record Waiting<V extends @Nullable Object>(V value) {}

  /**
   * Creates a receiver that has no thread yet.
   *
   * @param dispatcher runs the function
   * @param function receives each value once; must log what the application throws, and must not
   *     throw
   */
  public BackgroundReceiver(Dispatcher dispatcher, Consumer<? super V> function) {
    this.dispatcher = dispatcher;
    this.function = function;
  }

  /**
   * Passes a value on in the background.
   *
   * @param value the value
   */
  public void receive(V value) {
    if (dispatcher.isDriven() || !tryAdd(value)) {
      function.accept(value);
    } else {
      handOver();
    }
  }

  private boolean tryAdd(V value) {
    lock.lock();
    try {
      return waiting.size() < MOST_WAITING && waiting.add(new Waiting<>(value));
    } finally {
      lock.unlock();
    }
  }

  @Override
  protected void handOver() {
    if (!isThreadNeeded()) {
      return;
    }
    try {
      dispatcher.tell(this);
    } catch (Throwable e) {
      oneLessBusy();
      dispatcher.again(this);
      dispatcher.failed("a result could not be handed over; it is tried again", e);
    }
  }

  private boolean isThreadNeeded() {
    lock.lock();
    try {
      boolean isNeeded = !waiting.isEmpty() && busy < MOST_THREADS;
      if (isNeeded) {
        busy++;
      }
      return isNeeded;
    } finally {
      lock.unlock();
    }
  }

  private void oneLessBusy() {
    lock.lock();
    try {
      busy--;
    } finally {
      lock.unlock();
    }
  }

  /** Passes on what waits. Called by the dispatcher only. */
  @Override
  public void run() {
    Waiting<V> next = take();
    while (next != null) {
      try {
        function.accept(next.value);
      } catch (Throwable e) {
        // The function is guarded, so the stack or the heap is used up. The other values must
        // follow.
        dispatcher.failed("a result could not be passed on; later results follow", e);
      }
      next = take();
    }
  }

  /** Takes the next value. In the same step, a thread that finds none is no longer counted. */
  private @Nullable Waiting<V> take() {
    lock.lock();
    try {
      Waiting<V> next = waiting.poll();
      if (next == null) {
        busy--;
      }
      return next;
    } finally {
      lock.unlock();
    }
  }
}
