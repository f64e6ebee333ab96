package io.aragora.resilience.health.page;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.time.TimeSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Does to a breaker what an operator asks for; each time it is logged and goes into the timeline. Thread-safe. */
public final class BreakerControl {
  /** Stands for the breaker that keys share for which there is no room. */
  static final String OVERFLOW = "*overflow*";

  private static final GuardedLog LOG = GuardedLog.of(BreakerControl.class);

  /** What an operator may ask for. */
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
     * Gives the last part of its path.
     *
     * @return {@code force-open} for instance
     */
    public String text() {
      return text;
    }

    /**
     * Finds an action.
     *
     * @param text as {@link #text()} gives it
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
   * Makes a control.
   *
   * @param resilience the runtime
   * @param time its time
   * @param feed shows what was done
   */
  public BreakerControl(Resilience resilience, TimeSource time, LiveFeed feed) {
    this.resilience = resilience;
    this.time = time;
    this.feed = feed;
  }

  /**
   * Does it.
   *
   * @param action what
   * @param target to which breaker
   * @param client who asks, for the log
   * @return whether there is such a breaker; a key that is not known gets one, where there is room
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
      // Not by look-up, which makes a breaker where there is none.
      return resilience.circuitBreakers().stream()
          .filter(breaker -> breaker.name().equals(target.name()))
          .findFirst()
          .orElse(null);
    }
    for (KeyedCircuitBreaker keyed : resilience.keyedCircuitBreakers()) {
      if (keyed.name().equals(target.name())) {
        if (key.equals(OVERFLOW)) {
          return keyed.overflow();
        }
        CircuitBreaker breaker = keyed.forKey(key);
        // Where there is no room it would be the breaker of many others.
        return breaker == keyed.overflow() ? null : breaker;
      }
    }
    return null;
  }
}
