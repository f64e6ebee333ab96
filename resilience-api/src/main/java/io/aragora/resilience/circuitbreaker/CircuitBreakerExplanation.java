package io.aragora.resilience.circuitbreaker;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Why a breaker is in its state: the rule that fired, the counts it fired on, and when the breaker admits the next call.
 * {@link #toString()} says it in one or two sentences. Immutable and thread-safe.
 */
public final class CircuitBreakerExplanation {
  private final String breaker;
  private final CircuitBreakerState state;
  private final TransitionCause cause;
  private final long sequence;
  private final Instant since;
  private final @Nullable Evidence evidence;
  private final @Nullable Duration nextProbe;
  private final double throttleShare;
  private final CircuitBreakerConfig config;

  private CircuitBreakerExplanation(Builder builder) {
    this.breaker = builder.breaker;
    this.state = builder.state;
    this.cause = builder.cause;
    this.sequence = builder.sequence;
    this.since = builder.since;
    this.evidence = builder.evidence;
    this.nextProbe = builder.nextProbe;
    this.throttleShare = builder.throttleShare;
    this.config = builder.config;
  }

  /**
   * Creates a builder.
   *
   * @param breaker the name of the breaker
   * @param config the config in force
   * @return a new builder
   */
  public static Builder builder(String breaker, CircuitBreakerConfig config) {
    return new Builder(breaker, config);
  }

  /** {@return the name of the breaker} */
  public String breaker() {
    return breaker;
  }

  /** {@return the state at this instant} */
  public CircuitBreakerState state() {
    return state;
  }

  /** {@return the cause of the state} */
  public TransitionCause cause() {
    return cause;
  }

  /** {@return the number of the transition into this state; 0 before the first} */
  public long sequence() {
    return sequence;
  }

  /**
   * {@return the time at which the breaker entered the state; in {@link CircuitBreakerState#METRICS_ONLY} the last time at
   * which it would have opened, if there was one}
   */
  public Instant since() {
    return since;
  }

  /** {@return the counts that the rule fired on; null if no rule fired} */
  public @Nullable Evidence evidence() {
    return evidence;
  }

  /**
   * {@return the time until the breaker may admit a probe; zero if it may admit one now, null if it admits every call or
   * admits none until an operator acts}
   */
  public @Nullable Duration nextProbe() {
    return nextProbe;
  }

  /**
   * {@return the share of calls that the closed breaker rejects by {@link CircuitBreakerConfig.Builder#throttle}, 0 to 0.9}
   */
  public double throttleShare() {
    return throttleShare;
  }

  /** {@return the config in force} */
  public CircuitBreakerConfig config() {
    return config;
  }

  /**
   * The counts that a rule fired on. Immutable and thread-safe.
   */
  public static final class Evidence {
    private final long calls;
    private final long failures;
    private final long slowCalls;
    private final long slowFailures;
    private final long slowCallsInFlight;
    private final int consecutiveFailures;

    private Evidence(Builder builder) {
      this.calls = builder.calls;
      this.failures = builder.failures;
      this.slowCalls = builder.slowCalls;
      this.slowFailures = builder.slowFailures;
      this.slowCallsInFlight = builder.slowCallsInFlight;
      this.consecutiveFailures = builder.consecutiveFailures;
    }

    /**
     * Creates a builder.
     *
     * @return a new builder
     */
    public static Builder builder() {
      return new Builder();
    }

    /** {@return the number of calls in the window, plus the calls in flight that were already slow} */
    public long calls() {
      return calls;
    }

    /** {@return the number of failures in the window} */
    public long failures() {
      return failures;
    }

    /** {@return the number of slow calls in the window, plus the calls in flight that were already slow} */
    public long slowCalls() {
      return slowCalls;
    }

    /** {@return the number of slow calls in the window that failed} */
    public long slowFailures() {
      return slowFailures;
    }

    /** {@return the number of calls in flight that were already slow} */
    public long slowCallsInFlight() {
      return slowCallsInFlight;
    }

    /** {@return the number of failures since the last success} */
    public int consecutiveFailures() {
      return consecutiveFailures;
    }

    /** {@return the failure rate in percent, 0 to 100; 0 if there were no calls} */
    public double failureRate() {
      return calls == 0 ? 0 : 100.0 * failures / calls;
    }

    /** {@return the slow-call rate in percent, 0 to 100; 0 if there were no calls} */
    public double slowCallRate() {
      return calls == 0 ? 0 : 100.0 * slowCalls / calls;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Evidence that
          && calls == that.calls
          && failures == that.failures
          && slowCalls == that.slowCalls
          && slowFailures == that.slowFailures
          && slowCallsInFlight == that.slowCallsInFlight
          && consecutiveFailures == that.consecutiveFailures;
    }

    @Override
    public int hashCode() {
      return Objects.hash(
          calls, failures, slowCalls, slowFailures, slowCallsInFlight, consecutiveFailures);
    }

    @Override
    public String toString() {
      return "Evidence[calls=" + calls + ", failures=" + failures + ", slowCalls=" + slowCalls
          + ", slowFailures=" + slowFailures
          + ", slowCallsInFlight=" + slowCallsInFlight + ", consecutiveFailures="
          + consecutiveFailures + "]";
    }

    /** Builds an {@link Evidence}. Not thread-safe. */
    public static final class Builder {
      private long calls;
      private long failures;
      private long slowCalls;
      private long slowFailures;
      private long slowCallsInFlight;
      private int consecutiveFailures;

      private Builder() {}

      /** Sets {@link Evidence#calls()}. Default 0. */
      public Builder calls(long calls) {
        this.calls = calls;
        return this;
      }

      /** Sets {@link Evidence#failures()}. Default 0. */
      public Builder failures(long failures) {
        this.failures = failures;
        return this;
      }

      /** Sets {@link Evidence#slowCalls()}. Default 0. */
      public Builder slowCalls(long slowCalls) {
        this.slowCalls = slowCalls;
        return this;
      }

      /** Sets {@link Evidence#slowFailures()}. Default 0. */
      public Builder slowFailures(long slowFailures) {
        this.slowFailures = slowFailures;
        return this;
      }

      /** Sets {@link Evidence#slowCallsInFlight()}. Default 0. */
      public Builder slowCallsInFlight(long slowCallsInFlight) {
        this.slowCallsInFlight = slowCallsInFlight;
        return this;
      }

      /** Sets {@link Evidence#consecutiveFailures()}. Default 0. */
      public Builder consecutiveFailures(int consecutiveFailures) {
        this.consecutiveFailures = consecutiveFailures;
        return this;
      }

      /** {@return the value, which is immutable} */
      public Evidence build() {
        return new Evidence(this);
      }
    }
  }

  @Override
  public String toString() {
    String place = "breaker '" + breaker + "' is " + state.text();
    return state == CircuitBreakerState.METRICS_ONLY && evidence != null
        ? place + "; it would have opened at " + since + ": " + reason()
        : place + " since " + since + ": " + reason() + next() + rejects();
  }

  private String reason() {
    Evidence seen = evidence;
    String reason = cause.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    if (seen == null) {
      return reason;
    }
    return switch (cause) {
      case FAILURE_THRESHOLD ->
        seen.consecutiveFailures() + " consecutive failures reached failureThreshold "
            + config.failureThreshold();
      case FAILURE_COUNT ->
        seen.failures() + " failures in the window reached failureCountThreshold "
            + config.failureCountThreshold();
      case FAILURE_RATE ->
        share(seen.failures(), seen.calls(), "failed", seen.failureRate())
            + ", failureRateThreshold is " + config.failureRateThreshold() + " %";
      case SLOW_CALL_RATE ->
        share(seen.slowCalls(), seen.calls(), "were slow", seen.slowCallRate())
            + ", " + seen.slowCallsInFlight()
            + " of them in flight; slowCallRateThreshold is "
            + config.slowCallRateThreshold() + " %";
      case PROBE_FAILED ->
        share(seen.failures(), seen.calls(), "failed", seen.failureRate())
                .replace("calls", "probes")
            + ", halfOpenFailureRateThreshold is " + config.halfOpenFailureRateThreshold() + " %";
      default -> reason;
    };
  }

  private static String share(long part, long calls, String did, double percent) {
    return String.format(Locale.ROOT, "%d of %d calls %s (%.1f %%)", part, calls, did, percent);
  }

  private String next() {
    Duration wait = nextProbe;
    if (wait == null) {
      return "";
    }
    return wait.isZero()
        ? "; the next call may be a probe"
        : String.format(Locale.ROOT, "; next probe in %.1f s", wait.toNanos() / 1e9);
  }

  private String rejects() {
    return throttleShare == 0
        ? ""
        : String.format(
            Locale.ROOT,
            "; it rejects %.1f %% of the calls, because many fail (throttle %s)",
            100 * throttleShare,
            config.throttle());
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CircuitBreakerExplanation that
        && breaker.equals(that.breaker)
        && state.equals(that.state)
        && cause.equals(that.cause)
        && sequence == that.sequence
        && since.equals(that.since)
        && Objects.equals(evidence, that.evidence)
        && Objects.equals(nextProbe, that.nextProbe)
        && Double.compare(throttleShare, that.throttleShare) == 0
        && config.equals(that.config);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        breaker, state, cause, sequence, since, evidence, nextProbe, throttleShare, config);
  }

  /** Builds a {@link CircuitBreakerExplanation}. Not thread-safe. */
  public static final class Builder {
    private final String breaker;
    private CircuitBreakerState state = CircuitBreakerState.CLOSED;
    private TransitionCause cause = TransitionCause.CREATED;
    private long sequence;
    private Instant since = Instant.EPOCH;
    private @Nullable Evidence evidence;
    private @Nullable Duration nextProbe;
    private double throttleShare;
    private final CircuitBreakerConfig config;

    private Builder(String breaker, CircuitBreakerConfig config) {
      this.breaker = breaker;
      this.config = config;
    }

    /** Sets {@link CircuitBreakerExplanation#state()}. Default {@code CLOSED}. */
    public Builder state(CircuitBreakerState state) {
      this.state = state;
      return this;
    }

    /** Sets {@link CircuitBreakerExplanation#cause()}. Default {@code CREATED}. */
    public Builder cause(TransitionCause cause) {
      this.cause = cause;
      return this;
    }

    /** Sets {@link CircuitBreakerExplanation#sequence()}. Default 0. */
    public Builder sequence(long sequence) {
      this.sequence = sequence;
      return this;
    }

    /** Sets {@link CircuitBreakerExplanation#since()}. Default 1970. */
    public Builder since(Instant since) {
      this.since = since;
      return this;
    }

    /** Sets {@link CircuitBreakerExplanation#evidence()}. Default none. */
    public Builder evidence(@Nullable Evidence evidence) {
      this.evidence = evidence;
      return this;
    }

    /** Sets {@link CircuitBreakerExplanation#nextProbe()}. Default none. */
    public Builder nextProbe(@Nullable Duration nextProbe) {
      this.nextProbe = nextProbe;
      return this;
    }

    /** Sets {@link CircuitBreakerExplanation#throttleShare()}. Default 0. */
    public Builder throttleShare(double throttleShare) {
      this.throttleShare = throttleShare;
      return this;
    }

    /** {@return the value, which is immutable} */
    public CircuitBreakerExplanation build() {
      return new CircuitBreakerExplanation(this);
    }
  }
}
