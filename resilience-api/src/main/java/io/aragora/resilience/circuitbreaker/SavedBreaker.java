package io.aragora.resilience.circuitbreaker;

import io.aragora.resilience.internal.Setting;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The saved state of a breaker. Its instants are wall-clock times of the process that holds it, so the time between two runs
 * counts toward a cooldown.
 *
 * <p>Each value has a range, and {@link Builder#build()} rejects a value outside it. A store that reads rows from an
 * untrusted source therefore reports an invalid row, and no breaker receives it. Immutable and thread-safe.
 */
public final class SavedBreaker {
  /** The largest number of characters of a text: 10,000. */
  public static final int MAX_TEXT = 10_000;

  /** The largest {@code long} value: 2^53, which no breaker reaches and to which every counter can add. */
  public static final long MAX_NUMBER = 1L << 53;

  /** The largest {@code int} count: 10^9. */
  public static final int MAX_COUNT = 1_000_000_000;

  /** The longest cooldown: that of the longest setting in whole microseconds, as stores save it; jitter adds nothing to it. */
  public static final Duration MAX_COOLDOWN = Setting.LONGEST.truncatedTo(ChronoUnit.MICROS);

  /** The earliest instant: 292 years before 1970, as far as nanoseconds in a {@code long} reach. */
  public static final Instant EARLIEST = Instant.ofEpochSecond(-9_214_560_000L);

  /** The latest instant: 292 years after 1970. */
  public static final Instant LATEST = Instant.ofEpochSecond(9_214_646_400L);

  private final String name;
  private final @Nullable String key;
  private final CircuitBreakerState state;
  private final long generation;
  private final Instant enteredAt;
  private final @Nullable Instant openUntil;
  private final boolean openedByHand;
  private final Duration cooldown;
  private final int cooldownStep;
  private final int consecutiveFailures;
  private final long consecutiveSuccesses;
  private final int probeSuccesses;
  private final int probeFailures;
  private final CircuitBreakerTotals totals;
  private final long slowCalls;
  private final String declared;
  private final Instant savedAt;

  private SavedBreaker(Builder builder) {
    this.name = builder.name;
    this.key = builder.key;
    this.state = builder.state;
    this.generation = builder.generation;
    this.enteredAt = builder.enteredAt;
    this.openUntil = builder.openUntil;
    this.openedByHand = builder.openedByHand;
    this.cooldown = builder.cooldown;
    this.cooldownStep = builder.cooldownStep;
    this.consecutiveFailures = builder.consecutiveFailures;
    this.consecutiveSuccesses = builder.consecutiveSuccesses;
    this.probeSuccesses = builder.probeSuccesses;
    this.probeFailures = builder.probeFailures;
    this.totals = builder.totals;
    this.slowCalls = builder.slowCalls;
    this.declared = builder.declared;
    this.savedAt = builder.savedAt;

    text("name", name);
    if (key != null) {
      text("key", key);
    }
    Objects.requireNonNull(state, "state");
    number("generation", MAX_NUMBER, generation);
    instant("enteredAt", enteredAt);
    if (openUntil != null) {
      instant("openUntil", openUntil);
    }
    if (cooldown.isNegative() || cooldown.compareTo(MAX_COOLDOWN) > 0) {
      throw outOfRange(
          "cooldown",
          "must not be negative and at most " + MAX_COOLDOWN.toDays() + " days",
          cooldown);
    }
    number("cooldownStep", MAX_COUNT, cooldownStep);
    number("consecutiveFailures", MAX_COUNT, consecutiveFailures);
    number("consecutiveSuccesses", MAX_NUMBER, consecutiveSuccesses);
    number("probeSuccesses", MAX_COUNT, probeSuccesses);
    number("probeFailures", MAX_COUNT, probeFailures);
    number("successes", MAX_NUMBER, totals.successes());
    number("failures", MAX_NUMBER, totals.failures());
    number("ignored", MAX_NUMBER, totals.ignored());
    number("rejected", MAX_NUMBER, totals.rejected());
    number("late", MAX_NUMBER, totals.late());
    number("slowCalls", MAX_NUMBER, slowCalls);
    text("declared", declared);
    instant("savedAt", savedAt);
  }

  /**
   * Creates a builder.
   *
   * @param name the name of the breaker or keyed breaker
   * @return a new builder
   */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /** {@return the name of the breaker or keyed breaker; up to {@link #MAX_TEXT} characters of any kind} */
  public String name() {
    return name;
  }

  /**
   * {@return the key in a keyed breaker; up to {@link #MAX_TEXT} characters; null for a breaker without keys. Name and
   * key together identify the breaker}
   */
  public @Nullable String key() {
    return key;
  }

  /** {@return the state} */
  public CircuitBreakerState state() {
    return state;
  }

  /** {@return the number of the phase; in [0, {@link #MAX_NUMBER}]; 1 for a breaker that has never changed} */
  public long generation() {
    return generation;
  }

  /** {@return the time at which the breaker entered the state; in [{@link #EARLIEST}, {@link #LATEST}]} */
  public Instant enteredAt() {
    return enteredAt;
  }

  /** {@return the end of the cooldown; in [{@link #EARLIEST}, {@link #LATEST}]; null unless open} */
  public @Nullable Instant openUntil() {
    return openUntil;
  }

  /**
   * {@return whether the end of the cooldown was set by hand, so that no setting shortens it; false unless open}
   *
   * @see CircuitBreaker#open
   */
  public boolean openedByHand() {
    return openedByHand;
  }

  /** {@return the length of this cooldown, with backoff and jitter; in [0, {@link #MAX_COOLDOWN}]; zero unless open} */
  public Duration cooldown() {
    return cooldown;
  }

  /** {@return the number of times the breaker has opened since it was last closed; in [0, {@link #MAX_COUNT}]} */
  public int cooldownStep() {
    return cooldownStep;
  }

  /** {@return the number of failures since the last success; in [0, {@link #MAX_COUNT}]} */
  public int consecutiveFailures() {
    return consecutiveFailures;
  }

  /** {@return the number of successes since the last failure, or since the phase began; in [0, {@link #MAX_NUMBER}]} */
  public long consecutiveSuccesses() {
    return consecutiveSuccesses;
  }

  /** {@return the number of probes that have succeeded; in [0, {@link #MAX_COUNT}]; 0 unless half-open} */
  public int probeSuccesses() {
    return probeSuccesses;
  }

  /** {@return the number of probes that have failed; in [0, {@link #MAX_COUNT}]; 0 unless half-open} */
  public int probeFailures() {
    return probeFailures;
  }

  /** {@return the lifetime totals; each in [0, {@link #MAX_NUMBER}]} */
  public CircuitBreakerTotals totals() {
    return totals;
  }

  /** {@return the lifetime number of slow calls; in [0, {@link #MAX_NUMBER}]; each is also a success or a failure} */
  public long slowCalls() {
    return slowCalls;
  }

  /**
   * {@return the config that was in force, as {@code CircuitBreakerConfig.toString} shows it; up to {@link #MAX_TEXT}
   * characters}
   */
  public String declared() {
    return declared;
  }

  /** {@return the time at which this state was taken; in [{@link #EARLIEST}, {@link #LATEST}]} */
  public Instant savedAt() {
    return savedAt;
  }

  private static void text(String component, String value) {
    if (value.length() > MAX_TEXT) {
      throw outOfRange(
          component,
          "must have at most " + MAX_TEXT + " characters",
          value.length() + " characters");
    }
  }

  private static void number(String component, long most, long value) {
    if (value < 0 || value > most) {
      throw outOfRange(component, "must be in [0, " + most + "]", value);
    }
  }

  private static void instant(String component, Instant value) {
    if (value.isBefore(EARLIEST) || value.isAfter(LATEST)) {
      throw outOfRange(component, "must be in [" + EARLIEST + ", " + LATEST + "]", value);
    }
  }

  private static IllegalArgumentException outOfRange(String component, String rule, Object value) {
    return new IllegalArgumentException(component + " " + rule + ": " + value);
  }

  /** {@return the name and key, which identify the breaker} */
  public Id id() {
    return new Id(name, key);
  }

  /**
   * Returns whether a store that uses wall-clock times replaces its row of the same breaker with this state. It does not
   * if the row was entered later, or if the breaker of the row has changed ({@link #generation} above 1) and this one
   * never has. A row that was entered after this state was saved comes from a wrong clock and is always replaced.
   *
   * @param present the state in the store
   * @return whether this state replaces it
   */
  public boolean replaces(SavedBreaker present) {
    return present.enteredAt.isAfter(savedAt)
        || (!present.enteredAt.isAfter(enteredAt) && (generation > 1 || present.generation <= 1));
  }

  /**
   * The identity of a breaker.
   *
   * @param name the name of the breaker or keyed breaker
   * @param key the key; null for a breaker without keys
   */
  public record Id(String name, @Nullable String key) {
    /**
     * Returns the name as the breaker shows it.
     *
     * @return the name; with a key, the name, a colon, and the key
     */
    @Override
    public String toString() {
      return key == null ? name : name + ":" + key;
    }
  }

  /**
   * Creates a builder with the values of this object.
   *
   * @return a new builder
   */
  public Builder toBuilder() {
    return new Builder(name)
        .key(key)
        .state(state)
        .generation(generation)
        .enteredAt(enteredAt)
        .openUntil(openUntil)
        .openedByHand(openedByHand)
        .cooldown(cooldown)
        .cooldownStep(cooldownStep)
        .consecutiveFailures(consecutiveFailures)
        .consecutiveSuccesses(consecutiveSuccesses)
        .probeSuccesses(probeSuccesses)
        .probeFailures(probeFailures)
        .totals(totals)
        .slowCalls(slowCalls)
        .declared(declared)
        .savedAt(savedAt);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SavedBreaker that
        && name.equals(that.name)
        && Objects.equals(key, that.key)
        && state.equals(that.state)
        && generation == that.generation
        && enteredAt.equals(that.enteredAt)
        && Objects.equals(openUntil, that.openUntil)
        && openedByHand == that.openedByHand
        && cooldown.equals(that.cooldown)
        && cooldownStep == that.cooldownStep
        && consecutiveFailures == that.consecutiveFailures
        && consecutiveSuccesses == that.consecutiveSuccesses
        && probeSuccesses == that.probeSuccesses
        && probeFailures == that.probeFailures
        && totals.equals(that.totals)
        && slowCalls == that.slowCalls
        && declared.equals(that.declared)
        && savedAt.equals(that.savedAt);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        name,
        key,
        state,
        generation,
        enteredAt,
        openUntil,
        openedByHand,
        cooldown,
        cooldownStep,
        consecutiveFailures,
        consecutiveSuccesses,
        probeSuccesses,
        probeFailures,
        totals,
        slowCalls,
        declared,
        savedAt);
  }

  @Override
  public String toString() {
    return "SavedBreaker[name=" + name + ", key=" + key + ", state=" + state + ", generation="
        + generation + ", enteredAt=" + enteredAt + ", openUntil=" + openUntil + ", openedByHand="
        + openedByHand + ", cooldown="
        + cooldown + ", cooldownStep=" + cooldownStep + ", consecutiveFailures="
        + consecutiveFailures + ", consecutiveSuccesses=" + consecutiveSuccesses
        + ", probeSuccesses=" + probeSuccesses + ", probeFailures=" + probeFailures + ", totals="
        + totals + ", slowCalls=" + slowCalls
        + ", declared=" + declared + ", savedAt=" + savedAt + "]";
  }

  /** Builds a {@link SavedBreaker}. Not thread-safe. */
  public static final class Builder {
    private final String name;
    private @Nullable String key;
    private CircuitBreakerState state = CircuitBreakerState.CLOSED;
    private long generation = 1;
    private Instant enteredAt = Instant.EPOCH;
    private @Nullable Instant openUntil;
    private boolean openedByHand;
    private Duration cooldown = Duration.ZERO;
    private int cooldownStep;
    private int consecutiveFailures;
    private long consecutiveSuccesses;
    private int probeSuccesses;
    private int probeFailures;
    private CircuitBreakerTotals totals = CircuitBreakerTotals.ZERO;
    private long slowCalls;
    private String declared = "";
    private Instant savedAt = Instant.EPOCH;

    private Builder(String name) {
      this.name = name;
    }

    /** Sets {@link SavedBreaker#key()}. Default none. */
    public Builder key(@Nullable String key) {
      this.key = key;
      return this;
    }

    /** Sets {@link SavedBreaker#state()}. Default {@code CLOSED}. */
    public Builder state(CircuitBreakerState state) {
      this.state = state;
      return this;
    }

    /** Sets {@link SavedBreaker#generation()}. Default 1. */
    public Builder generation(long generation) {
      this.generation = generation;
      return this;
    }

    /** Sets {@link SavedBreaker#enteredAt()}. Default 1970. */
    public Builder enteredAt(Instant enteredAt) {
      this.enteredAt = enteredAt;
      return this;
    }

    /** Sets {@link SavedBreaker#openUntil()}. Default none. */
    public Builder openUntil(@Nullable Instant openUntil) {
      this.openUntil = openUntil;
      return this;
    }

    /** Sets {@link SavedBreaker#openedByHand()}. Default false. */
    public Builder openedByHand(boolean openedByHand) {
      this.openedByHand = openedByHand;
      return this;
    }

    /** Sets {@link SavedBreaker#cooldown()}. Default zero. */
    public Builder cooldown(Duration cooldown) {
      this.cooldown = cooldown;
      return this;
    }

    /** Sets {@link SavedBreaker#cooldownStep()}. Default 0. */
    public Builder cooldownStep(int cooldownStep) {
      this.cooldownStep = cooldownStep;
      return this;
    }

    /** Sets {@link SavedBreaker#consecutiveFailures()}. Default 0. */
    public Builder consecutiveFailures(int consecutiveFailures) {
      this.consecutiveFailures = consecutiveFailures;
      return this;
    }

    /** Sets {@link SavedBreaker#consecutiveSuccesses()}. Default 0. */
    public Builder consecutiveSuccesses(long consecutiveSuccesses) {
      this.consecutiveSuccesses = consecutiveSuccesses;
      return this;
    }

    /** Sets {@link SavedBreaker#probeSuccesses()}. Default 0. */
    public Builder probeSuccesses(int probeSuccesses) {
      this.probeSuccesses = probeSuccesses;
      return this;
    }

    /** Sets {@link SavedBreaker#probeFailures()}. Default 0. */
    public Builder probeFailures(int probeFailures) {
      this.probeFailures = probeFailures;
      return this;
    }

    /** Sets {@link SavedBreaker#totals()}. Default all zero. */
    public Builder totals(CircuitBreakerTotals totals) {
      this.totals = totals;
      return this;
    }

    /** Sets {@link SavedBreaker#slowCalls()}. Default 0. */
    public Builder slowCalls(long slowCalls) {
      this.slowCalls = slowCalls;
      return this;
    }

    /** Sets {@link SavedBreaker#declared()}. Default empty. */
    public Builder declared(String declared) {
      this.declared = declared;
      return this;
    }

    /** Sets {@link SavedBreaker#savedAt()}. Default 1970. */
    public Builder savedAt(Instant savedAt) {
      this.savedAt = savedAt;
      return this;
    }

    /**
     * Builds the value.
     *
     * @return an immutable object
     * @throws IllegalArgumentException if a value is out of its range; the message names the setting, the range and the value
     */
    public SavedBreaker build() {
      return new SavedBreaker(this);
    }
  }
}
