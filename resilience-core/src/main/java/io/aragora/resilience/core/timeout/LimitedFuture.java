package io.aragora.resilience.core.timeout;

import io.aragora.resilience.ResilienceClosedException;
import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.DeadlineCancellation;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.timer.TimerOperation;
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
  private final Limit limit = new Limit();

  LimitedFuture(CoreTimeout timeout, Timer timer, Dispatcher dispatcher) {
    this.timeout = timeout;
    this.timer = timer;
    this.dispatcher = dispatcher;
  }

  void start(
      long deadline,
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    timer.arm(limit, deadline);
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
    timer.cancel(limit);
    timeout.countInTime();
    if (failure == null) {
      complete(value);
    } else {
      completeExceptionally(failure);
    }
  }

  @Override
  protected void onEndedOutside(Throwable cause) {
    timer.cancel(limit);
  }

  private void expire() {
    if (claimEnd()) {
      timeout.countFired();
      cancelInner(new DeadlineCancellation(timeout.name()));
      completeExceptionally(timeout.exceeded(null));
    }
  }

  private void endClosed() {
    if (claimEnd()) {
      cancelInner(new DeadlineCancellation(timeout.name()));
      completeExceptionally(new ResilienceClosedException(timeout.runtime()));
    }
  }

  private final class Limit extends TimerOperation {
    @Override
    protected void onFire(long arming) {
      dispatcher.dispatch(LimitedFuture.this::expire);
    }

    @Override
    protected void onTimerClosed(long arming) {
      dispatcher.dispatch(LimitedFuture.this::endClosed);
    }
  }
}
