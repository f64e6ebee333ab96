package io.aragora.resilience.quota;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The answer of a {@link QuotaStore} to an instance. Immutable and thread-safe. */
public final class QuotaLease {
  private final int granted;
  private final double left;
  private final int instances;
  private final @Nullable String otherSettings;

  private QuotaLease(Builder builder) {
    granted = builder.granted;
    left = builder.left;
    instances = builder.instances;
    otherSettings = builder.otherSettings;
  }

  /** {@return a new builder} */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return the number of permits that the instance may use, not more than it wanted} */
  public int granted() {
    return granted;
  }

  /** {@return the number of permits that the quota holds now; negative if instances have used more than it had} */
  public double left() {
    return left;
  }

  /** {@return the number of instances that have sent a request for this quota within {@link QuotaStore#MEMBERSHIP}, this one included} */
  public int instances() {
    return instances;
  }

  /** {@return the settings of the quota if they are not those of the request, which then got nothing; else null} */
  public @Nullable String otherSettings() {
    return otherSettings;
  }

  /** {@return whether the quota belongs to other settings than those of the request} */
  public boolean isOfOtherSettings() {
    return otherSettings != null;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof QuotaLease that
        && granted == that.granted
        && Double.compare(left, that.left) == 0
        && instances == that.instances
        && Objects.equals(otherSettings, that.otherSettings);
  }

  @Override
  public int hashCode() {
    return Objects.hash(granted, left, instances, otherSettings);
  }

  @Override
  public String toString() {
    return "QuotaLease[granted=" + granted
        + ", left=" + left
        + ", instances=" + instances
        + ", otherSettings=" + otherSettings
        + "]";
  }

  /** Builds a {@link QuotaLease}. Not thread-safe. */
  public static final class Builder {
    private int granted;
    private double left;
    private int instances = 1;
    private @Nullable String otherSettings;

    private Builder() {}

    /** Sets {@link QuotaLease#granted()}. Default 0. */
    public Builder granted(int granted) {
      this.granted = granted;
      return this;
    }

    /** Sets {@link QuotaLease#left()}. Default 0. */
    public Builder left(double left) {
      this.left = left;
      return this;
    }

    /** Sets {@link QuotaLease#instances()}. Default 1. */
    public Builder instances(int instances) {
      this.instances = instances;
      return this;
    }

    /** Sets {@link QuotaLease#otherSettings()}. Default null. */
    public Builder otherSettings(@Nullable String otherSettings) {
      this.otherSettings = otherSettings;
      return this;
    }

    /** {@return the value, which is immutable} */
    public QuotaLease build() {
      return new QuotaLease(this);
    }
  }
}
