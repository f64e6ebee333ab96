package io.aragora.resilience;

import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.spi.DurationRecorder;
import io.aragora.resilience.time.TimeSource;
import java.util.List;
import java.util.Optional;

/** A runtime as its plug-ins see it. Thread-safe. */
public interface ResilienceContext {
  /** {@return the runtime} */
  Resilience resilience();

  /** {@return the source of time and random numbers of the runtime} */
  TimeSource timeSource();

  /**
   * Returns a setting of a plug-in. A system property of the same name takes precedence over the value in the builder.
   *
   * @param key the name, {@code resilience.endpoint.port} for instance
   * @return the value, trimmed; empty if it is not set or blank
   */
  Optional<String> property(String key);

  /** {@return the paths that other modules add to an endpoint, as an immutable list} */
  List<EndpointContribution> endpointContributions();

  /**
   * Registers a recorder, which receives durations from now on, also of existing policies. If there are two recorders,
   * both receive every duration. A call with a permit of your own has no duration.
   *
   * @param recorder the recorder
   * @return ends the recording when closed; calls in flight may still be recorded. By default it does nothing,
   *     because nothing is recorded
   */
  default Subscription recordDurations(DurationRecorder recorder) {
    return () -> {};
  }
}
