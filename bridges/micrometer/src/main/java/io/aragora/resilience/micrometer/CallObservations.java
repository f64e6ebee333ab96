package io.aragora.resilience.micrometer;

import io.aragora.resilience.CallObserver;
import io.aragora.resilience.retry.RetryEvent;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns each call through a policy into an observation of Micrometer: a timer, and a span if tracing is set up.
 *
 * <pre>{@code
 * Pipeline prices = resilience.observed(policy, CallObservations.of(observations, "prices"));
 * }</pre>
 *
 * <p>The observation {@value #NAME} begins with the call, below the current observation of its thread, and stops when the call has left
 * all policies. Retries, rejections, timeouts and hedges are events of it. It does not become the current observation, because a call
 * may end on another thread: what the body observes is beside it. If the registry does nothing, or a predicate leaves the
 * observation out, the call is not observed and costs nothing more. Thread-safe.
 */
public final class CallObservations implements Supplier<@Nullable CallObserver> {
  /** The name of the observation. */
  public static final String NAME = "resilience.call";

  private final ObservationRegistry registry;
  private final String policy;

  private CallObservations(ObservationRegistry registry, String policy) {
    this.registry = registry;
    this.policy = policy;
  }

  /**
   * Creates observations of the calls of a policy.
   *
   * @param registry the registry
   * @param policy the value of the key {@code name}: that of the policy or pipeline; one of few
   * @return supplies the observer of each call
   */
  public static CallObservations of(ObservationRegistry registry, String policy) {
    return new CallObservations(
        Objects.requireNonNull(registry, "registry"), Objects.requireNonNull(policy, "policy"));
  }

  /**
   * Starts the observation of a call.
   *
   * @return the observer of the call; null if it is not to be observed
   */
  @Override
  public @Nullable CallObserver get() {
    if (registry.isNoop()) {
      return null;
    }
    Observation observation = Observation.createNotStarted(NAME, registry);
    if (observation.isNoop()) {
      return null;
    }
    observation.contextualName(NAME + " " + policy).lowCardinalityKeyValue(MeterNames.NAME, policy);
    try {
      observation.start();
    } catch (Throwable e) {
      // Handlers before the one that threw have begun.
      stop(observation, e);
      throw e;
    }
    return new ObservedCall(observation);
  }

  private static void stop(Observation observation, Throwable failure) {
    try {
      observation.stop();
    } catch (Throwable e) {
      if (e != failure) {
        failure.addSuppressed(e);
      }
    }
  }

  /** One call. The runtime passes it from thread to thread; an observation takes events from any thread. */
  private static final class ObservedCall implements CallObserver {
    private final Observation observation;

    ObservedCall(Observation observation) {
      this.observation = observation;
    }

    @Override
    public void onRetry(String retry, int attempt, long delayNanos, @Nullable Throwable failure) {
      event("retry", "retry " + retry);
    }

    @Override
    public void onGivenUp(String retry, int attempt, RetryEvent.Kind why) {
      event("given.up", retry + " gave up: " + lower(why));
    }

    @Override
    public void onRejected(String kind, String rejecting) {
      event("rejected", kind + " " + rejecting + " rejected");
    }

    @Override
    public void onTimed(String timeout, long durationNanos, boolean exceeded) {
      if (exceeded) {
        event("timeout", "timeout " + timeout + " exceeded");
      }
    }

    @Override
    public void onHedge(String hedge, int number) {
      event("hedge", "hedge " + hedge);
    }

    @Override
    public void onEnd(End end, int bodies, long durationNanos, @Nullable Throwable failure) {
      observation
          .lowCardinalityKeyValue(MeterNames.OUTCOME, lower(end))
          .highCardinalityKeyValue("bodies", String.valueOf(bodies));
      try {
        if (failure != null && end != End.CANCELLED) {
          observation.error(failure);
        }
      } finally {
        // A handler may throw; the others have to end.
        observation.stop();
      }
    }

    private void event(String name, String text) {
      observation.event(Observation.Event.of(name, text));
    }

    private static String lower(Enum<?> value) {
      return value.name().toLowerCase(Locale.ROOT);
    }
  }
}
