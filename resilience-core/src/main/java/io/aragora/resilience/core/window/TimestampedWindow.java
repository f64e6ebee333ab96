package io.aragora.resilience.core.window;

/** A window that does not order its outcomes by time, and so remembers when the last ones came: to the second. */
abstract class TimestampedWindow extends OutcomeWindow {
  private static final long PRECISION_NANOS = 1_000_000_000;
  private static final int MOST_SPINS = 1024;

  private volatile long succeeded = -1;
  private volatile long counted = -1;

  TimestampedWindow() {}

  /** Written once a second, so that outcomes do not contend for these words as well. */
  final void noteTime(int outcome, long now) {
    if (counted < 0 || now - counted >= PRECISION_NANOS) {
      counted = now;
    }
    if (!isFailure(outcome) && (succeeded < 0 || now - succeeded >= PRECISION_NANOS)) {
      succeeded = now;
    }
  }

  /**
   * Lets others go first after a CAS was lost: in the one word that all threads share, each that tries again at once makes
   * all the others slower.
   *
   * @param spins how long to wait
   * @return how long to wait next time
   */
  static int giveWay(int spins) {
    for (int i = 0; i < spins; i++) {
      Thread.onSpinWait();
    }
    return Math.min(MOST_SPINS, spins * 2);
  }

  @Override
  public final long lastSuccess(long now) {
    return succeeded;
  }

  @Override
  public final long idleSince() {
    return counted;
  }
}
