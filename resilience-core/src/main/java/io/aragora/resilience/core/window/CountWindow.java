package io.aragora.resilience.core.window;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import org.jspecify.annotations.Nullable;

/**
 * Counts exactly the last so many outcomes, however old they are, in one word in which all threads meet: that is the price of
 * being exact. Its outcomes are not ordered by time, so it remembers when the last ones came, to the second.
 */
public abstract class CountWindow extends OutcomeWindow {
  private static final long PRECISION_NANOS = 1_000_000_000;
  private static final int MOST_SPINS = 1024;

  /** The number of spins of a writer that lost a CAS for the first time. */
  static final int FEWEST_SPINS = 16;

  final int length;
  private final Totals totals;
  private volatile long succeeded = -1;
  private volatile long counted;

  CountWindow(int length, long now, Totals totals) {
    this.length = length;
    this.counted = now;
    this.totals = totals;
  }

  /**
   * Creates an empty window.
   *
   * @param length the number of outcomes that it holds, up to 1,000,000
   * @param now the time of the source
   * @param totals takes every outcome at once
   * @return a window of the kind that suits the length
   */
  public static OutcomeWindow of(int length, long now, Totals totals) {
    return length <= ShortCountWindow.MAX_LENGTH
        ? new ShortCountWindow(length, now, totals)
        : new LongCountWindow(length, now, totals);
  }

  /** Adds an outcome without counting it in the totals; gives false if the window is retired. */
  abstract boolean push(int outcome);

  /** Ends the window, and pushes what it holds into its heir, the oldest first. */
  abstract void retireInto(@Nullable CountWindow heir);

  @Override
  public final boolean count(int outcome, long now) {
    if (!push(outcome)) {
      return false;
    }
    noteTime(outcome, now);
    totals.add(outcome, 1);
    return true;
  }

  @Override
  public final long fail(int outcome, long now) {
    if (!count(outcome, now)) {
      return RETIRED;
    }
    if (consecutiveFailures() == 0) {
      raiseMark(totals.successes());
    }
    return addConsecutiveFailure(true);
  }

  /** Written once a second, so that outcomes do not contend for these words as well. */
  private void noteTime(int outcome, long now) {
    if (now - counted >= PRECISION_NANOS) {
      counted = now;
    }
    if (!isFailure(outcome) && (succeeded < 0 || now - succeeded >= PRECISION_NANOS)) {
      succeeded = now;
    }
  }

  /**
   * Waits after a lost CAS. All threads share one word, and a thread that tries again at once slows the others down.
   *
   * @param spins the number of spins
   * @return the number of spins after the next lost CAS
   */
  static int giveWay(int spins) {
    for (int i = 0; i < spins; i++) {
      Thread.onSpinWait();
    }
    return Math.min(MOST_SPINS, spins * 2);
  }

  @Override
  public final long total(int outcome) {
    return 0;
  }

  @Override
  public final boolean fits(CircuitBreakerConfig config) {
    return config.countWindow() == length;
  }

  @Override
  public final long lastSuccess(long now) {
    return succeeded;
  }

  @Override
  public final long idleSince() {
    return counted;
  }

  @Override
  public final void retire(@Nullable OutcomeWindow heir) {
    retireInto(heir instanceof CountWindow window ? window : null);
    long last = succeeded;
    if (last >= 0) {
      totals.succeededAt(last);
    }
    if (heir != null) {
      moveConsecutiveFailures(heir);
    }
  }
}
