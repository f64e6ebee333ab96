package io.aragora.resilience.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ratelimiter.RateLimitHint;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterSnapshot;
import io.aragora.resilience.retry.RetryAfter;
import io.aragora.resilience.testing.ManualTime;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Headers in which a server says how long to wait, and how much it admits. */
class HeadersFuzzTest {
  private static final Instant NOW = ManualTime.DEFAULT_START;
  private static final long LONGEST = Long.MAX_VALUE;
  private static final Pattern SECONDS = Pattern.compile("[0-9]+(\\.[0-9]*)?");
  private static final Pattern DATE = Pattern.compile(
      "[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-2][0-9]:[0-5][0-9]:[0-5][0-9] GMT");
  private static final List<String> NAMES = List.of(
      "RateLimit",
      "RateLimit-Policy",
      "RateLimit-Limit",
      "RateLimit-Remaining",
      "RateLimit-Reset",
      "X-RateLimit-Limit",
      "X-RateLimit-Remaining",
      "X-RateLimit-Reset",
      "Retry-After");
  private static final Duration MAX_PAUSE = Duration.ofHours(1);
  private static final int MOST_ADOPTED = 1000;

  /** The JDK's own parser of dates, and decimal numbers without a limit, say what a value means. */
  @FuzzTest
  void retryAfter(byte[] input) {
    String value = new FuzzInput(input).restAsText();
    String text = value.strip();
    RetryAfter parsed = RetryAfter.parse(value);
    if (value.length() > 64) {
      assertThat(parsed).isNull();
    } else if (SECONDS.matcher(text).matches()) {
      BigDecimal nanos = new BigDecimal(text + (text.endsWith(".") ? "0" : ""))
          .movePointRight(9)
          .setScale(0, RoundingMode.CEILING);
      assertThat(parsed).isNotNull();
      assertThat(BigDecimal.valueOf(parsed.delayNanos(NOW)))
          .isEqualByComparingTo(nanos.min(BigDecimal.valueOf(LONGEST)));
    } else if (DATE.matcher(text).matches()) {
      assertThat(parsed == null ? null : parsed.toString()).isEqualTo(shownDate(text));
    }
    if (parsed != null) {
      assertThat(parsed.delayNanos(NOW)).isBetween(0L, LONGEST);
      assertThat(parsed.delayNanos(Instant.MIN)).isBetween(0L, LONGEST);
      assertThat(parsed.delayNanos(Instant.MAX)).isBetween(0L, LONGEST);
      assertThat(parsed.toString()).matches("retry (after P|at [0-9]{4}-)\\S+");
    }
  }

  private static String shownDate(String text) {
    try {
      return "retry at "
          + DateTimeFormatter.RFC_1123_DATE_TIME
              .withResolverStyle(ResolverStyle.STRICT)
              .parse(text, Instant::from);
    } catch (DateTimeException e) {
      return null;
    }
  }

  /** What is read is in its range, does not depend on the case of names, and never harms a limiter that observes it. */
  @FuzzTest
  void rateLimit(byte[] input) {
    FuzzInput fields = new FuzzInput(input);
    Map<String, List<String>> headers = new LinkedHashMap<>();
    Map<String, List<String>> lowerCase = new LinkedHashMap<>();
    while (fields.hasMore() && headers.size() < 20) {
      String name = NAMES.get(fields.below(NAMES.size()));
      headers.computeIfAbsent(name, key -> new ArrayList<>()).add(fields.text());
    }
    headers.forEach((name, values) -> lowerCase.put(name.toLowerCase(Locale.ROOT), values));
    RateLimitHint hint = RateLimitHint.parse(headers);
    assertThat(String.valueOf(RateLimitHint.parse(lowerCase))).isEqualTo(String.valueOf(hint));
    RetryAfter wait = headers.containsKey("Retry-After")
        ? RetryAfter.parse(String.join(", ", headers.get("Retry-After")))
        : null;
    if (hint == null) {
      assertThat(wait).isNull();
      return;
    }
    assertThat(String.valueOf(hint.retryAfter())).isEqualTo(String.valueOf(wait));
    assertThat(hint.limit())
        .satisfiesAnyOf(
            limit -> assertThat(limit).isEqualTo(-1), limit -> assertThat(limit).isPositive());
    assertThat(hint.remaining()).isGreaterThanOrEqualTo(-1);
    if (hint.window() != null) {
      assertThat(hint.window()).isPositive();
      assertThat(hint.limit()).isPositive();
    }
    if (hint.reset() != null) {
      assertThat(hint.reset().delayNanos(NOW)).isBetween(0L, LONGEST);
    }
    observe(hint);
  }

  private static void observe(RateLimitHint hint) {
    ManualTime time = ManualTime.create();
    try (Resilience resilience =
        Resilience.builder().name("fuzz").timeSource(time).build()) {
      RateLimiter limiter = resilience.rateLimiter(
          "server",
          RateLimiterConfig.smooth(10, Duration.ofSeconds(1))
              .maxPause(MAX_PAUSE)
              .adoptUpTo(MOST_ADOPTED)
              .build());
      limiter.observe(hint);
      RateLimiterSnapshot now = limiter.snapshot();
      assertThat(now.limit()).isBetween(1, MOST_ADOPTED);
      assertThat(now.pausedFor()).isBetween(Duration.ZERO, MAX_PAUSE);
      assertThat(now.level()).isLessThanOrEqualTo(now.burst());
      time.advance(MAX_PAUSE);
      assertThat(limiter.snapshot().pausedFor()).isZero();
      assertThat(limiter.tryAcquire()).isTrue();
    }
  }
}
