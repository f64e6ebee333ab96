package io.aragora.resilience.examples.demo;

import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Receives the breaker's transitions in the background, and passes them to the printing thread. Holds at most 1000
 * transitions; further ones are only counted. Thread-safe.
 */
final class TransitionLog implements CircuitBreakerListener {
  private static final int MOST = 1000;

  private final BlockingQueue<CircuitBreakerTransition> heard = new ArrayBlockingQueue<>(MOST);
  private final AtomicLong opened = new AtomicLong();

  @Override
  public void onTransition(CircuitBreakerTransition transition) {
    boolean opens = transition.to() == CircuitBreakerState.OPEN;
    if (opens && transition.cause() != TransitionCause.RESTORED) {
      opened.incrementAndGet();
    }
    var unused = heard.offer(transition);
  }

  /** How often the breaker opened; being restored open after a restart does not count. */
  long opened() {
    return opened.get();
  }

  /** Returns the transitions since the last call. */
  List<CircuitBreakerTransition> drain() {
    List<CircuitBreakerTransition> news = new ArrayList<>();
    heard.drainTo(news);
    return news;
  }
}
