package io.aragora.resilience.core.timer;

import org.jspecify.annotations.Nullable;

/**
 * An operation of one call. Once it is cancelled it holds its owner no more, since the timer may keep the operation until it
 * looks through what was handed over.
 *
 * @param <O> what fires with it
 */
public abstract class OwnedOperation<O> extends TimerOperation {
  private @Nullable O owner;

  /**
   * Makes an operation that is not armed.
   *
   * @param owner what fires with it
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
   * Gives what fires with it.
   *
   * @return the owner; null once it was cancelled
   */
  protected final @Nullable O owner() {
    return owner;
  }

  /**
   * Called on the timer's thread when the time has come. Must return at once and run no foreign code.
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

  // An arming ends once: one that fires, or is closed, was not cancelled, and so has its owner.

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
