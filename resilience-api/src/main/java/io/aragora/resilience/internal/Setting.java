package io.aragora.resilience.internal;

import java.time.Duration;

/**
 * Checks of single settings, so that every error names the setting, the rule and the value: {@code failureThreshold must
 * be at least 1: 0}. Each method returns the value that it checked. Stateless and thread-safe.
 */
public final class Setting {
  /** The longest duration of any setting: the range of nanoseconds in a {@code long}, 292 years or 106,751 days. */
  public static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);

  private Setting() {}

  /**
   * Checks a lower bound.
   *
   * @param name the setting
   * @param least the smallest value allowed
   * @param value the value
   * @return the value
   * @throws IllegalArgumentException if {@code value} is less than {@code least}
   */
  public static int atLeast(String name, int least, int value) {
    if (value < least) {
      throw new IllegalArgumentException(name + " must be at least " + least + ": " + value);
    }
    return value;
  }

  /**
   * Checks both bounds.
   *
   * @param name the setting
   * @param least the smallest value allowed
   * @param most the largest value allowed
   * @param value the value
   * @return the value
   * @throws IllegalArgumentException if {@code value} is not in [{@code least}, {@code most}]
   */
  public static int inRange(String name, int least, int most, int value) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " must be in [" + least + ", " + most + "]: " + value);
    }
    return value;
  }

  /**
   * Checks both bounds of a fractional number.
   *
   * @param name the setting
   * @param least the smallest value allowed, in the unit of the setting
   * @param most the largest value allowed, in the same unit
   * @param value the value, in the same unit
   * @return the value, in the same unit
   * @throws IllegalArgumentException if {@code value} is NaN or not in [{@code least}, {@code most}]
   */
  public static double inRange(String name, double least, double most, double value) {
    if (!(value >= least && value <= most)) {
      throw new IllegalArgumentException(
          name + " must be in [" + least + ", " + most + "]: " + value);
    }
    return value;
  }

  /**
   * Checks a percentage.
   *
   * @param name the setting
   * @param value the value
   * @return the value
   * @throws IllegalArgumentException if {@code value} is NaN or not in (0, 100]
   */
  public static double percent(String name, double value) {
    if (!(value > 0 && value <= 100)) {
      throw new IllegalArgumentException(name + " must be in (0, 100]: " + value);
    }
    return value;
  }

  /**
   * Checks a duration that may not be zero.
   *
   * @param name the setting
   * @param value the value
   * @return the value
   * @throws IllegalArgumentException if {@code value} is not positive or exceeds {@link #LONGEST}
   */
  public static Duration positive(String name, Duration value) {
    if (value.isZero() || value.isNegative() || value.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          name + " must be positive and at most 106,751 days: " + value);
    }
    return value;
  }

  /**
   * Checks a duration that may be zero.
   *
   * @param name the setting
   * @param value the value
   * @return the value
   * @throws IllegalArgumentException if {@code value} is negative or exceeds {@link #LONGEST}
   */
  public static Duration notNegative(String name, Duration value) {
    if (value.isNegative() || value.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          name + " must not be negative and at most 106,751 days: " + value);
    }
    return value;
  }

  /**
   * Checks a name.
   *
   * @param name the setting
   * @param value the value
   * @return the value
   * @throws IllegalArgumentException if {@code value} is blank or has more than 10,000 characters
   */
  public static String name(String name, String value) {
    if (value.isBlank() || value.length() > 10_000) {
      String shown =
          value.length() > 40 ? value.length() + " characters" : "'" + OneLine.of(value, 40) + "'";
      throw new IllegalArgumentException(
          name + " must not be blank and have at most 10000 characters: " + shown);
    }
    return value;
  }
}
