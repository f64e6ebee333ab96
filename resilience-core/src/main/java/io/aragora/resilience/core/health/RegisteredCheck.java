package io.aragora.resilience.core.health;

import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.dispatch.EventChannel;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.health.HealthCheck;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.health.HealthTransition;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A check with its last result. Thread-safe. One run at a time: a caller that asks during a run
 * receives its result. A check that exceeded its timeout is not started again before it has
 * returned, so a check that hangs costs one thread.
 */
final class RegisteredCheck implements Component {
  private final String name;
  private final HealthCheck check;
  private final HealthCheckOptions options;
  private final TimeSource time;
  private final Timer timer;
  private final Dispatcher dispatcher;
  private final EventChannel<HealthTransition> events;

  // Guarded by this. The lock is never held while the check or a listener runs.
  private final StatusTrail trail;
  private @Nullable CheckRun current;
  private @Nullable HealthResult last;
  private long startedAt;
  private long lastAt;

  RegisteredCheck(
      String name,
      HealthCheck check,
      HealthCheckOptions options,
      TimeSource time,
      Timer timer,
      Dispatcher dispatcher,
      EventChannel<HealthTransition> events) {
    this.name = name;
    this.check = check;
    this.options = options;
    this.time = time;
    this.timer = timer;
    this.dispatcher = dispatcher;
    this.events = events;
    this.trail = new StatusTrail(name, time, events);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean isIn(HealthGroup group) {
    return options.groups().contains(group);
  }

  @Override
  public boolean isCritical() {
    return options.critical();
  }

  Duration timeout() {
    return options.timeout();
  }

  @Override
  public CompletableFuture<HealthResult> look() {
    CheckRun started;
    long deadline;
    synchronized (this) {
      long now = time.nanoTime();
      CheckRun present = current;
      if (present != null && !present.ended) {
        return present.result();
      }
      HealthResult known = last;
      if (known != null && now - lastAt < options.timeToLive().toNanos()) {
        return CompletableFuture.completedFuture(known);
      }
      if (present != null) {
        return CompletableFuture.completedFuture(stillRunning(now));
      }
      started = new CheckRun(this, check, timer, dispatcher);
      current = started;
      startedAt = now;
      deadline = now + Nanos.of(options.timeout());
    }
    started.start(deadline);
    return started.result();
  }

  private HealthResult stillRunning(long now) {
    return trail.date(HealthResult.builder(HealthStatus.UNHEALTHY)
        .detail("still running after its timeout of " + options.timeout())
        .duration(Duration.ofNanos(now - startedAt))
        .build());
  }

  /** Called when the thread of a run has left the check. */
  synchronized void left(CheckRun run) {
    run.left = true;
    if (run.ended) {
      current = null;
    }
  }

  /** Sets the result of a run; only the first result counts. */
  void end(CheckRun run, HealthResult found) {
    boolean deliver;
    HealthResult ended;
    synchronized (this) {
      if (run.ended) {
        return;
      }
      run.ended = true;
      if (run.left) {
        current = null;
      }
      boolean moved = false;
      try {
        moved = trail.move(found.status(), found.detail());
        lastAt = time.nanoTime();
        ended = found.toBuilder()
            .duration(Duration.ofNanos(lastAt - startedAt))
            .since(trail.since())
            .build();
      } catch (Throwable e) {
        // The heap is full, or a clock failed. The callers must not wait forever.
        dispatcher.failed(
            "the result of a health check could not be read; the check counts as failed", e);
        ended = CheckRun.NO_RESULT;
      }
      deliver = moved;
      last = ended;
    }
    if (deliver) {
      events.deliver();
    }
    run.complete(ended);
  }

  @Override
  public synchronized HealthResult known() {
    HealthResult known = last;
    return known != null
        ? known
        : trail.date(HealthResult.of(HealthStatus.UNKNOWN, "not checked yet"));
  }

  @Override
  public synchronized long consecutiveFailures() {
    return trail.failures();
  }

  @Override
  public synchronized void detach() {
    trail.detach();
  }
}
