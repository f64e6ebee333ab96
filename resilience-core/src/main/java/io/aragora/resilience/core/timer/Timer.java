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
import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
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
 * Fires operations at their deadline: never early, and at most two ticks late on an idle machine.
 * Any thread may arm and cancel; one thread, the time source's, drives. Arming and cancelling are
 * lock-free.
 */
public final class Timer implements TimerCallback, AutoCloseable {
  /*
   * An owner arms and cancels by a CAS of its operation's word, and hands the operation over to the
   * driving thread if that must know; the driving thread does everything else. A tick's work is
   * done when the tick begins, and a deadline is rounded up to the next tick, so no operation fires
   * early. Deadlines beyond the horizon are linked at the horizon and linked again from there.
   */
  private static final GuardedLog LOG = GuardedLog.of(Timer.class);

  /** One tick is 2^20 ns, about a millisecond. */
  static final int TICK_SHIFT = 20;

  /** Six days. */
  private static final long HORIZON_TICKS = 1L << 29;

  /** Earlier than every deadline that the driving thread waits for. */
  private static final long AT_ONCE = Long.MIN_VALUE + 1;

  /** The delay until an operation that could not be linked is tried again. */
  private static final long AGAIN_NANOS = 10_000_000L;

  static final int QUEUE_CAPACITY = 4096;

  private final TimerRegistration drive;
  private final LongAdder fired = new LongAdder();
  private final LongAdder lateNanos = new LongAdder();
  private final AtomicLong failures = new AtomicLong();

  /**
   * Takes hand-overs without allocating. Those that do not fit go to the overflow queue, which
   * holds one entry per operation.
   */
  private final MpscVarHandleArrayQueue<TimerOperation> queue =
      new MpscVarHandleArrayQueue<>(QUEUE_CAPACITY);

  private final MpscUnboundedVarHandleArrayQueue<TimerOperation> overflow;

  /** Created at the first use. Benign race: an operation of one pool can be given back to another. */
  private volatile @Nullable OperationPool pool;

  private volatile boolean closed;
  private final ReentrantLock closing = new ReentrantLock();

  // The fields below belong to the driving thread, and to the closing thread after the driving one
  // has ended.
  private final TickBuckets buckets = new TickBuckets();
  private long currentTick;
  private long now;

  /** Operations that could not be linked into a bucket, chained by nextInBucket. */
  private @Nullable TimerOperation setAside;

  /**
   * Registers with a time source; no thread starts before the first arming.
   *
   * @param name the name of the thread
   * @param time the time source that drives the timer
   */
  public Timer(String name, TimeSource time) {
    this(name, time, new MpscUnboundedVarHandleArrayQueue<>(1024));
  }

  /** Creates a timer whose overflow queue is given. */
  Timer(String name, TimeSource time, MpscUnboundedVarHandleArrayQueue<TimerOperation> overflow) {
    this.overflow = overflow;
    this.drive = time.drive(name, this);
  }

  /**
   * Arms an operation that is not armed. If the timer is closed,
   * {@link TimerOperation#onTimerClosed} is called instead, here or on the closing thread. If this
   * throws, because the heap is full for instance, the operation is not armed.
   *
   * @param operation the operation, which the caller owns
   * @param deadlineNanos the deadline, in nanoseconds of the time source
   * @return the number of this arming of the operation
   */
  public long arm(TimerOperation operation, long deadlineNanos) {
    // An operation that is marked QUEUED must be in the queue, because its owner relies on that
    // forever.
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
      // No thread drains the queue after this, and it must not grow.
      operation.clearFlag(QUEUED);
    } else if (!metInTime) {
      try {
        if (isQueued(word) || handOver(operation)) {
          drive.wakeBy(deadlineNanos);
        }
      } catch (Throwable e) {
        if (takeBack(operation, word, next)) {
          throw e;
        }
      }
    }
    // Volatile read after the publication above; the closing thread sets it before it looks for
    // operations. At least one of the two sees the other's write, and the CAS inside lets one of
    // them end the arming. If either were weaker, the arming might never end. Stress:
    // TimerStress.ArmAgainstClose.
    if (closed) {
      endClosed(operation, next);
    }
    return TimerOperation.arming(next);
  }

  /**
   * Takes an arming back whose hand-over has failed. The operation has the status and the number of
   * the arming before, so a firing that arms again and fails is tried again, as any other.
   *
   * @return false if it has ended meanwhile, by firing or by closing
   */
  private static boolean takeBack(TimerOperation operation, long before, long arming) {
    long word = operation.word();
    while (status(word) == ARMED && isSameArming(word, arming)) {
      if (operation.casWord(word, TimerOperation.takenBack(word, before))) {
        return true;
      }
      word = operation.word();
    }
    return false;
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
          unlinkSoon(operation);
        }
        return true;
      }
    }
  }

  /** {@return the operations that calls use one after the other} */
  public OperationPool pool() {
    OperationPool present = pool;
    if (present == null) {
      present = new OperationPool(this);
      pool = present;
    }
    return present;
  }

  /** Hands a cancelled operation over. If that fails, it is unlinked when its tick comes. */
  void unlinkSoon(TimerOperation operation) {
    try {
      handOver(operation);
    } catch (Throwable e) {
      failed(e);
    }
  }

  /**
   * Hands an operation to the driving thread, and wakes that thread if the queue is full. Otherwise
   * operations that are cancelled long before their deadline would pile up until the thread wakes
   * for the first of them. An operation that is marked QUEUED is in a queue: if there is no memory
   * for that, the mark is taken back here, where all hand-overs come through.
   *
   * @return whether there was room, so that the thread needs no wake-up beyond the deadline
   */
  private boolean handOver(TimerOperation operation) {
    if (queue.offer(operation)) {
      return true;
    }
    boolean isQueued = false;
    try {
      overflow.offer(operation);
      isQueued = true;
    } finally {
      if (!isQueued) {
        operation.clearFlag(QUEUED);
      }
    }
    drive.wakeBy(AT_ONCE);
    return false;
  }

  @Override
  public boolean hasHandOver() {
    // isEmpty, not a relaxed poll: a producer that has claimed a slot but not yet stored into it
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
   * Sets an operation aside that could not be linked or fired, because the heap is full for
   * instance. Allocates nothing. The operation is QUEUED meanwhile, so its owner does not hand it
   * over; if the owner already has, the timer finds it in the queue.
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

  /**
   * Counts a failure and logs some. An operation that always fails is tried a hundred times a
   * second, so not every failure is logged.
   */
  private void failed(Throwable failure) {
    long count = failures.incrementAndGet();
    if (Long.bitCount(count) == 1) {
      LOG.log(
          System.Logger.Level.ERROR,
          "a timer operation failed; it is tried again (logged at each power of two of the"
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
   * Removes the link of an operation if it is not armed. An owner that arms it and sees LINKED
   * relies on the link and hands nothing over, so one CAS checks the status and clears the flag.
   * Stress: TimerStress.ArmAgainAgainstUnlink.
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
    // The owner may have cancelled since, and saw no link to remove.
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
      // Read before the CAS: afterwards the owner may arm again. Stress:
      // TimerStress.LatenessIsThatOfTheFiring.
      long deadline = operation.deadline();
      if (deadline > now) {
        // Found early: armed again since it was linked here, or beyond the horizon.
        link(operation);
        return;
      }
      if (operation.casWord(word, TimerOperation.with(word, FIRED))) {
        fired.increment();
        lateNanos.add(now - deadline);
        try {
          operation.onFire(TimerOperation.arming(word));
        } catch (Throwable e) {
          // The heap is full, for instance. Without another try, a call would never end. If the
          // owner has armed again meanwhile, that arming is the other try. Stress:
          // TimerStress.ArmAgainAgainstSetAside.
          if (tryAgain(operation, word)) {
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

  /** Arms a fired operation as it was, unless the owner has armed or cancelled it. */
  private static boolean tryAgain(TimerOperation operation, long arming) {
    long word = operation.word();
    while (status(word) == FIRED && isSameArming(word, arming)) {
      if (operation.casWord(word, TimerOperation.with(word, ARMED))) {
        return true;
      }
      // Another thread may have changed a flag only.
      word = operation.word();
    }
    return false;
  }

  private void endClosed(TimerOperation operation, long arming) {
    long word = operation.word();
    while (status(word) == ARMED && isSameArming(word, arming)) {
      if (operation.casWord(word, TimerOperation.with(word, CANCELLED))) {
        try {
          operation.onTimerClosed(TimerOperation.arming(word));
        } catch (Throwable e) {
          LOG.log(
              System.Logger.Level.ERROR,
              "a timer operation failed at closing; closing continues: " + operation,
              e);
        }
        return;
      }
      word = operation.word();
    }
  }

  /** {@return whether the calling thread drives the timer, so that it must not run foreign code} */
  public boolean isDriving() {
    return drive.isDriving();
  }

  /** {@return whether the timer is closed, so that an operation armed now ends at once} */
  public boolean isClosed() {
    return closed;
  }

  /** Ends every armed operation with {@link TimerOperation#onTimerClosed}, and the thread. */
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

  /** {@return the number of operations fired since the start} */
  public long fired() {
    return fired.sum();
  }

  /** {@return the number of firings and their lateness} */
  public TimerTotals totals() {
    return TimerTotals.builder()
        .fired(fired())
        .lateness(Duration.ofNanos(lateNanos.sum()))
        .build();
  }

  /**
   * {@return the load of the timer's thread, with the number of failures after which it continued}
   */
  public ThreadLoad load() {
    return ThreadLoad.builder("timer")
        .failures(failures.get() + drive.failures())
        .build();
  }

  private static long tickOf(long deadlineNanos) {
    return deadlineNanos == TimeSource.NEVER
        ? Long.MAX_VALUE >> TICK_SHIFT
        : (deadlineNanos + (1L << TICK_SHIFT) - 1) >> TICK_SHIFT;
  }
}
