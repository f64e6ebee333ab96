package io.aragora.resilience.core.timer;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Something to be done at a time: the operation is its own timer entry, so that arming it again allocates nothing. Armed
 * and cancelled by one owner at a time, fired by the timer's thread; each arming ends exactly once, by firing, by
 * cancellation, or by the closing of the timer.
 */
public abstract class TimerOperation {
  /*
   * One word says all:  sequence:59 | QUEUED | LINKED | status:3.
   *
   * The sequence counts armings. Whoever ends one replaces the whole word by a CAS, so an entry that is left from an earlier
   * arming can neither fire nor cancel a later one. QUEUED: the operation is in the hand-over queue, once. LINKED: it hangs
   * in the bucket of linkedTick. The owner changes status and sets QUEUED; the timer's thread clears QUEUED and changes
   * LINKED. An operation that is armed again while it is queued, or linked no later than its new deadline, needs no
   * hand-over: the timer meets it in time and reads its present deadline.
   *
   * The word is read volatile and changed by volatile CAS, bitwise-and and bitwise-or: of two that end one arming one fails
   * (stress: TimerStress.FireAgainstCancel, ArmAgainAgainstFire), and of two that each set a flag and then read the word one
   * sees the other's (stress: TimerStress.ArmAgainAgainstTakeIn).
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
   * The tick in whose bucket this hangs. Plain: the timer's thread writes it before the bitwise-or that sets LINKED, and an
   * owner reads it after a word that has LINKED. The timer may link it elsewhere meanwhile, but not without changing the word, so
   * an owner whose CAS of that word succeeds has read the right one. Stress: TimerStress.ArmNearerAgainstDrive,
   * ArmAgainAgainstUnlink.
   */
  long linkedTick;

  // The neighbours in the bucket belong to the timer's thread.

  @Nullable
  TimerOperation previousInBucket;

  @Nullable
  TimerOperation nextInBucket;

  /** Creates an operation that is not armed. */
  protected TimerOperation() {}

  /**
   * Called on the timer's thread when the time has come. Must return at once and run no foreign code: it hands over. The
   * owner may have armed the operation again by now. If it throws, it is called again for the same arming 10 ms later, unless
   * the owner has armed or cancelled the operation by then.
   *
   * @param arming which arming fired
   */
  protected abstract void onFire(long arming);

  /**
   * Called once instead of {@link #onFire} if the timer is closed, on the thread that closes it or that arms too late.
   *
   * @param arming which arming ended
   */
  protected abstract void onTimerClosed(long arming);

  /**
   * Says what cancelling leaves behind. An operation that is used once gives back its place in the timer; one that is armed
   * again soon keeps it, which makes arming cheaper.
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

  /** The word after a new arming. */
  static long armed(long word) {
    return ((word & ~STATUS_MASK) + ONE_ARMING) | ARMED;
  }

  static long with(long word, int status) {
    return (word & ~STATUS_MASK) | status;
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

  // Opaque: the owner writes it before the CAS that arms, the timer reads it after reading the word
  // and acts only if a CAS of that word succeeds. Plain, a long could tear. Stress:
  // TimerStress.ArmAgainAgainstFire.
  final long deadline() {
    return (long) DEADLINE.getOpaque(this);
  }

  /**
   * Returns a deadline for the next arming that takes no reading of a clock, which may be what failed.
   *
   * @param nanos how long after the last deadline, in nanoseconds
   * @return the deadline
   */
  public final long after(long nanos) {
    return deadline() + nanos;
  }

  final void setDeadline(long nanos) {
    DEADLINE.setOpaque(this, nanos);
  }
}
