package io.aragora.resilience.core.ratelimiter;

import io.aragora.resilience.ratelimiter.SavedLimiter;
import org.jspecify.annotations.Nullable;

/** A rate limiter as the code sees it that stores its state. */
public interface StoredLimiter {
  /** {@return the name of the limiter} */
  String name();

  /** {@return whether its present config wants it to be saved} */
  boolean isKept();

  /**
   * Restores what was saved before a restart.
   *
   * @param saved what was saved
   * @param isNew whether no other thread has the limiter yet; if not, what was taken meanwhile counts too
   * @return a remark if something was not restored; null if all was
   */
  @Nullable
  String restore(SavedLimiter saved, boolean isNew);

  /** {@return whether it may have changed since the save that {@link #saved} confirmed. One thread at a time} */
  boolean hasChanged();

  /** {@return what is saved of the limiter. One thread at a time} */
  SavedLimiter save();

  /** Called after what {@link #save} returned last is in the store. One thread at a time. */
  void saved();
}
