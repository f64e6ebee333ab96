package io.aragora.resilience.core.persistence;

import io.aragora.resilience.core.circuitbreaker.ChangedBreakers;
import io.aragora.resilience.core.circuitbreaker.StoredBreaker;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The breakers that the next save must include. Any thread may add; all else is for the store's
 * thread.
 */
final class UnsavedBreakers {
  /** The breakers to save besides the changed ones. */
  enum Scope {
    /** Nothing. */
    CHANGED,
    /**
     * All without a key, and those of keys that may have counted a call since the last such save.
     */
    ACTIVE,
    /** All. */
    ALL
  }

  private final ChangedBreakers list = new ChangedBreakers();
  private final AtomicInteger listed = new AtomicInteger();
  private long lastFullSave;

  /** Adds a breaker. Returns whether it was not on the list. */
  boolean add(StoredBreaker breaker) {
    boolean isNew = list.add(breaker);
    if (isNew) {
      listed.incrementAndGet();
    }
    return isNew;
  }

  /** Returns the number of changed breakers. */
  int listed() {
    return listed.get();
  }

  /** Removes the changed breakers from the list. Returns them with the others of the scope. */
  List<StoredBreaker> take(Scope scope, LiveBreakers live) {
    Set<StoredBreaker> taken = new HashSet<>();
    list.takeAll(breaker -> {
      listed.decrementAndGet();
      taken.add(breaker);
    });
    List<StoredBreaker> batch = new ArrayList<>(taken);
    if (scope != Scope.CHANGED) {
      live.each(breaker -> {
        if (!taken.contains(breaker)) {
          batch.add(breaker);
        }
      });
      live.eachKey(breaker -> {
        if ((scope == Scope.ALL || lastFullSave - breaker.idleSince() <= 0)
            && !taken.contains(breaker)) {
          batch.add(breaker);
        }
      });
    }
    return batch;
  }

  /**
   * Called after a save of all active breakers has succeeded, with the instant at which it began.
   */
  void savedAllUntil(long nanos) {
    lastFullSave = nanos;
  }
}
