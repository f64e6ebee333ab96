package io.aragora.resilience.circuitbreaker;

import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.internal.ReadableBreaker;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The states of many breakers at one instant. A keyed breaker counts as one breaker: open if one of its keys is open, else
 * half-open if one of its keys is half-open. Creating a summary reads each breaker once; a keyed breaker costs no more
 * than another, however many keys it has. Immutable and thread-safe.
 */
public final class CircuitBreakerSummary {
  /** The largest number of keys that a summary names for one keyed breaker. */
  public static final int MAX_KEYS = 10;

  private static final int CRITICAL = 3;

  private final int total;
  private final int open;
  private final int halfOpen;
  private final Map<String, CircuitBreakerState> impaired;
  private final long notShown;
  private final long failures;
  private final int failing;
  private final List<NearlyOpen> nearlyOpen;
  private final Instant at;

  private CircuitBreakerSummary(
      int total,
      int open,
      int halfOpen,
      Map<String, CircuitBreakerState> impaired,
      long notShown,
      long failures,
      int failing,
      List<NearlyOpen> nearlyOpen,
      Instant at) {
    this.total = total;
    this.open = open;
    this.halfOpen = halfOpen;
    this.impaired = Collections.unmodifiableMap(new LinkedHashMap<>(impaired));
    this.notShown = notShown;
    this.failures = failures;
    this.failing = failing;
    this.nearlyOpen = List.copyOf(nearlyOpen);
    this.at = at;
  }

  /**
   * Creates a summary of the given breakers.
   *
   * @param breakers the breakers without keys
   * @param keyedBreakers the breakers with keys
   * @param at the time of day
   * @return the summary, in the order of names
   */
  public static CircuitBreakerSummary of(
      Collection<? extends CircuitBreaker> breakers,
      Collection<? extends KeyedCircuitBreaker> keyedBreakers,
      Instant at) {
    Map<String, CircuitBreakerState> impaired = new TreeMap<>();
    List<NearlyOpen> nearlyOpen = new ArrayList<>();
    int[] byCode = new int[3];
    long failures = 0;
    int failing = 0;
    for (CircuitBreaker breaker : breakers) {
      count(breaker.name(), breaker.state(), byCode, impaired);
      int consecutive = consecutiveFailures(breaker);
      int threshold = breaker.config().failureThreshold();
      failures += consecutive;
      failing += consecutive > 0 ? 1 : 0;
      if (2L * consecutive >= threshold) {
        nearlyOpen.add(new NearlyOpen(breaker.name(), consecutive, threshold));
      }
    }
    long notShown = 0;
    for (KeyedCircuitBreaker keyed : keyedBreakers) {
      Map<String, CircuitBreakerState> keys = keyed.impairedKeys(MAX_KEYS);
      keys.forEach((key, state) -> impaired.put(keyed.name() + ":" + key, state));
      notShown += Math.max(0, keyed.impairedCount() - keys.size());
      byCode[worst(keys.values()).code()]++;
    }
    nearlyOpen.sort((one, other) -> one.name().compareTo(other.name()));
    return new CircuitBreakerSummary(
        breakers.size() + keyedBreakers.size(),
        byCode[CircuitBreakerState.OPEN.code()],
        byCode[CircuitBreakerState.HALF_OPEN.code()],
        impaired,
        notShown,
        failures,
        failing,
        nearlyOpen,
        at);
  }

  private static int consecutiveFailures(CircuitBreaker breaker) {
    return breaker instanceof ReadableBreaker readable
        ? readable.consecutiveFailures()
        : breaker.snapshot().consecutiveFailures();
  }

  private static void count(
      String name,
      CircuitBreakerState state,
      int[] byCode,
      Map<String, CircuitBreakerState> impaired) {
    byCode[state.code()]++;
    if (state.code() != CircuitBreakerState.CLOSED.code()) {
      impaired.put(name, state);
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

  /** {@return the number of breakers, with and without keys} */
  public int total() {
    return total;
  }

  /** {@return the number of breakers that reject calls} */
  public int open() {
    return open;
  }

  /** {@return the number of half-open breakers} */
  public int halfOpen() {
    return halfOpen;
  }

  /**
   * {@return the states of the breakers that are not closed, by name, unmodifiable} A keyed breaker contributes at most
   * {@value #MAX_KEYS} keys, named {@code name:key}.
   */
  public Map<String, CircuitBreakerState> impaired() {
    return impaired;
  }

  /** {@return the number of impaired keys beyond those in {@link #impaired()}} */
  public long notShown() {
    return notShown;
  }

  /** {@return the sum of consecutive failures over the breakers without keys} */
  public long failures() {
    return failures;
  }

  /** {@return the number of breakers without keys that have consecutive failures} */
  public int failing() {
    return failing;
  }

  /**
   * {@return the breakers without keys that have at least half of the consecutive failures that open them, unmodifiable}
   */
  public List<NearlyOpen> nearlyOpen() {
    return nearlyOpen;
  }

  /** {@return the time of the summary} */
  public Instant at() {
    return at;
  }

  /** {@return the number of breakers that are neither open nor half-open} */
  public int closed() {
    return total - open - halfOpen;
  }

  /** {@return whether no breaker is open} */
  public boolean isHealthy() {
    return open == 0;
  }

  /**
   * Returns the status of all breakers together.
   *
   * @return {@link HealthStatus#HEALTHY} if all are closed, {@link HealthStatus#CRITICAL} if three or more are open,
   *     else {@link HealthStatus#DEGRADED}
   */
  public HealthStatus status() {
    if (open >= CRITICAL) {
      return HealthStatus.CRITICAL;
    }
    return open + halfOpen == 0 ? HealthStatus.HEALTHY : HealthStatus.DEGRADED;
  }

  /** {@return the names of {@link #impaired} that are open or forced open} */
  public List<String> openNames() {
    return names(state -> state != CircuitBreakerState.HALF_OPEN);
  }

  /** {@return the names of {@link #impaired} that are half-open} */
  public List<String> halfOpenNames() {
    return names(state -> state == CircuitBreakerState.HALF_OPEN);
  }

  private List<String> names(Predicate<CircuitBreakerState> wanted) {
    return impaired.entrySet().stream()
        .filter(named -> wanted.test(named.getValue()))
        .map(Map.Entry::getKey)
        .toList();
  }

  /**
   * Returns all values by name: {@code healthy}, {@code status}, {@code total}, {@code closed}, {@code open} and {@code
   * half_open} (lists of names), {@code not_shown}, {@code total_failures}, {@code circuits_with_failures}, {@code
   * high_failure_circuits} (maps of {@code name}, {@code failures}, {@code threshold} and {@code percentage}, to a
   * tenth) and {@code timestamp} (seconds since 1970).
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

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CircuitBreakerSummary that
        && total == that.total
        && open == that.open
        && halfOpen == that.halfOpen
        && impaired.equals(that.impaired)
        && notShown == that.notShown
        && failures == that.failures
        && failing == that.failing
        && nearlyOpen.equals(that.nearlyOpen)
        && at.equals(that.at);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        total, open, halfOpen, impaired, notShown, failures, failing, nearlyOpen, at);
  }

  @Override
  public String toString() {
    return "CircuitBreakerSummary[total=" + total + ", open=" + open + ", halfOpen=" + halfOpen
        + ", impaired=" + impaired + ", notShown=" + notShown + ", failures=" + failures
        + ", failing=" + failing + ", nearlyOpen=" + nearlyOpen + ", at=" + at + "]";
  }

  /** A breaker with at least half of the consecutive failures that open it. It may have opened since. Immutable. */
  public static final class NearlyOpen {
    private final String name;
    private final int failures;
    private final int threshold;

    private NearlyOpen(String name, int failures, int threshold) {
      this.name = name;
      this.failures = failures;
      this.threshold = threshold;
    }

    /** {@return the name of the breaker} */
    public String name() {
      return name;
    }

    /** {@return the number of failures since the last success} */
    public int failures() {
      return failures;
    }

    /** {@return the threshold, {@link CircuitBreakerConfig#failureThreshold()}} */
    public int threshold() {
      return threshold;
    }

    /**
     * Returns the share of the threshold that the failures have reached.
     *
     * @return percent, at least 50; above 100 if the threshold was lowered since
     */
    public double percent() {
      return 100.0 * failures / threshold;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof NearlyOpen that
          && name.equals(that.name)
          && failures == that.failures
          && threshold == that.threshold;
    }

    @Override
    public int hashCode() {
      return Objects.hash(name, failures, threshold);
    }

    @Override
    public String toString() {
      return "NearlyOpen[name=" + name + ", failures=" + failures + ", threshold=" + threshold
          + "]";
    }
  }
}
