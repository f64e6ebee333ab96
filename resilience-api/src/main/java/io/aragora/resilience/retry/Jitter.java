package io.aragora.resilience.retry;

import java.util.Arrays;
import java.util.Locale;

/**
 * How a delay is spread, so that callers that failed together do not come back together. With {@code d} for the delay that
 * the strategy gives, {@code b} for its base, {@code f} for the factor, and {@code u} uniform in [0, 1).
 */
public enum Jitter {
  /** {@code d}. */
  NONE,
  /** {@code u * d}: the widest spread, and the least load on what is recovering. */
  FULL,
  /** {@code d/2 + u * d/2}: never less than half. */
  EQUAL,
  /** {@code d + u * b * f}. */
  ADDITIVE,
  /** {@code d * (1 + (2u - 1) * f)}. */
  MULTIPLICATIVE,
  /** {@code b + u * (3 * previous - b)}, whatever the strategy: grows with what was drawn before. */
  DECORRELATED;

  /**
   * Finds a kind of jitter.
   *
   * @param text its name; case and surrounding blanks do not matter
   * @return the kind
   * @throws IllegalArgumentException if there is none of that name; lists those there are
   */
  public static Jitter named(String text) {
    String name = text.strip().toUpperCase(Locale.ROOT);
    for (Jitter kind : values()) {
      if (kind.name().equals(name)) {
        return kind;
      }
    }
    throw new IllegalArgumentException("jitter must be one of "
        + Arrays.toString(values()).toLowerCase(Locale.ROOT) + ": " + text);
  }
}
