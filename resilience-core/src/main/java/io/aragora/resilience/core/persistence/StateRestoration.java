package io.aragora.resilience.core.persistence;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.core.circuitbreaker.StoredBreaker;
import io.aragora.resilience.core.ratelimiter.StoredLimiter;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.OneLine;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.ratelimiter.SavedLimiter;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Restores the saved state of breakers and rate limiters: existing ones at once, others when they
 * are created. They are created on any thread. One thread at a time reads the store, and the store reports
 * changes of other instances on its own thread.
 */
final class StateRestoration {
  private static final GuardedLog LOG = GuardedLog.of(StateRestoration.class);
  private static final int MAX_PROBLEMS_SHOWN = 10;
  private static final int MAX_NAME_SHOWN = 100;
  private static final int MAX_REMARK_SHOWN = 500;

  private static final Comparator<SavedBreaker> ATTENTION_FIRST = Comparator.comparing(
          (SavedBreaker state) -> state.state() == CircuitBreakerState.CLOSED)
      .thenComparing(SavedBreaker::savedAt, Comparator.reverseOrder());

  private final String location;
  private final WaitingStates waiting = new WaitingStates();

  /** Bounded by {@link StateStore.Loaded#MAX_LIMITERS}. */
  private final Map<String, SavedLimiter> waitingLimiters = new ConcurrentHashMap<>();

  /** Volatile: with a time source that has an executor of its own, any thread may save. */
  private volatile boolean loaded;

  StateRestoration(String location) {
    this.location = location;
  }

  /**
   * Restores the saved state of a new breaker. Never throws: a breaker is created even if its saved
   * state is invalid.
   */
  void made(StoredBreaker breaker) {
    try {
      SavedBreaker state = waiting.take(breaker);
      if (state != null) {
        restore(breaker, state);
      }
    } catch (Throwable e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "a circuit breaker was not restored from " + location + "; it starts closed",
          e);
    }
  }

  private static void restore(StoredBreaker breaker, SavedBreaker state) {
    String remark = breaker.adopt(state);
    if (remark != null) {
      LOG.log(
          System.Logger.Level.INFO,
          "circuit breaker ''{0}'' was saved as {1}, but {2}",
          OneLine.of(state.id().toString(), MAX_NAME_SHOWN),
          state.state().text(),
          remark);
    }
  }

  /**
   * Restores the saved level and pause of a limiter, once. Never throws, as for breakers.
   *
   * @param isNew whether no other thread has the limiter yet
   */
  void made(StoredLimiter limiter, boolean isNew) {
    try {
      SavedLimiter saved =
          waitingLimiters.isEmpty() ? null : waitingLimiters.remove(limiter.name());
      String remark = saved == null ? null : limiter.restore(saved, isNew);
      if (remark != null) {
        LOG.log(
            System.Logger.Level.INFO,
            "rate limiter ''{0}'' was saved, but {1}",
            OneLine.of(limiter.name(), MAX_NAME_SHOWN),
            OneLine.of(remark, MAX_REMARK_SHOWN));
      }
    } catch (Throwable e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "a rate limiter was not restored from " + location + "; its level begins anew",
          e);
    }
  }

  boolean isWaiting(SavedBreaker.Id id) {
    return waiting.contains(id);
  }

  /** Returns whether the store was read since the runtime started. */
  boolean isLoaded() {
    return loaded;
  }

  /**
   * Restores what the store loaded. From the second load on, the states that this process saved are
   * older than its breakers.
   *
   * @param cutOff states that were saved before this instant are ignored; a store may purge only a
   *     part of them at a time
   */
  void load(StateStore.Loaded found, Instant cutOff, LiveBreakers live) {
    report(found.problems());
    if (loaded) {
      found.states().forEach(state -> heard(state, live));
      return;
    }
    // Filtered again, since a store may not have purged all of it.
    int left = waiting.addAll(found.states().stream()
        .filter(state -> !state.savedAt().isBefore(cutOff))
        .sorted(ATTENTION_FIRST)
        .toList());
    if (left > 0) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0} holds too many circuit breakers; {1} of them are not restored",
          location,
          left);
    }
    found.limiters().stream()
        .filter(limiter -> !limiter.mattersUntil().isBefore(cutOff))
        .forEach(limiter -> waitingLimiters.put(limiter.name(), limiter));
    live.each(this::made);
    live.eachKey(this::made);
    live.eachLimiter(limiter -> made(limiter, false));
    loaded = true;
  }

  private void report(List<String> problems) {
    problems.stream()
        .limit(MAX_PROBLEMS_SHOWN)
        .forEach(problem -> LOG.log(
            System.Logger.Level.WARNING,
            "{0}: an invalid entry is skipped: {1}",
            location,
            problem));
    if (problems.size() > MAX_PROBLEMS_SHOWN) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0}: {1} more invalid entries are skipped",
          location,
          problems.size() - MAX_PROBLEMS_SHOWN);
    }
  }

  /**
   * Applies a change that another instance saved. Never throws, because the store's thread calls
   * it.
   */
  void heard(@Nullable SavedBreaker state, LiveBreakers live) {
    if (state != null) {
      try {
        follow(state, live);
      } catch (Throwable e) {
        LOG.failed(
            System.Logger.Level.WARNING,
            location,
            "a change that another instance saved could not be applied; this instance keeps its own state",
            e);
      }
    }
  }

  private void follow(SavedBreaker state, LiveBreakers live) {
    StoredBreaker breaker = live.find(state.id());
    if (breaker == null) {
      waiting.add(state);
    } else {
      breaker.follow(state);
    }
  }

  /** Drops waiting states that were saved before an instant. */
  void dropSavedBefore(Instant cutOff) {
    waiting.dropSavedBefore(cutOff);
  }
}
