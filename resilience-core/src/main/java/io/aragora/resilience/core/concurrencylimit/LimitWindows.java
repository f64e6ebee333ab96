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
   */
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
    boolean isComplete = isOver(now, config)
        ? ends > 0
        : now - begun >= Nanos.of(config.window()) && ends >= config.minimumSamples();
    if (!isComplete) {
      return null;
    }
    latenciesBefore = latenciesNow;
    dropsBefore = drops;
    int enough = Math.max(ENOUGH, config.minimumSamples());
    isSparse = samples >= (isSparse ? enough / 2 : enough * SPARSE);
    double recent =
        samples == 0 ? 0 : LatencyCounts.percentile(ofWindow, samples, config.percentile());
    return new LimitWindow(samples, recent, places.restartMost(), dropped);
  }

  /**
   * Begins the next window.
   *
   * @param isLook whether only the calls that begin in it are samples
   */
  void next(long now, boolean isLook) {
    begun = now;
    int number = Permit.after(Math.abs(present));
    present = isLook ? -number : number;
    if (isLook) {
      isSparse = false;
    }
  }
}
