package io.aragora.resilience.coalescing;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Lifetime counts of a coalescer. Immutable and thread-safe. */
public final class CoalescerTotals {
  private final long led;
  private final long joined;
  private final long alone;
  private final long stale;
  private final long handedOver;

  private CoalescerTotals(Builder builder) {
    led = builder.led;
    joined = builder.joined;
    alone = builder.alone;
    stale = builder.stale;
    handedOver = builder.handedOver;
  }

  /** {@return a new builder} */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return the number of calls that ran their body for their key, whether others joined or not} */
  public long led() {
    return led;
  }

  /** {@return the number of calls that found a call of their key under way and joined it} */
  public long joined() {
    return joined;
  }

  /** {@return the number of calls that ran by themselves because {@code maxFlights} was reached} */
  public long alone() {
    return alone;
  }

  /** {@return the number of calls that received a stored result instead of a failure; each is also led, joined or alone} */
  public long stale() {
    return stale;
  }

  /** {@return the number of times that a call which had joined ran its body, because the one that led had left or failed alone} */
  public long handedOver() {
    return handedOver;
  }

  /** {@return the number of all calls} */
  public long calls() {
    return led + joined + alone;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CoalescerTotals that
        && led == that.led
        && joined == that.joined
        && alone == that.alone
        && stale == that.stale
        && handedOver == that.handedOver;
  }

  @Override
  public int hashCode() {
    return Objects.hash(led, joined, alone, stale, handedOver);
  }

  @Override
  public String toString() {
    return "CoalescerTotals[led=" + led
        + ", joined=" + joined
        + ", alone=" + alone
        + ", stale=" + stale
        + ", handedOver=" + handedOver
        + "]";
  }

  /** Builds a {@link CoalescerTotals}. Not thread-safe. */
  public static final class Builder {
    private long led;
    private long joined;
    private long alone;
    private long stale;
    private long handedOver;

    private Builder() {}

    /** Sets {@link CoalescerTotals#led()}. Default 0. */
    public Builder led(long count) {
      led = count;
      return this;
    }

    /** Sets {@link CoalescerTotals#joined()}. Default 0. */
    public Builder joined(long count) {
      joined = count;
      return this;
    }

    /** Sets {@link CoalescerTotals#alone()}. Default 0. */
    public Builder alone(long count) {
      alone = count;
      return this;
    }

    /** Sets {@link CoalescerTotals#stale()}. Default 0. */
    public Builder stale(long count) {
      stale = count;
      return this;
    }

    /** Sets {@link CoalescerTotals#handedOver()}. Default 0. */
    public Builder handedOver(long count) {
      handedOver = count;
      return this;
    }

    /** {@return the totals} */
    public CoalescerTotals build() {
      return new CoalescerTotals(this);
    }
  }
}
