package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.internal.ReadableBreaker.Place;
import org.jspecify.annotations.Nullable;

/** The numbers of a runtime's breakers at one scrape, in the order of names. Immutable. */
final class BreakerReading {
  static final BreakerReading NONE =
      new BreakerReading(BreakerNames.NONE, new long[0], new long[0], new long[0][]);

  /** The code of the state of a series that has none. */
  static final long NO_STATE = -1;

  /*
   * Layout: for each series its counts, its state, failure rate and throttled share, and its transitions. They are apart because only counts are
   * kept until the next scrape, and few breakers have transitions. Flat arrays instead of an object for each series.
   */
  private static final int COUNTS = Place.THROTTLED + 1;
  private static final int LEVELS = 3;

  private final BreakerNames names;
  private final long[] counts;

  /** The code of the state, and the bits of the failure rate and the throttled share; empty if only the counts are kept. */
  private final long[] levels;

  private final long[] @Nullable [] changes;

  private BreakerReading(
      BreakerNames names, long[] counts, long[] levels, long[] @Nullable [] changes) {
    this.names = names;
    this.counts = counts;
    this.levels = levels;
    this.changes = changes;
  }

  /** Returns what the next reading must not be below. */
  BreakerReading counts() {
    return new BreakerReading(names, counts, NONE.levels, changes);
  }

  /** Returns the name of a series. */
  String name(int at) {
    return names.name(at);
  }

  int size() {
    return names.size();
  }

  BreakerNames names() {
    return names;
  }

  /** Returns a count, by its {@link Place}. */
  long count(int at, int place) {
    return counts[at * COUNTS + place];
  }

  /** Returns the code of the state; {@link #NO_STATE} for the rest. */
  long state(int at) {
    return levels[at * LEVELS];
  }

  double failureRate(int at) {
    return Double.longBitsToDouble(levels[at * LEVELS + 1]);
  }

  double throttleShare(int at) {
    return Double.longBitsToDouble(levels[at * LEVELS + 2]);
  }

  /** Returns whether a series has a line of a family. The rest has no state; most breakers never throttle. */
  boolean shows(BreakerFamily family, int at) {
    return switch (family) {
      case CALLS, SLOW_CALLS, STATE_CHANGES -> true;
      case FAILURE_RATE, STATE -> state(at) != NO_STATE;
      case THROTTLED -> count(at, Place.THROTTLED) != 0 || shows(BreakerFamily.THROTTLE_SHARE, at);
      case THROTTLE_SHARE -> state(at) != NO_STATE && !Double.isNaN(throttleShare(at));
    };
  }

  /** Returns the transitions by the numbers of {@link StateChanges}; null if there are none. */
  long @Nullable [] changes(int at) {
    return changes[at];
  }

  /** Adds all numbers as samples of the Prometheus library. */
  void addTo(SampleList samples) {
    for (int i = 0; i < names.size(); i++) {
      int at = i;
      for (int outcome = 0; outcome < BreakerSeries.OUTCOMES.length; outcome++) {
        samples.add(
            Families.BREAKER_CALLS, names.ofOutcome(at, outcome, samples), count(at, outcome));
      }
      samples.add(Families.BREAKER_SLOW_CALLS, names.plain(at, samples), count(at, Place.SLOW));
      long[] counts = changes[at];
      StateChanges.show(
          Families.BREAKER_STATE_CHANGES,
          change -> names.ofChange(at, change, samples),
          counts == null ? StateChanges.NONE : counts,
          0,
          samples);
      if (shows(BreakerFamily.THROTTLED, at)) {
        samples.add(
            Families.BREAKER_THROTTLED, names.plain(at, samples), count(at, Place.THROTTLED));
      }
      if (shows(BreakerFamily.THROTTLE_SHARE, at)) {
        samples.add(Families.BREAKER_THROTTLE_SHARE, names.plain(at, samples), throttleShare(at));
      }
      if (state(at) != NO_STATE) {
        samples.add(Families.BREAKER_STATE, names.plain(at, samples), state(at));
        samples.add(Families.BREAKER_FAILURE_RATE, names.plain(at, samples), failureRate(at));
      }
    }
  }

  /** Sums up the breakers of each series. */
  static final class Builder {
    private final BreakerNames names;
    private final long[] counts;
    private final long[] levels;
    private final long[] @Nullable [] changes;

    /** Starts a reading without breakers. */
    Builder(BreakerNames names) {
      this.names = names;
      this.counts = new long[names.size() * COUNTS];
      this.levels = new long[names.size() * LEVELS];
      this.changes = new long[names.size()][];
      for (int at = 0; at < levels.length; at += LEVELS) {
        levels[at] = NO_STATE;
      }
    }

    void add(int place, long[] read, CircuitBreaker breaker) {
      int at = place * COUNTS;
      for (int i = 0; i < COUNTS; i++) {
        counts[at + i] += read[i];
      }
      if (names.isOwn(place)) {
        levels[place * LEVELS] = read[Place.STATE];
        levels[place * LEVELS + 1] = read[Place.FAILURE_RATE];
        levels[place * LEVELS + 2] = read[Place.THROTTLE_SHARE];
      }
      if (read[Place.TRANSITIONS] != 0) {
        long[] kinds = new long[StateChanges.SIZE];
        StateChanges.read(breaker::transitions, kinds, 0);
        long[] others = changes[place];
        changes[place] = others == null ? kinds : NamedCounts.sum(others, kinds);
      }
    }

    /** Returns the reading; no count is smaller than in the one before. */
    BreakerReading notBelow(BreakerReading shown) {
      int past = 0;
      for (int at = 0; at < names.size(); at++) {
        // Both are in the order of names; usually both are the same.
        if (shown.names == names) {
          raise(at, shown, at);
          continue;
        }
        String name = names.name(at);
        while (past < shown.size() && shown.name(past).compareTo(name) < 0) {
          past++;
        }
        if (past < shown.size() && shown.name(past).equals(name)) {
          raise(at, shown, past++);
        }
      }
      return new BreakerReading(names, counts, levels, changes);
    }

    private void raise(int at, BreakerReading shown, int past) {
      for (int i = 0; i < COUNTS; i++) {
        int place = at * COUNTS + i;
        counts[place] = Math.max(counts[place], shown.counts[past * COUNTS + i]);
      }
      long[] before = shown.changes[past];
      if (before != null) {
        long[] present = changes[at];
        changes[at] = present == null ? before : NamedCounts.max(before, present);
      }
    }
  }
}
