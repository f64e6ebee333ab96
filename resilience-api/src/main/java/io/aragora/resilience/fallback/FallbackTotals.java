package io.aragora.resilience.fallback;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Counts of the fallbacks of all pipelines with one name, over the life of their runtime. Immutable and thread-safe.
 */
public final class FallbackTotals {
  private final long used;
  private final long failed;

  private FallbackTotals(Builder builder) {
    this.used = builder.used;
    this.failed = builder.failed;
  }

  /**
   * Creates a builder.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return the number of failures and results that a fallback replaced} */
  public long used() {
    return used;
  }

  /** {@return the number of failures and results whose fallback failed} */
  public long failed() {
    return failed;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof FallbackTotals that && used == that.used && failed == that.failed;
  }

  @Override
  public int hashCode() {
    return Objects.hash(used, failed);
  }

  @Override
  public String toString() {
    return "FallbackTotals[used=" + used + ", failed=" + failed + "]";
  }

  /** Builds a {@link FallbackTotals}. Not thread-safe. */
  public static final class Builder {
    private long used;
    private long failed;

    private Builder() {}

    /** Sets {@link FallbackTotals#used()}. Default 0. */
    public Builder used(long used) {
      this.used = used;
      return this;
    }

    /** Sets {@link FallbackTotals#failed()}. Default 0. */
    public Builder failed(long failed) {
      this.failed = failed;
      return this;
    }

    /** {@return the value, which is immutable} */
    public FallbackTotals build() {
      return new FallbackTotals(this);
    }
  }
}
