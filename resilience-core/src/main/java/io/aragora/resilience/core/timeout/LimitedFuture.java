package io.aragora.resilience.core.timeout;

import io.aragora.resilience.core.call.DeadlineCancellation;
import io.aragora.resilience.core.call.InnerCancellation;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.core.timer.OwnedOperation;
import io.aragora.resilience.internal.RejectedByExecutor;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call under a timeout. At its deadline it fails at once and cancels the inner
 * future, whatever that does.
 *
 * @param <T> the type of the value
 */
final class LimitedFuture<T extends @Nullable Object> extends PolicyFuture<T> {
  /** The delay until an end that failed is tried again. */
  private static final long AGAIN_NANOS = 10_000_000L;

  private final CoreTimeout timeout;
  private final PolicyChain chain;
  private final int index;
  private final Duration allowed;
  private final Limit limit = new Limit(this);
  private final long deadline;

  /*
   * A value that comes after the deadline goes to the consumer of late results, once. The timer claims the end, then sets expired.
   * A value that comes in between, or after an end from outside, is kept: the timer passes it on if it is what claimed the end,
   * else the policy around that ended this future does. Stress: LimitedFutureStress.LateValueArrivesOnce.
   */

  /** Whether the deadline came before the inner end. Written under the monitor of {@link #limit}. */
  private volatile boolean expired;

  // Guarded by the monitor of limit.
  private boolean isKept;
  private @Nullable T kept;

  /**
   * Whether the timeout has counted this expiry. The timer orders the accesses of successive tries.
   */
  private boolean counted;

  LimitedFuture(
      CoreTimeout timeout, PolicyChain chain, int index, long deadline, Duration allowed) {
    this.timeout = timeout;
    this.chain = chain;
    this.index = index;
    this.deadline = deadline;
    this.allowed = allowed;
  }

  /**
   * Watches a call that has begun. If the limit fires first, or the timer is closed, the call is
   * cancelled as soon as it is watched.
   */
  void watch(CompletableFuture<T> started, boolean isArmed) {
    if (isArmed) {
      timeout.timer().arm(limit, deadline);
    }
    follow(started);
  }

  @Override
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    if (!claimEnd()) {
      if (failure == null && !keepUnlessExpired(value)) {
        timeout.giveLate(value);
      }
      return;
    }
    limit.cancel(timeout.timer());
    // The clock decides, not whether the timer came first.
    if (deadline != TimeSource.NEVER && timeout.isReached(deadline)) {
      timeout.countFired(chain, index);
      if (failure == null) {
        timeout.giveLate(value);
      }
      completeExceptionally(timeout.exceeded(allowed, failure));
      return;
    }
    timeout.countInTime();
    endAs(value, failure);
  }

  private boolean keepUnlessExpired(@Nullable T value) {
    synchronized (limit) {
      if (expired) {
        return false;
      }
      isKept = true;
      kept = value;
      return true;
    }
  }

  /** A timeout that has fired itself has it already. */
  @Override
  protected void onValueLost(@Nullable T value, InnerCancellation end) {
    synchronized (limit) {
      if (expired) {
        return;
      }
      isKept = false;
      kept = null;
    }
    super.onValueLost(value, end);
  }

  private void setExpired() {
    T value;
    synchronized (limit) {
      expired = true;
      if (!isKept) {
        return;
      }
      isKept = false;
      value = kept;
      kept = null;
    }
    timeout.giveLate(value);
  }

  @Override
  protected void onEndedOutside(Throwable cause) {
    limit.cancel(timeout.timer());
  }

  private void expire() {
    if (claimEnd()) {
      setExpired();
    } else if (!expired || isDone()) {
      return;
    }
    try {
      endExpired();
    } catch (Throwable e) {
      // The heap is full, for instance. The code that waits for this future must not wait forever.
      timeout.timer().arm(limit, limit.after(AGAIN_NANOS));
      timeout
          .dispatcher()
          .failed("a call that reached its deadline could not be ended; it is tried again", e);
    }
  }

  /**
   * Ends the call at its deadline. If it is called again after a failure, it continues with the step that failed.
   */
  private void endExpired() {
    if (!counted) {
      timeout.countFired(chain, index);
      counted = true;
    }
    // Before the cancellation, after which a body does not begin.
    Throwable cause = hasEntered() ? null : RejectedByExecutor.notBegun();
    cancelInner(new DeadlineCancellation(timeout.name(), timeout.dispatcher(), timeout::giveLate));
    Throwable exceeded = timeout.exceeded(allowed, cause);
    Executor executor = timeout.executor(chain);
    if (executor == null) {
      completeExceptionally(exceeded);
    } else {
      timeout.dispatcher().complete(executor, () -> completeExceptionally(exceeded));
    }
  }

  private void endClosed() {
    if (claimEnd()) {
      // Closing is not a failure of the dependency, so no breaker inside may count it as a
      // deadline.
      ResilienceClosedException closed = new ResilienceClosedException(timeout.runtime());
      // Cancelling the inner future may block.
      timeout.dispatcher().endCall(() -> cancelInner(closed));
      completeExceptionally(closed);
    }
  }

  private static final class Limit extends OwnedOperation<LimitedFuture<?>> {
    Limit(LimitedFuture<?> future) {
      super(future);
    }

    @Override
    protected void onFire(LimitedFuture<?> future) {
      future.timeout.dispatcher().endCall(future::expire);
    }

    @Override
    protected void onTimerClosed(LimitedFuture<?> future) {
      future.timeout.dispatcher().endCall(future::endClosed);
    }
  }
}
