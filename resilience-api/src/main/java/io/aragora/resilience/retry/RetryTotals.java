package io.aragora.resilience.retry;

import io.aragora.resilience.retry.RetryEvent.Kind;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Lifetime counts of a retry: for each {@link Kind} of event, how often it happened. Each call ends with exactly one kind
 * other than {@link Kind#RETRY}. Immutable and thread-safe.
 */
public final class RetryTotals {
  private final Map<Kind, Long> counts;

  private RetryTotals(Builder builder) {
    this.counts = new EnumMap<>(builder.counts);
  }

  /**
   * Creates a builder.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Returns how often a kind of event happened.
   *
   * @param kind the kind
   * @return the number of events of that kind
   */
  public long count(Kind kind) {
    return counts.getOrDefault(kind, 0L);
  }

  /** {@return the number of calls that ended} */
  public long calls() {
    long sum = 0;
    for (Kind kind : Kind.values()) {
      sum += kind == Kind.RETRY ? 0 : count(kind);
    }
    return sum;
  }

  /** {@return the number of calls whose first attempt succeeded} */
  public long succeededAtOnce() {
    return count(Kind.SUCCEEDED_AT_ONCE);
  }

  /** {@return the number of calls whose later attempt succeeded} */
  public long succeededAfterRetry() {
    return count(Kind.SUCCEEDED_AFTER_RETRY);
  }

  /**
   * Returns the number of calls that gave up: no further attempt was possible. Failures that are not retried, and calls
   * that were stopped, are not among them.
   *
   * @return the number of calls: the sum of the kinds whose {@link Kind#isGivenUp()} is true
   */
  public long gaveUp() {
    long sum = 0;
    for (Kind kind : Kind.values()) {
      sum += kind.isGivenUp() ? count(kind) : 0;
    }
    return sum;
  }

  /** {@return the number of calls that gave up because their attempts were used up} */
  public long exhausted() {
    return count(Kind.EXHAUSTED);
  }

  /** {@return the number of calls that gave up because time ran out} */
  public long outOfTime() {
    return count(Kind.OUT_OF_TIME);
  }

  /** {@return the number of calls that gave up because the budget had no retry left} */
  public long outOfBudget() {
    return count(Kind.OUT_OF_BUDGET);
  }

  /**
   * {@return the number of calls that gave up because a policy inside, a breaker around or inside, or the executor for
   * attempts rejects}
   */
  public long rejected() {
    return count(Kind.REJECTED);
  }

  /** {@return the number of calls that ended with a failure that {@link RetryConfig#abortIf} matches} */
  public long aborted() {
    return count(Kind.ABORTED);
  }

  /** {@return the number of calls that ended with a failure that {@link RetryConfig#retryIf} does not match} */
  public long notRetried() {
    return count(Kind.NOT_RETRIED);
  }

  /** {@return the number of attempts beyond the first of each call} */
  public long retries() {
    return count(Kind.RETRY);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RetryTotals that && counts.equals(that.counts);
  }

  @Override
  public int hashCode() {
    return counts.hashCode();
  }

  /**
   * Returns every count by the name of its kind in lower case.
   *
   * @return the counts as text
   */
  @Override
  public String toString() {
    StringJoiner text = new StringJoiner(", ", "RetryTotals[", "]");
    for (Kind kind : Kind.values()) {
      text.add(kind.name().toLowerCase(Locale.ROOT) + "=" + count(kind));
    }
    return text.toString();
  }

  /** Builds a {@link RetryTotals}. Not thread-safe. */
  public static final class Builder {
    private final Map<Kind, Long> counts = new EnumMap<>(Kind.class);

    private Builder() {}

    /**
     * Sets {@link RetryTotals#count}. Default 0.
     *
     * @param kind the kind of event
     * @param count the number of events of that kind
     */
    public Builder count(Kind kind, long count) {
      // A count of 0 is left out, so that equal totals are equal.
      if (count == 0) {
        counts.remove(kind);
      } else {
        counts.put(kind, count);
      }
      return this;
    }

    /** {@return the value, which is immutable} */
    public RetryTotals build() {
      return new RetryTotals(this);
    }
  }
}
