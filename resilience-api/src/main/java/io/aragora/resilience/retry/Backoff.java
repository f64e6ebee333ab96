package io.aragora.resilience.retry;

import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.DeclaredSettings;
import java.time.Duration;
import java.util.Iterator;
import java.util.Locale;
import java.util.Objects;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The delays before the attempts of a retry: a strategy, a jitter, and a cap that applies after the jitter. Sums and
 * products saturate, so a very late delay is the cap and not an overflow. Immutable.
 *
 * <p>Sources: M. Brooker, <i>Exponential Backoff And Jitter</i>, AWS Architecture Blog, 2015 (full, equal,
 * decorrelated).
 */
public final class Backoff {
  /** Calculates the delays of a strategy of your own. */
  @FunctionalInterface
  public interface Strategy {
    /**
     * Returns the delay before jitter and cap.
     *
     * @param retry 0 before the second attempt, 1 before the third, and so on
     * @return nanoseconds; a negative number counts as 0
     */
    long delayNanos(int retry);
  }

  private static final String CUSTOM = "custom";
  private static final Duration DEFAULT_CAP = Duration.ofSeconds(30);

  private final String kind;
  private final Strategy strategy;
  private final long baseNanos;
  private final long capNanos;
  private final Jitter jitter;
  private final double jitterFactor;

  private Backoff(
      String kind,
      Strategy strategy,
      long baseNanos,
      long capNanos,
      Jitter jitter,
      double jitterFactor) {
    this.kind = kind;
    this.strategy = strategy;
    this.baseNanos = baseNanos;
    this.capNanos = capNanos;
    this.jitter = jitter;
    this.jitterFactor = jitterFactor;
  }

  private static Backoff of(String kind, long baseNanos, Strategy strategy) {
    long cap = Math.max(DEFAULT_CAP.toNanos(), baseNanos);
    return new Backoff(kind, strategy, baseNanos, cap, Jitter.MULTIPLICATIVE, 0.25);
  }

  /**
   * Creates a backoff that doubles the delay each time: {@code base, 2 base, 4 base, ...}
   *
   * @param base the first delay; not negative, at most 365 days
   * @return a backoff capped at 30 s (or {@code base}, if that is longer), with a multiplicative jitter of 0.25
   * @throws IllegalArgumentException if {@code base} is negative or exceeds 365 days
   */
  public static Backoff exponential(Duration base) {
    long nanos = Setting.notNegative("base", base).toNanos();
    return of("exponential", nanos, new Strategy() {
      @Override
      public long delayNanos(int retry) {
        return times(nanos, retry >= 62 ? Long.MAX_VALUE : 1L << retry);
      }
    });
  }

  /**
   * Creates a backoff that adds the same amount each time: {@code base, 2 base, 3 base, ...}
   *
   * @param base the first delay; not negative, at most 365 days
   * @return a backoff capped at 30 s (or {@code base}, if that is longer), with a multiplicative jitter of 0.25
   * @throws IllegalArgumentException if {@code base} is negative or exceeds 365 days
   */
  public static Backoff linear(Duration base) {
    long nanos = Setting.notNegative("base", base).toNanos();
    return of("linear", nanos, new Strategy() {
      @Override
      public long delayNanos(int retry) {
        return times(nanos, retry + 1L);
      }
    });
  }

  /**
   * Creates a backoff with the same delay each time.
   *
   * @param delay the delay; not negative, at most 365 days
   * @return a backoff with a multiplicative jitter of 0.25
   * @throws IllegalArgumentException if {@code delay} is negative or exceeds 365 days
   */
  public static Backoff constant(Duration delay) {
    long nanos = Setting.notNegative("delay", delay).toNanos();
    return of("constant", nanos, new Strategy() {
      @Override
      public long delayNanos(int retry) {
        return nanos;
      }
    });
  }

  /**
   * Creates a backoff of Fibonacci numbers: {@code base, 2 base, 3 base, 5 base, 8 base, ...}
   *
   * @param base the first delay; not negative, at most 365 days
   * @return a backoff capped at 30 s (or {@code base}, if that is longer), with a multiplicative jitter of 0.25
   * @throws IllegalArgumentException if {@code base} is negative or exceeds 365 days
   */
  public static Backoff fibonacci(Duration base) {
    long nanos = Setting.notNegative("base", base).toNanos();
    return of("fibonacci", nanos, new Strategy() {
      @Override
      public long delayNanos(int retry) {
        return times(nanos, fibonacci(Math.min(retry, 92) + 2));
      }
    });
  }

  /**
   * Creates a backoff by the name of its strategy.
   *
   * @param strategy {@code exponential}, {@code linear}, {@code constant} or {@code fibonacci}; case and surrounding
   *     blanks are ignored
   * @param base the first delay; not negative, at most 365 days
   * @return the return value of the method of that name
   * @throws IllegalArgumentException if {@code strategy} is unknown, or {@code base} is negative or exceeds 365 days
   */
  public static Backoff named(String strategy, Duration base) {
    return switch (strategy.strip().toLowerCase(Locale.ROOT)) {
      case "exponential" -> exponential(base);
      case "linear" -> linear(base);
      case "constant" -> constant(base);
      case "fibonacci" -> fibonacci(base);
      default ->
        throw new IllegalArgumentException(
            "strategy must be one of [exponential, linear, constant, fibonacci]: " + strategy);
    };
  }

  /**
   * Creates a backoff with a strategy of your own.
   *
   * @param strategy calculates the delays
   * @return a backoff capped at 30 s, without jitter
   */
  public static Backoff custom(Strategy strategy) {
    Objects.requireNonNull(strategy, "strategy");
    return new Backoff(CUSTOM, strategy, 0, DEFAULT_CAP.toNanos(), Jitter.NONE, 0);
  }

  /**
   * Returns a Fibonacci number.
   *
   * @param n the index; 0 and less return 0, 1 returns 1
   * @return the number; {@link Long#MAX_VALUE} if it does not fit
   */
  public static long fibonacci(int n) {
    if (n > 92) {
      return Long.MAX_VALUE;
    }
    long previous = 0;
    long current = n <= 0 ? 0 : 1;
    for (int i = 2; i <= n; i++) {
      long next = previous + current;
      previous = current;
      current = next;
    }
    return current;
  }

  private static long times(long nanos, long factor) {
    long high = Math.multiplyHigh(nanos, factor);
    long low = nanos * factor;
    return high != 0 || low < 0 ? Long.MAX_VALUE : low;
  }

  /**
   * Sets the longest delay, which applies after the jitter. Default 30 s.
   *
   * @param longest positive and at most 365 days
   * @return a copy with this cap
   * @throws IllegalArgumentException if {@code longest} is not positive or exceeds 365 days
   */
  public Backoff cappedAt(Duration longest) {
    long nanos = Setting.positive("longest", longest).toNanos();
    return new Backoff(kind, strategy, baseNanos, nanos, jitter, jitterFactor);
  }

  /**
   * Sets the jitter.
   *
   * @param kind how delays are spread
   * @param factor how far, in [0, 1]; used by {@link Jitter#ADDITIVE} and {@link Jitter#MULTIPLICATIVE} only
   * @return a copy with this jitter
   * @throws IllegalArgumentException if {@code factor} is NaN or not in [0, 1]
   */
  public Backoff withJitter(Jitter kind, double factor) {
    Objects.requireNonNull(kind, "kind");
    Setting.inRange("jitterFactor", 0, 1, factor);
    return new Backoff(this.kind, strategy, baseNanos, capNanos, kind, factor);
  }

  /**
   * Sets the jitter, with a factor of 0.25 if it uses one.
   *
   * @param kind how delays are spread
   * @return a copy with this jitter
   */
  public Backoff withJitter(Jitter kind) {
    return withJitter(kind, 0.25);
  }

  /**
   * Returns the delay before an attempt. A pure function that allocates nothing; the arguments are not checked.
   *
   * @param retry 0 before the second attempt, 1 before the third, and so on; not negative
   * @param previousNanos the previous delay; the base, or 0, if there was none
   * @param random uniform in [0, 1)
   * @return nanoseconds, from 0 to the cap
   */
  public long delayNanos(int retry, long previousNanos, double random) {
    double delay = Math.min(capNanos, Math.max(0, strategy.delayNanos(retry)));
    double spread = switch (jitter) {
      case NONE -> delay;
      case FULL -> random * delay;
      case EQUAL -> delay / 2 + random * delay / 2;
      case ADDITIVE -> delay + random * baseNanos * jitterFactor;
      case MULTIPLICATIVE -> delay * (1 + (2 * random - 1) * jitterFactor);
      case DECORRELATED ->
        baseNanos + random * (3.0 * Math.max(previousNanos, baseNanos) - baseNanos);
    };
    return (long) Math.min((double) capNanos, Math.max(0, spread));
  }

  /**
   * Returns the delays of one call in order, for loops of your own. Each stream starts again. The random numbers are not
   * checked.
   *
   * @param random supplies numbers in [0, 1)
   * @return the delays before the second attempt, the third, and so on, without an end
   */
  public Stream<Duration> delays(DoubleSupplier random) {
    Objects.requireNonNull(random, "random");
    Iterator<Duration> delays = new Iterator<>() {
      private int retry;
      private long previousNanos;

      @Override
      public boolean hasNext() {
        return true;
      }

      @Override
      public Duration next() {
        previousNanos = delayNanos(retry, previousNanos, random.getAsDouble());
        retry = Math.min(retry, Integer.MAX_VALUE - 1) + 1;
        return Duration.ofNanos(previousNanos);
      }
    };
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(delays, Spliterator.ORDERED), false);
  }

  /** {@return the name of the strategy, as {@link #named} takes it, or {@code custom}} */
  public String strategy() {
    return kind;
  }

  /** {@return the first delay before jitter and cap; zero for a custom strategy} */
  public Duration base() {
    return Duration.ofNanos(baseNanos);
  }

  /** {@return the longest delay, set by {@link #cappedAt}} */
  public Duration cap() {
    return Duration.ofNanos(capNanos);
  }

  /** {@return the kind of jitter, set by {@link #withJitter(Jitter)}} */
  public Jitter jitter() {
    return jitter;
  }

  /** {@return the factor of the jitter in [0, 1], set by {@link #withJitter(Jitter, double)}} */
  public double jitterFactor() {
    return jitterFactor;
  }

  /** {@return the longest delay in nanoseconds, set by {@link #cappedAt}} */
  public long capNanos() {
    return capNanos;
  }

  /**
   * Returns whether another backoff has the same delays.
   *
   * @param other anything
   * @return whether it has the same strategy and the same numbers; a custom strategy is the same if it equals the
   *     other
   */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Backoff backoff
        && kind.equals(backoff.kind)
        && baseNanos == backoff.baseNanos
        && capNanos == backoff.capNanos
        && jitter == backoff.jitter
        && jitterFactor == backoff.jitterFactor
        && (!isCustom() || strategy.equals(backoff.strategy));
  }

  @Override
  public int hashCode() {
    return Objects.hash(kind, baseNanos, capNanos, jitter, jitterFactor);
  }

  private boolean isCustom() {
    return kind.equals(CUSTOM);
  }

  /**
   * Returns the strategy and its numbers, and the class of a custom strategy.
   *
   * @return the backoff as text
   */
  @Override
  public String toString() {
    return kind + "(" + (isCustom() ? "strategy=" + DeclaredSettings.textOf(strategy) + ", " : "")
        + "base=" + Duration.ofNanos(baseNanos) + ", cap=" + Duration.ofNanos(capNanos)
        + ", jitter=" + jitter.name().toLowerCase(Locale.ROOT) + " " + jitterFactor + ")";
  }
}
