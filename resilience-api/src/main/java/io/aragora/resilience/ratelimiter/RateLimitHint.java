package io.aragora.resilience.ratelimiter;

import io.aragora.resilience.retry.RetryAfter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The words of a server about its limit, in the headers of an answer for instance. Each value is optional. Immutable and
 * thread-safe.
 */
public final class RateLimitHint {
  private static final long UNKNOWN = -1;
  private static final int LONGEST_TEXT = 64;

  /** A reset beyond this number is an epoch in seconds, in 2001 or later. */
  private static final long FIRST_EPOCH = 1_000_000_000;

  private final long limit;
  private final @Nullable Duration window;
  private final long remaining;
  private final @Nullable RetryAfter reset;
  private final @Nullable RetryAfter retryAfter;

  private RateLimitHint(Builder builder) {
    limit = builder.limit;
    window = builder.window;
    remaining = builder.remaining;
    reset = builder.reset;
    retryAfter = builder.retryAfter;
  }

  /** {@return a new builder without a value} */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Reads the headers of an answer: {@code RateLimit} with {@code RateLimit-Policy} (the IETF draft); else {@code
   * RateLimit-Limit}, {@code -Remaining} and {@code -Reset} (its older form); else {@code X-RateLimit-Limit}, {@code
   * -Remaining} and {@code -Reset}; and in any case {@code Retry-After}. A reset is a number of seconds; one beyond 10⁹ is an
   * epoch. If the IETF draft names several limits, the one with the fewest remaining permits counts.
   *
   * @param headers the values of each header, by its name in any case
   * @return the hint; null if no header has a valid value. Never throws because of what a server sent
   */
  public static @Nullable RateLimitHint parse(Map<String, ? extends List<String>> headers) {
    Objects.requireNonNull(headers, "headers");
    Builder hint = builder();
    boolean isKnown = new RateLimitFields(header(headers, "RateLimit-Policy"))
        .read(header(headers, "RateLimit"), hint);
    isKnown = isKnown || readSingle(headers, "RateLimit-", hint);
    isKnown = isKnown || readSingle(headers, "X-RateLimit-", hint);
    RetryAfter wait = RetryAfter.parse(header(headers, "Retry-After"));
    if (wait != null) {
      hint.retryAfter(wait);
      isKnown = true;
    }
    return isKnown ? hint.build() : null;
  }

  private static @Nullable String header(Map<String, ? extends List<String>> headers, String name) {
    List<String> values = headers.get(name);
    if (values == null) {
      for (Map.Entry<String, ? extends List<String>> header : headers.entrySet()) {
        if (name.equalsIgnoreCase(header.getKey())) {
          values = header.getValue();
          break;
        }
      }
    }
    return values == null || values.isEmpty() ? null : String.join(", ", values);
  }

  private static boolean readSingle(
      Map<String, ? extends List<String>> headers, String prefix, Builder hint) {
    long limit = firstNumber(header(headers, prefix + "Limit"));
    long remaining = firstNumber(header(headers, prefix + "Remaining"));
    RetryAfter reset = reset(header(headers, prefix + "Reset"));
    if (limit > 0) {
      hint.limit(limit);
    }
    if (remaining >= 0) {
      hint.remaining(remaining);
    }
    if (reset != null) {
      hint.reset(reset);
    }
    return limit > 0 || remaining >= 0 || reset != null;
  }

  /** The number before a comma or semicolon: older drafts append policies to the limit. */
  private static long firstNumber(@Nullable String text) {
    if (text == null) {
      return UNKNOWN;
    }
    int end = 0;
    while (end < text.length() && text.charAt(end) != ',' && text.charAt(end) != ';') {
      end++;
    }
    return number(text.substring(0, end).strip());
  }

  /** Returns a decimal number of at most 18 digits, or -1. */
  static long number(String text) {
    if (text.isEmpty() || text.length() > 18) {
      return UNKNOWN;
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return UNKNOWN;
      }
    }
    return Long.parseLong(text);
  }

  private static @Nullable RetryAfter reset(@Nullable String text) {
    if (text == null || text.length() > LONGEST_TEXT) {
      return null;
    }
    String stripped = text.strip();
    int point = stripped.indexOf('.');
    long seconds = number(point < 0 ? stripped : stripped.substring(0, point));
    if (seconds > FIRST_EPOCH) {
      // Rounded up, so that a pause does not end before the reset.
      long whole = point < 0 ? seconds : seconds + 1;
      return whole <= Instant.MAX.getEpochSecond()
          ? RetryAfter.at(Instant.ofEpochSecond(whole))
          : null;
    }
    return RetryAfter.parse(stripped);
  }

  /** {@return the number of permits in each window of the server; -1 if it did not say} */
  public long limit() {
    return limit;
  }

  /** {@return the window of {@link #limit}; null if the server did not say} */
  public @Nullable Duration window() {
    return window;
  }

  /** {@return the number of permits that remain until the reset; -1 if the server did not say} */
  public long remaining() {
    return remaining;
  }

  /** {@return the time until the server grants all permits again; null if it did not say} */
  public @Nullable RetryAfter reset() {
    return reset;
  }

  /** {@return the time that the server asked to wait; null if it did not} */
  public @Nullable RetryAfter retryAfter() {
    return retryAfter;
  }

  @Override
  public String toString() {
    return "RateLimitHint[limit=" + limit
        + ", window=" + window
        + ", remaining=" + remaining
        + ", reset=" + reset
        + ", retryAfter=" + retryAfter
        + "]";
  }

  /** Collects what a server said. Not thread-safe. */
  public static final class Builder {
    private long limit = UNKNOWN;
    private @Nullable Duration window;
    private long remaining = UNKNOWN;
    private @Nullable RetryAfter reset;
    private @Nullable RetryAfter retryAfter;

    private Builder() {}

    /**
     * Sets the number of permits in each window of the server. Default: unknown.
     *
     * @param permits the number of permits, at least 1
     * @throws IllegalArgumentException if {@code permits} is less than 1
     */
    public Builder limit(long permits) {
      if (permits < 1) {
        throw new IllegalArgumentException("limit must be at least 1: " + permits);
      }
      limit = permits;
      return this;
    }

    /**
     * Sets the window of {@link #limit}. Default: the period of the limiter that observes the hint.
     *
     * @param length positive
     * @throws IllegalArgumentException if {@code length} is not positive
     */
    public Builder window(Duration length) {
      if (length.isZero() || length.isNegative()) {
        throw new IllegalArgumentException("window must be positive: " + length);
      }
      window = length;
      return this;
    }

    /**
     * Sets the number of permits that remain until the reset. Default: unknown.
     *
     * @param permits the number of permits, not negative
     * @throws IllegalArgumentException if {@code permits} is negative
     */
    public Builder remaining(long permits) {
      if (permits < 0) {
        throw new IllegalArgumentException("remaining must not be negative: " + permits);
      }
      remaining = permits;
      return this;
    }

    /**
     * Sets the time until the server grants all permits again. Default: unknown.
     *
     * @param time a delay, or an instant
     */
    public Builder reset(RetryAfter time) {
      reset = Objects.requireNonNull(time, "reset");
      return this;
    }

    /**
     * Sets the time that the server asked to wait. Default: none.
     *
     * @param time a delay, or an instant
     */
    public Builder retryAfter(RetryAfter time) {
      retryAfter = Objects.requireNonNull(time, "retryAfter");
      return this;
    }

    /** {@return the hint, which is immutable} */
    public RateLimitHint build() {
      return new RateLimitHint(this);
    }
  }
}
