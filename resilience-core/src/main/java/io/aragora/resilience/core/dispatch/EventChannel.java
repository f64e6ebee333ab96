package io.aragora.resilience.core.dispatch;

import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.policy.Subscription;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * Delivers events to subscribers in the background, one at a time and in the order of publication.
 * Holds at most 1024 undelivered events and drops further ones. Thread-safe.
 *
 * @param <E> the type of event
 */
public final class EventChannel<E> extends RepeatedHandOver {
  /*
   * Progress: `undelivered` is above 0 from the publication that starts a delivery to the end of
   * that delivery. If a delivery cannot be handed over, `undelivered` stays above 0 and the
   * dispatcher hands over again 10 ms later; events that are published meanwhile wait with the
   * others.
   */
  private static final GuardedLog LOG = GuardedLog.of(EventChannel.class);
  private static final int CAPACITY = 1024;

  private final String owner;
  private final Dispatcher dispatcher;
  private final Listeners<Consumer<? super E>> listeners;
  private final AtomicBoolean dropping = new AtomicBoolean();
  private final AtomicBoolean saysDropping = new AtomicBoolean();

  /** Whether a delivery is to begin that was not begun yet. */
  private final AtomicBoolean due = new AtomicBoolean();

  private final AtomicInteger undelivered = new AtomicInteger();
  private final Runnable draining = new Runnable() {
    @Override
    public void run() {
      drain();
    }
  };
  private volatile @Nullable MpscVarHandleArrayQueue<E> buffer;

  /**
   * Creates a channel without subscribers.
   *
   * @param owner the name in the log if a listener fails or falls behind
   * @param dispatcher delivers the events
   */
  public EventChannel(String owner, Dispatcher dispatcher) {
    this.owner = owner;
    this.dispatcher = dispatcher;
    this.listeners = new Listeners<>(owner);
  }

  /**
   * Adds a subscriber.
   *
   * @param listener receives every event published from now on
   * @return a subscription that removes the listener
   */
  public synchronized Subscription subscribe(Consumer<? super E> listener) {
    if (buffer == null) {
      buffer = new MpscVarHandleArrayQueue<>(CAPACITY);
    }
    return listeners.add(listener);
  }

  /** {@return whether the channel has a subscriber} */
  public boolean isHeard() {
    return listeners.isPresent();
  }

  /**
   * Publishes an event.
   *
   * @param event the event
   */
  public void publish(E event) {
    if (enqueue(event)) {
      deliver();
    }
  }

  /**
   * Adds an event to the queue without delivering it. For callers that decide the order under a
   * lock: delivering may run listeners on the caller if the runtime is closed.
   *
   * @param event the event
   * @return whether the caller has to call {@link #deliver} afterwards, under no lock
   */
  public boolean enqueue(E event) {
    MpscVarHandleArrayQueue<E> queue = buffer;
    if (queue == null || !isHeard()) {
      return false;
    }
    // The first enqueued event must be delivered; otherwise no later one would be.
    StackRoom.forHandOver();
    if (!queue.offer(event)) {
      return !dropping.get() && dropping.compareAndSet(false, true);
    }
    if (undelivered.getAndIncrement() != 0) {
      return false;
    }
    due.set(true);
    return true;
  }

  /** Delivers the enqueued events in the background, and logs if the listeners are too far behind. */
  public void deliver() {
    if (dropping.get() && saysDropping.compareAndSet(false, true)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "listeners of '" + owner + "' are " + CAPACITY
              + " events behind; further events are dropped until they catch up. Make the listeners"
              + " faster (logged once)",
          (Throwable) null);
    }
    if (due.getAndSet(false)) {
      begin();
    }
  }

  /** Begins a delivery. Allocates nothing. */
  private void begin() {
    try {
      dispatcher.tell(draining);
    } catch (Throwable e) {
      // The caller's stack is used up, for instance.
      handOverAgain(e);
    }
  }

  @Override
  protected void handOver() {
    begin();
  }

  private void handOverAgain(Throwable failure) {
    boolean comes = false;
    try {
      comes = dispatcher.again(this);
      dispatcher.failed(
          "events of a policy could not be delivered; delivery is tried again", failure);
    } finally {
      if (!comes) {
        // The next publication delivers these events, too.
        undelivered.set(0);
      }
    }
  }

  /**
   * Runs on one thread at a time: only the publication that raised `undelivered` from 0 starts it.
   */
  private void drain() {
    try {
      drainAll();
    } catch (Throwable e) {
      handOverAgain(e);
    }
  }

  private void drainAll() {
    MpscVarHandleArrayQueue<E> queue = buffer;
    int seen = undelivered.get();
    while (seen != 0) {
      E event;
      while (queue != null && (event = queue.poll()) != null) {
        tell(event);
      }
      seen = undelivered.addAndGet(-seen);
    }
  }

  private void tell(E event) {
    try {
      listeners.each(Consumer::accept, event);
    } catch (Throwable e) {
      // Listeners are guarded, so the stack is used up, for instance. Later events must still be
      // delivered.
      dispatcher.failed("an event of a policy could not be delivered; later events follow", e);
    }
  }
}
