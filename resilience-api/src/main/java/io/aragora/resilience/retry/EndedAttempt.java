package io.aragora.resilience.retry;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A failed attempt, as a {@link Backoff.AttemptStrategy} sees it. Immutable and thread-safe.
 */
public final class EndedAttempt {
  private final int attempt;
  private final @Nullable Throwable failure;
  private final @Nullable Object result;
  private final long elapsedNanos;
  private final long previousDelayNanos;
  private final double random;

  private EndedAttempt(Builder builder) {
    this.attempt = builder.attempt;
    this.failure = builder.failure;
    this.result = builder.result;
    this.elapsedNanos = builder.elapsedNanos;
    this.previousDelayNanos = builder.previousDelayNanos;
    this.random = builder.random;
  }

  /**
   * Creates a builder, for tests and loops of your own.
   *
   * @param attempt the number of the attempt, 1 for the first
   * @return a new builder
   */
  public static Builder builder(int attempt) {
    return new Builder(attempt);
  }

  /** {@return the number of the attempt that ended; 1 for the first} */
  public int attempt() {
    return attempt;
  }

  /** {@return the unwrapped failure of the attempt; null if its result was rejected} */
  public @Nullable Throwable failure() {
    return failure;
  }

  /** {@return the rejected result, which may be null; null if the attempt threw an exception} */
  public @Nullable Object result() {
    return result;
  }

  /**
   * Returns the time since the retry was entered. It may be about ten milliseconds too long, unless the retry has a
   * {@code maxDuration}.
   *
   * @return the time, not negative
   */
  public Duration elapsed() {
    return Duration.ofNanos(elapsedNanos);
  }

  /** {@return the delay before this attempt, in nanoseconds, without the effect of {@link RetryConfig#retryAfter}; 0 for the first} */
  public long previousDelayNanos() {
    return previousDelayNanos;
  }

  /**
   * Returns a random number of this attempt from the time source of the runtime: a seeded one repeats it. It is not the
   * number that the jitter uses.
   *
   * @return a share, uniform in [0, 1)
   */
  public double random() {
    return random;
  }

  @Override
  public String toString() {
    return "EndedAttempt[attempt=" + attempt + ", elapsed=" + elapsed() + "]";
  }

  /** Builds an {@link EndedAttempt}. Not thread-safe. */
  public static final class Builder {
    private final int attempt;
    private @Nullable Throwable failure;
    private @Nullable Object result;
    private long elapsedNanos;
    private long previousDelayNanos;
    private double random;

    private Builder(int attempt) {
      this.attempt = attempt;
    }

    /** Sets {@link EndedAttempt#failure()}. Default none. */
    public Builder failure(@Nullable Throwable failure) {
      this.failure = failure;
      return this;
    }

    /** Sets {@link EndedAttempt#result()}. Default none. */
    public Builder result(@Nullable Object result) {
      this.result = result;
      return this;
    }

    /**
     * Sets {@link EndedAttempt#elapsed()}. Default 0.
     *
     * @param nanos the time since the retry was entered, in nanoseconds
     */
    public Builder elapsedNanos(long nanos) {
      this.elapsedNanos = nanos;
      return this;
    }

    /** Sets {@link EndedAttempt#previousDelayNanos()}. Default 0. */
    public Builder previousDelayNanos(long nanos) {
      this.previousDelayNanos = nanos;
      return this;
    }

    /**
     * Sets {@link EndedAttempt#random()}, which is not checked. Default 0.
     *
     * @param random a share, in [0, 1)
     */
    public Builder random(double random) {
      this.random = random;
      return this;
    }

    /** {@return the value, which is immutable} */
    public EndedAttempt build() {
      return new EndedAttempt(this);
    }
  }
}
