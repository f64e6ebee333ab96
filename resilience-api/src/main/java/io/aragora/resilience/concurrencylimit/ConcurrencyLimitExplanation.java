package io.aragora.resilience.concurrencylimit;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Why a concurrency limit is what it is: the numbers of the last window that had samples, and the rule that decided. Immutable and thread-safe. */
public final class ConcurrencyLimitExplanation {
  private final LimitChange rule;
  private final int from;
  private final int to;
  private final long samples;
  private final long drops;
  private final int mostInFlight;
  private final Duration recent;
  private final Duration base;
  private final double gradient;

  private ConcurrencyLimitExplanation(Builder builder) {
    rule = builder.rule;
    from = builder.from;
    to = builder.to;
    samples = builder.samples;
    drops = builder.drops;
    mostInFlight = builder.mostInFlight;
    recent = builder.recent;
    base = builder.base;
    gradient = builder.gradient;
  }

  /** {@return a new builder} */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return the rule that decided} */
  public LimitChange rule() {
    return rule;
  }

  /** {@return the limit before} */
  public int from() {
    return from;
  }

  /** {@return the limit after} */
  public int to() {
    return to;
  }

  /** {@return the number of latencies in the window} */
  public long samples() {
    return samples;
  }

  /** {@return the number of calls whose end was a sign of overload} */
  public long drops() {
    return drops;
  }

  /** {@return the largest number of calls that were under way at a time} */
  public int mostInFlight() {
    return mostInFlight;
  }

  /** {@return the percentile of the latencies; zero if there were none} */
  public Duration recent() {
    return recent;
  }

  /** {@return the latency without load, as far as it is known; zero before the first window} */
  public Duration base() {
    return base;
  }

  /** {@return the factor that latencies ask for, before smoothing; 1 if they are no reason to lower the limit} */
  public double gradient() {
    return gradient;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ConcurrencyLimitExplanation that
        && rule == that.rule
        && from == that.from
        && to == that.to
        && samples == that.samples
        && drops == that.drops
        && mostInFlight == that.mostInFlight
        && recent.equals(that.recent)
        && base.equals(that.base)
        && Double.compare(gradient, that.gradient) == 0;
  }

  @Override
  public int hashCode() {
    return Objects.hash(rule, from, to, samples, drops, mostInFlight, recent, base, gradient);
  }

  @Override
  public String toString() {
    return "ConcurrencyLimitExplanation[rule=" + rule
        + ", from=" + from
        + ", to=" + to
        + ", samples=" + samples
        + ", drops=" + drops
        + ", mostInFlight=" + mostInFlight
        + ", recent=" + recent
        + ", base=" + base
        + ", gradient=" + gradient
        + "]";
  }

  /** Builds a {@link ConcurrencyLimitExplanation}. Not thread-safe. */
  public static final class Builder {
    private LimitChange rule = LimitChange.HELD;
    private int from;
    private int to;
    private long samples;
    private long drops;
    private int mostInFlight;
    private Duration recent = Duration.ZERO;
    private Duration base = Duration.ZERO;
    private double gradient = 1;

    private Builder() {}

    /** Sets {@link ConcurrencyLimitExplanation#rule()}. Default {@link LimitChange#HELD}. */
    public Builder rule(LimitChange rule) {
      this.rule = rule;
      return this;
    }

    /** Sets {@link ConcurrencyLimitExplanation#from()}. Default 0. */
    public Builder from(int from) {
      this.from = from;
      return this;
    }

    /** Sets {@link ConcurrencyLimitExplanation#to()}. Default 0. */
    public Builder to(int to) {
      this.to = to;
      return this;
    }

    /** Sets {@link ConcurrencyLimitExplanation#samples()}. Default 0. */
    public Builder samples(long samples) {
      this.samples = samples;
      return this;
    }

    /** Sets {@link ConcurrencyLimitExplanation#drops()}. Default 0. */
    public Builder drops(long drops) {
      this.drops = drops;
      return this;
    }

    /** Sets {@link ConcurrencyLimitExplanation#mostInFlight()}. Default 0. */
    public Builder mostInFlight(int mostInFlight) {
      this.mostInFlight = mostInFlight;
      return this;
    }

    /** Sets {@link ConcurrencyLimitExplanation#recent()}. Default zero. */
    public Builder recent(Duration recent) {
      this.recent = recent;
      return this;
    }

    /** Sets {@link ConcurrencyLimitExplanation#base()}. Default zero. */
    public Builder base(Duration base) {
      this.base = base;
      return this;
    }

    /** Sets {@link ConcurrencyLimitExplanation#gradient()}. Default 1. */
    public Builder gradient(double gradient) {
      this.gradient = gradient;
      return this;
    }

    /** {@return the value, which is immutable} */
    public ConcurrencyLimitExplanation build() {
      return new ConcurrencyLimitExplanation(this);
    }
  }
}
