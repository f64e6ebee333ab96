package io.aragora.resilience.core.persistence;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.core.circuitbreaker.CircuitBreakerStateMachine;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.OneLine;
import io.aragora.resilience.persistence.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gives breakers what is saved of them: those that there are at once, the others when they are made. Breakers are made on any
 * thread; the store is read by one at a time, and tells of other instances on a thread of its own.
 */
final class StateRestoration {
  private static final GuardedLog LOG = GuardedLog.of(StateRestoration.class);
  private static final int MAX_PROBLEMS_SHOWN = 10;
  private static final int MAX_NAME_SHOWN = 100;

  private static final Comparator<SavedBreaker> ATTENTION_FIRST = Comparator.comparing(
          (SavedBreaker state) -> state.state() == CircuitBreakerState.CLOSED)
      .thenComparing(SavedBreaker::savedAt, Comparator.reverseOrder());

  private final String location;
  private final WaitingStates waiting = new WaitingStates();
  private boolean loaded;

  StateRestoration(String location) {
    this.location = location;
  }

  /** Gives a breaker what waits for it, and throws nothing: who makes a breaker gets one, whatever was saved of it. */
  void made(CircuitBreakerStateMachine breaker) {
    try {
      SavedBreaker state = waiting.take(breaker);
      if (state != null) {
        restore(breaker, state);
      }
    } catch (Throwable e) {
      LOG.log(System.Logger.Level.WARNING, "a breaker was not restored from " + location, e);
    }
  }

  private static void restore(CircuitBreakerStateMachine breaker, SavedBreaker state) {
    String remark = breaker.adopt(state);
    if (remark != null) {
      LOG.log(
          System.Logger.Level.INFO,
          "breaker ''{0}'' was saved as {1}, but {2}",
          OneLine.of(state.id().toString(), MAX_NAME_SHOWN),
          state.state().text(),
          remark);
    }
  }

  boolean isWaiting(SavedBreaker.Id id) {
    return waiting.contains(id);
  }

  /** Tells whether the store was read since the runtime started. */
  boolean isLoaded() {
    return loaded;
  }

  /**
   * Takes what was read. What is in there of this process is older than what the breakers are, from the second time on.
   *
   * @param cutOff what was saved before is left out; a store may purge only a part of it at a time
   */
  void load(StateStore.Loaded found, Instant cutOff, LiveBreakers live) {
    report(found.problems());
    if (loaded) {
      found.states().forEach(state -> heard(state, live));
      return;
    }
    // Again, since a store may not have done it.
    int left = waiting.addAll(found.states().stream()
        .filter(state -> !state.savedAt().isBefore(cutOff))
        .sorted(ATTENTION_FIRST)
        .toList());
    if (left > 0) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0} holds more breakers than are restored: {1} were left out",
          location,
          left);
    }
    live.each(this::made);
    live.eachKey(this::made);
    loaded = true;
  }

  private void report(List<String> problems) {
    problems.stream()
        .limit(MAX_PROBLEMS_SHOWN)
        .forEach(problem ->
            LOG.log(System.Logger.Level.WARNING, "left out of {0}: {1}", location, problem));
    if (problems.size() > MAX_PROBLEMS_SHOWN) {
      LOG.log(
          System.Logger.Level.WARNING,
          "left out of {0}: {1} more",
          location,
          problems.size() - MAX_PROBLEMS_SHOWN);
    }
  }

  /** Takes what another instance saved; throws nothing at the thread of the store. */
  void heard(@Nullable SavedBreaker state, LiveBreakers live) {
    if (state != null) {
      try {
        follow(state, live);
      } catch (Throwable e) {
        LOG.log(
            System.Logger.Level.WARNING, "a change that " + location + " told was not followed", e);
      }
    }
  }

  private void follow(SavedBreaker state, LiveBreakers live) {
    CircuitBreakerStateMachine breaker = live.find(state.id());
    if (breaker == null) {
      waiting.add(state);
    } else {
      breaker.follow(state);
    }
  }

  /** Forgets what waits for too long. */
  void dropSavedBefore(Instant cutOff) {
    waiting.dropSavedBefore(cutOff);
  }
}
