package io.aragora.resilience.resilience4j;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.testing.ManualTime;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.internal.AtomicRateLimiter;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.internal.RetryImpl;
import io.github.resilience4j.timelimiter.TimeLimiter;
import io.github.resilience4j.timelimiter.TimeLimiterConfig;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.stream.Stream;

/** Where policies come from. Each case of the contract runs on those of Resilience4j and on views of ours. */
abstract class Subject implements AutoCloseable {
  static final Map<String, String> TAGS = Map.of("team", "shop");

  static Stream<Subject> both() {
    return Stream.of(new Theirs(), new Ours());
  }

  abstract CircuitBreaker breaker(CircuitBreakerConfig config);

  abstract Retry retry(RetryConfig config);

  abstract Bulkhead bulkhead(BulkheadConfig config);

  abstract RateLimiter rateLimiter(RateLimiterConfig config);

  abstract TimeLimiter timeLimiter(TimeLimiterConfig config);

  abstract void advance(Duration by);

  /** Returns how long retries have waited. */
  abstract Duration waited();

  /** Delivers what is delivered in the background. */
  abstract void settle();

  @Override
  public abstract void close();

  static final class Theirs extends Subject {
    private final TestClock clock = new TestClock();
    private long nanos;
    private long sleptMillis;

    Theirs() {
      RetryImpl.setSleepFunction(millis -> sleptMillis += millis);
    }

    @Override
    CircuitBreaker breaker(CircuitBreakerConfig config) {
      return CircuitBreaker.of(
          "prices", CircuitBreakerConfig.from(config).clock(clock).build(), TAGS);
    }

    @Override
    Retry retry(RetryConfig config) {
      return Retry.of("prices", config, TAGS);
    }

    @Override
    Bulkhead bulkhead(BulkheadConfig config) {
      return Bulkhead.of("prices", config, TAGS);
    }

    @Override
    RateLimiter rateLimiter(RateLimiterConfig config) {
      return new AtomicRateLimiter("prices", config, TAGS, () -> nanos);
    }

    @Override
    TimeLimiter timeLimiter(TimeLimiterConfig config) {
      return TimeLimiter.of("prices", config, TAGS);
    }

    @Override
    void advance(Duration by) {
      clock.now = clock.now.plus(by);
      nanos += by.toNanos();
    }

    @Override
    Duration waited() {
      return Duration.ofMillis(sleptMillis);
    }

    @Override
    void settle() {}

    @Override
    public void close() {
      RetryImpl.setSleepFunction(Thread::sleep);
    }

    @Override
    public String toString() {
      return "Resilience4j";
    }
  }

  static final class Ours extends Subject {
    final ManualTime time = ManualTime.create().autoAdvance(true);
    final Resilience resilience = Resilience.builder().timeSource(time).build();
    private long manualNanos;

    @Override
    CircuitBreaker breaker(CircuitBreakerConfig config) {
      return Resilience4j.circuitBreakers(resilience).circuitBreaker("prices", config, TAGS);
    }

    @Override
    Retry retry(RetryConfig config) {
      return Resilience4j.retries(resilience).retry("prices", config, TAGS);
    }

    @Override
    Bulkhead bulkhead(BulkheadConfig config) {
      return Resilience4j.bulkheads(resilience).bulkhead("prices", config, TAGS);
    }

    @Override
    RateLimiter rateLimiter(RateLimiterConfig config) {
      return Resilience4j.rateLimiters(resilience).rateLimiter("prices", config, TAGS);
    }

    @Override
    TimeLimiter timeLimiter(TimeLimiterConfig config) {
      return Resilience4j.timeLimiters(resilience).timeLimiter("prices", config, TAGS);
    }

    @Override
    void advance(Duration by) {
      manualNanos += by.toNanos();
      time.advance(by);
    }

    @Override
    Duration waited() {
      return Duration.between(ManualTime.DEFAULT_START, time.wallTime()).minusNanos(manualNanos);
    }

    @Override
    void settle() {
      time.runPending();
    }

    @Override
    public void close() {
      resilience.close();
    }

    @Override
    public String toString() {
      return "Aragora";
    }
  }

  private static final class TestClock extends Clock {
    private Instant now = ManualTime.DEFAULT_START;

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return now;
    }
  }
}
