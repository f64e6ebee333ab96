package io.aragora.resilience.core.timer;

import org.jspecify.annotations.Nullable;

/**
 * A timer operation of one call after another, which belongs to the pool of its timer between them. Most limits of asynchronous
 * calls are cancelled: the operation stays where the timer has it, so the next call arms it without a hand-over.
 */
public final class PooledOperation extends TimerOperation {
  /** What an operation fires for. */
  public interface Owner {
    /** Called on the timer's thread at the deadline. Must return at once and run no foreign code. */
    void onFire();

    /** Called once instead of {@link #onFire} if the timer is closed. */
    void onTimerClosed();
  }

  /** The first entry of the line in the pool that this operation comes from and goes back to. */
  final int line;

  /**
   * Plain: the owner writes it before it arms and after it has cancelled, and the timer reads it only after it has ended that arming
   * by a CAS of the word. Stress: PooledOperationStress.FiringReachesItsOwner.
   */
  @Nullable
  Owner owner;

  PooledOperation(int line) {
    this.line = line;
  }

  @Override
  protected void onFire(long arming) {
    Owner present = owner;
    if (present != null) {
      present.onFire();
    }
  }

  @Override
  protected void onTimerClosed(long arming) {
    Owner present = owner;
    if (present != null) {
      present.onTimerClosed();
    }
  }

  @Override
  protected boolean isUsedOnce() {
    return false;
  }
}
