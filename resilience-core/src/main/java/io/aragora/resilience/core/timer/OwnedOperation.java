package io.aragora.resilience.core.timer;

import org.jspecify.annotations.Nullable;

/**
 * A timer operation of one call. A cancelled operation drops its owner, since the timer may keep
 * the operation until it processes the hand-overs.
 *
 * @param <O> the type of the owner
 */
public abstract class OwnedOperation<O> extends TimerOperation {
  private @Nullable O owner;

  /**
   * Creates an operation that is not armed.
   *
   * @param owner the object that receives the firing
   */
  protected OwnedOperation(O owner) {
    this.owner = owner;
  }

  /**
   * Cancels the present arming, if there is one.
   *
   * @param timer the timer that it is armed with
   */
  public final void cancel(Timer timer) {
    if (timer.cancel(this)) {
      owner = null;
    }
  }

  /**
   * Arms this operation again, which may have been cancelled and then has dropped its owner.
   *
   * @param timer the timer
   * @param present the owner
   * @param deadlineNanos the deadline, in nanoseconds of the time source
   */
  public final void armAgain(Timer timer, O present, long deadlineNanos) {
    owner = present;
    timer.arm(this, deadlineNanos);
  }

  /** {@return the owner; null after a cancellation} */
  protected final @Nullable O owner() {
    return owner;
  }

  /**
   * Called on the timer's thread when the time has come. Must return at once and run no foreign
   * code.
   *
   * @param present the owner
   */
  protected abstract void onFire(O present);

  /**
   * Called once instead of {@link #onFire(Object)} if the timer is closed.
   *
   * @param present the owner
   */
  protected abstract void onTimerClosed(O present);

  // An arming ends once: one that fires or is closed was not cancelled, so it has its owner.

  @Override
  protected final void onFire(long arming) {
    O present = owner;
    if (present != null) {
      onFire(present);
    }
  }

  @Override
  protected final void onTimerClosed(long arming) {
    O present = owner;
    if (present != null) {
      onTimerClosed(present);
    }
  }
}
