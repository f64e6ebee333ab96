package io.aragora.resilience.core.retry;

import io.aragora.resilience.core.admission.CellLevel;
import io.aragora.resilience.core.admission.CellRate;
import io.aragora.resilience.core.admission.PaddedLevel;
import io.aragora.resilience.core.registry.ReadablePolicy;
import io.aragora.resilience.core.window.StripedCount;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.spi.Readings;
import io.aragora.resilience.time.TimeSource;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A retry budget of two token buckets: one is filled by successes, the other by time. Lock-free.
 */
public final class TokenBudget implements RetryBudget, ReadablePolicy {
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
  private static final long ONE = 1000;

  private final String name;
  private final TimeSource time;
  private final long[] words = new long[LENGTH];
  private final CellLevel allowed;
  private final StripedCount refused = new StripedCount();
  private volatile Limits limits;

  private record Limits(RetryBudgetConfig config, long full, long credit) {
    static Limits of(RetryBudgetConfig config) {
      return new Limits(config, config.capacity() * ONE, Math.round(config.ratio() * ONE));
    }

    /** Returns the rate of the retries per second; any rate if there are none. */
    CellRate rate() {
      return CellRate.perSecond(isTimed() ? config.perSecond() : 1);
    }

    boolean isTimed() {
      return config.perSecond() > 0;
    }
  }

  /**
   * Creates a full budget.
   *
   * @param name its name
   * @param config its config
   * @param time the time source
   */
  public TokenBudget(String name, RetryBudgetConfig config, TimeSource time) {
    this.name = name;
    this.time = time;
    this.limits = Limits.of(config);
    words[EARNED] = limits.full();
    CellRate rate = limits.rate();
    allowed = new PaddedLevel(rate, rate.full(time.nanoTime()));
  }

  /**
   * Sets the config of a budget that was looked up before it was declared, and fills it.
   *
   * @param declared the config of the declaration
   */
  public void configure(RetryBudgetConfig declared) {
    limits = Limits.of(declared);
    allowed.refill(limits.rate(), time);
    WORDS.setVolatile(words, EARNED, limits.full());
  }

  @Override
  public void read(Readings into) {
    into.level("level", level());
    into.level("capacity", config().capacity());
    into.count("refused", Readings.NONE, refused());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public RetryBudgetConfig config() {
    return limits.config();
  }

  @Override
  public double level() {
    return (double) (long) WORDS.getVolatile(words, EARNED) / ONE;
  }

  @Override
  public long refused() {
    return refused.sum();
  }

  @Override
  public boolean tryTake() {
    if (takeEarned() || (limits.isTimed() && allowed.tryTake(1, time))) {
      return true;
    }
    refused.increment();
    return false;
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
    Limits present = limits;
    long earned = (long) WORDS.getOpaque(words, EARNED);
    while (earned < present.full()) {
      long next = Math.min(present.full(), earned + present.credit());
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

  @Override
  public String toString() {
    return "retry budget '" + name + "' (" + limits.config() + ")";
  }
}
