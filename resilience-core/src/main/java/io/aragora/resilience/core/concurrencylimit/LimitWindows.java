package io.aragora.resilience.core.concurrencylimit;

import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.internal.LatencyCounts;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/** Counts how calls end, and cuts the counts into windows. Any thread counts; one thread at a time cuts. */
final class LimitWindows {
  /*
   * Counts only grow, and a window is the difference of two sums. So nothing is cleared while calls count, and none is lost.
   *
   * At many calls, only one in SPARSE of each stripe is measured; the others read no clock and write one word less.
   *
   * A percentile of few samples is off by chance: of n samples, the share below it is off by the root of share * (1 - share) / n. A
   * base that fell by chance would stay too low, since it never rises while the limit is full. So a window also has the latency at
   * CERTAIN such deviations more, which may lower it.
   *
   * If all samples of a window are of calls that began in it, long calls are too few: one that takes a third of the window counts only
   * if it began in the first two thirds. So each sample of such a window stands for as many calls as began while it could have ended,
   * and a percentile beyond half of the window is not known.
   */
  private static final double CERTAIN = 2;

  /** The weight of a sample that takes no time, large enough that rounding does not matter. */
  private static final double WEIGHT = 1000;

  private static final int SPARSE = 16;
  private static final int ENOUGH = 1_000;

  private final TimeSource time;
  private final LatencyCounts latencies = new LatencyCounts();

  /** The number of the present window; negative if it is a look, in which only the calls that began in it are samples. */
  private volatile int present = 1;

  /** Whether few of the calls are measured. */
  private volatile boolean isSparse;

  // Of the thread that cuts.

  private long begun;

  /** Whether all samples of the window are of calls that began in it. */
  private boolean isFresh;

  private long[] latenciesBefore = new long[LatencyCounts.BUCKETS];
  private long dropsBefore;

  LimitWindows(TimeSource time) {
    this.time = time;
  }

  /**
   * Returns the permit of a call that begins.
   *
   * @param number the number of the call among those of its stripe
   */
  long permit(long number) {
    return isSparse && number % SPARSE != 0
        ? Permit.UNMEASURED
        : Permit.of(Math.abs(present), time.nanoTime());
  }

  /** Counts a call that has succeeded. */
  void addSuccess(long permit) {
    int window = present;
    if (Permit.isMeasured(permit) && (window > 0 || Permit.window(permit) == -window)) {
      latencies.accept(Permit.age(permit, time.nanoTime()));
    }
  }

  /** Sets the beginning of the first window, and of the first one after a pause. */
  void begin(long now) {
    begun = now;
    isFresh = true;
  }

  /** Returns when the window may be complete. */
  long nextLook(long now, ConcurrencyLimitConfig config) {
    long next = Nanos.after(now, Nanos.of(config.window()));
    long end = Nanos.after(begun, Nanos.of(config.maxWindow()));
    return end > now ? Math.min(next, end) : next;
  }

  /** Returns whether the window has lasted as long as a window may. */
  boolean isOver(long now, ConcurrencyLimitConfig config) {
    return now - begun >= Nanos.of(config.maxWindow());
  }

  /**
   * Cuts the window off if it is complete.
   *
   * @param drops how many calls have ended with a sign of overload so far
   * @return the window; null if it is not complete
   */
  @Nullable
  LimitWindow cut(long now, ConcurrencyLimitConfig config, LimitedPlaces places, long drops) {
    long[] latenciesNow = latencies.sum();
    long[] ofWindow = LatencyCounts.between(latenciesBefore, latenciesNow);
    long samples = LatencyCounts.total(ofWindow);
    long dropped = drops - dropsBefore;
    long ends = samples + dropped;
    boolean isLook = present < 0;
    long[] counts = isFresh ? weighted(ofWindow, now - begun) : ofWindow;
    double longest = isFresh ? (now - begun) / 2.0 : Double.POSITIVE_INFINITY;
    double share = config.percentile() / 100;
    double recent = percentile(counts, share, longest);
    double certain =
        percentile(counts, share + CERTAIN * Math.sqrt(share * (1 - share) / samples), longest);
    boolean isKnown = (isLook ? certain : recent) != Double.POSITIVE_INFINITY;
    boolean isComplete = isOver(now, config)
        ? ends > 0 || (isLook && places.inUse() > 0)
        : now - begun >= Nanos.of(config.window())
            && ends >= config.minimumSamples()
            && (isKnown || dropped > 0);
    if (!isComplete) {
      return null;
    }
    latenciesBefore = latenciesNow;
    dropsBefore = drops;
    int enough = Math.max(ENOUGH, config.minimumSamples());
    isSparse = samples >= (isSparse ? enough / 2 : enough * SPARSE);
    return recent == Double.POSITIVE_INFINITY
        ? new LimitWindow(0, 0, certain, places.restartMost(), dropped)
        : new LimitWindow(samples, recent, certain, places.restartMost(), dropped);
  }

  /** Returns a percentile; infinite if there is none, or if it exceeds what the counts can show. */
  private static double percentile(long[] counts, double share, double longest) {
    long all = LatencyCounts.total(counts);
    double found = all == 0 || share > 1
        ? Double.POSITIVE_INFINITY
        : LatencyCounts.percentile(counts, all, 100 * share);
    return found <= longest ? found : Double.POSITIVE_INFINITY;
  }

  /** Returns counts in which each sample stands for the calls like it that had no time to end. */
  private static long[] weighted(long[] counts, long lasted) {
    long[] weighted = new long[counts.length];
    for (int i = 0; i < counts.length; i++) {
      double rest = 1 - (double) LatencyCounts.middle(i) / lasted;
      weighted[i] = rest <= 0 ? 0 : Math.round(WEIGHT * counts[i] / rest);
    }
    return weighted;
  }

  /**
   * Begins the next window.
   *
   * @param isLook whether only the calls that begin in it are samples
   */
  void next(long now, boolean isLook) {
    begun = now;
    isFresh = isLook;
    int number = Permit.after(Math.abs(present));
    present = isLook ? -number : number;
    if (isLook) {
      isSparse = false;
    }
  }
}
