package io.aragora.resilience.core.fallback;

import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.fallback.FallbackTotals;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** The counters of fallbacks by the name of their pipeline. Bounded. Thread-safe. */
public final class FallbackCounters {
  private final int max;
  private final Dispatcher dispatcher;
  private final ConcurrentHashMap<String, FallbackCounter> counters = new ConcurrentHashMap<>();

  /**
   * Creates an empty set of counters.
   *
   * @param max the largest number of names
   * @param dispatcher delivers the events
   */
  public FallbackCounters(int max, Dispatcher dispatcher) {
    this.max = max;
    this.dispatcher = dispatcher;
  }

  /**
   * Returns the counter of a name; the first call creates it.
   *
   * @param pipeline the name
   * @return the counter
   * @throws ResilienceConfigurationException if the name is new and {@code max} counters exist
   */
  public FallbackCounter get(String pipeline) {
    FallbackCounter known = counters.get(pipeline);
    return known != null ? known : create(pipeline);
  }

  private synchronized FallbackCounter create(String pipeline) {
    if (counters.size() >= max && !counters.containsKey(pipeline)) {
      throw new ResilienceConfigurationException(
          "cannot create a fallback for pipeline '" + pipeline
              + "': the runtime already holds fallbacks of maxPolicies=" + max
              + " pipeline names. Raise maxPolicies, or use fewer names");
    }
    return counters.computeIfAbsent(pipeline, name -> new FallbackCounter(name, dispatcher));
  }

  /**
   * Removes the counter of a name. Pipelines that have it count on in it.
   *
   * @param pipeline the name
   * @return whether there was one
   */
  public boolean remove(String pipeline) {
    return counters.remove(pipeline) != null;
  }

  /**
   * Returns the totals of every counter.
   *
   * @return an immutable copy, by the name of the pipeline
   */
  public Map<String, FallbackTotals> totals() {
    return counters.values().stream()
        .collect(Collectors.toUnmodifiableMap(FallbackCounter::pipeline, FallbackCounter::totals));
  }
}
