package io.aragora.resilience.core.ratelimiter;

import io.aragora.resilience.core.admission.AdmissionRuntime;
import io.aragora.resilience.core.admission.CellRate;
import io.aragora.resilience.core.dispatch.EventChannel;
import io.aragora.resilience.core.recording.DurationRecorders;
import io.aragora.resilience.core.recording.FlightRecording;
import io.aragora.resilience.core.window.StripedCount;
import io.aragora.resilience.ratelimiter.RateLimitExceededException.Reason;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterEvent;
import io.aragora.resilience.ratelimiter.RateLimiterTotals;
import io.aragora.resilience.spi.DurationRecorder.Kind;
import io.aragora.resilience.spi.Readings;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** The config, counts and events of a limiter, or of all keys of a keyed one. Thread-safe. */
final class LimiterShare {
  private final String name;
  private final AdmissionRuntime runtime;
  private final EventChannel<RateLimiterEvent> events;

  /** The calls of one permit that were admitted at once, so that such a call counts in one place. */
  private final StripedCount single = new StripedCount();

  private final StripedCount rejectedLimit = new StripedCount();
  private final StripedCount rejectedPaused = new StripedCount();
  private final LongAdder rejectedQueueFull = new LongAdder();
  private final LongAdder rejectedDeadline = new LongAdder();
  private final LongAdder several = new LongAdder();
  private final LongAdder otherPermits = new LongAdder();
  private final LongAdder admittedAfterWait = new LongAdder();
  private final LongAdder cancelled = new LongAdder();

  private volatile RateLimiterConfig config;

  /** Null if the limiter is exact. */
  private volatile @Nullable CellRate rate;

  /** Null if no recorder receives the waits. */
  private volatile @Nullable LongConsumer waits;

  LimiterShare(String name, RateLimiterConfig config, AdmissionRuntime runtime) {
    this.name = name;
    configure(config);
    this.runtime = runtime;
    this.events = new EventChannel<>(name, runtime.dispatcher());
  }

  String name() {
    return name;
  }

  AdmissionRuntime runtime() {
    return runtime;
  }

  RateLimiterConfig config() {
    return config;
  }

  /** Sets the config. One thread at a time. */
  final void configure(RateLimiterConfig next) {
    CellRate made =
        next.isExact() ? null : CellRate.of(next.limit(), next.period().toNanos(), next.burst());
    config = next;
    rate = made;
  }

  /** Returns the rate of a smooth limiter, the same object until the config changes. */
  CellRate rate() {
    return Objects.requireNonNull(rate, "an exact limiter has no rate");
  }

  EventChannel<RateLimiterEvent> events() {
    return events;
  }

  void lookUp(DurationRecorders recorders) {
    waits = recorders.of(Kind.RATE_LIMITER_WAIT, name);
  }

  void countAdmitted(int permits) {
    if (permits == 1) {
      single.increment();
    } else {
      several.increment();
      otherPermits.add(permits);
    }
  }

  void countAdmittedAfterWait(String limiter, int permits, long waitedNanos) {
    admittedAfterWait.increment();
    otherPermits.add(permits);
    LongConsumer recorded = waits;
    if (recorded != null) {
      recorded.accept(waitedNanos);
    }
    record(limiter, RateLimiterEvent.Kind.ADMITTED_AFTER_WAIT.name(), waitedNanos, 0);
    if (events.isHeard()) {
      events.publish(event(limiter, RateLimiterEvent.Kind.ADMITTED_AFTER_WAIT)
          .permits(permits)
          .waited(Duration.ofNanos(waitedNanos))
          .build());
    }
  }

  private void record(String limiter, String decision, long waitedNanos, long retryAfterNanos) {
    FlightRecording.admission(
        runtime.dispatcher().runtime(),
        "ratelimiter",
        limiter,
        decision,
        waitedNanos,
        retryAfterNanos);
  }

  /** Returns whether a rejection is heard, so that a caller must collect the values of one. */
  boolean recordsRejections() {
    return events.isHeard() || FlightRecording.recordsAdmissions();
  }

  void countCancelled() {
    cancelled.increment();
  }

  void publishRejected(
      String limiter, Reason reason, int permits, long waitedNanos, Duration retryAfter) {
    record(limiter, reason.name(), waitedNanos, retryAfter.toNanos());
    if (events.isHeard()) {
      events.publish(event(limiter, RateLimiterEvent.Kind.REJECTED)
          .reason(reason)
          .permits(permits)
          .waited(Duration.ofNanos(waitedNanos))
          .retryAfter(retryAfter)
          .build());
    }
  }

  void countRejected(Reason reason) {
    switch (reason) {
      case LIMIT -> rejectedLimit.increment();
      case PAUSED -> rejectedPaused.increment();
      case QUEUE_FULL -> rejectedQueueFull.increment();
      case DEADLINE -> rejectedDeadline.increment();
    }
  }

  void publish(String limiter, RateLimiterEvent.Kind kind, Duration retryAfter) {
    if (events.isHeard()) {
      events.publish(event(limiter, kind).retryAfter(retryAfter).build());
    }
  }

  private RateLimiterEvent.Builder event(String limiter, RateLimiterEvent.Kind kind) {
    return RateLimiterEvent.builder(limiter, kind).limit(config.limit());
  }

  /** Writes the counts. */
  void read(Readings into) {
    long ones = single.sum();
    into.count("calls", "admitted", ones + several.sum());
    into.count("calls", "admitted_after_wait", admittedAfterWait.sum());
    into.count("calls", "rejected_limit", rejectedLimit.sum());
    into.count("calls", "rejected_queue_full", rejectedQueueFull.sum());
    into.count("calls", "rejected_deadline", rejectedDeadline.sum());
    into.count("calls", "rejected_paused", rejectedPaused.sum());
    into.count("calls", "cancelled", cancelled.sum());
    into.count("permits", Readings.NONE, ones + otherPermits.sum());
  }

  RateLimiterTotals totals() {
    long ones = single.sum();
    return RateLimiterTotals.builder()
        .admitted(ones + several.sum())
        .admittedAfterWait(admittedAfterWait.sum())
        .permits(ones + otherPermits.sum())
        .rejectedLimit(rejectedLimit.sum())
        .rejectedQueueFull(rejectedQueueFull.sum())
        .rejectedDeadline(rejectedDeadline.sum())
        .rejectedPaused(rejectedPaused.sum())
        .cancelled(cancelled.sum())
        .build();
  }
}
