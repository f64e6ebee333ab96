package io.aragora.resilience.spi;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.Subscription;
import io.aragora.resilience.time.TimeSource;
import java.util.List;
import java.util.Optional;

/** A runtime as its plug-ins see it. Thread-safe. */
public interface ResilienceContext {
  /**
   * Gives the runtime.
   *
   * @return the runtime
   */
  Resilience resilience();

  /**
   * Gives the runtime's time.
   *
   * @return time and chance
   */
  TimeSource timeSource();

  /**
   * Reads a setting of a plug-in. A system property of the same name wins over what the builder was given.
   *
   * @param key the name, {@code resilience.endpoint.port} for instance
   * @return its value, trimmed; empty where it is not set or blank
   */
  Optional<String> property(String key);

  /**
   * Lists the paths that other modules contribute to an endpoint.
   *
   * @return an immutable list
   */
  List<EndpointContribution> endpointContributions();

  /**
   * Has durations recorded from now on, those of policies that exist already included. Two recorders both hear of
   * everything. Not recorded are calls by permits of one's own, which have no duration.
   *
   * @param recorder takes them
   * @return ends it when closed; calls under way may still be recorded. By default there is nothing to end, because
   *     nothing is recorded
   */
  default Subscription recordDurations(DurationRecorder recorder) {
    return () -> {};
  }
}
