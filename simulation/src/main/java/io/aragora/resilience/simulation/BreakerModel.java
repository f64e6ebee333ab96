package io.aragora.resilience.simulation;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * A breaker as the documentation describes it, in as few lines as possible: it says of each call whether it is admitted, and of
 * each outcome what follows. It knows one thread at a time, so it is used in lives without preemption; where the documentation
 * leaves a choice, it loses track and says nothing more.
 */
final class BreakerModel {
  private enum Outcome {
    SUCCESS,
    FAILURE,
    NEITHER
  }

  private final CircuitBreakerConfig config;
  private final Deque<Boolean> window = new ArrayDeque<>();
  private final IdentityHashMap<Layer, Long> generationOf = new IdentityHashMap<>();

  private CircuitBreakerState state;
  private long generation;
  private long openUntil;
  private int consecutiveFailures;
  private int probes;
  private int probeSuccesses;
  private @Nullable String lost;

  private BreakerModel(CircuitBreakerConfig config, CircuitBreakerState state) {
    this.config = config;
    this.state = state;
  }

  static @Nullable BreakerModel of(CircuitBreakerConfig config, CircuitBreakerSnapshot begin) {
    return begin.state() == CircuitBreakerState.CLOSED
            && begin.transitions() == 0
            && begin.consecutiveFailures() == 0
        ? new BreakerModel(config, CircuitBreakerState.CLOSED)
        : null;
  }

  void lose(String why) {
    lost = why;
  }

  private boolean admits(long now) {
    if (state == CircuitBreakerState.OPEN && now >= openUntil) {
      become(CircuitBreakerState.HALF_OPEN);
    }
    return state == CircuitBreakerState.CLOSED
        || (state == CircuitBreakerState.HALF_OPEN && probes < config.halfOpenMaxCalls());
  }

  private void become(CircuitBreakerState next) {
    state = next;
    generation++;
    probes = 0;
    probeSuccesses = 0;
    if (next == CircuitBreakerState.CLOSED) {
      window.clear();
      consecutiveFailures = 0;
    }
  }

  void began(Layer layer, long now, CircuitBreakerState seen) {
    if (lost == null
        && state == CircuitBreakerState.HALF_OPEN
        && !config.halfOpenMaxDuration().isZero()
        && probes > 0) {
      // A probe that takes long loses its permit after a while, which this model does not follow.
      longestProbe = Math.max(longestProbe, now - halfOpenSince);
      if (longestProbe >= config.halfOpenMaxDuration().toNanos()) {
        lose("a probe outlived its permit");
      }
    }
  }

  private long longestProbe;
  private long halfOpenSince;

  void passed(Passage passage, long now, Subject subject) {
    if (lost != null) {
      return;
    }
    subject.check(admits(now), "the model rejects what was admitted", this + "; " + passage.layer);
    if (state == CircuitBreakerState.HALF_OPEN && probes++ == 0) {
      halfOpenSince = now;
    }
    generationOf.put(passage.layer, generation);
  }

  void rejected(Layer layer, long now, Subject subject) {
    if (lost == null) {
      subject.check(!admits(now), "the model admits what was rejected", this + "; " + layer);
    }
  }

  void left(Passage passage, long now) {
    if (lost != null) {
      return;
    }
    Outcome outcome = outcome(passage);
    Long admittedIn = generationOf.remove(passage.layer);
    if (lost != null || admittedIn == null || admittedIn != generation) {
      return;
    }
    if (state == CircuitBreakerState.HALF_OPEN) {
      endProbe(outcome, now);
    } else if (state == CircuitBreakerState.CLOSED) {
      count(outcome, now);
    }
  }

  private Outcome outcome(Passage passage) {
    Throwable failure = passage.failure;
    if (passage.cancelled || failure instanceof CancellationException || passage.layer.cancelled) {
      lose("a call was cancelled");
    } else if (failure instanceof InterruptedException) {
      lose("a call was interrupted");
    } else if (failure instanceof TimeoutExceededException) {
      return Outcome.FAILURE;
    } else if (failure instanceof io.aragora.resilience.policy.ResilienceException) {
      if (failure instanceof io.aragora.resilience.policy.CallRejectedException) {
        return Outcome.NEITHER;
      }
      lose("a call ended by " + failure);
    } else if (failure instanceof Failures.Ignored) {
      return Outcome.NEITHER;
    } else if (Thread.currentThread().isInterrupted()) {
      lose("its thread is interrupted");
    } else if (failure == null && passage.layer.call.mayHaveExceeded(passage.endedAt)) {
      lose("a limit around it may have passed");
    } else {
      return failure == null ? Outcome.SUCCESS : Outcome.FAILURE;
    }
    return Outcome.NEITHER;
  }

  private void endProbe(Outcome outcome, long now) {
    if (outcome == Outcome.FAILURE) {
      open(now);
      return;
    }
    probes--;
    if (outcome == Outcome.SUCCESS && ++probeSuccesses >= config.successThreshold()) {
      become(CircuitBreakerState.CLOSED);
    }
  }

  private void count(Outcome outcome, long now) {
    if (outcome == Outcome.NEITHER) {
      return;
    }
    boolean failed = outcome == Outcome.FAILURE;
    consecutiveFailures = failed ? consecutiveFailures + 1 : 0;
    int before = window.size();
    if (config.countWindow() > 0) {
      window.add(failed);
      if (window.size() > config.countWindow()) {
        window.remove();
      }
    }
    boolean reachesMinimum =
        before < config.minimumNumberOfCalls() && window.size() == config.minimumNumberOfCalls();
    if ((failed && isTripped()) || (reachesMinimum && isRateTripped())) {
      open(now);
    }
  }

  private boolean isTripped() {
    long failures = window.stream().filter(each -> each).count();
    boolean consecutive =
        config.failureThreshold() > 0 && consecutiveFailures >= config.failureThreshold();
    boolean counted =
        config.failureCountThreshold() > 0 && failures >= config.failureCountThreshold();
    return consecutive || counted || isRateTripped();
  }

  private boolean isRateTripped() {
    long failures = window.stream().filter(each -> each).count();
    return config.failureRateThreshold() > 0
        && window.size() >= config.minimumNumberOfCalls()
        && 100.0 * failures >= config.failureRateThreshold() * window.size();
  }

  private void open(long now) {
    become(CircuitBreakerState.OPEN);
    openUntil = now + config.cooldown().toNanos();
  }

  void ended(Layer layer, long now, Subject subject, CircuitBreakerSnapshot seen) {
    if (lost != null) {
      return;
    }
    if (layer.passages.isEmpty()) {
      if (subject.isOwnRejection(layer.failure)) {
        rejected(layer, now, subject);
      }
    } else if (generationOf.containsKey(layer)) {
      // It ended before its body did: by a deadline around it, or by a cancellation.
      lose("a call was left");
    }
  }

  @Override
  public String toString() {
    return "model[" + state + ", consecutive=" + consecutiveFailures + ", window=" + window
        + ", probes=" + probes + ", open until " + Schedule.text(openUntil) + "]";
  }
}
