package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.internal.ReadableBreaker.Place;
import org.jspecify.annotations.Nullable;

/** The numbers of a runtime's breakers at one scrape, in the order of names. Immutable. */
final class BreakerReading {
  static final BreakerReading EMPTY = new BreakerReading(new Series[0], new long[0], new long[0][]);

  /** The code of the state of a series that has none. */
  static final long NO_STATE = -1;

  /*
   * Layout: for each series, all numbers of a breaker but its transitions, which are apart because few breakers have any. A
   * flat array instead of an object for each series: it is also what is kept until the next scrape.
   */
  private static final int COUNTS = Place.SLOW + 1;
  private static final int STATE = COUNTS;
  private static final int FAILURE_RATE = STATE + 1;
  private static final int WIDTH = FAILURE_RATE + 1;

  private final Series[] series;
  private final long[] numbers;
  private final long[] @Nullable [] changes;

  private BreakerReading(Series[] series, long[] numbers, long[] @Nullable [] changes) {
    this.series = series;
    this.numbers = numbers;
    this.changes = changes;
  }

  /** Returns the name of a series. */
  String name(int at) {
    return series[at].name;
  }

  int size() {
    return series.length;
  }

  byte[] text(int at) {
    return series[at].text;
  }

  /** Returns a count, by its {@link Place}. */
  long count(int at, int place) {
    return numbers[at * WIDTH + place];
  }

  /** Returns the code of the state; {@link #NO_STATE} for the rest. */
  long state(int at) {
    return numbers[at * WIDTH + STATE];
  }

  double failureRate(int at) {
    return Double.longBitsToDouble(numbers[at * WIDTH + FAILURE_RATE]);
  }

  /** Returns the transitions by the numbers of {@link StateChanges}; null if there are none. */
  long @Nullable [] changes(int at) {
    return changes[at];
  }

  /** Adds all numbers as samples of the Prometheus library. */
  void addTo(SampleList samples) {
    for (int at = 0; at < series.length; at++) {
      Series one = series[at];
      for (int i = 0; i < BreakerSeries.OUTCOMES.length; i++) {
        samples.add(Families.BREAKER_CALLS, one.ofOutcome(i, samples), count(at, i));
      }
      samples.add(Families.BREAKER_SLOW_CALLS, one.plain(samples), count(at, Place.SLOW));
      long[] counts = changes[at];
      StateChanges.show(
          Families.BREAKER_STATE_CHANGES,
          change -> one.ofChange(change, samples),
          counts == null ? StateChanges.NONE : counts,
          0,
          samples);
      if (state(at) != NO_STATE) {
        samples.add(Families.BREAKER_STATE, one.plain(samples), state(at));
        samples.add(Families.BREAKER_FAILURE_RATE, one.plain(samples), failureRate(at));
      }
    }
  }

  /** Sums up the breakers of each series. */
  static final class Builder {
    private final Series[] series;
    private final long[] numbers;
    private final long[] @Nullable [] changes;

    /**
     * Starts a reading without breakers.
     *
     * @param series in the order of names
     */
    Builder(Series[] series) {
      this.series = series;
      this.numbers = new long[series.length * WIDTH];
      this.changes = new long[series.length][];
      for (int at = 0; at < series.length; at++) {
        series[at].place = at;
        numbers[at * WIDTH + STATE] = NO_STATE;
      }
    }

    void add(Series one, long[] read, CircuitBreaker breaker) {
      int at = one.place * WIDTH;
      for (int i = 0; i < COUNTS; i++) {
        numbers[at + i] += read[i];
      }
      if (one.named) {
        numbers[at + STATE] = read[Place.STATE];
        numbers[at + FAILURE_RATE] = read[Place.FAILURE_RATE];
      }
      if (read[Place.TRANSITIONS] != 0) {
        long[] counts = new long[StateChanges.SIZE];
        StateChanges.read(breaker::transitions, counts, 0);
        long[] others = changes[one.place];
        changes[one.place] = others == null ? counts : NamedCounts.sum(others, counts);
      }
    }

    /** Returns the reading; no count is smaller than in the one before. */
    BreakerReading notBelow(BreakerReading shown) {
      int past = 0;
      for (int at = 0; at < series.length; at++) {
        Series one = series[at];
        // Both are in the order of names; usually both are the same.
        while (past < shown.size()
            && shown.series[past] != one
            && shown.series[past].name.compareTo(one.name) < 0) {
          past++;
        }
        if (past < shown.size() && shown.series[past] == one) {
          raise(at, shown, past++);
        }
      }
      return new BreakerReading(series, numbers, changes);
    }

    private void raise(int at, BreakerReading shown, int past) {
      for (int i = 0; i < COUNTS; i++) {
        int place = at * WIDTH + i;
        numbers[place] = Math.max(numbers[place], shown.count(past, i));
      }
      long[] before = shown.changes[past];
      if (before != null) {
        long[] present = changes[at];
        changes[at] = present == null ? before : NamedCounts.max(before, present);
      }
    }
  }
}
