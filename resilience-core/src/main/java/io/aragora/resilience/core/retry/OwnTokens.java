package io.aragora.resilience.core.retry;

import io.aragora.resilience.core.admission.CellLevel;
import io.aragora.resilience.core.admission.CellRate;
import io.aragora.resilience.core.admission.PaddedLevel;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.time.TimeSource;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** The retries of one instance in two token buckets: one is filled by successes, the other by time. Lock-free. */
final class OwnTokens implements RetryTokens {
  /*
   * Layout: two words, each changed by its own CAS, so each is exact by itself: no retry is taken
   * twice, none is lost.
   *
   *   EARNED    thousandths of retries, from 0 to the capacity. While the bucket is full, a success
   *             only reads it, so the line stays shared among all cores. It lies two cache lines
   *             into an array of its own, away from neighbouring objects.
   *   allowed   the retries per second, by the generic cell rate algorithm (CellRate).
   */
  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int EARNED = 16;
  private static final int LENGTH = 33;
  static final long ONE = 1000;

  private final RetryBudgetConfig config;
  private final TimeSource time;
  private final long[] words = new long[LENGTH];
  private final CellLevel allowed;
  private final boolean isTimed;
  private final long full;
  private final long credit;

  /** Creates full buckets. */
  OwnTokens(RetryBudgetConfig config, TimeSource time) {
    this.config = config;
    this.time = time;
    isTimed = config.perSecond() > 0;
    full = config.capacity() * ONE;
    credit = creditOf(config);
    words[EARNED] = full;
    // Any rate if there are none.
    CellRate rate = CellRate.perSecond(isTimed ? config.perSecond() : 1);
    allowed = new PaddedLevel(rate, rate.full(time.nanoTime()));
  }

  /** Creates the empty buckets of one of several instances. */
  static OwnTokens share(RetryBudgetConfig whole, int instances, TimeSource time) {
    OwnTokens share = new OwnTokens(
        RetryBudgetConfig.builder()
            .capacity(Math.max(1, whole.capacity() / instances))
            .ratio(whole.ratio())
            .perSecond(whole.perSecond() / instances)
            .build(),
        time);
    share.words[EARNED] = 0;
    share.allowed.lower(0, time);
    return share;
  }

  /** Returns what a success earns, in thousandths of retries. */
  static long creditOf(RetryBudgetConfig config) {
    return Math.round(config.ratio() * ONE);
  }

  @Override
  public RetryBudgetConfig config() {
    return config;
  }

  @Override
  public double level() {
    return (double) (long) WORDS.getVolatile(words, EARNED) / ONE;
  }

  @Override
  public boolean tryTake() {
    return takeEarned() || (isTimed && allowed.tryTake(1, time));
  }

  // Opaque reads before each CAS: nothing is published through the word, and the CAS decides. With
  // plain reads, a long could tear. Stress: TokenBudgetStress.LastOneIsTakenOnce,
  // AllowedOneIsTakenOnce, CreditAgainstTake.

  private boolean takeEarned() {
    long earned = (long) WORDS.getOpaque(words, EARNED);
    while (earned >= ONE) {
      long seen = (long) WORDS.compareAndExchange(words, EARNED, earned, earned - ONE);
      if (seen == earned) {
        return true;
      }
      earned = seen;
    }
    return false;
  }

  @Override
  public void credit() {
    long earned = (long) WORDS.getOpaque(words, EARNED);
    while (earned < full) {
      long next = Math.min(full, earned + credit);
      if (next == earned) {
        return;
      }
      long seen = (long) WORDS.compareAndExchange(words, EARNED, earned, next);
      if (seen == earned) {
        return;
      }
      earned = seen;
    }
  }
}
