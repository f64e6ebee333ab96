package io.aragora.resilience.core.dispatch;

import io.aragora.resilience.Subscription;
import io.aragora.resilience.internal.GuardedLog;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Listeners that cannot harm each other or whoever calls them.
 *
 * @param <L> the type of listener
 */
public final class Listeners<L> {
  private static final GuardedLog LOG = GuardedLog.of(Listeners.class);

  private final String owner;
  private final CopyOnWriteArrayList<L> all = new CopyOnWriteArrayList<>();
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
    all.add(listener);
    return new EndedOnce(() -> all.remove(listener));
  }

  /**
   * Tells whether there is one.
   *
   * @return whether there is
   */
  public boolean isPresent() {
    return !all.isEmpty();
  }

  /**
   * Calls every listener, whatever the others throw. The first failure is logged, further ones are not.
   *
   * @param call the call
   */
  public void each(Consumer<L> call) {
    for (L listener : all) {
      try {
        call.accept(listener);
      } catch (Throwable e) {
        if (!failed.get() && failed.compareAndSet(false, true)) {
          LOG.log(
              System.Logger.Level.WARNING, "a listener of '" + owner + "' failed; said once", e);
        }
      }
    }
  }
}
