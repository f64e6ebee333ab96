package io.aragora.resilience.health;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One status change of a component. A change between {@link HealthStatus#HEALTHY} and {@link HealthStatus#UNKNOWN} is not
 * an event, because no fault is known in either. Immutable and thread-safe.
 */
public final class HealthTransition {
  private final String component;
  private final long sequence;
  private final HealthStatus from;
  private final HealthStatus to;
  private final long consecutiveFailures;
  private final String detail;
  private final Instant at;

  private HealthTransition(Builder builder) {
    this.component = builder.component;
    this.sequence = builder.sequence;
    this.from = builder.from;
    this.to = builder.to;
    this.consecutiveFailures = builder.consecutiveFailures;
    this.detail = builder.detail;
    this.at = builder.at;
  }

  /**
   * Creates a builder.
   *
   * @param component the name of the check or tracker
   * @param from the status before
   * @param to the status after
   * @return a new builder
   */
  public static Builder builder(String component, HealthStatus from, HealthStatus to) {
    return new Builder(component, from, to);
  }

  /** {@return the name of the check or tracker} */
  public String component() {
    return component;
  }

  /** {@return the number of this change of the component; 1 for the first, with a gap if events were dropped} */
  public long sequence() {
    return sequence;
  }

  /** {@return the status before} */
  public HealthStatus from() {
    return from;
  }

  /** {@return the status after} */
  public HealthStatus to() {
    return to;
  }

  /** {@return the number of consecutive failures that led to the change; 0 if the component serves again} */
  public long consecutiveFailures() {
    return consecutiveFailures;
  }

  /** {@return the last error of the component; empty if there is none} */
  public String detail() {
    return detail;
  }

  /** {@return the time of day} */
  public Instant at() {
    return at;
  }

  /**
   * Returns whether the change is a recovery.
   *
   * @return whether the component serves again after it was {@link HealthStatus#UNHEALTHY} or worse
   */
  public boolean isRecovery() {
    return !from.isServing() && to.isServing();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof HealthTransition that
        && component.equals(that.component)
        && sequence == that.sequence
        && from.equals(that.from)
        && to.equals(that.to)
        && consecutiveFailures == that.consecutiveFailures
        && detail.equals(that.detail)
        && at.equals(that.at);
  }

  @Override
  public int hashCode() {
    return Objects.hash(component, sequence, from, to, consecutiveFailures, detail, at);
  }

  @Override
  public String toString() {
    return "HealthTransition[component=" + component + ", sequence=" + sequence + ", from=" + from
        + ", to=" + to + ", consecutiveFailures=" + consecutiveFailures + ", detail=" + detail
        + ", at=" + at + "]";
  }

  /** Builds a {@link HealthTransition}. Not thread-safe. */
  public static final class Builder {
    private final String component;
    private long sequence = 1;
    private final HealthStatus from;
    private final HealthStatus to;
    private long consecutiveFailures;
    private String detail = "";
    private Instant at = Instant.EPOCH;

    private Builder(String component, HealthStatus from, HealthStatus to) {
      this.component = component;
      this.from = from;
      this.to = to;
    }

    /** Sets {@link HealthTransition#sequence()}. Default 1. */
    public Builder sequence(long sequence) {
      this.sequence = sequence;
      return this;
    }

    /** Sets {@link HealthTransition#consecutiveFailures()}. Default 0. */
    public Builder consecutiveFailures(long consecutiveFailures) {
      this.consecutiveFailures = consecutiveFailures;
      return this;
    }

    /** Sets {@link HealthTransition#detail()}. Default empty. */
    public Builder detail(String detail) {
      this.detail = detail;
      return this;
    }

    /** Sets {@link HealthTransition#at()}. Default 1970. */
    public Builder at(Instant at) {
      this.at = at;
      return this;
    }

    /** {@return the value, which is immutable} */
    public HealthTransition build() {
      return new HealthTransition(this);
    }
  }
}
