package io.aragora.resilience.spring.actuate;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.spring.SpringLog;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Performs the actions of an operator. Each is logged. Creates no policy. Thread-safe. */
final class PolicyControl {
  private static final SpringLog LOG = SpringLog.of(PolicyControl.class);

  private static final int MAX_SHOWN = 300;
  private static final Pattern UNFIT =
      Pattern.compile("[\\p{Cntrl}\\u0080-\\u009f\\u2028\\u2029\\p{Cs}]");

  private final Resilience resilience;

  PolicyControl(Resilience resilience) {
    this.resilience = resilience;
  }

  /** Returns a text of a request as part of a log line or an answer: it cannot end the line, and its length is bounded. */
  static String shown(String text) {
    String kept = text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "...";
    return UNFIT.matcher(kept).replaceAll("?");
  }

  void stopChaos() {
    LOG.info("operator: stop of chaos, runtime " + resilience.name());
    resilience.chaos().stop();
  }

  /**
   * Performs an action.
   *
   * @return whether there is such a policy
   * @throws IllegalArgumentException if the kind has no such action
   */
  boolean change(String kind, String name, @Nullable String key, String action) {
    return switch (kind) {
      case "circuitbreaker" -> changeBreaker(breaker(name), BreakerAction.of(action), name);
      case "keyedcircuitbreaker" -> changeKey(name, key, BreakerAction.of(action));
      case "ratelimiter" -> resume(name, action);
      default ->
        throw new IllegalArgumentException(
            "kind must be circuitbreaker, keyedcircuitbreaker or ratelimiter: " + shown(kind));
    };
  }

  /** The actions of the live page, by the same texts; the page is optional, so its class is not used here. */
  enum BreakerAction {
    FORCE_OPEN("force-open"),
    FORCE_CLOSED("force-closed"),
    RESET("reset");

    private final String text;

    BreakerAction(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }

    private static BreakerAction of(String text) {
      for (BreakerAction action : values()) {
        if (action.text.equals(text)) {
          return action;
        }
      }
      throw new IllegalArgumentException(
          "action must be force-open, force-closed or reset: " + shown(text));
    }
  }

  private boolean changeBreaker(
      @Nullable CircuitBreaker breaker, BreakerAction action, String target) {
    if (breaker == null) {
      return false;
    }
    LOG.info("operator: " + action + " of breaker '" + shown(target) + "', runtime "
        + resilience.name());
    switch (action) {
      case FORCE_OPEN -> breaker.forceOpen();
      case FORCE_CLOSED -> breaker.forceClosed();
      case RESET -> breaker.reset();
    }
    return true;
  }

  private boolean changeKey(String name, @Nullable String key, BreakerAction action) {
    if (key == null || key.isBlank()) {
      throw new IllegalArgumentException("an action of a keyed breaker needs a key");
    }
    for (KeyedCircuitBreaker keyed : resilience.policies().keyedCircuitBreakers()) {
      if (keyed.name().equals(name)) {
        // A mistyped key gets no breaker, so that its operator learns of the mistake.
        return changeBreaker(keyed.find(key).orElse(null), action, name + "[" + key + "]");
      }
    }
    return false;
  }

  private boolean resume(String name, String action) {
    if (!action.equals("resume")) {
      throw new IllegalArgumentException("action must be resume: " + shown(action));
    }
    for (RateLimiter limiter : resilience.policies().rateLimiters()) {
      if (limiter.name().equals(name)) {
        LOG.info(
            "operator: resume of rate limiter '" + shown(name) + "', runtime " + resilience.name());
        limiter.resume();
        return true;
      }
    }
    return false;
  }

  /** Not by look-up, which would create a missing breaker. */
  private @Nullable CircuitBreaker breaker(String name) {
    for (CircuitBreaker breaker : resilience.policies().circuitBreakers()) {
      if (breaker.name().equals(name)) {
        return breaker;
      }
    }
    return null;
  }
}
