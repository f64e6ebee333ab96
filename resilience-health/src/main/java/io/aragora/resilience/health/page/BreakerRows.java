package io.aragora.resilience.health.page;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerExplanation;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.health.json.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the breakers of a runtime for the page: impaired ones first, at most {@value #MOST}; of each keyed breaker at
 * most {@value #MOST_KEYS} keys, impaired ones first. Reading changes no breaker; calls of the breakers shown are
 * timed. Not thread-safe.
 */
final class BreakerRows {
  static final int MOST = 200;
  static final int MOST_KEYS = 20;
  /** A keyed breaker with more keys than this is not scanned: only keys known to have left the closed state are shown. */
  static final int MOST_READ = 10_000;

  private static final Comparator<Candidate> WORST_FIRST =
      Comparator.comparingInt(Candidate::rank).thenComparing(Candidate::target, Target.BY_NAME);

  private record Candidate(CircuitBreakerState state, Target target, CircuitBreaker breaker) {
    int rank() {
      return rankOf(state);
    }
  }

  private final Resilience resilience;
  private final TransitionWatch watch;
  private final Latencies latencies;
  private Map<Target, RateMeter> meters = new HashMap<>();

  BreakerRows(Resilience resilience, TransitionWatch watch, Latencies latencies) {
    this.resilience = resilience;
    this.watch = watch;
    this.latencies = latencies;
  }

  /** Adds {@code states}, {@code breakers}, {@code hidden} and {@code families}. */
  void addTo(JsonObject board, long nowNanos) {
    Map<CircuitBreakerState, Long> counts = new EnumMap<>(CircuitBreakerState.class);
    List<Candidate> candidates = new ArrayList<>();
    for (CircuitBreaker breaker : resilience.policies().circuitBreakers()) {
      CircuitBreakerState state = breaker.state();
      counts.merge(state, 1L, Long::sum);
      candidates.add(new Candidate(state, new Target(breaker.name(), null), breaker));
    }
    Map<String, JsonObject> families = new LinkedHashMap<>();
    for (KeyedCircuitBreaker keyed : resilience.policies().keyedCircuitBreakers()) {
      List<Candidate> keys = keys(keyed, counts);
      candidates.addAll(keys);
      if (families.size() < MOST) {
        families.put(
            keyed.name(),
            new JsonObject()
                .put("name", keyed.name())
                .put("keys", keyed.size())
                .put("shown", keys.size())
                .put("evictions", keyed.evictions())
                .put("overflows", keyed.overflows()));
      }
    }
    candidates.sort(WORST_FIRST);
    List<Candidate> shown = candidates.subList(0, Math.min(MOST, candidates.size()));
    readLatencies(shown, families, nowNanos);
    JsonObject states = new JsonObject();
    long all = 0;
    for (Map.Entry<CircuitBreakerState, Long> count : counts.entrySet()) {
      states.put(count.getKey().text(), count.getValue());
      all += count.getValue();
    }
    board
        .put("states", states)
        .put("breakers", rows(shown, nowNanos))
        .put("hidden", all - shown.size())
        .put("families", families.values());
  }

  /** The calls of a key are recorded under the name of its keyed breaker, and shown there. */
  private void readLatencies(
      List<Candidate> shown, Map<String, JsonObject> families, long nowNanos) {
    Set<String> names = new HashSet<>(families.keySet());
    for (Candidate candidate : shown) {
      if (candidate.target.key() == null) {
        names.add(candidate.target.name());
      }
    }
    latencies.read(names, nowNanos);
    families.forEach((name, family) -> latencies.addTo(family, name));
  }

  private List<Candidate> keys(KeyedCircuitBreaker keyed, Map<CircuitBreakerState, Long> counts) {
    Map<String, CircuitBreakerState> states = new HashMap<>();
    int size = keyed.size();
    if (size <= MOST_READ) {
      states.putAll(keyed.states());
    } else {
      for (String key : watch.changedKeys(keyed).latest()) {
        CircuitBreakerState state = keyed.state(key);
        if (state != CircuitBreakerState.CLOSED) {
          states.put(key, state);
        }
      }
      counts.merge(CircuitBreakerState.CLOSED, (long) size - states.size(), Long::sum);
    }
    states.values().forEach(state -> counts.merge(state, 1L, Long::sum));
    long troubled = states.values().stream()
        .filter(state -> state != CircuitBreakerState.CLOSED)
        .count();
    // The key is known, so this look-up creates nothing unless the key is evicted at this moment.
    List<Candidate> keys = new ArrayList<>(states.entrySet().stream()
        .sorted(Comparator.comparingInt(
                (Map.Entry<String, CircuitBreakerState> entry) -> rankOf(entry.getValue()))
            .thenComparing(Map.Entry.comparingByKey()))
        .limit(Math.max(MOST_KEYS, Math.min(MOST, troubled)))
        .map(entry -> new Candidate(
            entry.getValue(),
            new Target(keyed.name(), entry.getKey()),
            keyed.forKey(entry.getKey())))
        .toList());
    if (keyed.overflows() > 0) {
      CircuitBreakerState state = keyed.overflow().state();
      counts.merge(state, 1L, Long::sum);
      keys.add(new Candidate(
          state, new Target(keyed.name(), BreakerControl.OVERFLOW), keyed.overflow()));
    }
    return keys;
  }

  private List<JsonObject> rows(List<Candidate> candidates, long nowNanos) {
    Map<Target, RateMeter> present = new HashMap<>();
    List<JsonObject> rows = new ArrayList<>();
    for (Candidate candidate : candidates) {
      CircuitBreakerSnapshot snapshot = candidate.breaker.snapshot();
      RateMeter known = meters.get(candidate.target);
      RateMeter meter = known != null ? known : new RateMeter(snapshot.totals(), nowNanos);
      meter.read(snapshot.totals(), nowNanos);
      present.put(candidate.target, meter);
      JsonObject row = row(candidate, snapshot, meter);
      if (candidate.target.key() == null) {
        latencies.addTo(row, candidate.target.name());
      }
      rows.add(row);
    }
    meters = present;
    return rows;
  }

  private static JsonObject row(
      Candidate candidate, CircuitBreakerSnapshot snapshot, RateMeter meter) {
    CircuitBreakerExplanation explanation = candidate.breaker.explain();
    JsonObject row = candidate
        .target
        .toJson()
        .put("state", snapshot.state().text())
        .put("cause", Words.of(snapshot.cause()))
        .put("since", explanation.since().toString())
        .put("window_calls", snapshot.windowCalls())
        .put("window_failures", snapshot.windowFailures())
        .put("failure_rate", snapshot.failureRate())
        .put("slow_rate", snapshot.slowCallRate())
        .put("slow_in_flight", snapshot.slowCallsInFlight())
        .put("consecutive_failures", snapshot.consecutiveFailures())
        .put("probes", snapshot.probesInFlight())
        .put("probe_successes", snapshot.probeSuccesses())
        .put("probe_failures", snapshot.probeFailures())
        .put("throttle_share", snapshot.throttleShare())
        .put("throttled", snapshot.throttled())
        .put("cooldown", snapshot.cooldown().toMillis())
        .put("remaining", snapshot.remainingCooldown().toMillis())
        .put("calls_rate", meter.calls())
        .put("failures_rate", meter.failures())
        .put("rejected_rate", meter.rejections())
        .put("successes", snapshot.totals().successes())
        .put("failures", snapshot.totals().failures())
        .put("rejected", snapshot.totals().rejected());
    CircuitBreakerExplanation.Evidence evidence = explanation.evidence();
    if (evidence != null) {
      row.put(
          "evidence",
          new JsonObject()
              .put("calls", evidence.calls())
              .put("failures", evidence.failures())
              .put("slow", evidence.slowCalls())
              .put("consecutive", evidence.consecutiveFailures()));
    }
    return row;
  }

  private static int rankOf(CircuitBreakerState state) {
    return switch (state) {
      case OPEN -> 0;
      case HALF_OPEN -> 1;
      case FORCED_OPEN -> 2;
      case METRICS_ONLY -> 3;
      case DISABLED -> 4;
      case CLOSED -> 5;
    };
  }
}
