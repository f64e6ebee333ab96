package io.aragora.resilience.core.persistence;

import io.aragora.resilience.core.circuitbreaker.CircuitBreakerStateMachine;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.persistence.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import java.time.Instant;
import java.util.List;

/**
 * Gives breakers what is saved of them: those that there are at once, the others when they are made. Breakers are made on any
 * thread; the store is read by one at a time, and tells of other instances on a thread of its own.
 */
final class StateRestoration {
  private static final GuardedLog LOG = GuardedLog.of(StateRestoration.class);
  private static final int MAX_PROBLEMS_SHOWN = 10;

  private final String location;
  private final WaitingStates waiting = new WaitingStates();
  private boolean loaded;

  StateRestoration(String location) {
    this.location = location;
  }

  /** Gives a breaker what waits for it. */
  void made(CircuitBreakerStateMachine breaker) {
    SavedBreaker state = waiting.take(breaker);
    if (state == null) {
      return;
    }
    String remark = breaker.adopt(state);
    if (remark != null) {
      LOG.log(
          System.Logger.Level.INFO,
          "breaker ''{0}'' was saved as {1}, but {2}",
          state.id(),
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

  /** Takes what was read. What is in there of this process is older than what the breakers are, from the second time on. */
  void load(StateStore.Loaded found, LiveBreakers live) {
    report(found.problems());
    if (loaded) {
      found.states().forEach(state -> heard(state, live));
      return;
    }
    int left = waiting.addAll(found.states());
    if (left > 0) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0} holds more than {1} breakers: {2} were not restored",
          location,
          WaitingStates.MAX,
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

  /** Takes what another instance saved. */
  void heard(SavedBreaker state, LiveBreakers live) {
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
