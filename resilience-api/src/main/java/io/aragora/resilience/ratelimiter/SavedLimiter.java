package io.aragora.resilience.ratelimiter;

import io.aragora.resilience.internal.Setting;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The state of a rate limiter that a {@link io.aragora.resilience.persistence.StateStore} saves: when all permits of its burst are
 * saved up again, and the end of its pause, as instants of the wall clock, so that time spent down counts. Immutable and
 * thread-safe.
 */
public final class SavedLimiter {
  /** The longest text, in characters: 10,000. */
  public static final int MAX_TEXT = 10_000;

  /** The longest duration, in whole microseconds: 106,751 days. */
  public static final Duration MAX_LENGTH = Setting.LONGEST.truncatedTo(ChronoUnit.MICROS);

  /** The earliest instant: 292 years before 1970. */
  public static final Instant EARLIEST = Instant.ofEpochSecond(-9_214_560_000L);

  /** The latest instant: 292 years after 1970. */
  public static final Instant LATEST = Instant.ofEpochSecond(9_214_646_400L);

  /** Clocks of one machine differ by less; a row that is later than a save by more comes from a wrong clock. */
  private static final Duration TOLERANCE = Duration.ofSeconds(1);

  private final String name;
  private final String declared;
  private final Instant fullAt;
  private final @Nullable Instant pausedUntil;
  private final Duration fillTime;
  private final Duration maxPause;
  private final Instant savedAt;

  private SavedLimiter(Builder builder) {
    name = text("name", builder.name);
    declared = text("declared", builder.declared);
    fullAt = instant("fullAt", builder.fullAt);
    pausedUntil = builder.pausedUntil == null ? null : instant("pausedUntil", builder.pausedUntil);
    fillTime = duration("fillTime", builder.fillTime);
    maxPause = duration("maxPause", builder.maxPause);
    savedAt = instant("savedAt", builder.savedAt);
  }

  private static String text(String component, String value) {
    if (value.length() > MAX_TEXT) {
      throw outOfRange(
          component,
          "must have at most " + MAX_TEXT + " characters",
          value.length() + " characters");
    }
    return value;
  }

  private static Instant instant(String component, Instant value) {
    if (value.isBefore(EARLIEST) || value.isAfter(LATEST)) {
      throw outOfRange(component, "must be in [" + EARLIEST + ", " + LATEST + "]", value);
    }
    return value;
  }

  private static Duration duration(String component, Duration value) {
    if (value.isNegative() || value.compareTo(MAX_LENGTH) > 0) {
      throw outOfRange(
          component, "must not be negative and at most " + MAX_LENGTH.toDays() + " days", value);
    }
    return value;
  }

  private static IllegalArgumentException outOfRange(String component, String rule, Object value) {
    return new IllegalArgumentException(component + " " + rule + ": " + value);
  }

  /**
   * Returns a builder.
   *
   * @param name the name of the limiter
   * @return a new builder with the defaults of the other values
   */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /** {@return a new builder with the values of this object} */
  public Builder toBuilder() {
    return new Builder(name)
        .declared(declared)
        .fullAt(fullAt)
        .pausedUntil(pausedUntil)
        .fillTime(fillTime)
        .maxPause(maxPause)
        .savedAt(savedAt);
  }

  /** {@return the name of the limiter} */
  public String name() {
    return name;
  }

  /** {@return the settings that the level belongs to; a limiter of others does not restore it} */
  public String declared() {
    return declared;
  }

  /** {@return when all permits of the burst are saved up again, if no call takes one} */
  public Instant fullAt() {
    return fullAt;
  }

  /** {@return the end of the pause; not after {@link #savedAt} if it was ended by hand; null if there is none} */
  public @Nullable Instant pausedUntil() {
    return pausedUntil;
  }

  /** {@return how long an empty limiter takes until it is full, which bounds {@link #fullAt}} */
  public Duration fillTime() {
    return fillTime;
  }

  /** {@return the longest pause, which bounds {@link #pausedUntil}} */
  public Duration maxPause() {
    return maxPause;
  }

  /** {@return when it was saved, by the clock of the writer} */
  public Instant savedAt() {
    return savedAt;
  }

  /** {@return the last instant at which this differs from a full limiter without a pause, at least {@link #savedAt}} */
  public Instant mattersUntil() {
    return later(savedAt, later(fullAt, pausedUntil == null ? fullAt : pausedUntil));
  }

  /**
   * Returns what a store contains after this was saved over another row of the same limiter. Several processes may save one
   * limiter. The later {@link #fullAt} stays if the settings are the same, and the later end of a pause, so that no restart
   * admits more than the most exhausted of them would. A row of the future comes from a wrong clock, and is replaced. What
   * stays of a row is at most {@link #fillTime} and {@link #maxPause} after {@link #savedAt}, whatever the row contains.
   *
   * @param present the row in the store
   * @return the new row, saved at the same time as this
   */
  public SavedLimiter over(SavedLimiter present) {
    if (present.savedAt.isAfter(savedAt.plus(TOLERANCE))) {
      return this;
    }
    Builder merged = toBuilder();
    if (present.declared.equals(declared)) {
      merged.fullAt(later(fullAt, earlier(present.fullAt, bound(fillTime))));
    }
    boolean isEnded = pausedUntil != null && !pausedUntil.isAfter(savedAt);
    if (!isEnded && present.pausedUntil != null && present.pausedUntil.isAfter(savedAt)) {
      Instant other = earlier(present.pausedUntil, bound(maxPause));
      merged.pausedUntil(pausedUntil == null ? other : later(pausedUntil, other));
    }
    return merged.build();
  }

  private Instant bound(Duration length) {
    return earlier(savedAt.plus(length), LATEST);
  }

  private static Instant later(Instant one, Instant other) {
    return one.isAfter(other) ? one : other;
  }

  private static Instant earlier(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SavedLimiter that
        && name.equals(that.name)
        && declared.equals(that.declared)
        && fullAt.equals(that.fullAt)
        && Objects.equals(pausedUntil, that.pausedUntil)
        && fillTime.equals(that.fillTime)
        && maxPause.equals(that.maxPause)
        && savedAt.equals(that.savedAt);
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, declared, fullAt, pausedUntil, fillTime, maxPause, savedAt);
  }

  @Override
  public String toString() {
    return "SavedLimiter[name=" + name + ", declared=" + declared + ", fullAt=" + fullAt
        + ", pausedUntil=" + pausedUntil + ", fillTime=" + fillTime + ", maxPause=" + maxPause
        + ", savedAt=" + savedAt + "]";
  }

  /** Collects values; {@link #build()} checks them. Not thread-safe. */
  public static final class Builder {
    private final String name;
    private String declared = "";
    private Instant fullAt = Instant.EPOCH;
    private @Nullable Instant pausedUntil;
    private Duration fillTime = Duration.ZERO;
    private Duration maxPause = Duration.ZERO;
    private Instant savedAt = Instant.EPOCH;

    private Builder(String name) {
      this.name = name;
    }

    /** Sets {@link SavedLimiter#declared}. Default empty. */
    public Builder declared(String declared) {
      this.declared = declared;
      return this;
    }

    /**
     * Sets {@link SavedLimiter#fullAt}. Default 1970.
     *
     * @param fullAt the instant
     */
    public Builder fullAt(Instant fullAt) {
      this.fullAt = fullAt;
      return this;
    }

    /**
     * Sets {@link SavedLimiter#pausedUntil}. Default null.
     *
     * @param pausedUntil the instant; null if there is no pause
     */
    public Builder pausedUntil(@Nullable Instant pausedUntil) {
      this.pausedUntil = pausedUntil;
      return this;
    }

    /**
     * Sets {@link SavedLimiter#fillTime}. Default 0.
     *
     * @param fillTime the length
     */
    public Builder fillTime(Duration fillTime) {
      this.fillTime = fillTime;
      return this;
    }

    /**
     * Sets {@link SavedLimiter#maxPause}. Default 0.
     *
     * @param maxPause the length
     */
    public Builder maxPause(Duration maxPause) {
      this.maxPause = maxPause;
      return this;
    }

    /**
     * Sets {@link SavedLimiter#savedAt}. Default 1970.
     *
     * @param savedAt the instant
     */
    public Builder savedAt(Instant savedAt) {
      this.savedAt = savedAt;
      return this;
    }

    /**
     * Builds the object.
     *
     * @return the saved limiter
     * @throws IllegalArgumentException if a value is not in its range
     */
    public SavedLimiter build() {
      return new SavedLimiter(this);
    }
  }
}
