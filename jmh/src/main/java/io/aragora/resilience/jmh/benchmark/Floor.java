package io.aragora.resilience.jmh.benchmark;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What the semantics of a path require of the processor, and nothing else: readings of the clock, and accesses to memory that other
 * threads see. A budget is a multiple of such a floor, measured in the same class, so that it holds on every processor.
 */
@State(Scope.Benchmark)
public class Floor {
  /** As in a window: 16 words on both sides keep a row off its neighbours' cache lines. */
  private static final int PAD = 16;

  private static final int BUCKETS = 32;
  private static final int STRIPES = 8;
  private static final int COUNT_BITS = 36;
  private static final int EPOCH_SHIFT = 31;

  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle PHASE = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "phase", VarHandle.class, Floor.class, Phase.class);
  private static final VarHandle TIME = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "time", VarHandle.class, Floor.class, long.class);

  private final ThreadLocal<Frame> frames = ThreadLocal.withInitial(Frame::new);
  private final long[] shared = new long[2 * PAD + 1];
  private final long[][] additions = rows();
  private volatile Phase phase = new Phase();
  private volatile long time = System.nanoTime();

  /** What admits a call, with its rows of counts. */
  private static final class Phase {
    private final long[][] rows = rows();
  }

  /** What a policy leaves with its thread. */
  private static final class Frame {
    private long startedAt;
    private long deadline;
    private int attempt;
  }

  private static long[][] rows() {
    return new long[STRIPES][2 * PAD + BUCKETS];
  }

  @SuppressWarnings("deprecation") // Thread.threadId() is younger than our bytecode
  private static int stripe() {
    return (((int) Thread.currentThread().getId() + 1) * 0x9E3779B9) >>> 29;
  }

  /** A closed call: the phase, the time that a timer left, and a count in the thread's stripe, by a CAS of its epoch with it. */
  final long closed() {
    Phase admitting = (Phase) PHASE.getAcquire(this);
    long epoch = ((long) TIME.getOpaque(this) >>> EPOCH_SHIFT) + 1;
    long[] row = admitting.rows[stripe()];
    int index = PAD + ((int) epoch & (BUCKETS - 1));
    while (true) {
      long word = (long) WORDS.getAcquire(row, index);
      long counted = word >>> COUNT_BITS == epoch ? word : epoch << COUNT_BITS;
      if (WORDS.compareAndSet(row, index, word, counted + 1)) {
        return counted;
      }
    }
  }

  /** A CAS of a word that all threads share. */
  final long shared() {
    return cas(shared, 1);
  }

  /** A place of a bulkhead: a CAS that takes it, and one that gives it back, each after a look for calls that wait. */
  final long place() {
    long waiting = (long) TIME.getOpaque(this);
    cas(shared, -1);
    return cas(shared, 1) + waiting + (long) TIME.getOpaque(this);
  }

  /** A place of a concurrency limit, as of a bulkhead, and an addition in the thread's stripe. */
  final long limited() {
    return place() + (long) WORDS.getAndAdd(additions[stripe()], PAD, 1L);
  }

  /** A rejected call: the phase, the time that a timer left, and an addition in the thread's stripe. */
  final long rejection() {
    Phase rejecting = (Phase) PHASE.getAcquire(this);
    long[] row = rejecting.rows[stripe()];
    return (long) TIME.getOpaque(this) + (long) WORDS.getAndAdd(row, PAD, 1L);
  }

  /** A probe: a CAS that takes a permit, one that counts the outcome, and one that gives the permit back. */
  final long probe() {
    Phase admitting = (Phase) PHASE.getAcquire(this);
    long taken = cas(shared, 1);
    cas(admitting.rows[stripe()], 1);
    cas(shared, -1);
    return taken;
  }

  /** A retry whose first attempt succeeds: the thread's frame, three stores, the time that a timer left, and an addition. */
  final long retry() {
    Frame frame = frames.get();
    frame.startedAt = (long) TIME.getOpaque(this);
    frame.deadline = Long.MAX_VALUE;
    frame.attempt = 1;
    return (long) WORDS.getAndAdd(additions[stripe()], PAD, 1L);
  }

  /** An operation of a timer that is armed and cancelled, each by a CAS. */
  final long armAndCancel(OwnCounter own) {
    own.cas();
    return own.cas();
  }

  /** A timeout around a call that is in time: the clock, and an operation of a timer. */
  final long timeout(OwnCounter own) {
    return System.nanoTime() + armAndCancel(own);
  }

  private static long cas(long[] words, long addition) {
    while (true) {
      long word = (long) WORDS.getAcquire(words, PAD);
      if (WORDS.compareAndSet(words, PAD, word, word + addition)) {
        return word;
      }
    }
  }
}
