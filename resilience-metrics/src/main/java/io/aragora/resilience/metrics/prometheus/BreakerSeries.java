package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerExplanation;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.internal.ReadableBreaker;
import io.aragora.resilience.internal.ReadableBreaker.Place;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The breakers of a runtime, without those of keys. Like {@link NamedCounts}: counts never decrease, and a bounded
 * number of names have their own series. There may be very many, so between scrapes it stores for each series the name
 * as it is written and the numbers that were shown. Not thread-safe.
 */
final class BreakerSeries {
  /** Calls by outcome, in the order of {@link Place}, which is alphabetical. */
  static final String[] OUTCOMES = {"failure", "ignored", "late", "rejected", "success"};

  private final int limit;

  /** The names that have a series, and for each breaker its place among them. */
  private BreakerNames names = BreakerNames.NONE;

  private int[] places = {};
  private BreakerReading shown = BreakerReading.NONE;

  BreakerSeries(int maxNames) {
    this.limit = maxNames;
  }

  static long[] counts(CircuitBreakerTotals totals, int length) {
    long[] counts = new long[length];
    counts[Place.FAILURES] = totals.failures();
    counts[Place.IGNORED] = totals.ignored();
    counts[Place.LATE] = totals.late();
    counts[Place.REJECTED] = totals.rejected();
    counts[Place.SUCCESSES] = totals.successes();
    return counts;
  }

  /** Reads all breakers of a runtime. */
  BreakerReading read(Resilience resilience) {
    List<CircuitBreaker> breakers = List.copyOf(resilience.policies().circuitBreakers());
    if (!isAssigned(breakers)) {
      assign(breakers);
    }
    BreakerReading.Builder reading = new BreakerReading.Builder(names);
    long[] numbers = new long[Place.NUMBERS];
    for (int i = 0; i < places.length; i++) {
      CircuitBreaker breaker = breakers.get(i);
      read(breaker, numbers);
      reading.add(places[i], numbers, breaker);
    }
    BreakerReading read = reading.notBelow(shown);
    shown = read.counts();
    return read;
  }

  /**
   * Returns whether each breaker has its own series, and the same place as before: a runtime returns them in the same
   * order, unless some are created or removed.
   */
  private boolean isAssigned(List<CircuitBreaker> breakers) {
    boolean same = breakers.size() == places.length;
    for (int i = 0; same && i < places.length; i++) {
      same =
          names.isOwn(places[i]) && names.name(places[i]).equals(breakers.get(i).name());
    }
    return same;
  }

  /** Finds the series of each breaker. A series without a breaker is dropped. */
  private void assign(List<CircuitBreaker> breakers) {
    Map<String, Series> byName = new HashMap<>();
    for (int at = 0; at < names.size(); at++) {
      Series known = new Series(names.name(at));
      known.named = names.isOwn(at);
      byName.put(known.name, known);
    }
    Series[] seriesOf = new Series[breakers.size()];
    List<Integer> left = new ArrayList<>();
    int named = 0;
    for (int i = 0; i < seriesOf.length; i++) {
      Series series = byName.get(breakers.get(i).name());
      if (series == null || !series.named) {
        left.add(i);
      } else {
        named += series.used ? 0 : 1;
        series.used = true;
        seriesOf[i] = series;
      }
    }
    if (!left.isEmpty()) {
      assignLeft(breakers, left, named, byName, seriesOf);
    }
    byName.values().removeIf(series -> !series.used);
    order(byName.values().toArray(new Series[0]), seriesOf);
  }

  private void order(Series[] ordered, Series[] seriesOf) {
    Arrays.sort(ordered, Comparator.comparing(one -> one.name));
    String[] texts = new String[ordered.length];
    boolean[] own = new boolean[ordered.length];
    for (int at = 0; at < ordered.length; at++) {
      Series one = ordered[at];
      one.place = at;
      texts[at] = one.name;
      own[at] = one.named;
    }
    names = new BreakerNames(texts, own);
    places = Arrays.stream(seriesOf).mapToInt(series -> series.place).toArray();
  }

  /** Assigns breakers with new names, in alphabetical order while there are places; with names that are not valid text; and the rest. */
  private void assignLeft(
      List<CircuitBreaker> breakers,
      List<Integer> left,
      int alreadyNamed,
      Map<String, Series> byName,
      Series[] seriesOf) {
    Map<String, List<Integer>> byLabel =
        alreadyNamed < limit ? new TreeMap<>() : new LinkedHashMap<>();
    for (int i : left) {
      String label = SampleList.label(breakers.get(i).name());
      byLabel.computeIfAbsent(label, none -> new ArrayList<>(1)).add(i);
    }
    int named = alreadyNamed;
    for (String label : byLabel.keySet()) {
      Series series = byName.get(label);
      if (series != null && series.named && !series.used) {
        series.used = true;
        named++;
      }
    }
    for (Series series : byName.values()) {
      series.named &= series.used;
    }
    for (Map.Entry<String, List<Integer>> entry : byLabel.entrySet()) {
      Series known = byName.get(entry.getKey());
      boolean own = (known != null && known.named) || named < limit;
      if (own && (known == null || !known.named)) {
        named++;
      }
      Series series = byName.computeIfAbsent(own ? entry.getKey() : MetricNames.OTHER, Series::new);
      series.used = true;
      series.named |= own;
      entry.getValue().forEach(i -> seriesOf[i] = series);
    }
  }

  /** Reads a breaker, of any implementation, without its window. */
  static void read(CircuitBreaker breaker, long[] into) {
    if (breaker instanceof ReadableBreaker readable) {
      readable.read(into);
      return;
    }
    CircuitBreakerSnapshot snapshot = breaker.snapshot();
    System.arraycopy(counts(snapshot.totals(), OUTCOMES.length), 0, into, 0, OUTCOMES.length);
    into[Place.SLOW] = snapshot.slowCalls();
    into[Place.THROTTLED] = snapshot.throttled();
    boolean throttles = snapshot.throttled() != 0 || snapshot.throttleShare() != 0;
    into[Place.THROTTLE_SHARE] =
        Double.doubleToRawLongBits(throttles ? snapshot.throttleShare() : Double.NaN);
    into[Place.TRANSITIONS] = snapshot.transitions();
    into[Place.STATE] = snapshot.state().code();
    into[Place.FAILURE_RATE] = Double.doubleToRawLongBits(failureRate(breaker, snapshot));
  }

  /** Reads the window of a breaker, of any implementation. */
  static void readWindow(CircuitBreaker breaker, long[] into) {
    if (breaker instanceof ReadableBreaker readable) {
      readable.readWindow(into);
      return;
    }
    CircuitBreakerSnapshot snapshot = breaker.snapshot();
    into[Place.WINDOW_CALLS] = snapshot.windowCalls();
    into[Place.WINDOW_FAILURES] = snapshot.windowFailures();
  }

  private static double failureRate(CircuitBreaker breaker, CircuitBreakerSnapshot snapshot) {
    CircuitBreakerState state = snapshot.state();
    if (snapshot.windowCalls() != 0
        || state == CircuitBreakerState.CLOSED
        || state == CircuitBreakerState.METRICS_ONLY) {
      return snapshot.failureRate() / 100;
    }
    CircuitBreakerExplanation.Evidence seen = breaker.explain().evidence();
    return seen == null ? Double.NaN : seen.failureRate() / 100;
  }

  /** A series while they are assigned. */
  private static final class Series {
    final String name;
    boolean named;
    boolean used;
    int place;

    Series(String name) {
      this.name = name;
    }
  }
}
