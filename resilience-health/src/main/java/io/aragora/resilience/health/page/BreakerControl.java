package io.aragora.resilience.health.page;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.time.TimeSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Controls a breaker for an operator. Each action is logged and added to the timeline. Thread-safe. */
public final class BreakerControl {
  /** Stands for the overflow breaker, which new keys share when the keyed breaker is full. */
  static final String OVERFLOW = "*overflow*";

  private static final GuardedLog LOG = GuardedLog.of(BreakerControl.class);

  /** An action of an operator. */
  public enum Action {
    /** {@link CircuitBreaker#reset()}. */
    RESET("reset"),
    /** {@link CircuitBreaker#forceOpen()}. */
    FORCE_OPEN("force-open"),
    /** {@link CircuitBreaker#forceClosed()}. */
    FORCE_CLOSED("force-closed");

    private final String text;

    Action(String text) {
      this.text = text;
    }

    /**
     * Returns the last part of the action's path.
     *
     * @return {@code force-open} for instance
     */
    public String text() {
      return text;
    }

    /**
     * Finds an action.
     *
     * @param text as {@link #text()} returns it
     * @return the action; empty if there is none
     */
    public static Optional<Action> of(String text) {
      for (Action action : values()) {
        if (action.text.equals(text)) {
          return Optional.of(action);
        }
      }
      return Optional.empty();
    }
  }

  private final Resilience resilience;
  private final TimeSource time;
  private final LiveFeed feed;

  /**
   * Creates a control.
   *
   * @param resilience the runtime
   * @param time its time
   * @param feed shows the actions
   */
  public BreakerControl(Resilience resilience, TimeSource time, LiveFeed feed) {
    this.resilience = resilience;
    this.time = time;
    this.feed = feed;
  }

  /**
   * Performs an action.
   *
   * @param action the action
   * @param target the breaker
   * @param client the client, for the log
   * @return whether there is such a breaker; none is created
   */
  public boolean act(Action action, Target target, String client) {
    CircuitBreaker breaker = find(target);
    if (breaker == null) {
      return false;
    }
    LOG.log(
        System.Logger.Level.INFO,
        "operator at {0}: {1} of breaker {2}, runtime {3}",
        client,
        action.text(),
        target,
        resilience.name());
    feed.tell(target
        .toJson()
        .put("at", time.wallTime().toString())
        .put("action", action.text().replace('-', ' ')));
    switch (action) {
      case RESET -> breaker.reset();
      case FORCE_OPEN -> breaker.forceOpen();
      case FORCE_CLOSED -> breaker.forceClosed();
    }
    feed.hurry();
    return true;
  }

  private @Nullable CircuitBreaker find(Target target) {
    String key = target.key();
    if (key == null) {
      // Not by look-up, which would create a missing breaker.
      return resilience.policies().circuitBreakers().stream()
          .filter(breaker -> breaker.name().equals(target.name()))
          .findFirst()
          .orElse(null);
    }
    for (KeyedCircuitBreaker keyed : resilience.policies().keyedCircuitBreakers()) {
      if (keyed.name().equals(target.name())) {
        if (key.equals(OVERFLOW)) {
          return keyed.overflow();
        }
        // A mistyped key gets no breaker, so that its operator learns of the mistake.
        return keyed.find(key).orElse(null);
      }
    }
    return null;
  }
}
