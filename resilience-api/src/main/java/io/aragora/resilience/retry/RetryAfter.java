package io.aragora.resilience.retry;

import io.aragora.resilience.internal.Setting;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The time before which a dependency does not want another attempt: a delay, or an instant. Immutable.
 *
 * <p>Source: RFC 9110, HTTP Semantics, 10.2.3 ({@code Retry-After}) and 5.6.7 (dates).
 */
public final class RetryAfter {
  private static final int LONGEST_TEXT = 64;
  private static final Pattern SECONDS = Pattern.compile("\\d+(?:\\.\\d*)?");

  /** The preferred form, and the two obsolete ones that a recipient must accept. Strict: no other day stands for February 30. */
  private static final List<DateTimeFormatter> DATES = List.of(
      date(form("EEE, dd MMM ").appendValue(ChronoField.YEAR, 4).appendPattern(" HH:mm:ss 'GMT'")),
      date(form("EEEE, dd-MMM-")
          // RFC 9110: a two-digit year more than 50 years ahead is in the past.
          .appendValueReduced(ChronoField.YEAR, 2, 2, LocalDate.of(1977, 1, 1))
          .appendPattern(" HH:mm:ss 'GMT'")),
      date(form("EEE MMM ppd HH:mm:ss ").appendValue(ChronoField.YEAR, 4)));

  private final @Nullable Duration delay;
  private final @Nullable Instant instant;

  private RetryAfter(@Nullable Duration delay, @Nullable Instant instant) {
    this.delay = delay;
    this.instant = instant;
  }

  private static DateTimeFormatterBuilder form(String pattern) {
    return new DateTimeFormatterBuilder().appendPattern(pattern);
  }

  private static DateTimeFormatter date(DateTimeFormatterBuilder form) {
    return form.toFormatter(Locale.ENGLISH)
        .withResolverStyle(ResolverStyle.STRICT)
        .withZone(ZoneOffset.UTC);
  }

  /**
   * Creates a request for a delay.
   *
   * @param delay not negative, at most 106,751 days
   * @return the request
   * @throws IllegalArgumentException if {@code delay} is negative or exceeds 106,751 days
   */
  public static RetryAfter of(Duration delay) {
    return new RetryAfter(Setting.notNegative("retryAfter", delay), null);
  }

  /**
   * Creates a request to wait until an instant.
   *
   * @param instant the instant; a past one requests no delay
   * @return the request
   */
  public static RetryAfter at(Instant instant) {
    return new RetryAfter(null, Objects.requireNonNull(instant, "instant"));
  }

  /**
   * Parses the value of a {@code Retry-After} header: seconds, with an optional fraction, or a date.
   *
   * @param value the value of the header, or null if there is none
   * @return the request; null for a value that is neither, is negative, or has more than 64 characters
   */
  public static @Nullable RetryAfter parse(@Nullable String value) {
    if (value == null || value.length() > LONGEST_TEXT) {
      return null;
    }
    String text = value.strip();
    if (SECONDS.matcher(text).matches()) {
      BigDecimal nanos = new BigDecimal(text).movePointRight(9).setScale(0, RoundingMode.CEILING);
      BigDecimal longest = BigDecimal.valueOf(Setting.LONGEST.toNanos());
      return of(Duration.ofNanos(nanos.min(longest).longValueExact()));
    }
    for (DateTimeFormatter form : DATES) {
      try {
        return at(form.parse(text, Instant::from));
      } catch (DateTimeException e) {
        // another form, or none
      }
    }
    return null;
  }

  /**
   * Returns the delay.
   *
   * @param now the time of day, which is compared with a date
   * @return nanoseconds, never negative, at most 106,751 days
   */
  public long delayNanos(Instant now) {
    Duration left = delay != null ? delay : Duration.between(now, Objects.requireNonNull(instant));
    if (left.isNegative()) {
      return 0;
    }
    return left.compareTo(Setting.LONGEST) > 0 ? Setting.LONGEST.toNanos() : left.toNanos();
  }

  @Override
  public String toString() {
    return delay != null ? "retry after " + delay : "retry at " + instant;
  }
}
