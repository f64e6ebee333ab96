package io.aragora.resilience.quota;

import io.aragora.resilience.internal.Setting;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The request of an instance to a {@link QuotaStore}. Immutable and thread-safe. */
public final class QuotaRequest {
  private final String quota;
  private final String settings;
  private final UUID instance;
  private final double limit;
  private final Duration period;
  private final int burst;
  private final boolean startsFull;
  private final int wanted;
  private final double earned;
  private final long spent;

  private QuotaRequest(Builder builder) {
    quota = builder.quota;
    settings = builder.settings;
    instance = builder.instance;
    limit = builder.limit;
    period = builder.period;
    burst = builder.burst;
    startsFull = builder.startsFull;
    wanted = builder.wanted;
    earned = builder.earned;
    spent = builder.spent;
  }

  /** {@return a new builder} */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return the name of the quota, with its kind, for example {@code ratelimiter:github}} */
  public String quota() {
    return quota;
  }

  /** {@return the settings of the limit as a text; requests of other texts are of other settings} */
  public String settings() {
    return settings;
  }

  /** {@return the identity of the runtime that asks, the same as long as it lives} */
  public UUID instance() {
    return instance;
  }

  /** {@return the number of permits that the quota earns in each period, not negative; 0 if it earns by {@link #earned} only} */
  public double limit() {
    return limit;
  }

  /** {@return the period of the limit, positive} */
  public Duration period() {
    return period;
  }

  /** {@return the largest number of permits that the quota holds, at least 1} */
  public int burst() {
    return burst;
  }

  /** {@return whether a new quota holds its whole burst, or nothing} */
  public boolean startsFull() {
    return startsFull;
  }

  /** {@return the number of permits that the instance wants, not negative; 0 if it only reports that it lives} */
  public int wanted() {
    return wanted;
  }

  /** {@return the number of permits that the calls of the instance have earned for the quota since its last request, not negative} */
  public double earned() {
    return earned;
  }

  /** {@return the number of permits that the instance has used without a lease since its last request, not negative} */
  public long spent() {
    return spent;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof QuotaRequest that
        && quota.equals(that.quota)
        && settings.equals(that.settings)
        && instance.equals(that.instance)
        && Double.compare(limit, that.limit) == 0
        && period.equals(that.period)
        && burst == that.burst
        && startsFull == that.startsFull
        && wanted == that.wanted
        && Double.compare(earned, that.earned) == 0
        && spent == that.spent;
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        quota, settings, instance, limit, period, burst, startsFull, wanted, earned, spent);
  }

  @Override
  public String toString() {
    return "QuotaRequest[quota=" + quota
        + ", settings=" + settings
        + ", instance=" + instance
        + ", limit=" + limit
        + ", period=" + period
        + ", burst=" + burst
        + ", startsFull=" + startsFull
        + ", wanted=" + wanted
        + ", earned=" + earned
        + ", spent=" + spent
        + "]";
  }

  /** Builds a {@link QuotaRequest}. Not thread-safe. */
  public static final class Builder {
    private String quota = "";
    private String settings = "";
    private UUID instance = new UUID(0, 0);
    private double limit;
    private Duration period = Duration.ofSeconds(1);
    private int burst = 1;
    private boolean startsFull = true;
    private int wanted;
    private double earned;
    private long spent;

    private Builder() {}

    /** Sets {@link QuotaRequest#quota()}. Default empty. */
    public Builder quota(String quota) {
      this.quota = quota;
      return this;
    }

    /** Sets {@link QuotaRequest#settings()}. Default empty. */
    public Builder settings(String settings) {
      this.settings = settings;
      return this;
    }

    /** Sets {@link QuotaRequest#instance()}. Default the UUID of zeros. */
    public Builder instance(UUID instance) {
      this.instance = instance;
      return this;
    }

    /**
     * Sets {@link QuotaRequest#limit()}. Default 0.
     *
     * @param limit the number of permits that the quota earns in each period, not negative; 0 if it earns by {@link #earned} only
     * @throws IllegalArgumentException if {@code limit} is NaN or negative
     */
    public Builder limit(double limit) {
      this.limit = Setting.inRange("limit", 0, Double.MAX_VALUE, limit);
      return this;
    }

    /**
     * Sets {@link QuotaRequest#period()}. Default 1 s.
     *
     * @param period the period of the limit, positive
     * @throws IllegalArgumentException if {@code period} is not positive
     */
    public Builder period(Duration period) {
      this.period = Setting.positive("period", period);
      return this;
    }

    /**
     * Sets {@link QuotaRequest#burst()}. Default 1.
     *
     * @param burst the largest number of permits that the quota holds, at least 1
     * @throws IllegalArgumentException if {@code burst} is less than 1
     */
    public Builder burst(int burst) {
      this.burst = Setting.inRange("burst", 1, Integer.MAX_VALUE, burst);
      return this;
    }

    /** Sets {@link QuotaRequest#startsFull()}. Default true. */
    public Builder startsFull(boolean startsFull) {
      this.startsFull = startsFull;
      return this;
    }

    /**
     * Sets {@link QuotaRequest#wanted()}. Default 0.
     *
     * @param wanted the number of permits that the instance wants, not negative; 0 if it only reports that it lives
     * @throws IllegalArgumentException if {@code wanted} is negative
     */
    public Builder wanted(int wanted) {
      this.wanted = Setting.inRange("wanted", 0, Integer.MAX_VALUE, wanted);
      return this;
    }

    /**
     * Sets {@link QuotaRequest#earned()}. Default 0.
     *
     * @param earned the number of permits that the calls of the instance have earned for the quota since its last request, not negative
     * @throws IllegalArgumentException if {@code earned} is NaN or negative
     */
    public Builder earned(double earned) {
      this.earned = Setting.inRange("earned", 0, Double.MAX_VALUE, earned);
      return this;
    }

    /**
     * Sets {@link QuotaRequest#spent()}. Default 0.
     *
     * @param spent the number of permits that the instance has used without a lease since its last request, not negative
     * @throws IllegalArgumentException if {@code spent} is negative
     */
    public Builder spent(long spent) {
      if (spent < 0) {
        throw new IllegalArgumentException("spent must not be negative: " + spent);
      }
      this.spent = spent;
      return this;
    }

    /** {@return the value, which is immutable} */
    public QuotaRequest build() {
      return new QuotaRequest(this);
    }
  }
}
