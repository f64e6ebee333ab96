package io.aragora.resilience.concurrencylimit;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The present numbers of a concurrency limit. Immutable and thread-safe. */
public final class ConcurrencyLimitSnapshot {
  private final int limit;
  private final int inUse;
  private final int waiting;
  private final Duration oldestWait;

  private ConcurrencyLimitSnapshot(Builder builder) {
    limit = builder.limit;
    inUse = builder.inUse;
    waiting = builder.waiting;
    oldestWait = builder.oldestWait;
  }

  /** {@return a new builder} */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return how many calls may be under way} */
  public int limit() {
    return limit;
  }

  /** {@return how many calls are under way; more than the limit if that was lowered meanwhile} */
  public int inUse() {
    return inUse;
  }

  /** {@return how many calls wait} */
  public int waiting() {
    return waiting;
  }

  /** {@return how long the oldest of them has waited; zero if none waits} */
  public Duration oldestWait() {
    return oldestWait;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ConcurrencyLimitSnapshot that
        && limit == that.limit
        && inUse == that.inUse
        && waiting == that.waiting
        && oldestWait.equals(that.oldestWait);
  }

  @Override
  public int hashCode() {
    return Objects.hash(limit, inUse, waiting, oldestWait);
  }

  @Override
  public String toString() {
    return "ConcurrencyLimitSnapshot[limit=" + limit
        + ", inUse=" + inUse
        + ", waiting=" + waiting
        + ", oldestWait=" + oldestWait
        + "]";
  }

  /** Builds a {@link ConcurrencyLimitSnapshot}. Not thread-safe. */
  public static final class Builder {
    private int limit;
    private int inUse;
    private int waiting;
    private Duration oldestWait = Duration.ZERO;

    private Builder() {}

    /** Sets {@link ConcurrencyLimitSnapshot#limit()}. Default 0. */
    public Builder limit(int limit) {
      this.limit = limit;
      return this;
    }

    /** Sets {@link ConcurrencyLimitSnapshot#inUse()}. Default 0. */
    public Builder inUse(int inUse) {
      this.inUse = inUse;
      return this;
    }

    /** Sets {@link ConcurrencyLimitSnapshot#waiting()}. Default 0. */
    public Builder waiting(int waiting) {
      this.waiting = waiting;
      return this;
    }

    /** Sets {@link ConcurrencyLimitSnapshot#oldestWait()}. Default zero. */
    public Builder oldestWait(Duration oldestWait) {
      this.oldestWait = oldestWait;
      return this;
    }

    /** {@return the value, which is immutable} */
    public ConcurrencyLimitSnapshot build() {
      return new ConcurrencyLimitSnapshot(this);
    }
  }
}
