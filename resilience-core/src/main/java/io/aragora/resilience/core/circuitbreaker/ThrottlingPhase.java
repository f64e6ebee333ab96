package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.window.OutcomeWindow;
import io.aragora.resilience.time.TimeSource;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** The breaker is closed, and rejects a share of the calls, which grows with the failures in its window. */
final class ThrottlingPhase extends CountingPhase {
  /*
   * Admission: while the share is 0, the phase has its free permit, and a call is admitted and counted as in any closed phase.
   * While it is not, there is no free permit: each call comes to admit(), which draws, and each outcome is counted by the way
   * that computes the share again.
   *
   * The share is computed again by each failure; by each outcome while it is not 0; and, while it is not 0, by the first call
   * after each step of the coarse clock. So it falls with the successes and as failures leave the window, even if every call is
   * rejected; and it is at most 0.9, so a window of calls, which no time empties, is filled by calls that are admitted.
   *
   * Layout: word = changes:32 | share:32, the bits of a float.
   *
   * Memory order: a thread reads the word, then sums, then writes by CAS. So the sum behind a share has seen every failure whose
   * share it replaces. A failure tries until its CAS succeeds, unless it sums 0 and reads 0. Hence a share that two threads
   * raise at once stays raised (stress: ThrottleStress.RaisedShareStays). A success or a look that loses its CAS leaves a share
   * that is not 0, so a later call looks again. The free permit follows the word: the
   * thread that changed the word writes the permit, volatile, then reads the word again, and writes again if it has changed. So the last
   * permit is that of the last word (stress: ThrottleStress.PermitFollowsShare). A call that finds the old permit was decided
   * a moment earlier.
   *
   * Progress: lock-free.
   */
  private static final VarHandle WORD = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "word", VarHandle.class, ThrottlingPhase.class, long.class);
  private static final VarHandle DRAWS = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "draws", VarHandle.class, ThrottlingPhase.class, int.class);

  private static final long SHARE_MASK = 0xFFFF_FFFFL;
  private static final long CHANGE = SHARE_MASK + 1;

  private final PhaseOwner owner;
  private final long permit;

  @SuppressWarnings("unused") // through its handle
  private volatile long word;

  /** The coarse time at which a call last computed the share. A thread that sees an old value computes it once more. */
  private volatile long lookedAt;

  /** The number of draws in this generation. */
  @SuppressWarnings("unused") // through its handle
  private volatile int draws;

  private ThrottlingPhase(
      PhaseHeader header,
      OutcomeWindow window,
      @Nullable CallsInFlight flights,
      PhaseOwner owner,
      int draws) {
    super(header, window, flights, null);
    this.owner = owner;
    this.permit = freePermit();
    this.draws = draws;
  }

  /** Not by its constructor, for which a process that never throttles would load this class when it verifies the caller. */
  static CountingPhase begin(
      PhaseHeader header,
      OutcomeWindow window,
      @Nullable CallsInFlight flights,
      PhaseOwner owner,
      int draws) {
    return new ThrottlingPhase(header, window, flights, owner, draws);
  }

  @Override
  int draws() {
    return draws;
  }

  @Override
  double throttleShare() {
    return share(word);
  }

  private static double share(long word) {
    return Float.intBitsToFloat((int) word);
  }

  @Override
  boolean isThrottled() {
    return (word & SHARE_MASK) != 0;
  }

  @Override
  TransitionCause rejectionCause() {
    return TransitionCause.THROTTLED;
  }

  @Override
  long admit(CoarseClock clock) {
    if (isThrottled()) {
      long now = clock.read();
      if (now != lookedAt) {
        lookedAt = now;
        computeShare(clock.readPrecisely(), false);
      }
      if (isRejected(throttleShare())) {
        return CircuitBreaker.REJECTED;
      }
    }
    return permit != CircuitBreaker.REJECTED ? permit : super.admit(clock);
  }

  /** Draws by the time source, so that a run under manual time replays. */
  private boolean isRejected(double share) {
    TimeSource time = owner.runtime().time();
    return share != 0
        && time.random(owner.name(), generation, 1 + (int) DRAWS.getAndAdd(this, 1)) < share;
  }

  @Override
  void outcomeCounted(boolean failed, CoarseClock clock) {
    if (isThrottled() || (failed && window().throttleShare(config, clock.read()) != 0)) {
      computeShare(clock.readPrecisely(), failed);
    }
  }

  /** Computes the share again. If another thread does so at the same moment, only a failure must not be missed. */
  private void computeShare(long now, boolean failed) {
    while (true) {
      long before = word;
      float share = (float) window().throttleShare(config, now);
      if (share == 0 && (before & SHARE_MASK) == 0) {
        return;
      }
      long next = ((before & ~SHARE_MASK) + CHANGE) | Float.floatToRawIntBits(share);
      if (WORD.compareAndSet(this, before, next)) {
        followShare();
        return;
      }
      if (!failed) {
        return;
      }
    }
  }

  private void followShare() {
    long followed;
    do {
      followed = word;
      setFreePermit((followed & SHARE_MASK) == 0 ? permit : CircuitBreaker.REJECTED);
    } while (word != followed);
  }
}
