package io.aragora.resilience.core.timeout;

import io.aragora.resilience.ResilienceClosedException;
import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.DeadlineCancellation;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.timer.TimerOperation;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call under a limit. At the limit it fails at once, whatever the inner future does, and cancels that.
 *
 * @param <T> the type of the value
 */
final class LimitedFuture<T extends @Nullable Object> extends PolicyFuture<T> {
  private final CoreTimeout timeout;
  private final Timer timer;
  private final Dispatcher dispatcher;
  private final Duration allowed;
  private final Limit limit = new Limit(this);

  LimitedFuture(CoreTimeout timeout, Duration allowed, Timer timer, Dispatcher dispatcher) {
    this.timeout = timeout;
    this.allowed = allowed;
    this.timer = timer;
    this.dispatcher = dispatcher;
  }

  void start(
      long deadline,
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    if (deadline != TimeSource.NEVER) {
      timer.arm(limit, deadline);
    }
    if (!hasEnded()) {
      follow(chain.insideAsync(context, index, body));
    }
  }

  @Override
  @SuppressWarnings("NullAway") // the value is null only where T admits it
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    if (!claimEnd()) {
      return;
    }
    limit.cancel();
    timeout.countInTime();
    if (failure == null) {
      complete(value);
    } else {
      completeExceptionally(failure);
    }
  }

  @Override
  protected void onEndedOutside(Throwable cause) {
    limit.cancel();
  }

  private void expire() {
    if (claimEnd()) {
      timeout.countFired();
      cancelInner(new DeadlineCancellation(timeout.name()));
      completeExceptionally(timeout.exceeded(allowed, null));
    }
  }

  private void endClosed() {
    if (claimEnd()) {
      cancelInner(new DeadlineCancellation(timeout.name()));
      completeExceptionally(new ResilienceClosedException(timeout.runtime()));
    }
  }

  /** Once it is cancelled it holds nothing, since the timer may keep it until it looks through what was handed over. */
  private static final class Limit extends TimerOperation {
    private @Nullable LimitedFuture<?> future;

    Limit(LimitedFuture<?> future) {
      this.future = future;
    }

    void cancel() {
      LimitedFuture<?> limited = future;
      if (limited != null && limited.timer.cancel(this)) {
        future = null;
      }
    }

    @Override
    protected void onFire(long arming) {
      LimitedFuture<?> limited = future;
      if (limited != null) {
        limited.dispatcher.dispatch(limited::expire);
      }
    }

    @Override
    protected void onTimerClosed(long arming) {
      LimitedFuture<?> limited = future;
      if (limited != null) {
        limited.dispatcher.dispatch(limited::endClosed);
      }
    }
  }
}
