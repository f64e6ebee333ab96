package io.aragora.resilience.core.timeout;

import io.aragora.resilience.core.call.Frame;

/**
 * An interrupt that a thread inside a call receives at most once, from another thread. As the interrupt of a timeout, it is not
 * sent once the call has ended, it is not pending afterwards, and an interrupt from outside stays.
 */
public final class OneInterrupt {
  /** Any value: this limit is not timed. */
  private static final long AT = 1;

  private final LimitSlot slot;

  /**
   * Creates an interrupt that can be sent.
   *
   * @param target the thread, which is inside the call
   */
  public OneInterrupt(Thread target) {
    this.slot = new LimitSlot(target, AT);
  }

  /**
   * Interrupts the thread, unless it has left the call. May run foreign code: an interruptible channel is closed on the thread of
   * its interrupter.
   *
   * @return whether the thread was inside the call
   */
  public boolean send() {
    if (!slot.expire(AT)) {
      return false;
    }
    slot.run();
    return true;
  }

  /**
   * Called by the thread when the body of its call has ended.
   *
   * @return whether no interrupt was or will be sent; if not, {@link #settle} must follow
   */
  public boolean leave() {
    return slot.endInTime(AT);
  }

  /**
   * Called by the thread after {@link #leave} returned false. Afterwards no interrupt of this call is being sent or pending.
   *
   * @param leftByInterrupt whether the body threw InterruptedException, which cleared the interrupt
   * @param frame the frame of the call
   */
  public void settle(boolean leftByInterrupt, Frame frame) {
    slot.settle(leftByInterrupt, frame);
  }

  /**
   * Returns whether this interrupt may have merged with that of a limit inside, as {@link Frame.Expiry#mayHaveMerged} does.
   *
   * @param insideInterrupted whether the inner limit has interrupted the thread
   * @return whether the interrupts may have merged
   */
  public boolean mayHaveMerged(boolean insideInterrupted) {
    return slot.mayHaveMerged(insideInterrupted);
  }
}
