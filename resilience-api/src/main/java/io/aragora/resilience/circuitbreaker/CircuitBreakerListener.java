package io.aragora.resilience.circuitbreaker;

import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.OneLine;
import java.util.Locale;
import java.util.Objects;
import java.util.function.ObjIntConsumer;

/**
 * Receives the transitions of a breaker, in the background: never on the thread of a call, under no lock. The log shows
 * the first exception of each listener; the listener still receives later transitions.
 */
@FunctionalInterface
public interface CircuitBreakerListener {
  /**
   * Receives a transition. Each arrives once, in the order of {@link CircuitBreakerTransition#sequence}.
   *
   * @param transition the transition
   */
  void onTransition(CircuitBreakerTransition transition);

  /**
   * {@return a listener that writes each transition to the log of this interface: one that opens a breaker at {@code
   * WARNING}, others at {@code INFO}}
   */
  static CircuitBreakerListener logging() {
    GuardedLog log = GuardedLog.of(CircuitBreakerListener.class);
    return transition -> log.log(
        transition.to() == CircuitBreakerState.OPEN
            ? System.Logger.Level.WARNING
            : System.Logger.Level.INFO,
        "{0}",
        line(transition));
  }

  /**
   * Returns a listener that writes each transition to the log of this interface.
   *
   * @param level the level of every line
   * @return the listener
   */
  static CircuitBreakerListener logging(System.Logger.Level level) {
    Objects.requireNonNull(level, "level");
    GuardedLog log = GuardedLog.of(CircuitBreakerListener.class);
    return transition -> log.log(level, "{0}", line(transition));
  }

  /**
   * Returns a listener that writes each transition to a log.
   *
   * @param logger the log
   * @param level the level of every line
   * @return the listener
   */
  static CircuitBreakerListener logging(System.Logger logger, System.Logger.Level level) {
    Objects.requireNonNull(level, "level");
    GuardedLog log = GuardedLog.of(logger);
    return transition -> log.log(level, "{0}", line(transition));
  }

  /**
   * Returns a listener for a system that shows states as numbers.
   *
   * @param consumer receives the breaker's name and the {@link CircuitBreakerState#code} of its new state: 0, 1 or 2
   * @return the listener
   */
  static CircuitBreakerListener ofCodes(ObjIntConsumer<? super String> consumer) {
    Objects.requireNonNull(consumer, "consumer");
    return transition -> consumer.accept(transition.breaker(), transition.to().code());
  }

  private static String line(CircuitBreakerTransition transition) {
    String change = "circuit breaker '" + OneLine.of(transition.breaker(), 200) + "' "
        + (transition.isOnlyNoted()
            ? "in metrics_only would have opened: "
            : transition.from().text() + " -> " + transition.to().text() + ": ")
        + transition.cause().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    return transition.to() == CircuitBreakerState.OPEN
        ? change + "; next probe in " + transition.cooldown().toMillis() + " ms"
        : change;
  }
}
