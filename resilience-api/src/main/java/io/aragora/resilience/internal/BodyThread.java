package io.aragora.resilience.internal;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The thread inside a body, which another thread may interrupt as long as it is there. No interrupt arrives after the thread has
 * left. Thread-safe.
 */
public final class BodyThread {
  /*
   * Thread.interrupt() runs foreign code: an override of it, or the closing of an interruptible channel. So no lock is held meanwhile,
   * which others would wait for. Only the thread that is interrupted waits, because an interrupt that comes later would reach
   * the next task of its pool.
   *
   *   null    -> thread    the thread enters           thread  -> null      it leaves
   *   thread  -> SENDING   the interrupter             SENDING -> SENT      the interrupter, after interrupt()
   *   SENT    -> null      the thread leaves, and clears the interrupt
   *
   * Memory order: volatile. The interrupter ends the call, then reads the thread; the thread enters, then looks whether the call has
   * ended. If either were weaker, a body could run on after its call. The interrupter writes SENT after the interrupt; the thread
   * clears its flag after reading that. If either were weaker, the interrupt could arrive after the body.
   * (Stress: BodyThreadStress.NoInterruptAfterLeave, EndedOrInterrupted.)
   */
  private static final Object SENDING = new Object();
  private static final Object SENT = new Object();
  private static final int SPINS = 200;

  private final AtomicReference<@Nullable Object> state = new AtomicReference<>();

  /** Creates one without a thread. */
  public BodyThread() {}

  /**
   * Notes the calling thread, before its body begins. The caller then looks whether the call is over already; if it is, {@link
   * #leave} follows at once.
   */
  public void enter() {
    state.set(Thread.currentThread());
  }

  /** {@return whether a thread is inside that was not interrupted} */
  public boolean isInside() {
    return state.get() instanceof Thread;
  }

  /** Interrupts the thread inside, once. Does nothing if there is none. Called without a lock: the interrupt may hang. */
  public void interrupt() {
    if (state.get() instanceof Thread inside && state.compareAndSet(inside, SENDING)) {
      try {
        inside.interrupt();
      } finally {
        state.set(SENT);
      }
    }
  }

  /**
   * Ends the use of the calling thread. No interrupt is sent afterwards, and one that was sent is cleared, so it does not reach the
   * next task of the thread.
   */
  public void leave() {
    if (state.compareAndSet(Thread.currentThread(), null)) {
      return;
    }
    for (int spins = 0; state.get() == SENDING; spins++) {
      if (spins < SPINS) {
        Thread.onSpinWait();
      } else {
        // A set flag would end each wait at once.
        Thread.interrupted();
        LockSupport.parkNanos(this, 50_000);
      }
    }
    state.set(null);
    Thread.interrupted();
  }
}
