package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.core.window.OutcomeWindow;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The counts of a breaker's life that no window holds any more. Lock-free. Each count is one word until two threads meet there,
 * and an adder from then on.
 */
final class LifetimeTotals {
  /** Calls that ended without an outcome. */
  static final int IGNORED = OutcomeWindow.OUTCOMES;

  /** Calls that were rejected. */
  static final int REJECTED = IGNORED + 1;

  /** Outcomes that decided nothing. */
  static final int LATE = REJECTED + 1;

  private static final int COUNTS = LATE + 1;
  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle ADDERS = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "adders", VarHandle.class, LifetimeTotals.class, LongAdder[].class);

  /** When the last failure was counted, of the time source; -1 before the first. */
  private static final int LAST_FAILURE = COUNTS;

  /** When the last success was counted of those that no window knows of any more; -1 before the first. */
  private static final int LAST_SUCCESS = LAST_FAILURE + 1;

  /** The successes before the present consecutive ones, which began after a failure or with a phase. */
  private static final int SUCCESSES_BEFORE = LAST_SUCCESS + 1;

  /** The calls that were rejected before the present phase. */
  private static final int REJECTED_BEFORE = SUCCESSES_BEFORE + 1;

  private final long[] words = new long[REJECTED_BEFORE + 1];
  private volatile LongAdder @Nullable [] adders;

  /** The rejected calls that were throttled; null before the first. */
  private volatile @Nullable LongAdder throttled;

  LifetimeTotals() {
    words[LAST_FAILURE] = -1;
    words[LAST_SUCCESS] = -1;
  }

  // Opaque for the times and the mark: they are shown, nothing is decided by them, and a long must
  // not tear.
  void failedAt(long nanos) {
    // The coarse clock stands for a while: threads that fail then write nothing.
    if (lastFailure() != nanos) {
      WORDS.setOpaque(words, LAST_FAILURE, nanos);
    }
  }

  void succeededAt(long nanos) {
    WORDS.setOpaque(words, LAST_SUCCESS, nanos);
  }

  void beginPhase(@Nullable OutcomeWindow window) {
    WORDS.setOpaque(words, SUCCESSES_BEFORE, successes(window));
    WORDS.setOpaque(words, REJECTED_BEFORE, sum(REJECTED));
  }

  /** A call that was rejected by the phase before, and counted after this one began, is among them. */
  long rejectedInPhase() {
    return Math.max(0, sum(REJECTED) - (long) WORDS.getOpaque(words, REJECTED_BEFORE));
  }

  /** Counts the present consecutive successes from an earlier phase on. */
  void goOnAfter(long consecutiveSuccesses, @Nullable OutcomeWindow window) {
    WORDS.setOpaque(words, SUCCESSES_BEFORE, successes(window) - consecutiveSuccesses);
  }

  long lastFailure() {
    return (long) WORDS.getOpaque(words, LAST_FAILURE);
  }

  long lastSuccess(@Nullable OutcomeWindow window, long now) {
    long before = (long) WORDS.getOpaque(words, LAST_SUCCESS);
    return window == null ? before : Math.max(before, window.lastSuccess(now));
  }

  long successesSinceFailure(@Nullable OutcomeWindow window) {
    long before = (long) WORDS.getOpaque(words, SUCCESSES_BEFORE);
    // Both are numbers of all times, so the larger one is the later one.
    long mark = window == null ? before : Math.max(before, window.mark());
    return Math.max(0, successes(window) - mark);
  }

  // By CAS on what was read: one that fails met another thread, and goes to the adders, which
  // appear by one CAS as well. The word keeps what it has, so nothing is moved and nothing is lost.
  // Stress: LifetimeTotalsStress.NothingIsLost.
  void add(int count, long amount) {
    LongAdder[] contended = adders;
    if (contended != null) {
      contended[count].add(amount);
      return;
    }
    long word = (long) WORDS.getVolatile(words, count);
    if (!WORDS.compareAndSet(words, count, word, word + amount)) {
      makeAdders();
      add(count, amount);
    }
  }

  private void makeAdders() {
    LongAdder[] made = new LongAdder[COUNTS];
    for (int i = 0; i < COUNTS; i++) {
      made[i] = new LongAdder();
    }
    ADDERS.compareAndSet(this, null, made);
  }

  void addThrottled() {
    LongAdder present = throttled;
    if (present == null) {
      synchronized (words) {
        present = throttled;
        if (present == null) {
          present = new LongAdder();
          throttled = present;
        }
      }
    }
    present.increment();
  }

  long throttled() {
    LongAdder present = throttled;
    return present == null ? 0 : present.sum();
  }

  long sum(int count) {
    LongAdder[] contended = adders;
    long word = (long) WORDS.getVolatile(words, count);
    return contended == null ? word : word + contended[count].sum();
  }

  /** Adds what a window still holds. */
  CircuitBreakerTotals with(@Nullable OutcomeWindow window) {
    return CircuitBreakerTotals.builder()
        .successes(successes(window))
        .failures(failures(window))
        .ignored(sum(IGNORED))
        .rejected(sum(REJECTED))
        .late(sum(LATE))
        .build();
  }

  long slowCalls(@Nullable OutcomeWindow window) {
    return outcome(OutcomeWindow.SLOW_SUCCESS, window)
        + outcome(OutcomeWindow.SLOW_FAILURE, window);
  }

  long successes(@Nullable OutcomeWindow window) {
    return outcome(OutcomeWindow.SUCCESS, window) + outcome(OutcomeWindow.SLOW_SUCCESS, window);
  }

  long failures(@Nullable OutcomeWindow window) {
    return outcome(OutcomeWindow.FAILURE, window) + outcome(OutcomeWindow.SLOW_FAILURE, window);
  }

  private long outcome(int outcome, @Nullable OutcomeWindow window) {
    return sum(outcome) + (window == null ? 0 : window.total(outcome));
  }

  /** Of slow calls only the sum is known, so the split is a guess that no total shows. */
  void restore(CircuitBreakerTotals saved, long slowCalls) {
    long slowSuccesses = Math.min(slowCalls, saved.successes());
    long slowFailures = Math.min(slowCalls - slowSuccesses, saved.failures());
    add(OutcomeWindow.SUCCESS, saved.successes() - slowSuccesses);
    add(OutcomeWindow.SLOW_SUCCESS, slowSuccesses);
    add(OutcomeWindow.FAILURE, saved.failures() - slowFailures);
    add(OutcomeWindow.SLOW_FAILURE, slowFailures);
    add(IGNORED, saved.ignored());
    add(REJECTED, saved.rejected());
    WORDS.setOpaque(words, REJECTED_BEFORE, sum(REJECTED));
    add(LATE, saved.late());
  }
}
