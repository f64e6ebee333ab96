package io.aragora.resilience.resilience4j;

import io.aragora.resilience.internal.QuietLock;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.RateLimitExceededException;
import io.aragora.resilience.ratelimiter.RateLimitHint;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.core.EventConsumer;
import io.github.resilience4j.ratelimiter.event.RateLimiterEvent;
import io.github.resilience4j.ratelimiter.event.RateLimiterOnDrainedEvent;
import io.github.resilience4j.ratelimiter.event.RateLimiterOnFailureEvent;
import io.github.resilience4j.ratelimiter.event.RateLimiterOnSuccessEvent;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A rate limiter. A reservation is an asynchronous call of ours without a body: it stands in the queue, and takes its permits when
 * their time has come.
 */
final class RateLimiterView implements io.github.resilience4j.ratelimiter.RateLimiter {
  private final RateLimiter limiter;
  private final ShownConfig<RateLimiterConfig, io.github.resilience4j.ratelimiter.RateLimiterConfig>
      shown;
  private final Map<String, String> tags;
  private final Events events;
  private final Metrics metrics = new Numbers();

  /** Held while a reservation reads its time and enters the queue, so that two of them do not read the same. */
  private final QuietLock reserving = new QuietLock();

  RateLimiterView(
      RateLimiter limiter,
      ShownConfig.@Nullable Declared<
              RateLimiterConfig, io.github.resilience4j.ratelimiter.RateLimiterConfig>
          declared,
      Map<String, String> tags) {
    this.limiter = limiter;
    this.shown = new ShownConfig<>(limiter::config, Configs::shown, declared);
    this.tags = Map.copyOf(tags);
    this.events = new Events(new ForeignCalls("rate limiter", limiter.name()));
  }

  @Override
  public void changeTimeoutDuration(Duration timeoutDuration) {
    limiter.reconfigure(limiter.config().toBuilder().maxWait(timeoutDuration).build());
  }

  @Override
  public void changeLimitForPeriod(int limitForPeriod) {
    RateLimiterConfig present = limiter.config();
    RateLimiterConfig.Builder changed = present.toBuilder().limit(limitForPeriod);
    boolean isFull = !present.isExact() && present.burst() == present.limit();
    limiter.reconfigure((isFull ? changed.burst(limitForPeriod) : changed).build());
  }

  @Override
  public boolean acquirePermission(int permits) {
    boolean admitted = isPossible(permits)
        && (limiter.config().maxWait().isZero()
            ? limiter.tryAcquire(permits)
            : waitForPermits(permits));
    publish(admitted, permits);
    return admitted;
  }

  private boolean waitForPermits(int permits) {
    try {
      of(permits).run(() -> {});
      return true;
    } catch (RateLimitExceededException e) {
      return false;
    } catch (CallInterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Returns whether a full limiter has that many permits. Theirs rejects what it never has; ours throws. */
  private boolean isPossible(int permits) {
    RateLimiterConfig config = limiter.config();
    return permits <= (config.isExact() ? 1 : config.burst());
  }

  private Policy of(int permits) {
    return permits == 1 ? limiter : limiter.withPermits(permits);
  }

  @Override
  public long reservePermission(int permits) {
    long nanos;
    if (!isPossible(permits)) {
      nanos = -1;
    } else if (limiter.config().maxWait().isZero()) {
      nanos = limiter.tryAcquire(permits) ? 0 : -1;
    } else {
      nanos = reserve(permits);
    }
    publish(nanos >= 0, permits);
    return nanos;
  }

  private long reserve(int permits) {
    reserving.lock();
    try {
      RateLimiterConfig config = limiter.config();
      long first = limiter.retryAfter().toNanos();
      CompletableFuture<@Nullable Void> taken =
          of(permits).callAsync(() -> CompletableFuture.<@Nullable Void>completedFuture(null));
      if (taken.isDone()) {
        return taken.isCompletedExceptionally() ? -1 : 0;
      }
      // The time of the first permit is known; the others follow one by one.
      return first + (permits - 1) * (config.period().toNanos() / config.limit());
    } finally {
      reserving.unlock();
    }
  }

  @Override
  public void drainPermissions() {
    long level = limiter.snapshot().level();
    limiter.observe(RateLimitHint.builder().remaining(0).build());
    if (events.hasConsumers()) {
      events.deliver(new RateLimiterOnDrainedEvent(limiter.name(), BreakerView.clip(level)));
    }
  }

  private void publish(boolean admitted, int permits) {
    if (events.hasConsumers()) {
      events.deliver(
          admitted
              ? new RateLimiterOnSuccessEvent(limiter.name(), permits)
              : new RateLimiterOnFailureEvent(limiter.name(), permits));
    }
  }

  @Override
  public String getName() {
    return limiter.name();
  }

  @Override
  public io.github.resilience4j.ratelimiter.RateLimiterConfig getRateLimiterConfig() {
    return shown.get();
  }

  @Override
  public Map<String, String> getTags() {
    return tags;
  }

  @Override
  public Metrics getMetrics() {
    return metrics;
  }

  @Override
  public EventPublisher getEventPublisher() {
    return events;
  }

  @Override
  public String toString() {
    return "RateLimiter '" + limiter.name() + "'";
  }

  private final class Numbers implements Metrics {
    @Override
    public int getNumberOfWaitingThreads() {
      return limiter.snapshot().waiting();
    }

    @Override
    public int getAvailablePermissions() {
      return BreakerView.clip(limiter.snapshot().level());
    }
  }

  private static final class Events extends GuardedEvents<RateLimiterEvent>
      implements EventPublisher {
    Events(ForeignCalls foreign) {
      super(foreign);
    }

    @Override
    public EventPublisher onSuccess(EventConsumer<RateLimiterOnSuccessEvent> consumer) {
      registerConsumer(RateLimiterOnSuccessEvent.class.getName(), consumer);
      return this;
    }

    @Override
    public EventPublisher onFailure(EventConsumer<RateLimiterOnFailureEvent> consumer) {
      registerConsumer(RateLimiterOnFailureEvent.class.getName(), consumer);
      return this;
    }
  }
}
