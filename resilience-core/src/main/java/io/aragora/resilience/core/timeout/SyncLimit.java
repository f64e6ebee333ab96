package io.aragora.resilience.core.timeout;

import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.timer.TimerOperation;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * The limit of one synchronous call, which interrupts its thread. Belongs to a frame of that thread, and is armed again for
 * each call that uses the frame, so a call that ends in time allocates nothing.
 */
final class SyncLimit extends TimerOperation implements Frame.Expiry, Runnable {
  /*
   * The timer's thread must not interrupt: Thread.interrupt() closes an interruptible channel in the interrupter's own
   * thread, which is foreign code. So it marks the limit DUE, and the interrupter sends. The owner, when its body has ended,
   * takes a DUE limit back, and nothing is sent; once it is SENDING, the owner waits for SENT, so that no interrupt of ours
   * arrives after the call.
   *
   *   NONE -> DUE            timer        NONE -> TAKEN      owner, when the limit fired but is not marked yet
   *   DUE  -> SENDING        interrupter  DUE  -> TAKEN      owner
   *   SENDING -> SENT        interrupter, after interrupt()
   *   SENDING -> SKIPPED     interrupter, where the thread is interrupted already: that flag is the outside's
   *
   * The word carries the number of the arming, so a timer thread that stalls between firing and marking cannot mark the
   * limit of the owner's next call.
   */
  private static final int NONE = 0;
  private static final int DUE = 1;
  private static final int SENDING = 2;
  private static final int SENT = 3;
  private static final int SKIPPED = 4;
  private static final int TAKEN = 5;

  private static final VarHandle SIGNAL = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "signal", VarHandle.class, SyncLimit.class, long.class);

  private static final int STATE_BITS = 3;
  private static final int SPINS = 200;

  private final Timer timer;
  private final Dispatcher dispatcher;
  private final Thread owner = Thread.currentThread();
  private volatile long signal;

  SyncLimit(Timer timer, Dispatcher dispatcher) {
    this.timer = timer;
    this.dispatcher = dispatcher;
  }

  boolean belongsTo(Timer other) {
    return timer == other;
  }

  void arm(long deadline) {
    // Opaque: the CAS inside arm publishes it to the timer's thread.
    SIGNAL.setOpaque(this, word(nextArming(), NONE));
    timer.arm(this, deadline);
  }

  /**
   * Ends the limit when the body has ended.
   *
   * @return whether it was not reached
   */
  boolean disarm() {
    return timer.cancel(this);
  }

  /**
   * Makes sure, after the limit was reached, that no interrupt of it is under way or pending.
   *
   * @param leftByInterrupt whether the body left by InterruptedException, which cleared our interrupt, so that a flag that
   *     is set is the outside's
   * @param frame the frame of this limit
   */
  void settle(boolean leftByInterrupt, Frame frame) {
    while (true) {
      long word = signal;
      int present = state(word);
      if (present == NONE || present == DUE) {
        if (SIGNAL.compareAndSet(this, word, with(word, TAKEN))) {
          return;
        }
      } else if (present == SENDING) {
        awaitSent();
      } else {
        if (present == SENT && !leftByInterrupt) {
          Thread.interrupted();
          // The flag is one bit: what was cleared may have been the interrupt of a limit further
          // out as well.
          if (frame.hasEnclosingInterrupted()) {
            owner.interrupt();
          }
        }
        return;
      }
    }
  }

  private void awaitSent() {
    for (int spins = 0; state(signal) == SENDING; spins++) {
      if (spins < SPINS) {
        Thread.onSpinWait();
      } else {
        // The interrupter may be closing a channel. It is never parked for long, so a short nap
        // needs no hand-shake.
        LockSupport.parkNanos(this, 50_000);
      }
    }
  }

  boolean wasClosed() {
    return isEndedByClosing();
  }

  private static long word(long arming, int state) {
    return arming << STATE_BITS | state;
  }

  private static int state(long word) {
    return (int) word & ((1 << STATE_BITS) - 1);
  }

  private static long with(long word, int state) {
    return word(word >>> STATE_BITS, state);
  }

  @Override
  public boolean hasFired() {
    return isFired();
  }

  /**
   * Asked by the owner, which would set the flag again: while this limit is SENDING that would be too early, because the
   * interrupter could take that flag for the outside's, skip, and nobody would clear it.
   */
  @Override
  public boolean hasInterrupted() {
    awaitSent();
    return state(signal) == SENT;
  }

  @Override
  protected void onFire(long arming) {
    if (SIGNAL.compareAndSet(this, word(arming, NONE), word(arming, DUE))) {
      dispatcher.interrupt(this);
    }
  }

  @Override
  protected void onTimerClosed(long arming) {
    if (SIGNAL.compareAndSet(this, word(arming, NONE), word(arming, DUE))) {
      run();
    }
  }

  /** Sends the interrupt; on the interrupter's thread, or the closing one. */
  @Override
  public void run() {
    long word = signal;
    if (state(word) != DUE || !SIGNAL.compareAndSet(this, word, with(word, SENDING))) {
      return;
    }
    int sent = SKIPPED;
    try {
      if (!owner.isInterrupted()) {
        sent = SENT;
        owner.interrupt();
      }
    } finally {
      // Volatile, after the interrupt: pairs with the owner's wait in settle(), which clears the
      // flag only then.
      signal = with(word, sent);
    }
  }

  @Override
  protected boolean isUsedOnce() {
    return false;
  }
}
