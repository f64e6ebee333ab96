package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import org.jspecify.annotations.Nullable;

/** A breaker as the code sees it that stores its state. */
public interface StoredBreaker {
  /** {@return the name of the breaker, or the name of its keyed breaker and its key} */
  SavedBreaker.Id storedId();

  /** {@return what is saved of the breaker} */
  SavedBreaker save();

  /** {@return whether this is the breaker of a key that was evicted or removed, of which nothing may stay in the store} */
  boolean isForgotten();

  /** {@return whether the present state was taken over from another instance, which has saved it} */
  boolean isFollowing();

  /**
   * Returns since when the breaker has been closed and without a call.
   *
   * @return an instant of the time source; {@link Long#MAX_VALUE} if the breaker is not idle
   */
  long idleSince();

  /**
   * Takes over what was saved before a restart: the totals in any case, the state if the breaker has not changed it by itself.
   *
   * @param saved what was saved
   * @return a remark if something was not taken over; null if all was
   */
  @Nullable
  String adopt(SavedBreaker saved);

  /**
   * Opens because the breaker of the same name opened in another instance, if this one follows its peers and has not changed
   * since.
   *
   * @param other what the other instance saved
   * @return whether this breaker opened
   */
  boolean follow(SavedBreaker other);

  /**
   * Puts the breaker on the list of {@link ChangedBreakers}.
   *
   * @return false if it is on the list already
   */
  boolean claimChanged();

  /**
   * Sets the next breaker of the list.
   *
   * @param next the next one; this breaker itself at the end of the list
   */
  void linkChanged(StoredBreaker next);

  /**
   * Takes the breaker off the list. The state of the breaker must be read afterwards.
   *
   * @return the next one of the list; this breaker itself at its end
   */
  StoredBreaker unlinkChanged();
}
