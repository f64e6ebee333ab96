package io.aragora.resilience.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimitExceededException.Reason;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RejectionsTest {
  private static final RateLimiterConfig ONE =
      RateLimiterConfig.smooth(1, Duration.ofSeconds(5)).burst(1).build();

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  @Test
  void of_limiter_theReasonIsThatOfItsState() {
    RateLimiter limiter = resilience.rateLimiter("prices", ONE);
    limiter.tryAcquire();
    assertThat(Rejections.of(limiter).reason()).isEqualTo(Reason.LIMIT);

    limiter.pauseFor(Duration.ofSeconds(20));
    assertThat(Rejections.of(limiter).reason()).isEqualTo(Reason.PAUSED);
    assertThat(Rejections.of(limiter).retryAfter()).isEqualTo(Duration.ofSeconds(20));

    time.advance(Duration.ofSeconds(20));
    assertThat(Rejections.of(limiter).reason()).isEqualTo(Reason.LIMIT);
  }

  @Test
  void of_keyedLimiter_theReasonIsThatOfTheKey() {
    KeyedRateLimiter limiter = resilience.keyedRateLimiter("peers", KeyedRateLimiterConfig.of(ONE));
    limiter.tryAcquire("a");
    limiter.tryAcquire("b");
    limiter.pauseFor("a", Duration.ofSeconds(20));

    assertThat(Rejections.of(limiter, "a").reason()).isEqualTo(Reason.PAUSED);
    assertThat(Rejections.of(limiter, "b").reason()).isEqualTo(Reason.LIMIT);
  }
}
