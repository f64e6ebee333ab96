package io.aragora.resilience.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RateLimiterConfigTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  static Stream<Arguments> badValues() {
    return Stream.of(
        bad("limit must be in [1, 1000000000]: 0", () -> RateLimiterConfig.smooth(0, SECOND)),
        bad(
            "limit must be in [1, 1000000000]: 1000000001",
            () -> RateLimiterConfig.smooth(1_000_000_001, SECOND)),
        bad(
            "period must be positive and at most 365 days: PT0S",
            () -> RateLimiterConfig.smooth(1, Duration.ZERO)),
        bad(
            "period must be positive and at most 365 days: PT8760H0.000000001S",
            () -> RateLimiterConfig.smooth(1, Duration.ofDays(365).plusNanos(1))),
        bad(
            "period must be at least PT0.000001S: PT0.000000999S",
            () -> RateLimiterConfig.smooth(1, Duration.ofNanos(999))),
        bad(
            "limit per period must be at most one permit per nanosecond: 1000000 per PT0.000001S",
            () -> RateLimiterConfig.smooth(1_000_000, Duration.ofNanos(1000)).build()),
        bad(
            "burst must be in [1, 1000000000]: 0",
            () -> RateLimiterConfig.smooth(1, SECOND).burst(0)),
        bad(
            "burst is not for an exact limiter: 5",
            () -> RateLimiterConfig.exact(1, SECOND).burst(5).build()),
        bad(
            "limit of an exact limiter must be in [1, 65536]: 100000",
            () -> RateLimiterConfig.exact(100_000, SECOND)),
        bad(
            "limit of an exact limiter must be in [1, 65536]: 65537",
            () -> RateLimiterConfig.exact(1, SECOND).limit(65_537).build()),
        bad(
            "adoptUpTo is not for an exact limiter: 5",
            () -> RateLimiterConfig.exact(1, SECOND).adoptUpTo(5).build()),
        bad(
            "keepAcrossRestart is not for an exact limiter: true",
            () -> RateLimiterConfig.exact(1, SECOND).keepAcrossRestart(true).build()),
        bad(
            "limiter must not have keepAcrossRestart, since keys are not saved: true",
            () -> KeyedRateLimiterConfig.builder()
                .limiter(
                    RateLimiterConfig.smooth(1, SECOND).keepAcrossRestart(true).build())
                .build()),
        bad(
            "adoptUpTo per period must be at most one permit per nanosecond: 1001 per PT0.000001S",
            () -> RateLimiterConfig.smooth(1, Duration.ofNanos(1000))
                .adoptUpTo(1001)
                .build()),
        bad(
            "burst must be used up within 100 years: 101 at 1 per PT8760H",
            () -> RateLimiterConfig.smooth(1, Duration.ofDays(365)).burst(101).build()),
        bad(
            "burst must be used up within 100 years: 200 at 1 per PT8760H",
            () -> RateLimiterConfig.smooth(200, Duration.ofDays(365))
                .adoptUpTo(300)
                .build()),
        bad(
            "maxWait must not be negative and at most 365 days: PT-1S",
            () -> RateLimiterConfig.builder().maxWait(SECOND.negated())),
        bad(
            "maxPause must not be negative and at most 365 days: PT-1S",
            () -> RateLimiterConfig.builder().maxPause(SECOND.negated())),
        bad(
            "maxWaiting must be in [0, 1000000]: -1",
            () -> RateLimiterConfig.builder().maxWaiting(-1)),
        bad(
            "maxWaiting must be 0 if maxWait is 0: 5",
            () -> RateLimiterConfig.smooth(1, SECOND).maxWaiting(5).build()),
        bad(
            "limit must be set: it has no default",
            () -> RateLimiterConfig.builder().build()),
        bad(
            "period must be set: it has no default",
            () -> RateLimiterConfig.builder().limit(1).build()),
        bad(
            "limiter must be set: it has no default",
            () -> KeyedRateLimiterConfig.builder().build()),
        bad(
            "maxKeys must be in [1, 10000000]: 0",
            () -> KeyedRateLimiterConfig.builder().maxKeys(0)));
  }

  private static Arguments bad(String message, ThrowingCallable build) {
    return Arguments.of(message, build);
  }

  @ParameterizedTest
  @MethodSource("badValues")
  @Tag("RL-05")
  @DisplayName("the error of a bad value names the setting, the rule and the value")
  void badValue_isRejectedWithItsRule(String message, ThrowingCallable build) {
    assertThatIllegalArgumentException().isThrownBy(build).withMessage(message);
  }

  @Test
  void defaults_dependOnOtherSettings() {
    RateLimiterConfig config = RateLimiterConfig.smooth(10, SECOND).build();
    assertThat(config.burst()).isEqualTo(10);
    assertThat(config.maxWait()).isZero();
    assertThat(config.maxWaiting()).isZero();
    assertThat(config.maxPause()).isEqualTo(Duration.ofMinutes(15));
    assertThat(config.startsFull()).isTrue();
    assertThat(config.adoptUpTo()).isZero();
    assertThat(config.isExact()).isFalse();

    RateLimiterConfig waiting = config.toBuilder().limit(20).maxWait(SECOND).build();
    assertThat(waiting.burst()).as("follows the limit until it is set").isEqualTo(20);
    assertThat(waiting.maxWaiting()).isEqualTo(1000);
    assertThat(waiting.toBuilder().maxWait(Duration.ZERO).build().maxWaiting()).isZero();
    assertThat(config.toBuilder().burst(3).build().toBuilder().limit(20).build().burst())
        .isEqualTo(3);
    RateLimiterConfig longest =
        RateLimiterConfig.smooth(1, Duration.ofDays(365)).burst(100).build();
    assertThat(longest.burst()).isEqualTo(100);
  }

  @Test
  void text_listsTheSettings() {
    assertThat(RateLimiterConfig.smooth(10, SECOND).burst(3).build())
        .hasToString("limit=10, period=PT1S, burst=3, maxWait=PT0S, maxWaiting=0, maxPause=PT15M,"
            + " startFull=true, adoptUpTo=0, keepAcrossRestart=false");
    assertThat(RateLimiterConfig.exact(3, SECOND).build().toBuilder().build())
        .hasToString("limit=3, period=PT1S, exact=true, maxWait=PT0S, maxWaiting=0,"
            + " maxPause=PT15M, startFull=true, adoptUpTo=0, keepAcrossRestart=false");
  }

  @Test
  void exactAndSmooth_areDifferentDeclarations() {
    RateLimiterConfig exact = RateLimiterConfig.exact(3, SECOND).build();
    assertThat(exact.isExact()).isTrue();
    assertThat(exact.declaresSameAs(exact.toBuilder().build())).isTrue();
    assertThat(exact.declaresSameAs(RateLimiterConfig.smooth(3, SECOND).build()))
        .isFalse();
  }

  @Test
  void messagesOfRejections_sayWhen() {
    assertThat(rejection(RateLimitExceededException.Reason.LIMIT, 100_000_000))
        .hasMessage("rate limiter 'github' allows 10 per 1 s: next in 0.100 s");
    assertThat(rejection(RateLimitExceededException.Reason.QUEUE_FULL, 1))
        .as("rounded up")
        .hasMessage(
            "rate limiter 'github' allows 10 per 1 s and its queue is full: next in 0.001 s");
    assertThat(rejection(RateLimitExceededException.Reason.DEADLINE, 200_000_000))
        .hasMessage(
            "rate limiter 'github' allows 10 per 1 s: next in 0.200 s, after the deadline of"
                + " the call");
    RateLimitExceededException paused =
        rejection(RateLimitExceededException.Reason.PAUSED, 30_000_000_000L);
    assertThat(paused).hasMessage("rate limiter 'github' is paused: next in 30.000 s");
    assertThat(paused.policy()).isEqualTo("github");
    assertThat(paused.kind()).isEqualTo("ratelimiter");
    assertThat(paused.permits()).isEqualTo(1);
    assertThat(paused.retryAfter()).isEqualTo(Duration.ofSeconds(30));
  }

  private static RateLimitExceededException rejection(
      RateLimitExceededException.Reason reason, long nanos) {
    return new RateLimitExceededException("github", reason, 1, Duration.ofNanos(nanos), 10, SECOND);
  }
}
