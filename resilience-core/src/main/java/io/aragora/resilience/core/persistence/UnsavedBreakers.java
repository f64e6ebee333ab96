package io.aragora.resilience.core.persistence;

import io.aragora.resilience.core.circuitbreaker.ChangedBreakers;
import io.aragora.resilience.core.circuitbreaker.CircuitBreakerStateMachine;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** Knows which breakers the next save has to take. Any thread adds; the rest is for the store's thread. */
final class UnsavedBreakers {
  /** What is saved beside what changed. */
  enum Scope {
    /** Nothing. */
    CHANGED,
    /** All without a key, and the keys that may have counted something since the last such save. */
    ACTIVE,
    /** All. */
    ALL
  }

  private final ChangedBreakers changed = new ChangedBreakers();
  private final AtomicInteger listed = new AtomicInteger();
  private long lastFullSave;

  /** Gives whether it was not on the list. */
  boolean add(CircuitBreakerStateMachine breaker) {
    boolean isNew = changed.add(breaker);
    if (isNew) {
      listed.incrementAndGet();
    }
    return isNew;
  }

  /** Counts the changed ones. */
  int listed() {
    return listed.get();
  }

  /** Takes what changed off the list, and gives it with the others of the scope. */
  List<CircuitBreakerStateMachine> take(Scope scope, LiveBreakers live) {
    Set<CircuitBreakerStateMachine> taken = new HashSet<>();
    changed.takeAll(breaker -> {
      listed.decrementAndGet();
      taken.add(breaker);
    });
    List<CircuitBreakerStateMachine> batch = new ArrayList<>(taken);
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

  /** Called when a save of all that is active has ended well, with the time at which it began. */
  void savedAllUntil(long nanos) {
    lastFullSave = nanos;
  }
}
