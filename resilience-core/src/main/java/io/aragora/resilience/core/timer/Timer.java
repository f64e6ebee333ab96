package io.aragora.resilience.core.timer;

import static io.aragora.resilience.core.timer.TimerOperation.ARMED;
import static io.aragora.resilience.core.timer.TimerOperation.CANCELLED;
import static io.aragora.resilience.core.timer.TimerOperation.FIRED;
import static io.aragora.resilience.core.timer.TimerOperation.LINKED;
import static io.aragora.resilience.core.timer.TimerOperation.QUEUED;
import static io.aragora.resilience.core.timer.TimerOperation.isLinked;
import static io.aragora.resilience.core.timer.TimerOperation.isQueued;
import static io.aragora.resilience.core.timer.TimerOperation.isSameArming;
import static io.aragora.resilience.core.timer.TimerOperation.status;

import io.aragora.resilience.ThreadLoad;
import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.time.TimeDrive;
import io.aragora.resilience.time.TimeDriver;
import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerTotals;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jctools.queues.varhandle.MpscUnboundedVarHandleArrayQueue;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * Fires operations at their time: never early, and within two ticks of it on an idle machine. Any thread arms and cancels;
 * one thread, the time source's, drives. Arming and cancelling are lock-free.
 */
public final class Timer implements TimeDriver, AutoCloseable {
  /*
   * An owner arms and cancels by a CAS of its operation's word, and hands the operation over to the driving thread where that
   * has to know; everything else is that thread's. A tick's work is done when the tick begins, and a deadline is rounded up
   * to the next tick: never early. Deadlines beyond the horizon hang at the horizon and are linked again from there.
   */
  private static final GuardedLog LOG = GuardedLog.of(Timer.class);

  /** One tick is 2^20 ns, about a millisecond. */
  static final int TICK_SHIFT = 20;

  /** Six days. */
  private static final long HORIZON_TICKS = 1L << 29;

  /** Earlier than whatever the driving thread waits for. */
  private static final long AT_ONCE = Long.MIN_VALUE + 1;

  /** When an operation that could not be taken in is tried again. */
  private static final long AGAIN_NANOS = 10_000_000L;

  static final int QUEUE_CAPACITY = 4096;

  private final TimeDrive drive;
  private final LongAdder fired = new LongAdder();
  private final LongAdder lateNanos = new LongAdder();
  private final AtomicLong failures = new AtomicLong();

  /** Carries the load without allocating; what does not fit goes to the other, of which there is one entry per operation. */
  private final MpscVarHandleArrayQueue<TimerOperation> queue =
      new MpscVarHandleArrayQueue<>(QUEUE_CAPACITY);

  private final MpscUnboundedVarHandleArrayQueue<TimerOperation> overflow =
      new MpscUnboundedVarHandleArrayQueue<>(1024);

  private volatile boolean closed;
  private final ReentrantLock closing = new ReentrantLock();

  // What follows belongs to the driving thread, and to the closing one after that has ended.
  private final TickBuckets buckets = new TickBuckets();
  private long currentTick;
  private long now;

  /** Operations that could not be taken in, linked by nextInBucket. */
  private @Nullable TimerOperation setAside;

  /**
   * Registers with a time source; no thread starts before the first arming.
   *
   * @param name names the thread
   * @param time drives
   */
  public Timer(String name, TimeSource time) {
    this.drive = time.drive(name, this);
  }

  /**
   * Arms an operation that is not armed. If the timer is closed, {@link TimerOperation#onTimerClosed} is called instead,
   * here or on the closing thread.
   *
   * @param operation the operation, which the caller owns
   * @param deadlineNanos when it fires
   */
  public void arm(TimerOperation operation, long deadlineNanos) {
    // An operation that says QUEUED must be in the queue: its owner relies on that for ever.
    StackRoom.forHandOver();
    operation.setDeadline(deadlineNanos);
    long word;
    long next;
    boolean metInTime;
    do {
      word = operation.word();
      metInTime = isLinked(word) && operation.linkedTick <= tickOf(deadlineNanos);
      next = TimerOperation.armed(word);
      if (!metInTime) {
        next |= QUEUED;
      }
    } while (!operation.casWord(word, next));
    if (!metInTime && closed) {
      // Nobody will take it in any more, and the queue must not grow.
      operation.clearFlag(QUEUED);
    } else if (!metInTime) {
      if (isQueued(word) || handOver(operation)) {
        drive.wakeBy(deadlineNanos);
      }
    }
    // Volatile read after the publication above; the closer sets it before it looks for operations.
    // One of us sees the other's, and the CAS inside lets one of us end the arming. Were either
    // weaker, the arming would never end. Stress: TimerStress.ArmAgainstClose.
    if (closed) {
      endClosed(operation, next);
    }
  }

  /**
   * Cancels the present arming.
   *
   * @param operation the operation, which the caller owns
   * @return whether it will not fire; false if it has fired, or was not armed
   */
  public boolean cancel(TimerOperation operation) {
    StackRoom.forHandOver();
    while (true) {
      long word = operation.word();
      if (status(word) != ARMED) {
        return false;
      }
      long next = TimerOperation.with(word, CANCELLED);
      boolean giveBack = isLinked(word) && !isQueued(word) && operation.isUsedOnce();
      if (giveBack) {
        next |= QUEUED;
      }
      if (operation.casWord(word, next)) {
        if (giveBack) {
          handOver(operation);
        }
        return true;
      }
    }
  }

  /**
   * Hands an operation to the driving thread, and wakes that where it has been left behind. Without this, operations that are
   * cancelled long before their time would pile up until the thread wakes for the first of them.
   *
   * @return whether there was room, so that the thread needs to know no more than the deadline
   */
  private boolean handOver(TimerOperation operation) {
    if (queue.offer(operation)) {
      return true;
    }
    overflow.offer(operation);
    drive.wakeBy(AT_ONCE);
    return false;
  }

  @Override
  public boolean hasHandOver() {
    // isEmpty, not a relaxed poll: a producer that has claimed its place but not yet stored into it
    // must count. Stress: TimerStress.NoLostWakeUp.
    return !queue.isEmpty() || !overflow.isEmpty();
  }

  @Override
  public long advanceTo(long nowNanos) {
    now = nowNanos;
    takeInSetAside();
    takeIn();
    long tick = nowNanos >> TICK_SHIFT;
    long due = buckets.firstTick(currentTick);
    while (due <= tick) {
      currentTick = due;
      fireAll(buckets.take(due));
      takeIn();
      due = buckets.firstTick(currentTick);
    }
    currentTick = tick;
    if (setAside != null) {
      return Math.min(nowNanos + AGAIN_NANOS, due == TimeSource.NEVER ? due : due << TICK_SHIFT);
    }
    return due == TimeSource.NEVER ? TimeSource.NEVER : due << TICK_SHIFT;
  }

  private void takeIn() {
    TimerOperation operation;
    while ((operation = queue.poll()) != null) {
      takeIn(operation);
    }
    while ((operation = overflow.poll()) != null) {
      takeIn(operation);
    }
  }

  private void takeIn(TimerOperation operation) {
    try {
      long word = operation.clearFlag(QUEUED);
      if (status(word) == ARMED) {
        link(operation);
      } else if (isLinked(word)) {
        unlinkUnlessArmed(operation);
      }
    } catch (Throwable e) {
      setAside(operation, e);
    }
  }

  /**
   * Keeps an operation that could not be linked, or fired, because the heap is full for instance. Allocates nothing. The operation
   * is QUEUED meanwhile, so its owner does not hand it over; if the owner has done so already, it is met in the queue.
   */
  private void setAside(TimerOperation operation, Throwable failure) {
    long word = operation.word();
    while (status(word) == ARMED && !isLinked(word) && !isQueued(word)) {
      if (operation.casWord(word, word | QUEUED)) {
        operation.nextInBucket = setAside;
        setAside = operation;
        break;
      }
      word = operation.word();
    }
    failed(failure);
  }

  /** An operation that fails for good is tried a hundred times a second, so not every failure is logged. */
  private void failed(Throwable failure) {
    long count = failures.incrementAndGet();
    if (Long.bitCount(count) == 1) {
      LOG.log(
          System.Logger.Level.ERROR,
          "an operation of the timer failed and is tried again (logged at each power of two of the"
              + " failures)",
          failure);
    }
  }

  private void takeInSetAside() {
    TimerOperation operation = setAside;
    setAside = null;
    while (operation != null) {
      TimerOperation after = operation.nextInBucket;
      operation.nextInBucket = null;
      takeIn(operation);
      operation = after;
    }
  }

  /**
   * Drops the link of an operation that is not armed, if that is still so. An owner that arms it and sees LINKED relies on
   * the link and hands nothing over, so the flag and the status are changed by one CAS. Stress:
   * TimerStress.ArmAgainAgainstUnlink.
   */
  private void unlinkUnlessArmed(TimerOperation operation) {
    long word = operation.word();
    while (status(word) != ARMED) {
      if (operation.casWord(word, word & ~LINKED)) {
        buckets.remove(operation);
        return;
      }
      word = operation.word();
    }
  }

  private void link(TimerOperation operation) {
    long tick =
        Math.min(Math.max(tickOf(operation.deadline()), currentTick), currentTick + HORIZON_TICKS);
    if (isLinked(operation.word())) {
      if (operation.linkedTick <= tick) {
        return;
      }
      buckets.remove(operation);
      operation.clearFlag(LINKED);
    }
    buckets.add(operation, tick);
    // The owner may have cancelled since, and saw no link to give back.
    if (status(operation.setFlag(LINKED)) != ARMED) {
      unlinkUnlessArmed(operation);
    }
  }

  private void fireAll(@Nullable TimerOperation first) {
    TimerOperation operation = first;
    while (operation != null) {
      TimerOperation after = operation.nextInBucket;
      operation.nextInBucket = null;
      operation.previousInBucket = null;
      try {
        fire(operation);
      } catch (Throwable e) {
        setAside(operation, e);
      }
      operation = after;
    }
  }

  private void fire(TimerOperation operation) {
    long word = operation.clearFlag(LINKED);
    long arming = word;
    while (status(word) == ARMED && isSameArming(word, arming)) {
      if (operation.deadline() > now) {
        // Met early: armed again since it was linked here, or beyond the horizon.
        link(operation);
        return;
      }
      if (operation.casWord(word, TimerOperation.with(word, FIRED))) {
        fired.increment();
        lateNanos.add(now - operation.deadline());
        try {
          operation.onFire(TimerOperation.arming(word));
        } catch (Throwable e) {
          // The heap is full, for instance. Without another try, a call would never end. If the
          // owner has armed again meanwhile, that arming is the other try. Stress:
          // TimerStress.ArmAgainAgainstSetAside.
          if (operation.casWord(TimerOperation.with(word, FIRED), word)) {
            setAside(operation, e);
          } else {
            failed(e);
          }
        }
        return;
      }
      word = operation.word();
    }
  }

  private void endClosed(TimerOperation operation, long arming) {
    long word = operation.word();
    while (status(word) == ARMED && isSameArming(word, arming)) {
      if (operation.casWord(word, TimerOperation.with(word, CANCELLED))) {
        try {
          operation.onTimerClosed(TimerOperation.arming(word));
        } catch (Throwable e) {
          LOG.log(
              System.Logger.Level.ERROR, "a timer operation failed at closing: " + operation, e);
        }
        return;
      }
      word = operation.word();
    }
  }

  /** Ends every operation that is armed with {@link TimerOperation#onTimerClosed}, and the thread. */
  @Override
  public void close() {
    closing.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      drive.close();
      List<TimerOperation> left = new ArrayList<>();
      TimerOperation operation;
      while ((operation = queue.poll()) != null || (operation = overflow.poll()) != null) {
        operation.clearFlag(QUEUED);
        left.add(operation);
      }
      for (TimerOperation one = setAside; one != null; one = one.nextInBucket) {
        one.clearFlag(QUEUED);
        left.add(one);
      }
      buckets.clear(left::add);
      left.forEach(pending -> endClosed(pending, pending.word()));
    } finally {
      closing.unlock();
    }
  }

  /**
   * Counts firings.
   *
   * @return operations fired since the start
   */
  public long fired() {
    return fired.sum();
  }

  /**
   * Gives what was counted.
   *
   * @return firings, and by how much they were late
   */
  public TimerTotals totals() {
    return new TimerTotals(fired(), Duration.ofNanos(lateNanos.sum()));
  }

  /**
   * Returns the load of the timer's thread.
   *
   * @return one thread, and how many times it failed and went on
   */
  public ThreadLoad load() {
    return new ThreadLoad("timer", 0, 0, 1, failures.get() + drive.failures());
  }

  private static long tickOf(long deadlineNanos) {
    return deadlineNanos == TimeSource.NEVER
        ? Long.MAX_VALUE >> TICK_SHIFT
        : (deadlineNanos + (1L << TICK_SHIFT) - 1) >> TICK_SHIFT;
  }
}
