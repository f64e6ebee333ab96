package io.aragora.resilience.circuitbreaker;

import io.aragora.resilience.health.HealthStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Many breakers at a glance. A keyed breaker counts as one: as open if one of its keys is, else as half-open if one of its
 * keys is. Making it costs a snapshot of each breaker, and no more for a keyed breaker than for another, however many keys it
 * has.
 *
 * @param total breakers, with and without keys
 * @param open how many of them refuse calls
 * @param halfOpen how many of them are half-open
 * @param notClosed the states of those that are not closed, by name, unmodifiable; of keyed ones at most {@value #MAX_KEYS}
 *     keys each, named {@code name:key}
 * @param notShown keys that are not closed beyond those
 * @param failures failures since the last success, added up over the breakers without keys
 * @param failing how many of them have such failures
 * @param nearlyOpen those of them that have at least half of the failures in a row that open them; unmodifiable
 * @param at when this was so
 */
public record CircuitBreakerSummary(
    int total,
    int open,
    int halfOpen,
    Map<String, CircuitBreakerState> notClosed,
    long notShown,
    long failures,
    int failing,
    List<NearlyOpen> nearlyOpen,
    Instant at) {
  /** The most keys of one keyed breaker that are named. */
  public static final int MAX_KEYS = 10;

  private static final int CRITICAL = 3;

  /**
   * A breaker with at least half of the failures in a row that open it, be it still closed or open by now.
   *
   * @param name its name
   * @param failures failures since the last success
   * @param threshold {@link CircuitBreakerConfig#failureThreshold()}
   */
  public record NearlyOpen(String name, int failures, int threshold) {
    /**
     * Gives the share.
     *
     * @return percent of the threshold; 50 or more, above 100 where the threshold was lowered since
     */
    public double percent() {
      return 100.0 * failures / threshold;
    }
  }

  /**
   * Copies the collections, keeping their order.
   *
   * @param total breakers
   * @param open how many of them refuse calls
   * @param halfOpen how many of them are half-open
   * @param notClosed the states of those that are not closed
   * @param notShown keys that are not closed beyond those
   * @param failures failures since the last success
   * @param failing how many have such failures
   * @param nearlyOpen those that have half of the failures that open them, or more
   * @param at when this was so
   */
  public CircuitBreakerSummary {
    notClosed = Collections.unmodifiableMap(new LinkedHashMap<>(notClosed));
    nearlyOpen = List.copyOf(nearlyOpen);
  }

  /**
   * Looks at breakers: all of a runtime, or those that one cares for.
   *
   * @param breakers those without keys
   * @param keyedBreakers those with keys
   * @param at the time of day
   * @return the summary, in the order of names
   */
  public static CircuitBreakerSummary of(
      Collection<? extends CircuitBreaker> breakers,
      Collection<? extends KeyedCircuitBreaker> keyedBreakers,
      Instant at) {
    Map<String, CircuitBreakerState> notClosed = new TreeMap<>();
    List<NearlyOpen> nearlyOpen = new ArrayList<>();
    int[] byCode = new int[3];
    long failures = 0;
    int failing = 0;
    for (CircuitBreaker breaker : breakers) {
      CircuitBreakerSnapshot snapshot = breaker.snapshot();
      count(snapshot.name(), snapshot.state(), byCode, notClosed);
      int streak = snapshot.consecutiveFailures();
      int threshold = breaker.config().failureThreshold();
      failures += streak;
      failing += streak > 0 ? 1 : 0;
      if (2L * streak >= threshold) {
        nearlyOpen.add(new NearlyOpen(snapshot.name(), streak, threshold));
      }
    }
    long notShown = 0;
    for (KeyedCircuitBreaker keyed : keyedBreakers) {
      Map<String, CircuitBreakerState> keys = keyed.notClosed(MAX_KEYS);
      keys.forEach((key, state) -> notClosed.put(keyed.name() + ":" + key, state));
      notShown += Math.max(0, keyed.notClosed() - keys.size());
      byCode[worst(keys.values()).code()]++;
    }
    nearlyOpen.sort((one, other) -> one.name().compareTo(other.name()));
    return new CircuitBreakerSummary(
        breakers.size() + keyedBreakers.size(),
        byCode[CircuitBreakerState.OPEN.code()],
        byCode[CircuitBreakerState.HALF_OPEN.code()],
        notClosed,
        notShown,
        failures,
        failing,
        nearlyOpen,
        at);
  }

  private static void count(
      String name,
      CircuitBreakerState state,
      int[] byCode,
      Map<String, CircuitBreakerState> notClosed) {
    byCode[state.code()]++;
    if (state.code() != CircuitBreakerState.CLOSED.code()) {
      notClosed.put(name, state);
    }
  }

  private static CircuitBreakerState worst(Collection<CircuitBreakerState> states) {
    if (states.isEmpty()) {
      return CircuitBreakerState.CLOSED;
    }
    return states.stream().allMatch(state -> state == CircuitBreakerState.HALF_OPEN)
        ? CircuitBreakerState.HALF_OPEN
        : CircuitBreakerState.OPEN;
  }

  /**
   * Counts those that admit every call.
   *
   * @return how many are neither open nor half-open
   */
  public int closed() {
    return total - open - halfOpen;
  }

  /**
   * Tells whether no breaker refuses calls.
   *
   * @return whether none is open
   */
  public boolean isHealthy() {
    return open == 0;
  }

  /**
   * Judges.
   *
   * @return {@link HealthStatus#HEALTHY} where all are closed, {@link HealthStatus#CRITICAL} where three or more are open, else
   *     {@link HealthStatus#DEGRADED}
   */
  public HealthStatus status() {
    if (open >= CRITICAL) {
      return HealthStatus.CRITICAL;
    }
    return open + halfOpen == 0 ? HealthStatus.HEALTHY : HealthStatus.DEGRADED;
  }

  /**
   * Names those that refuse calls.
   *
   * @return names of {@link #notClosed}, open and forced open
   */
  public List<String> openNames() {
    return names(state -> state != CircuitBreakerState.HALF_OPEN);
  }

  /**
   * Names those that are half-open.
   *
   * @return names of {@link #notClosed}
   */
  public List<String> halfOpenNames() {
    return names(state -> state == CircuitBreakerState.HALF_OPEN);
  }

  private List<String> names(Predicate<CircuitBreakerState> wanted) {
    return notClosed.entrySet().stream()
        .filter(named -> wanted.test(named.getValue()))
        .map(Map.Entry::getKey)
        .toList();
  }

  /**
   * Gives all of it by name: {@code healthy}, {@code status}, {@code total}, {@code closed}, {@code open} and {@code half_open}
   * (lists of names), {@code not_shown}, {@code total_failures}, {@code circuits_with_failures}, {@code
   * high_failure_circuits} (maps of {@code name}, {@code failures}, {@code threshold} and {@code percentage}, to a tenth) and
   * {@code timestamp} (seconds since 1970).
   *
   * @return eleven entries, in this order
   */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("healthy", isHealthy());
    map.put("status", status().text());
    map.put("total", total);
    map.put("closed", closed());
    map.put("open", openNames());
    map.put("half_open", halfOpenNames());
    map.put("not_shown", notShown);
    map.put("total_failures", failures);
    map.put("circuits_with_failures", failing);
    map.put(
        "high_failure_circuits",
        nearlyOpen.stream().map(CircuitBreakerSummary::map).toList());
    map.put("timestamp", at.getEpochSecond() + at.getNano() / 1e9);
    return map;
  }

  private static Map<String, Object> map(NearlyOpen breaker) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", breaker.name());
    map.put("failures", breaker.failures());
    map.put("threshold", breaker.threshold());
    map.put("percentage", Math.round(breaker.percent() * 10) / 10.0);
    return map;
  }
}
