package io.aragora.resilience.core.health;

import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.timer.OwnedOperation;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.health.HealthCheck;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.internal.BodyThread;
import io.aragora.resilience.internal.FailureMessage;
import java.util.concurrent.CompletableFuture;

/**
 * One run of a check. Its thread has neither the deadline nor the context of the caller, since
 * other callers receive the result, too. A run ends once, by the check or at its timeout. Its
 * thread is free when the check returns, which may be later.
 */
final class CheckRun implements Runnable {
  /** The result if no other could be created, because the heap is full for instance. */
  static final HealthResult NO_RESULT =
      HealthResult.of(HealthStatus.UNHEALTHY, "the result of the check could not be read");

  private static final HealthResult NO_THREAD = HealthResult.of(
      HealthStatus.UNHEALTHY, "no thread is free: too many checks hang, or the runtime is closed");

  private static final HealthResult NOT_STARTED = HealthResult.of(
      HealthStatus.UNHEALTHY, "the check could not be started, because its timeout could not");

  private final RegisteredCheck owner;
  private final HealthCheck check;
  private final Timer timer;
  private final Dispatcher dispatcher;
  private final Limit limit = new Limit(this);
  private final CompletableFuture<HealthResult> result = new CompletableFuture<>();

  // Guarded by the owner.
  boolean ended;
  boolean left;

  private final BodyThread inside = new BodyThread();

  CheckRun(RegisteredCheck owner, HealthCheck check, Timer timer, Dispatcher dispatcher) {
    this.owner = owner;
    this.check = check;
    this.timer = timer;
    this.dispatcher = dispatcher;
  }

  CompletableFuture<HealthResult> result() {
    return result;
  }

  void start(long deadlineNanos) {
    try {
      timer.arm(limit, deadlineNanos);
    } catch (Throwable e) {
      notStarted(NOT_STARTED);
      return;
    }
    try {
      dispatcher.checks().execute(this);
    } catch (Throwable e) {
      notStarted(NO_THREAD);
    }
  }

  private void notStarted(HealthResult found) {
    owner.left(this);
    owner.end(this, found);
  }

  /**
   * Called by the owner, which holds no lock. A check that still runs is interrupted first, because continuations of the result are
   * code of the application, and may block.
   */
  void complete(HealthResult found) {
    try {
      limit.cancel(timer);
      if (inside.isInside()) {
        dispatcher.interrupt(inside::interrupt);
      }
    } finally {
      result.complete(found);
    }
  }

  @Override
  public void run() {
    inside.enter();
    HealthResult found;
    try {
      found = check.check();
    } catch (Throwable e) {
      found = failed(e);
    }
    inside.leave();
    owner.left(this);
    owner.end(
        this,
        found != null ? found : HealthResult.of(HealthStatus.UNHEALTHY, "the check returned null"));
  }

  private static HealthResult failed(Throwable failure) {
    try {
      return HealthResult.of(HealthStatus.UNHEALTHY, textOf(failure));
    } catch (Throwable e) {
      return NO_RESULT;
    }
  }

  private static String textOf(Throwable failure) {
    String message = FailureMessage.of(failure);
    return message == null || message.isBlank() ? failure.getClass().getSimpleName() : message;
  }

  private void expire(String detail) {
    HealthResult found;
    try {
      found = HealthResult.of(HealthStatus.UNHEALTHY, detail);
    } catch (Throwable e) {
      found = NO_RESULT;
    }
    owner.end(this, found);
  }

  private static final class Limit extends OwnedOperation<CheckRun> {
    Limit(CheckRun run) {
      super(run);
    }

    @Override
    protected void onFire(CheckRun run) {
      run.dispatcher.endCall(() -> run.expire("no answer within " + run.owner.timeout()));
    }

    @Override
    protected void onTimerClosed(CheckRun run) {
      run.dispatcher.endCall(() -> run.expire("the runtime is closed"));
    }
  }
}
