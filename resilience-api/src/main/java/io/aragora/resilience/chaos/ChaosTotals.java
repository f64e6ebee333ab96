package io.aragora.resilience.chaos;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Lifetime counts of a chaos policy. Immutable and thread-safe. */
public final class ChaosTotals {
  private final long calls;
  private final long failed;
  private final long delayed;
  private final long failedAfter;
  private final long behaved;

  private ChaosTotals(Builder builder) {
    calls = builder.calls;
    failed = builder.failed;
    delayed = builder.delayed;
    failedAfter = builder.failedAfter;
    behaved = builder.behaved;
  }

  /** {@return a new builder} */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return the number of calls that were drawn for while chaos was active, whether or not anything was injected} */
  public long calls() {
    return calls;
  }

  /** {@return the number of calls that {@link Injection#FAIL} was injected into} */
  public long failed() {
    return failed;
  }

  /** {@return the number of calls that {@link Injection#DELAY} was injected into} */
  public long delayed() {
    return delayed;
  }

  /** {@return the number of calls that {@link Injection#FAIL_AFTER} was injected into} */
  public long failedAfter() {
    return failedAfter;
  }

  /** {@return the number of calls that {@link Injection#BEHAVE} was injected into} */
  public long behaved() {
    return behaved;
  }

  /** {@return the number of all injections} */
  public long injections() {
    return failed + delayed + failedAfter + behaved;
  }

  /**
   * Returns the count of one kind.
   *
   * @param injection the kind
   * @return the number of calls that it was injected into
   */
  public long count(Injection injection) {
    return switch (injection) {
      case FAIL -> failed;
      case DELAY -> delayed;
      case FAIL_AFTER -> failedAfter;
      case BEHAVE -> behaved;
    };
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ChaosTotals that
        && calls == that.calls
        && failed == that.failed
        && delayed == that.delayed
        && failedAfter == that.failedAfter
        && behaved == that.behaved;
  }

  @Override
  public int hashCode() {
    return Objects.hash(calls, failed, delayed, failedAfter, behaved);
  }

  @Override
  public String toString() {
    return "ChaosTotals[calls=" + calls
        + ", failed=" + failed
        + ", delayed=" + delayed
        + ", failedAfter=" + failedAfter
        + ", behaved=" + behaved
        + "]";
  }

  /** Builds a {@link ChaosTotals}. Not thread-safe. */
  public static final class Builder {
    private long calls;
    private long failed;
    private long delayed;
    private long failedAfter;
    private long behaved;

    private Builder() {}

    /** Sets {@link ChaosTotals#calls()}. Default 0. */
    public Builder calls(long count) {
      calls = count;
      return this;
    }

    /** Sets {@link ChaosTotals#failed()}. Default 0. */
    public Builder failed(long count) {
      failed = count;
      return this;
    }

    /** Sets {@link ChaosTotals#delayed()}. Default 0. */
    public Builder delayed(long count) {
      delayed = count;
      return this;
    }

    /** Sets {@link ChaosTotals#failedAfter()}. Default 0. */
    public Builder failedAfter(long count) {
      failedAfter = count;
      return this;
    }

    /** Sets {@link ChaosTotals#behaved()}. Default 0. */
    public Builder behaved(long count) {
      behaved = count;
      return this;
    }

    /** {@return the totals} */
    public ChaosTotals build() {
      return new ChaosTotals(this);
    }
  }
}
