package io.aragora.resilience.core.timer;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * An operation that a timer fires at a deadline. The operation is its own timer entry, so arming it
 * again allocates nothing. One owner at a time arms and cancels it, and the timer's thread fires
 * it. Each arming ends exactly once: by firing, by cancellation, or by the closing of the timer.
 */
public abstract class TimerOperation {
  /*
   * Layout: one word,  sequence:59 | QUEUED | LINKED | status:3.
   *
   * The sequence counts armings. The thread that ends one replaces the whole word by a CAS, so an
   * entry of an earlier arming can neither fire nor cancel a later one. QUEUED: the operation is in
   * the hand-over queue, once. LINKED: it hangs in the bucket of linkedTick. The owner changes
   * status and sets QUEUED; the timer's thread clears QUEUED and changes LINKED. An operation that
   * is armed again while it is queued, or linked no later than its new deadline, needs no
   * hand-over: the timer finds it in time and reads its present deadline.
   *
   * Memory order: the word is read volatile and changed by volatile CAS, bitwise-and and
   * bitwise-or. Of two threads that end one arming, one fails (stress:
   * TimerStress.FireAgainstCancel, ArmAgainAgainstFire). Of two threads that each set a flag and
   * then read the word, at least one sees the other's flag (stress:
   * TimerStress.ArmAgainAgainstTakeIn).
   */
  // 0: never armed.
  static final int ARMED = 1;
  static final int FIRED = 2;
  static final int CANCELLED = 3;

  static final long STATUS_MASK = 7;
  static final long LINKED = 8;
  static final long QUEUED = 16;
  private static final long ONE_ARMING = 32;

  private static final VarHandle WORD = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "word", VarHandle.class, TimerOperation.class, long.class);
  private static final VarHandle DEADLINE = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "deadline", VarHandle.class, TimerOperation.class, long.class);

  private volatile long word;

  @SuppressWarnings("unused") // written and read through its handle
  private long deadline;

  /**
   * The tick in whose bucket this hangs. Plain: the timer's thread writes it before the bitwise-or
   * that sets LINKED, and an owner reads it after a word that has LINKED. The timer may link the
   * operation elsewhere meanwhile, but then it changes the word, so an owner whose CAS of that word
   * succeeds has read the right tick. Stress: TimerStress.ArmNearerAgainstDrive,
   * ArmAgainAgainstUnlink.
   */
  long linkedTick;

  // The links to the neighbours in the bucket; only the timer's thread uses them.

  @Nullable
  TimerOperation previousInBucket;

  @Nullable
  TimerOperation nextInBucket;

  /** Creates an operation that is not armed. */
  protected TimerOperation() {}

  /**
   * Called on the timer's thread at the deadline. Must return at once and run no foreign code, but
   * hand it over. The owner may have armed the operation again by now. If it throws, it is called
   * again for the same arming 10 ms later, unless the owner has armed or cancelled the operation by
   * then.
   *
   * @param arming the number of the arming that fired
   */
  protected abstract void onFire(long arming);

  /**
   * Called once instead of {@link #onFire} if the timer is closed, on the closing thread or on a
   * thread that arms afterwards.
   *
   * @param arming the number of the arming that ended
   */
  protected abstract void onTimerClosed(long arming);

  /**
   * Returns whether a cancellation removes the operation from the timer. An operation that is used
   * once is removed; one that is armed again soon stays, which makes arming cheaper.
   *
   * @return whether to unlink on cancellation
   */
  protected boolean isUsedOnce() {
    return true;
  }

  static int status(long word) {
    return (int) (word & STATUS_MASK);
  }

  static boolean isLinked(long word) {
    return (word & LINKED) != 0;
  }

  static boolean isQueued(long word) {
    return (word & QUEUED) != 0;
  }

  /** Returns the word after a new arming. */
  static long armed(long word) {
    return ((word & ~STATUS_MASK) + ONE_ARMING) | ARMED;
  }

  static long with(long word, int status) {
    return (word & ~STATUS_MASK) | status;
  }

  /** Returns the word without its last arming: as it was before, but for the flags. */
  static long takenBack(long word, long before) {
    return (before & ~(LINKED | QUEUED)) | (word & (LINKED | QUEUED));
  }

  static boolean isSameArming(long a, long b) {
    return arming(a) == arming(b);
  }

  static long arming(long word) {
    return word >>> 5;
  }

  final long word() {
    return word;
  }

  final boolean casWord(long expected, long next) {
    return WORD.compareAndSet(this, expected, next);
  }

  final long clearFlag(long flag) {
    return (long) WORD.getAndBitwiseAnd(this, ~flag) & ~flag;
  }

  final long setFlag(long flag) {
    return (long) WORD.getAndBitwiseOr(this, flag) | flag;
  }

  // Opaque: the owner writes it before the CAS that arms. The timer reads it after the word and
  // acts only if a CAS of that word succeeds. If it were plain, a long could tear. Stress:
  // TimerStress.ArmAgainAgainstFire.
  final long deadline() {
    return (long) DEADLINE.getOpaque(this);
  }

  /**
   * Returns a deadline for the next arming without reading a clock, because the clock may be what
   * failed.
   *
   * @param nanos the time after the last deadline, in nanoseconds
   * @return the deadline
   */
  public final long after(long nanos) {
    return deadline() + nanos;
  }

  final void setDeadline(long nanos) {
    DEADLINE.setOpaque(this, nanos);
  }
}
