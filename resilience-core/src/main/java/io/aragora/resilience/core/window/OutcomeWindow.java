package io.aragora.resilience.core.window;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * What the rules of a closed breaker are applied to: the outcomes within a time, or of the latest calls, and the number of
 * consecutive failures. Any thread counts, without a lock.
 */
public abstract class OutcomeWindow {
  /** A call that succeeded in time. */
  public static final int SUCCESS = 0;

  /** A call that failed. */
  public static final int FAILURE = 1;

  /** A call that succeeded and took too long. */
  public static final int SLOW_SUCCESS = 2;

  /** A call that failed and took too long. */
  public static final int SLOW_FAILURE = 3;

  /** The number of kinds of outcome. */
  public static final int OUTCOMES = 4;

  /** The value of {@link #addConsecutiveFailure()} if another window continues the count. */
  public static final int MOVED = -1;

  /** The value that {@link #fail} returns if the window is retired. */
  public static final long RETIRED = -1;

  /** The largest share that is rejected: the calls that are left show whether the dependency has recovered. */
  private static final double MOST_THROTTLED = 0.9;

  /**
   * The bit of a window that is to continue the consecutive failures of another one: below it are those since. A success clears
   * it with them, so that the older ones do not come back.
   */
  private static final int AWAITS_OLDER = Integer.MIN_VALUE;

  private static final long LENGTH_MASK = 0xFFFF_FFFFL;

  /** Above the number of consecutive failures: the rates have to be judged. */
  private static final long JUDGE_RATES = LENGTH_MASK + 1;

  private static final VarHandle CONSECUTIVE_FAILURES = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(),
      "consecutiveFailures",
      VarHandle.class,
      OutcomeWindow.class,
      int.class);
  private static final VarHandle MARK = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "mark", VarHandle.class, OutcomeWindow.class, long.class);

  /** Takes what a window has counted for good. */
  public interface Totals {
    /**
     * Adds to the lifetime totals.
     *
     * @param outcome one of the outcomes
     * @param count the number of calls
     */
    void add(int outcome, long count);

    /**
     * Notes the time of a success that the window no longer holds.
     *
     * @param nanos the time of the source
     */
    void succeededAt(long nanos);

    /**
     * Returns the successes that no window holds any more.
     *
     * @return the number of calls, slow ones included
     */
    long successes();

    /**
     * Called after counts were missing from a window for a moment. A thread that evaluated it meanwhile may have seen too few.
     *
     * @param window the window, which holds them again
     */
    void movedWithin(OutcomeWindow window);
  }

  /** The results of judging the rates. */
  public enum Verdict {
    /** Nothing is reached. */
    BELOW,
    /** A rate is reached, but the window holds too few calls. */
    TOO_FEW_CALLS,
    /** Too many failed. */
    FAILURE_COUNT,
    /** Too large a share failed. */
    FAILURE_RATE,
    /** Too large a share was slow. */
    SLOW_CALL_RATE
  }

  /**
   * Set while a rate is reached and the minimum number of calls is what is missing. Volatile: a success counts itself, then
   * reads this; the thread that judges sets it, then sums again. If either were weaker, neither might make a trip that is due.
   * Stress: CircuitBreakerStress.DueTripIsMade, ReconfigurationStress.DueTripAgainstFlagTakenBack.
   */
  private volatile boolean awaitsMinimum;

  /**
   * Their number, with {@link #AWAITS_OLDER} or not; or {@link #MOVED}. By CAS, so that no consecutive failure is lost and none is
   * counted that preceded a success. Stress: CircuitBreakerStress.OneTransitionWins,
   * CountWindowStress.ConsecutiveFailuresMoveWhole, SuccessAgainstMove.
   */
  private volatile int consecutiveFailures;

  /**
   * The lifetime number of successes at the last failure that followed a success. On the line of the consecutive failures, so
   * that such a failure writes no other line. Opaque: it is shown, nothing is decided by it, and a long must not tear.
   */
  @SuppressWarnings("unused") // through its handle
  private long mark = Long.MIN_VALUE;

  OutcomeWindow() {}

  /**
   * Adds the slow one to an outcome.
   *
   * @param outcome {@link #SUCCESS} or {@link #FAILURE}
   * @return {@link #SLOW_SUCCESS} or {@link #SLOW_FAILURE}
   */
  public static int slow(int outcome) {
    return outcome | SLOW_SUCCESS;
  }

  /**
   * Returns whether an outcome is a failure.
   *
   * @param outcome one of the outcomes
   * @return whether it is a failure, slow or not
   */
  public static boolean isFailure(int outcome) {
    return (outcome & FAILURE) != 0;
  }

  /**
   * Returns whether an outcome is that of a slow call.
   *
   * @param outcome one of the outcomes
   * @return whether it is slow
   */
  public static boolean isSlow(int outcome) {
    return (outcome & SLOW_SUCCESS) != 0;
  }

  /**
   * Counts an outcome.
   *
   * @param outcome one of the outcomes
   * @param now the time of the source; may be a little behind
   * @return false if the window is retired: the outcome is not counted here
   */
  public abstract boolean count(int outcome, long now);

  /**
   * Counts a failure, and as one of the consecutive failures.
   *
   * @param outcome {@link #FAILURE} or {@link #SLOW_FAILURE}
   * @param now the time of the source; may be a little behind
   * @return {@link #RETIRED} if it is not counted here; else what {@link #consecutiveFailuresOf} and {@link #asksForRates} read
   */
  public abstract long fail(int outcome, long now);

  /**
   * Returns the number of consecutive failures.
   *
   * @param failed what {@link #fail} returned
   * @return the number now; {@link #MOVED} if another window continues the count, and this failure must be counted there
   */
  public static int consecutiveFailuresOf(long failed) {
    return (int) failed;
  }

  /**
   * Returns whether the rates have to be judged after a failure.
   *
   * @param failed what {@link #fail} returned
   * @return false if no rate can be reached
   */
  public static boolean asksForRates(long failed) {
    return (failed & JUDGE_RATES) != 0;
  }

  /** Counts a consecutive failure, and returns whether the rates have to be judged. */
  final long addConsecutiveFailure(boolean asksForRates) {
    int length = addConsecutiveFailure();
    return (asksForRates || length == MOVED ? JUDGE_RATES : 0) | (length & LENGTH_MASK);
  }

  /**
   * Reads the window.
   *
   * @param now the time of the source
   * @return the counts: never more failures, or slow calls, than calls
   */
  public abstract WindowCounts counts(long now);

  /**
   * Judges the number of failures, and the rates. Allocates nothing.
   *
   * @param config the rules
   * @param slowInFlight calls under way that are slow already; they count as calls too
   * @param now the time of the source
   * @return the verdict
   */
  public abstract Verdict judge(CircuitBreakerConfig config, long slowInFlight, long now);

  /**
   * Returns the share of calls that a closed breaker rejects while its rules do not open it. Allocates nothing.
   *
   * @param config the setting
   * @param now the time of the source
   * @return 0 to 0.9
   */
  public abstract double throttleShare(CircuitBreakerConfig config, long now);

  static double throttleShare(CircuitBreakerConfig config, long calls, long failed) {
    if (failed == 0 || calls < config.minimumNumberOfCalls()) {
      return 0;
    }
    double excess = calls - config.throttle() * (calls - failed);
    return excess <= 0 ? 0 : Math.min(MOST_THROTTLED, excess / (calls + 1));
  }

  /**
   * Sums the calls that this window has counted and not passed to the lifetime totals.
   *
   * @param outcome one of the outcomes
   * @return the number of calls; while a thread starts a bucket again, fewer by the old count of that bucket
   */
  public abstract long total(int outcome);

  /**
   * Returns when a call last succeeded.
   *
   * @param now the time of the source
   * @return the time of the source, at most a bucket early; -1 where none did that this window knows of
   */
  public abstract long lastSuccess(long now);

  /**
   * Returns since when there has been no outcome.
   *
   * @return since when the window is idle, of the time source; {@link Long#MAX_VALUE} if it is not
   */
  public abstract long idleSince();

  /**
   * Returns whether this window can go on under other settings as it is.
   *
   * @param config the settings
   * @return whether it has the kind and the length that they ask for
   */
  public abstract boolean fits(CircuitBreakerConfig config);

  /**
   * Ends this window: gives its counts to the lifetime totals and makes later outcomes late. Called once.
   *
   * @param heir takes what is still in the window, if it is of the same kind; null where the breaker left the state
   */
  public abstract void retire(@Nullable OutcomeWindow heir);

  static Verdict judge(CircuitBreakerConfig config, long calls, long failed, long slow) {
    int most = config.failureCountThreshold();
    if (most != 0 && failed >= most) {
      return Verdict.FAILURE_COUNT;
    }
    double failureRate = config.failureRateThreshold();
    double slowRate = config.slowCallRateThreshold();
    boolean tooManyFailed =
        failureRate != 0 && failed != 0 && 100.0 * failed >= failureRate * calls;
    boolean tooManySlow = slowRate != 0 && slow != 0 && 100.0 * slow >= slowRate * calls;
    if (!tooManyFailed && !tooManySlow) {
      return Verdict.BELOW;
    }
    if (calls < config.minimumNumberOfCalls()) {
      return Verdict.TOO_FEW_CALLS;
    }
    return tooManyFailed ? Verdict.FAILURE_RATE : Verdict.SLOW_CALL_RATE;
  }

  /**
   * Returns whether a success has to judge the rates, because only the minimum number of calls was missing.
   *
   * @return whether it has to
   */
  public final boolean awaitsMinimum() {
    return awaitsMinimum;
  }

  /**
   * Says whether successes have to evaluate the rates.
   *
   * @param awaits whether they have to
   */
  public final void awaitMinimum(boolean awaits) {
    awaitsMinimum = awaits;
  }

  /**
   * Returns the number of failures since the last success.
   *
   * @return the number
   */
  public final int consecutiveFailures() {
    return lengthOf(consecutiveFailures);
  }

  /**
   * Begins with consecutive failures that were counted before.
   *
   * @param failures their number
   */
  public final void beginConsecutiveFailures(int failures) {
    consecutiveFailures = failures;
  }

  /**
   * Says that this window will be the heir of another one, whose consecutive failures it continues unless a success is counted
   * here before they arrive. Called before any outcome can be counted here.
   */
  public final void awaitConsecutiveFailures() {
    consecutiveFailures = AWAITS_OLDER;
  }

  private static int lengthOf(int word) {
    return word == MOVED ? 0 : word & ~AWAITS_OLDER;
  }

  /**
   * Counts a consecutive failure; saturates.
   *
   * @return the number now, or {@link #MOVED}
   */
  public final int addConsecutiveFailure() {
    while (true) {
      int word = consecutiveFailures;
      if (word == MOVED) {
        return MOVED;
      }
      // The last one that awaits older ones is the word before MOVED.
      if (word == Integer.MAX_VALUE || word + 1 == MOVED) {
        return Integer.MAX_VALUE;
      }
      if (CONSECUTIVE_FAILURES.compareAndSet(this, word, word + 1)) {
        return lengthOf(word + 1);
      }
    }
  }

  /**
   * Returns how many successes there had been at the last failure that followed a success.
   *
   * @return the number of all times; {@link Long#MIN_VALUE} before the first such failure
   */
  public final long mark() {
    return (long) MARK.getOpaque(this);
  }

  /** Of two threads that raise the mark at once, the lower value may win: both are of the same moment. */
  final void raiseMark(long successes) {
    if (successes > mark()) {
      MARK.setOpaque(this, successes);
    }
  }

  /**
   * Ends the consecutive failures. Writes nothing if there are none, so successes share this line without contending for it.
   *
   * @return false if it goes on in another window
   */
  public final boolean endConsecutiveFailures() {
    int word = consecutiveFailures;
    while (word != 0 && word != MOVED) {
      if (CONSECUTIVE_FAILURES.compareAndSet(this, word, 0)) {
        return true;
      }
      word = consecutiveFailures;
    }
    return word != MOVED;
  }

  /**
   * Transfers the consecutive failures to the heir; later callers see {@link #MOVED} and retry on the new window. If the heir has
   * counted a success, that came after these failures and has ended them.
   *
   * @param heir the window that continues the count, which {@link #awaitConsecutiveFailures} has prepared
   */
  final void moveConsecutiveFailures(OutcomeWindow heir) {
    int failures = lengthOf((int) CONSECUTIVE_FAILURES.getAndSet(this, MOVED));
    // After the exchange: a thread that counted a failure before it had raised the mark before.
    heir.raiseMark(mark());
    int present = heir.consecutiveFailures;
    while (present < 0 && present != MOVED) {
      int sum = (int) Math.min(Integer.MAX_VALUE, (long) lengthOf(present) + failures);
      if (CONSECUTIVE_FAILURES.compareAndSet(heir, present, sum)) {
        return;
      }
      present = heir.consecutiveFailures;
    }
  }
}
