package io.aragora.resilience.persistence;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.spi.Setting;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of a breaker across a restart. Instants are of the wall clock of the process that has this in hand, so that the
 * time spent down counts toward a cooldown.
 *
 * <p>Every component is bounded, and one that is out of bounds is refused when this is made. So a store that reads what a
 * stranger may have written reports a bad row, and no breaker ever receives one. Immutable and thread-safe.
 *
 * @param name the breaker's name, or that of the keyed breaker, up to {@link #MAX_TEXT} characters of any kind
 * @param key the key in a keyed breaker, of the same kind; null for a breaker without keys. Name and key together identify it
 * @param state the state
 * @param generation the number of that state, in [0, {@link #MAX_NUMBER}]; 1 for a breaker that never changed
 * @param enteredAt when the state was entered, in [{@link #EARLIEST}, {@link #LATEST}]
 * @param openUntil when the cooldown ends, in the same range; null unless open
 * @param cooldown how long the cooldown is this time, growth and jitter included, in [0, {@link #MAX_COOLDOWN}]; zero unless open
 * @param cooldownStep how many times in a row it opened without having closed, in [0, {@link #MAX_COUNT}]
 * @param consecutiveFailures failures since the last success, in [0, {@link #MAX_COUNT}]
 * @param consecutiveSuccesses successes since the last failure, or since the state was entered, in [0, {@link #MAX_NUMBER}]
 * @param probeSuccesses probes that succeeded so far, in [0, {@link #MAX_COUNT}]; 0 unless half-open
 * @param totals lifetime totals, each in [0, {@link #MAX_NUMBER}]
 * @param slowCalls lifetime total of calls that took too long, in [0, {@link #MAX_NUMBER}]; they are successes or failures too
 * @param declared the settings it ran with, as {@code CircuitBreakerConfig.toString} shows them, up to {@link #MAX_TEXT}
 *     characters
 * @param savedAt when this was written down, in [{@link #EARLIEST}, {@link #LATEST}]
 */
public record SavedBreaker(
    String name,
    @Nullable String key,
    CircuitBreakerState state,
    long generation,
    Instant enteredAt,
    @Nullable Instant openUntil,
    Duration cooldown,
    int cooldownStep,
    int consecutiveFailures,
    long consecutiveSuccesses,
    int probeSuccesses,
    CircuitBreakerTotals totals,
    long slowCalls,
    String declared,
    Instant savedAt) {
  /** The most characters of a text: 10,000. */
  public static final int MAX_TEXT = 10_000;

  /** The largest number that is a {@code long}: 2^53, which no breaker reaches and to which every counter can add. */
  public static final long MAX_NUMBER = 1L << 53;

  /** The largest count that is an {@code int}: 10^9. */
  public static final int MAX_COUNT = 1_000_000_000;

  /** The longest cooldown: twice the longest that can be set, for what chance adds. */
  public static final Duration MAX_COOLDOWN = Setting.LONGEST.multipliedBy(2);

  /** The earliest instant: 292 years before 1970, as far as nanoseconds in a {@code long} reach. */
  public static final Instant EARLIEST = Instant.parse("1678-01-01T00:00:00Z");

  /** The latest instant: 292 years after 1970. */
  public static final Instant LATEST = Instant.parse("2262-01-01T00:00:00Z");

  /**
   * Checks every component.
   *
   * @param name the breaker's name, or that of the keyed breaker
   * @param key the key in a keyed breaker; null for a breaker without keys
   * @param state the state
   * @param generation the number of that state
   * @param enteredAt when the state was entered
   * @param openUntil when the cooldown ends; null unless open
   * @param cooldown how long the cooldown is
   * @param cooldownStep how many times in a row it opened
   * @param consecutiveFailures failures since the last success
   * @param consecutiveSuccesses successes since the last failure
   * @param probeSuccesses probes that succeeded so far
   * @param totals lifetime totals
   * @param slowCalls lifetime total of calls that took too long
   * @param declared the settings it ran with
   * @param savedAt when this was written down
   * @throws IllegalArgumentException if a component is out of its range; names the component, the range and the value
   */
  public SavedBreaker {
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
      throw refused(
          "cooldown",
          "must not be negative and at most " + MAX_COOLDOWN.toDays() + " days",
          cooldown);
    }
    number("cooldownStep", MAX_COUNT, cooldownStep);
    number("consecutiveFailures", MAX_COUNT, consecutiveFailures);
    number("consecutiveSuccesses", MAX_NUMBER, consecutiveSuccesses);
    number("probeSuccesses", MAX_COUNT, probeSuccesses);
    number("successes", MAX_NUMBER, totals.successes());
    number("failures", MAX_NUMBER, totals.failures());
    number("ignored", MAX_NUMBER, totals.ignored());
    number("rejected", MAX_NUMBER, totals.rejected());
    number("late", MAX_NUMBER, totals.late());
    number("slowCalls", MAX_NUMBER, slowCalls);
    text("declared", declared);
    instant("savedAt", savedAt);
  }

  private static void text(String component, String value) {
    if (value.length() > MAX_TEXT) {
      throw refused(
          component,
          "must have at most " + MAX_TEXT + " characters",
          value.length() + " characters");
    }
  }

  private static void number(String component, long most, long value) {
    if (value < 0 || value > most) {
      throw refused(component, "must be in [0, " + most + "]", value);
    }
  }

  private static void instant(String component, Instant value) {
    if (value.isBefore(EARLIEST) || value.isAfter(LATEST)) {
      throw refused(component, "must be in [" + EARLIEST + ", " + LATEST + "]", value);
    }
  }

  private static IllegalArgumentException refused(String component, String rule, Object value) {
    return new IllegalArgumentException(component + " " + rule + ": " + value);
  }

  /**
   * Gives what identifies the breaker.
   *
   * @return name and key
   */
  public Id id() {
    return new Id(name, key);
  }

  /**
   * Tells whether a store writes this in place of what it has of the same breaker, where it goes by the wall clock: unless that
   * was entered later, or was changed ({@link #generation} above 1) and this never was. What was entered after this was saved
   * comes from a clock that was wrong, and is always replaced.
   *
   * @param present what the store has
   * @return whether it does
   */
  public boolean replaces(SavedBreaker present) {
    return present.enteredAt.isAfter(savedAt)
        || (!present.enteredAt.isAfter(enteredAt) && (generation > 1 || present.generation <= 1));
  }

  /**
   * What identifies a breaker.
   *
   * @param name the breaker's name, or that of the keyed breaker
   * @param key the key; null for a breaker without keys
   */
  public record Id(String name, @Nullable String key) {
    /**
     * Shows it as the breaker is named.
     *
     * @return the name; with a key, the name, a colon, and the key
     */
    @Override
    public String toString() {
      return key == null ? name : name + ":" + key;
    }
  }
}
