package io.aragora.resilience.core.admission;

/**
 * The arithmetic of the generic cell rate algorithm in its virtual scheduling form (ITU-T I.371), for one rate. Immutable.
 */
public final class CellRate {
  /*
   * A level is one word: the virtual time at which all permits that were taken are paid for, in units of 2^-k ns since the
   * origin of the clock. k is 0 if a permit takes a millisecond or longer, else 10. The interval of a permit is rounded up to
   * that unit, so the rate is never above what was declared, and below it by less than a thousandth of a nanosecond a permit
   * (by less than a nanosecond of more than a million if k is 0).
   *
   * The difference of the word and the present time is calculated modulo 2^64. The caller reads the word first and then the
   * clock, so a word is never ahead of the clock by more than the span of the burst. A difference above the span therefore
   * means that the word has come round: at k = 10, half of the range is 104 days. Such a word is in the past. A word that has
   * come round to just below 208 days reads as a level that is too low for as long as the burst takes, never as one that is
   * too high.
   *
   * No overflow: the span is at most 100 years, and 2 * 100 years * 2^0, or 2 * 11.6 days * 2^10, is less than 2^63.
   */

  /** Not a level: no permits could be taken, or the word belongs to another rate now. */
  public static final long NONE = Long.MIN_VALUE;

  private static final int FINE = 10;
  private static final long MILLISECOND = 1_000_000;
  private static final double NANOS_PER_SECOND = 1e9;

  /** 100 years. */
  private static final long LONGEST_SPAN = 36_525L * 86_400 * 1_000_000_000;

  private final int shift;
  private final long interval;
  private final long span;

  private CellRate(int shift, long interval, long span) {
    this.shift = shift;
    this.interval = interval;
    this.span = span;
  }

  /**
   * Creates a rate.
   *
   * @param limit the number of permits in each period, at least 1, at most {@code periodNanos}
   * @param periodNanos the period, at most 365 days
   * @param burst the largest number of permits that are saved, at least 1; earned within 100 years
   * @return the rate
   */
  public static CellRate of(long limit, long periodNanos, long burst) {
    int shift = periodNanos / limit < MILLISECOND ? FINE : 0;
    long units = periodNanos << shift;
    long interval = units / limit + (units % limit == 0 ? 0 : 1);
    return new CellRate(shift, interval, interval * burst);
  }

  /**
   * Creates the share of one of several instances in a rate, at least one permit in 100 years.
   *
   * @param limit the number of permits in each period, at least 1, at most {@code periodNanos}
   * @param periodNanos the period, at most 365 days
   * @param burst the largest number of permits that are saved, at least 1; earned within 100 years
   * @param instances the number of instances, at least 1
   * @param call the permits of the largest call, at most the burst, which can be saved even if they are more than the share
   * @return the rate
   */
  public static CellRate share(int limit, long periodNanos, int burst, int instances, int call) {
    if (instances == 1) {
      return of(limit, periodNanos, burst);
    }
    double nanos = Math.min(LONGEST_SPAN, (double) periodNanos / limit * instances);
    int shift = nanos < MILLISECOND ? FINE : 0;
    long interval = (long) Math.ceil(nanos * (1 << shift));
    long most = Math.max(1, (LONGEST_SPAN >> shift) / interval);
    return new CellRate(
        shift, interval, interval * Math.max(1, Math.min(most, Math.max(call, burst / instances))));
  }

  /**
   * Creates a rate whose permits expire after a second.
   *
   * @param permits the number of permits in each second, positive; a fraction saves one permit
   * @return the rate
   */
  public static CellRate perSecond(double permits) {
    double nanos = Math.min(LONGEST_SPAN, NANOS_PER_SECOND / permits);
    int shift = nanos < MILLISECOND ? FINE : 0;
    long interval = (long) Math.ceil(nanos * (1 << shift));
    long second = (long) NANOS_PER_SECOND << shift;
    return new CellRate(shift, interval, Math.max(second, interval * Math.max(1, (long) permits)));
  }

  /**
   * Returns the level at which all permits of the burst are saved.
   *
   * @param now the present time in nanoseconds
   * @return the word
   */
  public long full(long now) {
    return word(now, 0);
  }

  /**
   * Returns the level at which no permit is saved.
   *
   * @param now the present time in nanoseconds
   * @return the word
   */
  public long empty(long now) {
    return word(now, span);
  }

  /** Returns a word that is not {@link #NONE}: later by a unit, if it has to be. */
  private long word(long now, long ahead) {
    long word = (now << shift) + ahead;
    return word == NONE ? word + 1 : word;
  }

  private long ahead(long word, long now) {
    long ahead = word - (now << shift);
    return ahead > span || ahead < 0 ? 0 : ahead;
  }

  /**
   * Returns the level after permits were taken.
   *
   * @param word the level, read before the clock
   * @param now the present time in nanoseconds
   * @param permits the number of permits, at most the burst
   * @return the word; {@link #NONE} if there are fewer permits
   */
  public long taken(long word, long now, int permits) {
    long next = ahead(word, now) + permits * interval;
    return next > span ? NONE : word(now, next);
  }

  /**
   * Returns the time until permits can be taken.
   *
   * @param word the level, read before the clock
   * @param now the present time in nanoseconds
   * @param from the earliest time at which they may be taken, not before {@code now}
   * @param permits the number of permits, which may exceed the burst: others take some of them before
   * @return nanoseconds from {@code now}; {@link Long#MAX_VALUE} if it is longer than any wait
   */
  public long waitNanos(long word, long now, long from, long permits) {
    long pause = from - now;
    if (pause > LONGEST_SPAN >> shift || permits > LONGEST_SPAN / interval) {
      return permits > LONGEST_SPAN / interval ? Long.MAX_VALUE : pause;
    }
    long ahead = Math.max(ahead(word, now), pause << shift);
    long units = ahead + permits * interval - span;
    return Math.max(pause, nanos(units));
  }

  /**
   * Returns how many permits can be taken.
   *
   * @param word the level, read before the clock
   * @param now the present time in nanoseconds
   * @return the number of permits
   */
  public long available(long word, long now) {
    return (span - ahead(word, now)) / interval;
  }

  /**
   * Returns a level with at most some permits.
   *
   * @param word the level, read before the clock
   * @param now the present time in nanoseconds
   * @param permits the largest number of permits
   * @return the word; the same if it has no more
   */
  public long lowered(long word, long now, long permits) {
    if (permits >= span / interval) {
      return word;
    }
    long least = span - permits * interval;
    return ahead(word, now) >= least ? word : word(now, least);
  }

  /**
   * Returns how long an empty level takes until it is full.
   *
   * @return nanoseconds, rounded up
   */
  public long fillNanos() {
    return nanos(span);
  }

  /**
   * Returns how long it takes until all permits of the burst are saved.
   *
   * @param word the level, read before the clock
   * @param now the present time in nanoseconds
   * @return nanoseconds from {@code now}, rounded up
   */
  public long untilFullNanos(long word, long now) {
    return nanos(ahead(word, now));
  }

  private long nanos(long units) {
    return (units + (1L << shift) - 1) >> shift;
  }

  /**
   * Returns a level that is full later.
   *
   * @param word the level, read before the clock
   * @param now the present time in nanoseconds
   * @param nanos how much later, not negative
   * @return the word; one without a permit if it would be full later than an empty level
   */
  public long owing(long word, long now, long nanos) {
    long more = nanos > span >> shift ? span : nanos << shift;
    return word(now, Math.min(span, ahead(word, now) + more));
  }

  /**
   * Returns a level of another rate, with the same share of the burst.
   *
   * @param word the level, read before the clock
   * @param now the present time in nanoseconds
   * @param other the other rate
   * @return its word
   */
  public long converted(long word, long now, CellRate other) {
    double share = (double) ahead(word, now) / span;
    return other.word(now, Math.min(other.span, (long) Math.ceil(share * other.span)));
  }

  /**
   * Returns whether all permits of the burst are saved.
   *
   * @param word the level, read before the clock
   * @param now the present time in nanoseconds
   * @return whether it is full
   */
  public boolean isFull(long word, long now) {
    return ahead(word, now) == 0;
  }
}
