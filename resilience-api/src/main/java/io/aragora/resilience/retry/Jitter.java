package io.aragora.resilience.retry;

import io.aragora.resilience.internal.OneLine;
import java.util.Arrays;
import java.util.Locale;

/**
 * The ways to spread delays, so that callers that failed together do not come back together. {@code d} is the delay of
 * the strategy, {@code b} its base, {@code f} the factor, {@code a} the amount, and {@code u} uniform in [0, 1).
 *
 * <p>A range that would exceed the cap is moved below the cap and keeps its width, relative to the delay for {@link
 * #MULTIPLICATIVE} and {@link #DECORRELATED}.
 */
public enum Jitter {
  /** {@code d}. */
  NONE,
  /** {@code u * d}: the widest spread, and the least load on a recovering dependency. */
  FULL,
  /** {@code d/2 + u * d/2}: never less than half. */
  EQUAL,
  /** {@code d + u * b * f}. */
  ADDITIVE,
  /** {@code d * (1 + (2u - 1) * f)}. */
  MULTIPLICATIVE,
  /** {@code d + (2u - 1) * a}, and the part of that range below 0 is left out. */
  ABSOLUTE,
  /** {@code b + u * (3 * previous - b)} for any strategy: grows with the previous random delay. */
  DECORRELATED;

  /**
   * Looks up a kind of jitter.
   *
   * @param text its name; case and surrounding blanks are ignored
   * @return the kind
   * @throws IllegalArgumentException if {@code text} names no kind; the message lists the kinds
   */
  public static Jitter named(String text) {
    String name = text.strip().toUpperCase(Locale.ROOT);
    for (Jitter kind : values()) {
      if (kind.name().equals(name)) {
        return kind;
      }
    }
    throw new IllegalArgumentException("jitter must be one of "
        + Arrays.toString(values()).toLowerCase(Locale.ROOT) + ": " + OneLine.of(text, 100));
  }
}
