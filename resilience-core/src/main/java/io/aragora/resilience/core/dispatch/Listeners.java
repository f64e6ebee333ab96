package io.aragora.resilience.core.dispatch;

import io.aragora.resilience.Subscription;
import io.aragora.resilience.internal.GuardedLog;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;

/**
 * Listeners that cannot harm each other or whoever calls them. Telling them allocates nothing, so a full heap keeps an event from
 * no listener.
 *
 * @param <L> the type of listener
 */
public final class Listeners<L> {
  private static final GuardedLog LOG = GuardedLog.of(Listeners.class);

  private final String owner;

  /** Replaced at each change, which this guards. */
  private volatile Object[] all = {};

  private final AtomicBoolean failed = new AtomicBoolean();

  /**
   * Makes an empty list.
   *
   * @param owner named in the log when a listener fails
   */
  public Listeners(String owner) {
    this.owner = owner;
  }

  /**
   * Adds a listener.
   *
   * @param listener the listener
   * @return removes it
   */
  public Subscription add(L listener) {
    Objects.requireNonNull(listener, "listener");
    synchronized (this) {
      Object[] more = Arrays.copyOf(all, all.length + 1);
      more[all.length] = listener;
      all = more;
    }
    return new EndedOnce(() -> remove(listener));
  }

  /** Removes the first, as one that was added twice is there twice. */
  private synchronized void remove(L listener) {
    List<Object> left = new ArrayList<>(Arrays.asList(all));
    left.remove(listener);
    all = left.toArray();
  }

  /**
   * Tells whether there is one.
   *
   * @return whether there is
   */
  public boolean isPresent() {
    return all.length != 0;
  }

  /**
   * Calls every listener, whatever the others throw. The first failure is logged, further ones are not.
   *
   * @param call the call
   * @param event what each is told
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
    }
  }

  private void failed(Throwable failure) {
    try {
      if (!failed.get() && failed.compareAndSet(false, true)) {
        LOG.log(
            System.Logger.Level.WARNING,
            "a listener of '" + owner + "' failed; said once",
            failure);
      }
    } catch (Throwable e) {
      // The heap has no room for the message. The other listeners are more important.
    }
  }
}
