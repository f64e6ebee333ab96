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
 * The delays before the attempts of a retry: a strategy, a jitter, and a cap. Near the cap the jitter spreads below it
 * and stays as wide, so callers do not retry in step during a long outage. Sums and products saturate. Immutable.
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

  /** Calculates the delays of a strategy of your own from the attempt that failed. */
  @FunctionalInterface
  public interface AttemptStrategy {
    /**
     * Returns the delay before jitter and cap.
     *
     * @param attempt the attempt that failed
     * @return nanoseconds; {@link #STOP}, or another negative number, for no further attempt
     */
    long delayNanos(EndedAttempt attempt);
  }

  /** The result of an {@link AttemptStrategy} that wants no further attempt. */
  public static final long STOP = -1;

  /** A strategy that needs the attempt. Equal if the function is. */
  private record ByAttempt(AttemptStrategy function) implements Strategy {
    @Override
    public long delayNanos(int retry) {
      return function.delayNanos(EndedAttempt.builder(retry + 1).build());
    }
  }

  private static final String CUSTOM = "custom";
  private static final double DOUBLING = 2;
  private static final Duration DEFAULT_CAP = Duration.ofSeconds(30);

  private final String kind;
  private final Strategy strategy;
  private final long baseNanos;
  private final double factor;
  private final long capNanos;
  private final Jitter jitter;
  private final double jitterFactor;
  private final long jitterNanos;

  private Backoff(
      String kind,
      Strategy strategy,
      long baseNanos,
      double factor,
      long capNanos,
      Jitter jitter,
      double jitterFactor,
      long jitterNanos) {
    this.kind = kind;
    this.strategy = strategy;
    this.baseNanos = baseNanos;
    this.factor = factor;
    this.capNanos = capNanos;
    this.jitter = jitter;
    this.jitterFactor = jitterFactor;
    this.jitterNanos = jitterNanos;
  }

  private static Backoff of(String kind, long baseNanos, double factor, Strategy strategy) {
    long cap = Math.max(DEFAULT_CAP.toNanos(), baseNanos);
    return new Backoff(kind, strategy, baseNanos, factor, cap, Jitter.MULTIPLICATIVE, 0.25, 0);
  }

  /**
   * Creates a backoff that doubles the delay each time: {@code base, 2 base, 4 base, ...}
   *
   * @param base the first delay; not negative, at most 106,751 days
   * @return a backoff capped at 30 s (or {@code base}, if that is longer), with a multiplicative jitter of 0.25
   * @throws IllegalArgumentException if {@code base} is negative or exceeds 106,751 days
   */
  public static Backoff exponential(Duration base) {
    return exponential(base, DOUBLING);
  }

  /**
   * Creates a backoff that multiplies the delay each time: {@code base, factor * base, factor^2 * base, ...}
   *
   * @param base the first delay; not negative, at most 106,751 days
   * @param factor the factor, in [1, 100]
   * @return a backoff capped at 30 s (or {@code base}, if that is longer), with a multiplicative jitter of 0.25
   * @throws IllegalArgumentException if {@code base} is negative or exceeds 106,751 days, or {@code factor} is NaN or not
   *     in [1, 100]
   */
  public static Backoff exponential(Duration base, double factor) {
    long nanos = Setting.notNegative("base", base).toNanos();
    Setting.inRange("factor", 1, 100, factor);
    return of("exponential", nanos, factor, new Strategy() {
      @Override
      public long delayNanos(int retry) {
        if (factor == DOUBLING) {
          return times(nanos, retry >= 62 ? Long.MAX_VALUE : 1L << retry);
        }
        // The cast saturates. A base of 0 times infinity is NaN, which becomes 0.
        return (long) (nanos * Math.pow(factor, retry));
      }
    });
  }

  /**
   * Creates a backoff that adds the same amount each time: {@code base, 2 base, 3 base, ...}
   *
   * @param base the first delay; not negative, at most 106,751 days
   * @return a backoff capped at 30 s (or {@code base}, if that is longer), with a multiplicative jitter of 0.25
   * @throws IllegalArgumentException if {@code base} is negative or exceeds 106,751 days
   */
  public static Backoff linear(Duration base) {
    long nanos = Setting.notNegative("base", base).toNanos();
    return of("linear", nanos, 1, new Strategy() {
      @Override
      public long delayNanos(int retry) {
        return times(nanos, retry + 1L);
      }
    });
  }

  /**
   * Creates a backoff with the same delay each time.
   *
   * @param delay the delay; not negative, at most 106,751 days
   * @return a backoff with a multiplicative jitter of 0.25
   * @throws IllegalArgumentException if {@code delay} is negative or exceeds 106,751 days
   */
  public static Backoff constant(Duration delay) {
    long nanos = Setting.notNegative("delay", delay).toNanos();
    return of("constant", nanos, 1, new Strategy() {
      @Override
      public long delayNanos(int retry) {
        return nanos;
      }
    });
  }

  /**
   * Creates a backoff of Fibonacci numbers: {@code base, 2 base, 3 base, 5 base, 8 base, ...}
   *
   * @param base the first delay; not negative, at most 106,751 days
   * @return a backoff capped at 30 s (or {@code base}, if that is longer), with a multiplicative jitter of 0.25
   * @throws IllegalArgumentException if {@code base} is negative or exceeds 106,751 days
   */
  public static Backoff fibonacci(Duration base) {
    long nanos = Setting.notNegative("base", base).toNanos();
    return of("fibonacci", nanos, 1, new Strategy() {
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
   * @param base the first delay; not negative, at most 106,751 days
   * @return the return value of the method of that name
   * @throws IllegalArgumentException if {@code strategy} is unknown, or {@code base} is negative or exceeds 106,751 days
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
    return new Backoff(CUSTOM, strategy, 0, 1, DEFAULT_CAP.toNanos(), Jitter.NONE, 0, 0);
  }

  /**
   * Creates a backoff with a strategy of your own that sees the failure or the result of the attempt, the number of the
   * attempt and the elapsed time, and can end the call.
   *
   * @param strategy calculates the delays; if it throws, the call makes no further attempt
   * @return a backoff capped at 30 s, without jitter
   */
  public static Backoff customByAttempt(AttemptStrategy strategy) {
    return custom(new ByAttempt(Objects.requireNonNull(strategy, "strategy")));
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
   * Sets the longest delay, jitter included. A delay that reaches it is spread below it. Default 30 s.
   *
   * @param longest positive and at most 106,751 days
   * @return a copy with this cap
   * @throws IllegalArgumentException if {@code longest} is not positive or exceeds 106,751 days
   */
  public Backoff cappedAt(Duration longest) {
    long nanos = Setting.positive("longest", longest).toNanos();
    return new Backoff(kind, strategy, baseNanos, factor, nanos, jitter, jitterFactor, jitterNanos);
  }

  /**
   * Sets the jitter.
   *
   * @param kind how delays are spread; not {@link Jitter#ABSOLUTE}, which {@link #withJitter(Duration)} sets
   * @param factor how far, in [0, 1]; used by {@link Jitter#ADDITIVE} and {@link Jitter#MULTIPLICATIVE} only
   * @return a copy with this jitter
   * @throws IllegalArgumentException if {@code factor} is NaN or not in [0, 1], or {@code kind} is {@code ABSOLUTE} and
   *     this backoff has no amount of jitter
   */
  public Backoff withJitter(Jitter kind, double factor) {
    Objects.requireNonNull(kind, "kind");
    Setting.inRange("jitterFactor", 0, 1, factor);
    if (kind == Jitter.ABSOLUTE && jitterNanos == 0) {
      throw new IllegalArgumentException("jitterAmount must be set if jitter is absolute: " + this);
    }
    long amount = kind == Jitter.ABSOLUTE ? jitterNanos : 0;
    return new Backoff(this.kind, strategy, baseNanos, this.factor, capNanos, kind, factor, amount);
  }

  /**
   * Sets the jitter, with a factor of 0.25 if it uses one.
   *
   * @param kind how delays are spread; not {@link Jitter#ABSOLUTE}, which {@link #withJitter(Duration)} sets
   * @return a copy with this jitter
   * @throws IllegalArgumentException if {@code kind} is {@code ABSOLUTE} and this backoff has no amount of jitter
   */
  public Backoff withJitter(Jitter kind) {
    return withJitter(kind, 0.25);
  }

  /**
   * Sets a jitter of an amount of time, {@link Jitter#ABSOLUTE}: 200 ms spread each delay by up to 200 ms to both sides.
   * No delay becomes negative.
   *
   * @param amount how far; positive and at most 106,751 days
   * @return a copy with this jitter
   * @throws IllegalArgumentException if {@code amount} is not positive or exceeds 106,751 days
   */
  public Backoff withJitter(Duration amount) {
    long nanos = Setting.positive("jitterAmount", amount).toNanos();
    return new Backoff(
        kind, strategy, baseNanos, factor, capNanos, Jitter.ABSOLUTE, jitterFactor, nanos);
  }

  /**
   * Returns the delay before an attempt. A pure function that allocates nothing unless {@link #isByAttempt()}; the
   * arguments are not checked.
   *
   * @param retry 0 before the second attempt, 1 before the third, and so on; not negative
   * @param previousNanos the previous delay; the base, or 0, if there was none
   * @param random uniform in [0, 1)
   * @return nanoseconds, from 0 to the cap; {@link #STOP} if a strategy by attempt says so
   */
  public long delayNanos(int retry, long previousNanos, double random) {
    long plain = strategy.delayNanos(retry);
    return plain < 0 && isByAttempt() ? STOP : spreadNanos(plain, previousNanos, random);
  }

  /**
   * Returns the delay after an attempt; the arguments are not checked.
   *
   * @param attempt the attempt that failed
   * @param random the number for the jitter, uniform in [0, 1)
   * @return nanoseconds, from 0 to the cap; {@link #STOP} if a strategy by attempt says so
   */
  public long delayNanos(EndedAttempt attempt, double random) {
    long previousNanos = attempt.previousDelayNanos();
    if (!(strategy instanceof ByAttempt byAttempt)) {
      return delayNanos(attempt.attempt() - 1, previousNanos, random);
    }
    long plain = byAttempt.function().delayNanos(attempt);
    return plain < 0 ? STOP : spreadNanos(plain, previousNanos, random);
  }

  /** {@return whether this backoff was created by {@link #customByAttempt}, so that its delays depend on the attempt} */
  public boolean isByAttempt() {
    return strategy instanceof ByAttempt;
  }

  /**
   * Adds the jitter. If the range of the jitter would exceed the cap, it is moved below the cap and keeps its width: a
   * random delay cut off at the cap would be exactly the cap for many callers.
   */
  private long spreadNanos(long plainNanos, long previousNanos, double random) {
    double cap = capNanos;
    double delay = Math.min(cap, (double) Math.max(0, plainNanos));
    double shortest;
    double longest;
    switch (jitter) {
      case FULL -> {
        shortest = 0;
        longest = delay;
      }
      case EQUAL -> {
        shortest = delay / 2;
        longest = delay;
      }
      case ADDITIVE -> {
        double width = baseNanos * jitterFactor;
        longest = Math.min(cap, delay + width);
        shortest = Math.max(0, Math.min(delay, cap - width));
      }
      case MULTIPLICATIVE -> {
        double centre = Math.min(delay, cap / (1 + jitterFactor));
        shortest = centre * (1 - jitterFactor);
        longest = centre * (1 + jitterFactor);
      }
      case ABSOLUTE -> {
        longest = Math.min(cap, delay + jitterNanos);
        shortest = Math.max(0, Math.min(delay, cap - jitterNanos) - jitterNanos);
      }
      case DECORRELATED -> {
        longest = Math.min(cap, 3.0 * Math.max(previousNanos, baseNanos));
        shortest = Math.min((double) baseNanos, longest / 3);
      }
      default -> {
        shortest = delay;
        longest = delay;
      }
    }
    return (long) Math.min(cap, shortest + random * (longest - shortest));
  }

  /**
   * Returns the delays of one call in order, for loops of your own. Each stream starts again. The random numbers are not
   * checked.
   *
   * @param random supplies numbers in [0, 1)
   * @return the delays before the second attempt, the third, and so on, without an end unless a strategy by attempt
   *     stops
   */
  public Stream<Duration> delays(DoubleSupplier random) {
    Objects.requireNonNull(random, "random");
    Iterator<Long> delays = new Iterator<>() {
      private int retry;
      private long previousNanos;

      @Override
      public boolean hasNext() {
        return true;
      }

      @Override
      public Long next() {
        previousNanos = delayNanos(retry, previousNanos, random.getAsDouble());
        retry = Math.min(retry, Integer.MAX_VALUE - 1) + 1;
        return previousNanos;
      }
    };
    return StreamSupport.stream(
            Spliterators.spliteratorUnknownSize(delays, Spliterator.ORDERED), false)
        .takeWhile(nanos -> nanos >= 0)
        .map(Duration::ofNanos);
  }

  /** {@return the name of the strategy, as {@link #named} takes it, or {@code custom}} */
  public String strategy() {
    return kind;
  }

  /** {@return the first delay before jitter and cap; zero for a custom strategy} */
  public Duration base() {
    return Duration.ofNanos(baseNanos);
  }

  /** {@return the factor of {@link #exponential(Duration, double)}; 1 for another strategy} */
  public double factor() {
    return factor;
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

  /** {@return the amount of jitter, set by {@link #withJitter(Duration)}; zero if none was set} */
  public Duration jitterAmount() {
    return Duration.ofNanos(jitterNanos);
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
        && factor == backoff.factor
        && capNanos == backoff.capNanos
        && jitter == backoff.jitter
        && jitterFactor == backoff.jitterFactor
        && jitterNanos == backoff.jitterNanos
        && (!isCustom() || strategy.equals(backoff.strategy));
  }

  @Override
  public int hashCode() {
    return Objects.hash(kind, baseNanos, factor, capNanos, jitter, jitterFactor, jitterNanos);
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
    String own = isCustom() ? "strategy=" + textOfStrategy() + ", " : "";
    String grows = isDoublingOrPlain() ? "" : ", factor=" + factor;
    return kind + "(" + own + "base=" + Duration.ofNanos(baseNanos) + grows
        + ", cap=" + Duration.ofNanos(capNanos)
        + ", jitter=" + jitter.name().toLowerCase(Locale.ROOT) + " "
        + (jitter == Jitter.ABSOLUTE ? Duration.ofNanos(jitterNanos) : jitterFactor) + ")";
  }

  private String textOfStrategy() {
    return DeclaredSettings.textOf(
        strategy instanceof ByAttempt byAttempt ? byAttempt.function() : strategy);
  }

  private boolean isDoublingOrPlain() {
    return factor == (kind.equals("exponential") ? DOUBLING : 1);
  }
}
