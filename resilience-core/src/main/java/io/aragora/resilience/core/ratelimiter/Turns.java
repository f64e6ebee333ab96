package io.aragora.resilience.core.ratelimiter;

import io.aragora.resilience.core.admission.AdmissionPolicy;
import io.aragora.resilience.core.admission.PermitLevel;
import io.aragora.resilience.core.admission.WaitQueue;
import io.aragora.resilience.core.admission.Waiter;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.time.TimeSource;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** The calls that wait for the permits of one limiter, and its pause. Thread-safe. */
final class Turns implements WaitQueue.Source {
  /*
   * Only the head of the queue waits for a time: then its permits are there, and it asks for them. A head that is told the
   * time keeps it, and is told again only if the time has changed, so that a head that looks too early does
   * not wake itself for ever. A waiter that leaves makes the queue grant again, and so tells the next head its time at once.
   *
   * A waiter that needs more than the burst never gets it, and those behind it would wait with it. A thread that lowers the burst
   * writes it, then dismisses such waiters. Of a call whose number was checked before, the waiter is in the queue before its
   * thread, or the one that grants to it, reads the burst. So one of the two dismisses it.
   *
   * A pause is an instant before which no permit is taken. Each call reads the word, which is written rarely.
   */
  private static final VarHandle PAUSED_UNTIL = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "pausedUntil", VarHandle.class, Turns.class, long.class);

  /** The permit of a call that was admitted: there is nothing to give back. */
  static final long ADMITTED = 1;

  private static final long NOT_PAUSED = 0;

  /** The number of times that a reader looks for an instant at which the queue does not change. */
  private static final int LOOKS = 4;

  private final PermitLevel level;
  private final LimiterShare share;
  private final TimeSource time;
  private final WaitQueue queue = new WaitQueue(this);
  private volatile long pausedUntil = NOT_PAUSED;

  Turns(PermitLevel level, LimiterShare share) {
    this.level = level;
    this.share = share;
    this.time = share.runtime().time();
  }

  WaitQueue queue() {
    return queue;
  }

  /** Returns whether a call may try to take permits now: no other one waits, and there is no pause. */
  boolean isOpen() {
    return queue.isEmpty() && pausedForNanos() == 0;
  }

  /** Returns the rest of the pause in nanoseconds; 0 if there is none. */
  long pausedForNanos() {
    long until = pausedUntil;
    if (until == NOT_PAUSED) {
      return 0;
    }
    long left = until - time.nanoTime();
    if (left > 0) {
      return left;
    }
    PAUSED_UNTIL.compareAndSet(this, until, NOT_PAUSED);
    return 0;
  }

  /** Returns a value that changes if the pause does. */
  long mark() {
    return pausedUntil;
  }

  /** Returns whether the pause, if there is one, lasts beyond a time. */
  boolean isPausedAt(long nanos) {
    return pausedUntil > nanos;
  }

  /** Begins a pause, or prolongs it. Returns whether it now ends later than before. */
  boolean pause(long nanos) {
    long until = Nanos.after(time.nanoTime(), nanos);
    long present = pausedUntil;
    while (present < until) {
      if (PAUSED_UNTIL.compareAndSet(this, present, until)) {
        return true;
      }
      present = pausedUntil;
    }
    return false;
  }

  /** Ends the pause. Returns whether there was one. */
  boolean resume() {
    long until = (long) PAUSED_UNTIL.getAndSet(this, NOT_PAUSED);
    return until - time.nanoTime() > 0;
  }

  /** Lets the calls that wait follow a change of the level or of the pause. */
  void changed() {
    queue.dismiss((waiter, before) -> isNeverReady(waiter)
        || level.readyAt(time, pausedUntil, before, waiter.need()) > waiter.until());
    queue.grant();
  }

  private boolean isNeverReady(Waiter waiter) {
    return waiter.need() > share.config().burst();
  }

  /** Returns the time at which a call that comes now gets its permits, behind all that wait. */
  long readyAt(int permits) {
    long ready = 0;
    for (int look = 0; look < LOOKS; look++) {
      long before = queue.needed();
      ready = level.readyAt(time, pausedUntil, before, permits);
      if (queue.needed() == before) {
        break;
      }
    }
    return ready;
  }

  @Override
  public long take(Waiter head) {
    return pausedForNanos() == 0 && level.tryTake(head.need(), time)
        ? ADMITTED
        : AdmissionPolicy.NO_PERMIT;
  }

  @Override
  public void onHeadWaits(Waiter head) {
    if (isNeverReady(head)) {
      changed();
    } else {
      head.lookAt(level.readyAt(time, pausedUntil, 0, head.need()));
    }
  }
}
