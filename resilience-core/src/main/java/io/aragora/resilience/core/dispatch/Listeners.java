package io.aragora.resilience.core.dispatch;

import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.policy.Subscription;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;

/**
 * Listeners whose failures affect neither each other nor the caller. Calling them allocates
 * nothing, so every listener receives an event even if the heap is full. Thread-safe.
 *
 * @param <L> the type of listener
 */
public final class Listeners<L> {
  private static final GuardedLog LOG = GuardedLog.of(Listeners.class);

  private final String owner;

  /** Copied on each change. Writes are guarded by this. */
  private volatile Object[] all = {};

  private final AtomicBoolean failed = new AtomicBoolean();

  /**
   * Creates an empty list.
   *
   * @param owner the name in the log if a listener fails
   */
  public Listeners(String owner) {
    this.owner = owner;
  }

  /**
   * Adds a listener.
   *
   * @param listener the listener
   * @return a subscription that removes the listener
   */
  public Subscription add(L listener) {
    addForGood(Objects.requireNonNull(listener, "listener"));
    return new EndedOnce(new Runnable() {
      @Override
      public void run() {
        remove(listener);
      }
    });
  }

  /**
   * Adds a listener that stays.
   *
   * @param listener the listener
   */
  public synchronized void addForGood(L listener) {
    Object[] more = Arrays.copyOf(all, all.length + 1);
    more[all.length] = listener;
    all = more;
  }

  /**
   * Removes the first occurrence, because a listener may have been added twice. Compares by
   * identity: another listener may claim to be equal, and {@code equals} may throw.
   */
  private synchronized void remove(L listener) {
    Object[] before = all;
    int at = 0;
    while (at < before.length && before[at] != listener) {
      at++;
    }
    if (at < before.length) {
      Object[] left = Arrays.copyOf(before, before.length - 1);
      System.arraycopy(before, at + 1, left, at, left.length - at);
      all = left;
    }
  }

  /** {@return whether there is a listener} */
  public boolean isPresent() {
    return all.length != 0;
  }

  /**
   * Calls every listener, even if others throw. Only the first failure is logged.
   *
   * @param call the call
   * @param event the event that each receives
   * @param <E> the type of event
   */
  @SuppressWarnings("unchecked") // only an L is added
  public <E> void each(BiConsumer<? super L, ? super E> call, E event) {
    for (Object listener : all) {
      try {
        call.accept((L) listener, event);
      } catch (Throwable e) {
        failed(e);
      }
      GroupThread.restore();
    }
  }

  private void failed(Throwable failure) {
    try {
      if (!failed.get() && failed.compareAndSet(false, true)) {
        LOG.log(
            System.Logger.Level.WARNING,
            "a listener of '" + owner + "' failed; other listeners are still called (logged once)",
            failure);
      }
    } catch (Throwable e) {
      // The heap has no room for the message. Calling the other listeners is more important.
    }
  }
}
