package io.aragora.resilience.core.timeout;

import io.aragora.resilience.core.call.DeadlineCancellation;
import io.aragora.resilience.core.call.InnerCancellation;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.core.timer.PooledOperation;
import io.aragora.resilience.internal.RejectedByExecutor;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.time.TimeSource;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call under a timeout. At its deadline it fails at once and cancels the inner
 * future, whatever that does.
 *
 * @param <T> the type of the value
 */
final class LimitedFuture<T extends @Nullable Object> extends PolicyFuture<T>
    implements PooledOperation.Owner {
  private static final VarHandle LATE = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "late", VarHandle.class, LimitedFuture.class, Object.class);

  /** Stands in {@link #late} for the end by the deadline, and for a late null. */
  private static final Object EXPIRED = new Object();

  private static final Object NULL = new Object();

  /** The delay until an end that failed is tried again. */
  private static final long AGAIN_NANOS = 10_000_000L;

  private final CoreTimeout timeout;
  private final PolicyChain chain;
  private final int index;
  private final Duration allowed;
  private final long deadline;

  // Written before the call is watched, so before any thread cancels. Null if no limit is armed.
  private @Nullable PooledOperation limit;
  private long arming;

  /**
   * EXPIRED if the deadline came before the inner end; else a late value that waits, or null. A value that comes after the deadline goes
   * to the consumer of late results, once. The timer claims the end, then writes EXPIRED. A value that comes in between, or after an end
   * from outside, waits here: the timer passes it on if it has claimed the end, else the policy around that ended this future does.
   * Volatile, changed by CAS, so one of the two has the value. Stress: LimitedFutureStress.LateValueArrivesOnce.
   */
  private volatile @Nullable Object late;

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
      PooledOperation operation = timeout.timer().pool().take(this);
      limit = operation;
      arming = timeout.timer().arm(operation, deadline);
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
    cancelLimit();
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

  private void cancelLimit() {
    PooledOperation armed = limit;
    if (armed != null) {
      timeout.timer().pool().giveBack(armed, arming);
    }
  }

  private boolean keepUnlessExpired(@Nullable T value) {
    return LATE.compareAndSet(this, null, value == null ? NULL : value);
  }

  /** A timeout that has fired itself has it already. */
  @Override
  protected void onValueLost(@Nullable T value, InnerCancellation end) {
    Object present;
    do {
      present = late;
      if (present == EXPIRED) {
        return;
      }
    } while (!LATE.compareAndSet(this, present, null));
    super.onValueLost(value, end);
  }

  private void setExpired() {
    Object kept = LATE.getAndSet(this, EXPIRED);
    if (kept != null) {
      timeout.giveLate(kept == NULL ? null : kept);
    }
  }

  @Override
  protected void onEndedOutside(Throwable cause) {
    cancelLimit();
  }

  @Override
  public void onFire() {
    timeout.dispatcher().endCall(this::expire);
  }

  @Override
  public void onTimerClosed() {
    timeout.dispatcher().endCall(this::endClosed);
  }

  private void expire() {
    if (claimEnd()) {
      setExpired();
    } else if (late != EXPIRED || isDone()) {
      return;
    }
    try {
      endExpired();
    } catch (Throwable e) {
      // The heap is full, for instance. The code that waits for this future must not wait forever.
      PooledOperation fired = Objects.requireNonNull(limit);
      timeout.timer().arm(fired, fired.after(AGAIN_NANOS));
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
    cancelInner(
        new DeadlineCancellation(timeout.name(), timeout.dispatcher(), timeout::giveLate), null);
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
      timeout.dispatcher().endCall(() -> cancelInner(closed, null));
      completeExceptionally(closed);
    }
  }
}
