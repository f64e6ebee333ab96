package io.aragora.resilience.core;

import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import io.aragora.resilience.core.circuitbreaker.CoreCircuitBreaker;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.registry.PolicyRegistry;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.timer.TimerOperation;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * Writes the transitions of a runtime's breakers to the log, on the threads that call listeners. Of the
 * keys of keyed breakers, at most 20 lines are written a second; a line at the end of the second says how
 * many were left out. Thread-safe.
 */
final class TransitionLogging extends TimerOperation implements CircuitBreakerListener {
  private static final GuardedLog LOG = GuardedLog.of(CircuitBreakerListener.class);
  private static final int LINES_PER_SECOND = 20;
  private static final long SECOND = 1_000_000_000L;

  private final String runtime;
  private final System.Logger.@Nullable Level level;
  private final PolicyRegistry<CoreCircuitBreaker, ?> named;
  private final TimeSource time;
  private final Timer timer;
  private final Dispatcher dispatcher;

  /** Created at the first transition, which most runtimes never have. Benign race: all are equal. */
  private volatile @Nullable CircuitBreakerListener log;

  // Guarded by this. The timer is armed while leftOut is above 0.
  private long secondEnds;
  private int lines = LINES_PER_SECOND;
  private long leftOut;

  /**
   * Creates a listener.
   *
   * @param runtime the name of the runtime
   * @param level the level of every line; null for {@code WARNING} if a breaker opens, else {@code INFO}
   * @param named the breakers that are no keys
   * @param time the time source
   * @param timer wakes at the end of a second
   * @param dispatcher writes the line about those that were left out
   */
  TransitionLogging(
      String runtime,
      System.Logger.@Nullable Level level,
      PolicyRegistry<CoreCircuitBreaker, ?> named,
      TimeSource time,
      Timer timer,
      Dispatcher dispatcher) {
    this.runtime = runtime;
    this.level = level;
    this.named = named;
    this.time = time;
    this.timer = timer;
    this.dispatcher = dispatcher;
    this.secondEnds = time.nanoTime();
  }

  @Override
  public void onTransition(CircuitBreakerTransition transition) {
    if (named.known(transition.breaker()) != null || hasRoom()) {
      log().onTransition(transition);
    }
  }

  private CircuitBreakerListener log() {
    CircuitBreakerListener present = log;
    if (present == null) {
      present =
          level == null ? CircuitBreakerListener.logging() : CircuitBreakerListener.logging(level);
      log = present;
    }
    return present;
  }

  private boolean hasRoom() {
    long due;
    synchronized (this) {
      long now = time.nanoTime();
      if (now - secondEnds >= 0) {
        secondEnds = now + SECOND;
        lines = 0;
      }
      if (lines < LINES_PER_SECOND) {
        lines++;
        return true;
      }
      if (leftOut++ != 0) {
        return false;
      }
      due = secondEnds;
    }
    // Without the monitor: after closing, the arming thread writes the line at once.
    timer.arm(this, due);
    return false;
  }

  @Override
  protected void onFire(long arming) {
    dispatcher.tell(this::report);
  }

  @Override
  protected void onTimerClosed(long arming) {
    dispatcher.tell(this::report);
  }

  private void report() {
    long count = takeLeftOut();
    if (count != 0) {
      LOG.log(
          level == null ? System.Logger.Level.WARNING : level,
          "runtime '" + runtime + "': " + count + " transitions of keyed circuit breakers were not"
              + " logged, because at most " + LINES_PER_SECOND
              + " are logged in a second. To receive"
              + " all of them, subscribe by Resilience.policies()",
          (Throwable) null);
    }
  }

  private synchronized long takeLeftOut() {
    long count = leftOut;
    leftOut = 0;
    return count;
  }
}
