package io.aragora.resilience.circuitbreaker;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A breaker at one instant. Taking a snapshot changes nothing. Immutable and thread-safe.
 *
 * <p>The counts of the window and the totals are sums over cells that keep counting. A call that ends during the reading may
 * be in one and not yet in the other. The window never shows more failures, or more slow calls, than calls.
 */
public final class CircuitBreakerSnapshot {
  private final String name;
  private final CircuitBreakerState state;
  private final TransitionCause cause;
  private final long generation;
  private final long transitions;
  private final long windowCalls;
  private final long windowFailures;
  private final long windowSlowCalls;
  private final long windowSlowFailures;
  private final long slowCallsInFlight;
  private final int consecutiveFailures;
  private final long consecutiveSuccesses;
  private final int probesInFlight;
  private final int probeSuccesses;
  private final int probeFailures;
  private final Duration cooldown;
  private final Duration remainingCooldown;
  private final @Nullable Instant lastFailure;
  private final @Nullable Instant lastSuccess;
  private final long slowCalls;
  private final long rejectedInState;
  private final double throttleShare;
  private final long throttled;
  private final CircuitBreakerTotals totals;

  private CircuitBreakerSnapshot(Builder builder) {
    this.name = builder.name;
    this.state = builder.state;
    this.cause = builder.cause;
    this.generation = builder.generation;
    this.transitions = builder.transitions;
    this.windowCalls = builder.windowCalls;
    this.windowFailures = builder.windowFailures;
    this.windowSlowCalls = builder.windowSlowCalls;
    this.windowSlowFailures = builder.windowSlowFailures;
    this.slowCallsInFlight = builder.slowCallsInFlight;
    this.consecutiveFailures = builder.consecutiveFailures;
    this.consecutiveSuccesses = builder.consecutiveSuccesses;
    this.probesInFlight = builder.probesInFlight;
    this.probeSuccesses = builder.probeSuccesses;
    this.probeFailures = builder.probeFailures;
    this.cooldown = builder.cooldown;
    this.remainingCooldown = builder.remainingCooldown;
    this.lastFailure = builder.lastFailure;
    this.lastSuccess = builder.lastSuccess;
    this.slowCalls = builder.slowCalls;
    this.rejectedInState = builder.rejectedInState;
    this.throttleShare = builder.throttleShare;
    this.throttled = builder.throttled;
    this.totals = builder.totals;
  }

  /**
   * Creates a builder.
   *
   * @param name the name of the breaker
   * @return a new builder
   */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /** {@return the name of the breaker} */
  public String name() {
    return name;
  }

  /**
   * {@return the state} It is {@link CircuitBreakerState#HALF_OPEN} as soon as the cooldown has elapsed; the transition
   * and its event happen with the next call.
   */
  public CircuitBreakerState state() {
    return state;
  }

  /** {@return the cause of the state} */
  public TransitionCause cause() {
    return cause;
  }

  /**
   * {@return the number of the phase} It counts state changes over the life of the breaker, including earlier runs if the
   * state is saved.
   */
  public long generation() {
    return generation;
  }

  /** {@return the number of state changes since this breaker was created} */
  public long transitions() {
    return transitions;
  }

  /** {@return the number of calls in the window} While the breaker is open, those that opened it. */
  public long windowCalls() {
    return windowCalls;
  }

  /** {@return the number of failures in the window} While the breaker is open, those that opened it. */
  public long windowFailures() {
    return windowFailures;
  }

  /**
   * {@return the number of slow calls in the window; 0 if no rule about slow calls is set} While the breaker is open, those
   * that opened it.
   */
  public long windowSlowCalls() {
    return windowSlowCalls;
  }

  /** {@return the number of slow calls in the window that failed; the others succeeded} */
  public long windowSlowFailures() {
    return windowSlowFailures;
  }

  /** {@return the number of calls in flight that are already slow; 0 if no rule about slow calls is set} */
  public long slowCallsInFlight() {
    return slowCallsInFlight;
  }

  /** {@return the number of failures since the last success} While the breaker is open, those that opened it. */
  public int consecutiveFailures() {
    return consecutiveFailures;
  }

  /**
   * {@return the number of successes since the last failure or state change} While the breaker is half-open, the probes
   * that succeeded. Exact while one thread at a time calls; of threads that call at once, successes of some 10 ms before the
   * last failure may be among them.
   */
  public long consecutiveSuccesses() {
    return consecutiveSuccesses;
  }

  /** {@return the number of probes in flight; 0 unless half-open} */
  public int probesInFlight() {
    return probesInFlight;
  }

  /** {@return the number of probes that succeeded; 0 unless half-open} */
  public int probeSuccesses() {
    return probeSuccesses;
  }

  /** {@return the number of probes that failed without opening the breaker; 0 unless half-open} */
  public int probeFailures() {
    return probeFailures;
  }

  /** {@return the length of this cooldown, with backoff and jitter; zero unless open} */
  public Duration cooldown() {
    return cooldown;
  }

  /** {@return the rest of the cooldown, never negative; zero unless open} */
  public Duration remainingCooldown() {
    return remainingCooldown;
  }

  /** {@return the time of the last counted failure, up to 21 ms early; null before the first; not saved} */
  public @Nullable Instant lastFailure() {
    return lastFailure;
  }

  /**
   * {@return the time of the last counted success, to one bucket of the window; null before the first; not
   * saved}
   */
  public @Nullable Instant lastSuccess() {
    return lastSuccess;
  }

  /** {@return the number of slow calls since this breaker was created} */
  public long slowCalls() {
    return slowCalls;
  }

  /** {@return the number of calls rejected since the last state change} */
  public long rejectedInState() {
    return rejectedInState;
  }

  /**
   * {@return the share of calls that the closed breaker rejects by {@link CircuitBreakerConfig.Builder#throttle}, 0 to 0.9}
   */
  public double throttleShare() {
    return throttleShare;
  }

  /** {@return the number of calls that were rejected by throttling since this breaker was created} */
  public long throttled() {
    return throttled;
  }

  /** {@return the lifetime totals} */
  public CircuitBreakerTotals totals() {
    return totals;
  }

  /** {@return the failure rate of the window in percent, 0 to 100; 0 if the window is empty} */
  public double failureRate() {
    return windowCalls == 0 ? 0 : 100.0 * windowFailures / windowCalls;
  }

  /**
   * Returns the share of slow calls among the calls in the window and the slow calls in flight.
   *
   * @return percent, 0 to 100; 0 if there are none
   */
  public double slowCallRate() {
    long calls = windowCalls + slowCallsInFlight;
    return calls == 0 ? 0 : 100.0 * (windowSlowCalls + slowCallsInFlight) / calls;
  }

  /**
   * Returns the figures for status pages by name: {@code state}, {@code failure_count}, {@code success_count}, {@code
   * last_failure_time}, {@code last_success_time}, {@code consecutive_failures}, {@code consecutive_successes}, {@code
   * total_requests}, {@code total_failures} and {@code cooldown_remaining}. Times are seconds since 1970 and the
   * remaining cooldown is in seconds; each is null if there is none. {@code failure_count} and {@code success_count} are
   * those of the window; the totals cover the life of the breaker.
   *
   * @return ten entries, in this order
   */
  @SuppressWarnings("NullAway") // null stands for a missing value
  public Map<String, @Nullable Object> toMap() {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("state", state.text());
    map.put("failure_count", windowFailures);
    map.put("success_count", windowCalls - windowFailures);
    map.put("last_failure_time", seconds(lastFailure));
    map.put("last_success_time", seconds(lastSuccess));
    map.put("consecutive_failures", consecutiveFailures);
    map.put("consecutive_successes", consecutiveSuccesses);
    map.put("total_requests", totals.successes() + totals.failures());
    map.put("total_failures", totals.failures());
    map.put(
        "cooldown_remaining",
        state == CircuitBreakerState.OPEN ? remainingCooldown.toNanos() / 1e9 : null);
    return map;
  }

  private static @Nullable Double seconds(@Nullable Instant instant) {
    return instant == null ? null : instant.getEpochSecond() + instant.getNano() / 1e9;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CircuitBreakerSnapshot that
        && name.equals(that.name)
        && state.equals(that.state)
        && cause.equals(that.cause)
        && generation == that.generation
        && transitions == that.transitions
        && windowCalls == that.windowCalls
        && windowFailures == that.windowFailures
        && windowSlowCalls == that.windowSlowCalls
        && windowSlowFailures == that.windowSlowFailures
        && slowCallsInFlight == that.slowCallsInFlight
        && consecutiveFailures == that.consecutiveFailures
        && consecutiveSuccesses == that.consecutiveSuccesses
        && probesInFlight == that.probesInFlight
        && probeSuccesses == that.probeSuccesses
        && probeFailures == that.probeFailures
        && cooldown.equals(that.cooldown)
        && remainingCooldown.equals(that.remainingCooldown)
        && Objects.equals(lastFailure, that.lastFailure)
        && Objects.equals(lastSuccess, that.lastSuccess)
        && slowCalls == that.slowCalls
        && rejectedInState == that.rejectedInState
        && Double.compare(throttleShare, that.throttleShare) == 0
        && throttled == that.throttled
        && totals.equals(that.totals);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        name,
        state,
        cause,
        generation,
        transitions,
        windowCalls,
        windowFailures,
        windowSlowCalls,
        windowSlowFailures,
        slowCallsInFlight,
        consecutiveFailures,
        consecutiveSuccesses,
        probesInFlight,
        probeSuccesses,
        probeFailures,
        cooldown,
        remainingCooldown,
        lastFailure,
        lastSuccess,
        slowCalls,
        rejectedInState,
        throttleShare,
        throttled,
        totals);
  }

  @Override
  public String toString() {
    return "CircuitBreakerSnapshot[name=" + name + ", state=" + state + ", cause=" + cause
        + ", generation=" + generation + ", transitions=" + transitions + ", windowCalls="
        + windowCalls + ", windowFailures=" + windowFailures + ", windowSlowCalls="
        + windowSlowCalls + ", windowSlowFailures=" + windowSlowFailures + ", slowCallsInFlight="
        + slowCallsInFlight + ", consecutiveFailures="
        + consecutiveFailures + ", consecutiveSuccesses=" + consecutiveSuccesses
        + ", probesInFlight=" + probesInFlight + ", probeSuccesses=" + probeSuccesses
        + ", probeFailures=" + probeFailures
        + ", cooldown=" + cooldown + ", remainingCooldown=" + remainingCooldown + ", lastFailure="
        + lastFailure + ", lastSuccess=" + lastSuccess + ", slowCalls=" + slowCalls
        + ", rejectedInState=" + rejectedInState + ", throttleShare=" + throttleShare
        + ", throttled=" + throttled + ", totals="
        + totals + "]";
  }

  /** Builds a {@link CircuitBreakerSnapshot}. Not thread-safe. */
  public static final class Builder {
    private final String name;
    private CircuitBreakerState state = CircuitBreakerState.CLOSED;
    private TransitionCause cause = TransitionCause.CREATED;
    private long generation;
    private long transitions;
    private long windowCalls;
    private long windowFailures;
    private long windowSlowCalls;
    private long windowSlowFailures;
    private long slowCallsInFlight;
    private int consecutiveFailures;
    private long consecutiveSuccesses;
    private int probesInFlight;
    private int probeSuccesses;
    private int probeFailures;
    private Duration cooldown = Duration.ZERO;
    private Duration remainingCooldown = Duration.ZERO;
    private @Nullable Instant lastFailure;
    private @Nullable Instant lastSuccess;
    private long slowCalls;
    private long rejectedInState;
    private double throttleShare;
    private long throttled;
    private CircuitBreakerTotals totals = CircuitBreakerTotals.ZERO;

    private Builder(String name) {
      this.name = name;
    }

    /** Sets {@link CircuitBreakerSnapshot#state()}. Default {@code CLOSED}. */
    public Builder state(CircuitBreakerState state) {
      this.state = state;
      return this;
    }

    /** Sets {@link CircuitBreakerSnapshot#cause()}. Default {@code CREATED}. */
    public Builder cause(TransitionCause cause) {
      this.cause = cause;
      return this;
    }

    /** Sets {@link CircuitBreakerSnapshot#generation()}. Default 0. */
    public Builder generation(long generation) {
      this.generation = generation;
      return this;
    }

    /** Sets {@link CircuitBreakerSnapshot#transitions()}. Default 0. */
    public Builder transitions(long transitions) {
      this.transitions = transitions;
      return this;
    }

    /** Sets {@link CircuitBreakerSnapshot#windowCalls()}. Default 0. */
    public Builder windowCalls(long windowCalls) {
      this.windowCalls = windowCalls;
      return this;
    }

    /** Sets {@link CircuitBreakerSnapshot#windowFailures()}. Default 0. */
    public Builder windowFailures(long windowFailures) {
      this.windowFailures = windowFailures;
      return this;
    }

    /** Sets {@link CircuitBreakerSnapshot#windowSlowCalls()}. Default 0. */
    public Builder windowSlowCalls(long windowSlowCalls) {
      this.windowSlowCalls = windowSlowCalls;
      return this;
    }

    /** Sets {@link CircuitBreakerSnapshot#windowSlowFailures()}. Default 0. */
    public Builder windowSlowFailures(long windowSlowFailures) {
      this.windowSlowFailures = windowSlowFailures;
      return this;
    }

    /** Sets {@link CircuitBreakerSnapshot#slowCallsInFlight()}. Default 0. */
    public Builder slowCallsInFlight(long slowCallsInFlight) {
      this.slowCallsInFlight = slowCallsInFlight;
      return this;
    }

    /** Sets {@link CircuitBreakerSnapshot#consecutiveFailures()}. Default 0. */
    public Builder consecutiveFailures(int consecutiveFailures) {
      this.consecutiveFailures = consecutiveFailures;
      return this;
    }

    /** Sets {@link CircuitBreakerSnapshot#consecutiveSuccesses()}. Default 0. */
    public Builder consecutiveSuccesses(long consecutiveSuccesses) {
      this.consecutiveSuccesses = consecutiveSuccesses;
      return this;
    }

    /** Sets {@link CircuitBreakerSnapshot#probesInFlight()}. Default 0. */
    public Builder probesInFlight(int probesInFlight) {
      this.probesInFlight = probesInFlight;
      return this;
    }

    /** Sets {@link CircuitBreakerSnapshot#probeSuccesses()}. Default 0. */
    public Builder probeSuccesses(int probeSuccesses) {
      this.probeSuccesses = probeSuccesses;
      return this;
    }

    /** Sets {@link CircuitBreakerSnapshot#probeFailures()}. Default 0. */
    public Builder probeFailures(int probeFailures) {
      this.probeFailures = probeFailures;
      return this;
    }

    /** Sets {@link CircuitBreakerSnapshot#cooldown()}. Default zero. */
    public Builder cooldown(Duration cooldown) {
      this.cooldown = cooldown;
      return this;
    }

    /** Sets {@link CircuitBreakerSnapshot#remainingCooldown()}. Default zero. */
    public Builder remainingCooldown(Duration remainingCooldown) {
      this.remainingCooldown = remainingCooldown;
      return this;
    }

    /** Sets {@link CircuitBreakerSnapshot#lastFailure()}. Default none. */
    public Builder lastFailure(@Nullable Instant lastFailure) {
      this.lastFailure = lastFailure;
      return this;
    }

    /** Sets {@link CircuitBreakerSnapshot#lastSuccess()}. Default none. */
    public Builder lastSuccess(@Nullable Instant lastSuccess) {
      this.lastSuccess = lastSuccess;
      return this;
    }

    /** Sets {@link CircuitBreakerSnapshot#slowCalls()}. Default 0. */
    public Builder slowCalls(long slowCalls) {
      this.slowCalls = slowCalls;
      return this;
    }

    /** Sets {@link CircuitBreakerSnapshot#rejectedInState()}. Default 0. */
    public Builder rejectedInState(long rejectedInState) {
      this.rejectedInState = rejectedInState;
      return this;
    }

    /** Sets {@link CircuitBreakerSnapshot#throttleShare()}. Default 0. */
    public Builder throttleShare(double throttleShare) {
      this.throttleShare = throttleShare;
      return this;
    }

    /** Sets {@link CircuitBreakerSnapshot#throttled()}. Default 0. */
    public Builder throttled(long throttled) {
      this.throttled = throttled;
      return this;
    }

    /** Sets {@link CircuitBreakerSnapshot#totals()}. Default all zero. */
    public Builder totals(CircuitBreakerTotals totals) {
      this.totals = totals;
      return this;
    }

    /** {@return the value, which is immutable} */
    public CircuitBreakerSnapshot build() {
      return new CircuitBreakerSnapshot(this);
    }
  }
}
