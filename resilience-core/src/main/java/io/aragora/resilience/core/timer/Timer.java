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

import io.aragora.resilience.core.agrona.DeadlineTimerWheel;
import io.aragora.resilience.core.agrona.collections.Long2ObjectHashMap;
import io.aragora.resilience.time.TimeDrive;
import io.aragora.resilience.time.TimeDriver;
import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerTotals;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
   * Operations that are due in the same tick hang in one bucket, an intrusive list, so that a hundred thousand equal delays
   * cost a hundred thousand links and one entry. The wheel and the map hold one entry per tick that has work: the wheel
   * says when, the map says which bucket. A bare wheel would scan its spoke for each insertion, which is quadratic when
   * delays are equal.
   *
   * A tick's work is done when the tick begins, and a deadline is rounded up to the next tick: never early. Deadlines
   * beyond the horizon hang at the horizon and are linked again from there.
   *
   * Source: G. Varghese, A. Lauck, Hashed and Hierarchical Timing Wheels, SOSP 1987 (scheme 6); the wheel is Agrona's.
   */
  private static final System.Logger LOG = System.getLogger(Timer.class.getName());

  /** One tick is 2^20 ns, about a millisecond. */
  static final int TICK_SHIFT = 20;

  private static final int TICKS_PER_WHEEL = 512;
  private static final int ENTRIES_PER_SPOKE = 4;

  /** Stay under 2^30 ticks: six days. */
  private static final long HORIZON_TICKS = 1L << 29;

  private static final long UNKNOWN = Long.MIN_VALUE;
  /** Earlier than whatever the driving thread waits for. */
  private static final long AT_ONCE = Long.MIN_VALUE + 1;

  static final int QUEUE_CAPACITY = 4096;
  private static final int SPARE_BUCKETS = 1024;

  private static final class Bucket {
    long tick;
    long timerId;

    @Nullable
    TimerOperation head;

    @Nullable
    Bucket spare;
  }

  private final TimeDrive drive;
  private final LongAdder fired = new LongAdder();
  private final LongAdder lateNanos = new LongAdder();

  /** Carries the load without allocating; what does not fit goes to the other, of which there is one entry per operation. */
  private final MpscVarHandleArrayQueue<TimerOperation> queue =
      new MpscVarHandleArrayQueue<>(QUEUE_CAPACITY);

  private final MpscUnboundedVarHandleArrayQueue<TimerOperation> overflow =
      new MpscUnboundedVarHandleArrayQueue<>(1024);

  private volatile boolean closed;
  private final ReentrantLock closing = new ReentrantLock();

  // What follows belongs to the driving thread, and to the closing one after that has ended.
  private final DeadlineTimerWheel wheel = new DeadlineTimerWheel(
      TimeUnit.NANOSECONDS, 0, 1L << TICK_SHIFT, TICKS_PER_WHEEL, ENTRIES_PER_SPOKE);
  private final Long2ObjectHashMap<Bucket> buckets = new Long2ObjectHashMap<>();
  private @Nullable Bucket spare;
  private int spares;
  private long currentTick;
  private long now;

  /** The first tick that has work; UNKNOWN when its bucket has gone and nobody has asked since. */
  private long firstTick = TimeSource.NEVER;

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
    // One of us sees the
    // other's, and the CAS inside lets one of us end the arming.
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
    // must count.
    return !queue.isEmpty() || !overflow.isEmpty();
  }

  @Override
  public long advanceTo(long nowNanos) {
    now = nowNanos;
    takeIn();
    long tick = nowNanos >> TICK_SHIFT;
    if (wheel.timerCount() == 0) {
      currentTick = tick;
      wheel.currentTickTime(nowNanos);
      return TimeSource.NEVER;
    }
    long due = nextTick();
    while (due <= tick) {
      fireBucket(due);
      takeIn();
      due = nextTick();
    }
    currentTick = tick;
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
    long word = operation.clearFlag(QUEUED);
    if (status(word) == ARMED) {
      link(operation);
    } else if (isLinked(word)) {
      unlinkUnlessArmed(operation);
    }
  }

  /**
   * Drops the link of an operation that is not armed, if that is still so. An owner that arms it and sees LINKED relies on
   * the link and hands nothing over, so the flag and the status are changed by one CAS (stress: TimerStress.ArmAgainAgainstDrop).
   */
  private void unlinkUnlessArmed(TimerOperation operation) {
    long word = operation.word();
    while (status(word) != ARMED) {
      if (operation.casWord(word, word & ~LINKED)) {
        unlink(operation);
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
      unlink(operation);
      operation.clearFlag(LINKED);
    }
    Bucket bucket = buckets.get(tick);
    if (bucket == null) {
      bucket = newBucket(tick);
    }
    operation.linkedTick = tick;
    operation.previousInBucket = null;
    operation.nextInBucket = bucket.head;
    if (bucket.head != null) {
      bucket.head.previousInBucket = operation;
    }
    bucket.head = operation;
    // The owner may have cancelled since, and saw no link to give back.
    if (status(operation.setFlag(LINKED)) != ARMED) {
      unlinkUnlessArmed(operation);
    }
  }

  private void unlink(TimerOperation operation) {
    Bucket bucket = buckets.get(operation.linkedTick);
    TimerOperation before = operation.previousInBucket;
    TimerOperation after = operation.nextInBucket;
    if (before != null) {
      before.nextInBucket = after;
    } else if (bucket != null) {
      bucket.head = after;
    }
    if (after != null) {
      after.previousInBucket = before;
    }
    operation.previousInBucket = null;
    operation.nextInBucket = null;
    if (bucket != null && bucket.head == null) {
      wheel.cancelTimer(bucket.timerId);
      release(bucket);
    }
  }

  private Bucket newBucket(long tick) {
    Bucket bucket = spare;
    if (bucket == null) {
      bucket = new Bucket();
    } else {
      spare = bucket.spare;
      bucket.spare = null;
      spares--;
    }
    if (firstTick != UNKNOWN) {
      firstTick = Math.min(firstTick, tick);
    }
    bucket.tick = tick;
    bucket.timerId = wheel.scheduleTimer(tick << TICK_SHIFT);
    buckets.put(tick, bucket);
    return bucket;
  }

  private void release(Bucket bucket) {
    buckets.remove(bucket.tick);
    if (bucket.tick == firstTick) {
      firstTick = buckets.isEmpty() ? TimeSource.NEVER : UNKNOWN;
    }
    if (spares < SPARE_BUCKETS) {
      bucket.spare = spare;
      spare = bucket;
      spares++;
    }
  }

  private long nextTick() {
    if (firstTick == UNKNOWN) {
      firstTick = findFirstTick();
    }
    return firstTick;
  }

  /** Near ticks by asking for each, far ones by looking through all. */
  private long findFirstTick() {
    for (long tick = currentTick; tick < currentTick + TICKS_PER_WHEEL; tick++) {
      if (buckets.containsKey(tick)) {
        return tick;
      }
    }
    long first = TimeSource.NEVER;
    Long2ObjectHashMap<Bucket>.KeyIterator ticks = buckets.keySet().iterator();
    while (ticks.hasNext()) {
      first = Math.min(first, ticks.nextLong());
    }
    return first;
  }

  private void fireBucket(long tick) {
    currentTick = tick;
    wheel.currentTickTime(tick << TICK_SHIFT);
    wheel.poll(tick << TICK_SHIFT, (unit, at, timerId) -> true, Integer.MAX_VALUE);
    Bucket bucket = buckets.get(tick);
    if (bucket == null) {
      return;
    }
    TimerOperation operation = bucket.head;
    bucket.head = null;
    release(bucket);
    while (operation != null) {
      TimerOperation after = operation.nextInBucket;
      operation.nextInBucket = null;
      operation.previousInBucket = null;
      fire(operation);
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
          LOG.log(System.Logger.Level.ERROR, "a timer operation failed: " + operation, e);
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
      for (Bucket bucket : buckets.values()) {
        for (operation = bucket.head; operation != null; operation = operation.nextInBucket) {
          left.add(operation);
        }
      }
      wheel.clear();
      buckets.clear();
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

  private static long tickOf(long deadlineNanos) {
    return deadlineNanos == TimeSource.NEVER
        ? Long.MAX_VALUE >> TICK_SHIFT
        : (deadlineNanos + (1L << TICK_SHIFT) - 1) >> TICK_SHIFT;
  }
}
