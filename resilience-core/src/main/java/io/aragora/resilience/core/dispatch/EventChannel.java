package io.aragora.resilience.core.dispatch;

import io.aragora.resilience.Subscription;
import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.internal.GuardedLog;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * Delivers events to subscribers in the background, in the order of publication, one at a time. Holds at most 1024
 * undelivered events and drops those beyond.
 *
 * @param <E> the type of event
 */
public final class EventChannel<E> extends RepeatedHandOver {
  /*
   * `undelivered` is above 0 from the publication that starts a delivery to the end of that delivery. A delivery that cannot be
   * handed over leaves it there, and the dispatcher hands over again a moment later: what is published meanwhile waits with it.
   */
  private static final GuardedLog LOG = GuardedLog.of(EventChannel.class);
  private static final int CAPACITY = 1024;

  private final String owner;
  private final Dispatcher dispatcher;
  private final Listeners<Consumer<? super E>> listeners;
  private final AtomicBoolean dropping = new AtomicBoolean();
  private final AtomicInteger undelivered = new AtomicInteger();
  private final Runnable draining = this::drain;
  private volatile @Nullable MpscVarHandleArrayQueue<E> buffer;

  /**
   * Makes a channel without subscribers, which costs little.
   *
   * @param owner named in the log when a listener fails or falls behind
   * @param dispatcher delivers
   */
  public EventChannel(String owner, Dispatcher dispatcher) {
    this.owner = owner;
    this.dispatcher = dispatcher;
    this.listeners = new Listeners<>(owner);
  }

  /**
   * Adds a subscriber.
   *
   * @param listener hears of every event published from now on
   * @return removes it
   */
  public synchronized Subscription subscribe(Consumer<? super E> listener) {
    if (buffer == null) {
      buffer = new MpscVarHandleArrayQueue<>(CAPACITY);
    }
    return listeners.add(listener);
  }

  /**
   * Tells whether an event is worth building.
   *
   * @return whether somebody would hear it
   */
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
   * Puts an event behind those before it, and delivers nothing yet. For who decides the order under a lock: delivering may run
   * listeners on the caller, where the runtime is closed.
   *
   * @param event the event
   * @return whether the caller has to call {@link #deliver} afterwards, under no lock
   */
  public boolean enqueue(E event) {
    MpscVarHandleArrayQueue<E> queue = buffer;
    if (queue == null || !isHeard()) {
      return false;
    }
    // What is enqueued first must be delivered, else nothing would be any more.
    StackRoom.forHandOver();
    if (!queue.offer(event)) {
      if (!dropping.get() && dropping.compareAndSet(false, true)) {
        LOG.log(
            System.Logger.Level.WARNING,
            "the listeners of '" + owner + "' are behind by " + CAPACITY
                + " events: more are dropped until they catch up (said once)",
            (Throwable) null);
      }
      return false;
    }
    return undelivered.getAndIncrement() == 0;
  }

  /** Delivers what was put there, in the background. */
  public void deliver() {
    // Allocates nothing.
    try {
      dispatcher.tell(draining);
    } catch (Throwable e) {
      // The caller's stack is used up, for instance.
      handOverAgain(e);
    }
  }

  @Override
  protected void handOver() {
    deliver();
  }

  private void handOverAgain(Throwable failure) {
    boolean comes = false;
    try {
      comes = dispatcher.again(this);
      dispatcher.failed("the events of a policy are delivered later", failure);
    } finally {
      if (!comes) {
        // The next publication delivers these, too.
        undelivered.set(0);
      }
    }
  }

  /** Runs on one thread at a time: only the publication that found nothing undelivered starts it. */
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
      // Listeners are guarded: the stack is used up, for instance. The next events must come.
      dispatcher.failed("an event of a policy was not delivered", e);
    }
  }
}
