package io.aragora.resilience.core.health;

import io.aragora.resilience.core.call.Failures;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.timeout.CoreTimeout;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.health.HealthCheck;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.timeout.TimeoutConfig;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A check with its last result. One run at a time: whoever asks while one is under way gets its result, and a check that
 * outstayed its timeout is not started again before it has ended, so that one that hangs costs one thread.
 */
final class RegisteredCheck {
  private final String name;
  private final HealthCheck check;
  private final HealthCheckOptions options;
  private final TimeSource time;
  private final CoreTimeout timeout;
  private final Executor executor;

  private @Nullable CompletableFuture<HealthResult> running;
  private @Nullable HealthResult last;
  private long lastAt;
  private boolean inside;

  RegisteredCheck(
      String name,
      HealthCheck check,
      HealthCheckOptions options,
      String runtime,
      TimeSource time,
      Timer timer,
      Dispatcher dispatcher) {
    this.name = name;
    this.check = check;
    this.options = options;
    this.time = time;
    this.timeout = new CoreTimeout(
        "health check " + name,
        TimeoutConfig.of(options.timeout()),
        runtime,
        time,
        timer,
        dispatcher);
    this.executor = dispatcher.checks();
  }

  String name() {
    return name;
  }

  HealthCheckOptions options() {
    return options;
  }

  /** Gives a result that is fresh enough, or the future of one; it never fails. */
  @SuppressWarnings("FutureReturnValueIgnored") // the callback ends what is returned
  CompletableFuture<HealthResult> run() {
    CompletableFuture<HealthResult> started = new CompletableFuture<>();
    synchronized (this) {
      long now = time.nanoTime();
      if (running != null) {
        return running;
      }
      if (last != null && now - lastAt < options.timeToLive().toNanos()) {
        return CompletableFuture.completedFuture(last);
      }
      if (inside) {
        return CompletableFuture.completedFuture(HealthResult.of(
            HealthStatus.UNHEALTHY, "still running after its timeout of " + options.timeout()));
      }
      running = started;
    }
    long startedAt = time.nanoTime();
    timeout.<HealthResult>submit(this::checkInside, executor).whenComplete((result, failure) -> {
      Duration took = Duration.ofNanos(time.nanoTime() - startedAt);
      HealthResult ended = failure == null
          ? result == null
              ? new HealthResult(HealthStatus.UNHEALTHY, "the check gave null", took)
              : new HealthResult(result.status(), result.detail(), took)
          : failed(Failures.unwrap(failure), took);
      synchronized (this) {
        running = null;
        last = ended;
        lastAt = time.nanoTime();
      }
      started.complete(ended);
    });
    return started;
  }

  private HealthResult checkInside() throws Exception {
    synchronized (this) {
      inside = true;
    }
    try {
      return check.check();
    } finally {
      synchronized (this) {
        inside = false;
      }
    }
  }

  private HealthResult failed(@Nullable Throwable failure, Duration took) {
    String detail;
    if (failure instanceof TimeoutExceededException) {
      detail = "no answer within " + options.timeout();
    } else {
      String message = failure == null ? null : failure.getMessage();
      detail = failure == null || (message != null && !message.isBlank())
          ? String.valueOf(message)
          : failure.getClass().getSimpleName();
    }
    return new HealthResult(HealthStatus.UNHEALTHY, detail, took);
  }
}
