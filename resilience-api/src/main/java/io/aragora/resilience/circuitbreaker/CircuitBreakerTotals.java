package io.aragora.resilience.circuitbreaker;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Lifetime counts of a breaker. They include earlier runs if the state is saved, and survive a reset. Immutable and
 * thread-safe.
 */
public final class CircuitBreakerTotals {
  /** Nothing counted. */
  public static final CircuitBreakerTotals ZERO = CircuitBreakerTotals.builder().build();

  private final long successes;
  private final long failures;
  private final long ignored;
  private final long rejected;
  private final long late;

  private CircuitBreakerTotals(Builder builder) {
    this.successes = builder.successes;
    this.failures = builder.failures;
    this.ignored = builder.ignored;
    this.rejected = builder.rejected;
    this.late = builder.late;
  }

  /**
   * Creates a builder.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return the number of calls that counted as a success} */
  public long successes() {
    return successes;
  }

  /** {@return the number of calls that counted as a failure} */
  public long failures() {
    return failures;
  }

  /**
   * {@return the number of calls that ended without an outcome; released, cancelled, interrupted, or ignored by the
   * config}
   */
  public long ignored() {
    return ignored;
  }

  /** {@return the number of rejected calls} */
  public long rejected() {
    return rejected;
  }

  /**
   * {@return the number of outcomes that changed no state} An outcome that arrived after its phase had ended is also in
   * {@link #successes()} or {@link #failures()}. The outcome of a probe that had lost its permit, or had already
   * completed, is not.
   */
  public long late() {
    return late;
  }

  /**
   * Adds two totals.
   *
   * @param other the totals to add
   * @return the sums
   */
  public CircuitBreakerTotals plus(CircuitBreakerTotals other) {
    return CircuitBreakerTotals.builder()
        .successes(successes + other.successes)
        .failures(failures + other.failures)
        .ignored(ignored + other.ignored)
        .rejected(rejected + other.rejected)
        .late(late + other.late)
        .build();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CircuitBreakerTotals that
        && successes == that.successes
        && failures == that.failures
        && ignored == that.ignored
        && rejected == that.rejected
        && late == that.late;
  }

  @Override
  public int hashCode() {
    return Objects.hash(successes, failures, ignored, rejected, late);
  }

  @Override
  public String toString() {
    return "CircuitBreakerTotals[successes=" + successes + ", failures=" + failures + ", ignored="
        + ignored + ", rejected=" + rejected + ", late=" + late + "]";
  }

  /** Builds a {@link CircuitBreakerTotals}. Not thread-safe. */
  public static final class Builder {
    private long successes;
    private long failures;
    private long ignored;
    private long rejected;
    private long late;

    private Builder() {}

    /** Sets {@link CircuitBreakerTotals#successes()}. Default 0. */
    public Builder successes(long successes) {
      this.successes = successes;
      return this;
    }

    /** Sets {@link CircuitBreakerTotals#failures()}. Default 0. */
    public Builder failures(long failures) {
      this.failures = failures;
      return this;
    }

    /** Sets {@link CircuitBreakerTotals#ignored()}. Default 0. */
    public Builder ignored(long ignored) {
      this.ignored = ignored;
      return this;
    }

    /** Sets {@link CircuitBreakerTotals#rejected()}. Default 0. */
    public Builder rejected(long rejected) {
      this.rejected = rejected;
      return this;
    }

    /** Sets {@link CircuitBreakerTotals#late()}. Default 0. */
    public Builder late(long late) {
      this.late = late;
      return this;
    }

    /** {@return the value, which is immutable} */
    public CircuitBreakerTotals build() {
      return new CircuitBreakerTotals(this);
    }
  }
}
