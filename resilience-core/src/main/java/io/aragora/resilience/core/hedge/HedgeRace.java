package io.aragora.resilience.core.hedge;

import io.aragora.resilience.core.call.Failures;
import io.aragora.resilience.core.call.HedgeCancellation;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.hedge.HedgeEvent.Kind;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.time.TimeSource;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of one call that is hedged, the first one included. Created when the call is slow, or its first attempt has failed.
 *
 * @param <T> the type of the value
 */
abstract class HedgeRace<T extends @Nullable Object> {
  /*
   * Layout: one word,  WITHOUT_FIRST | FIRST_COUNTED | FIRST_ENDED | NO_MORE | ended:3 | started:3.  started counts the attempts that were
   * begun, the first one included; ended those that ended without a result for the call.
   *
   * Starting: the thread that raises started by its CAS owns the new attempt. It raises ended instead if the attempt may not
   * begin. An attempt that fails starts the next one before it raises ended, so started = ended means that nothing is under way
   * and nothing will begin; the CAS that makes them equal also sets NO_MORE, and its thread ends the call. So the call ends
   * although no delay passes any more (stress: HedgeRaceStress.LastFailureEndsTheCall).
   *
   * Winning: commit() of the call decides, one CAS, which an accepted result, the last failure, the caller and a deadline
   * compete for (stress: HedgeRaceStress.WinsOnce). A starter publishes its attempt, then reads whether the call is over; the
   * thread that ended the call cancels what is published. One of the two sees the other (stress:
   * HedgeRaceStress.StartedHedgeIsCancelled).
   *
   * First value: the first attempt may end with a value that is not accepted while another thread ends the call without it. One
   * of the two passes it on. The first sets FIRST_ENDED, the other WITHOUT_FIRST, each by an atomic update of the word, and
   * whichever comes second sees the other's mark. An end before the first attempt looks whether the call is over needs no mark.
   * (Tests: firstValueThatIsNotAccepted_whileAHedgeWins_isPassedOn and its neighbours.)
   *
   * Foreign code: a thread that has claimed the end runs none before finish(). The consumer of losers, a budget of the application,
   * listeners, interrupts and cancellations of bodies are handed to threads of the runtime. (Test: OwnCallTest)
   *
   * Progress: lock-free.
   */
  private static final VarHandle WORD = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "word", VarHandle.class, HedgeRace.class, int.class);

  private static final int COUNT = 7;
  private static final int ONE_ENDED = 1 << 3;
  private static final int NO_MORE = 1 << 6;
  private static final int FIRST_ENDED = 1 << 7;
  private static final int FIRST_COUNTED = 1 << 8;
  private static final int WITHOUT_FIRST = 1 << 9;

  /** The step after the end of an attempt without a result for the call. */
  enum Next {
    /** The next attempt starts at once. */
    ADVANCE,
    /** No further attempt starts; those under way go on. */
    WAIT,
    /** The call ends, if it was the first attempt. */
    END
  }

  private final CoreHedge hedge;
  private final HedgePlan plan;
  private final long startedAt;
  private final long deadline;
  private final PolicyChain chain;
  private final int index;
  private final AtomicReferenceArray<@Nullable HedgeAttempt<T>> attempts;

  private volatile int word = 1;

  // Written before FIRST_ENDED is set, by which they are published.
  private @Nullable T firstValue;
  private @Nullable Throwable firstFailure;

  HedgeRace(
      CoreHedge hedge,
      HedgePlan plan,
      long startedAt,
      long deadline,
      PolicyChain chain,
      int index) {
    this.hedge = hedge;
    this.plan = plan;
    this.startedAt = startedAt;
    this.deadline = deadline;
    this.chain = chain;
    this.index = index;
    this.attempts = new AtomicReferenceArray<>(plan.maxHedges());
  }

  /** Starts an attempt on the calling thread. */
  abstract CompletableFuture<T> start(HedgeAttempt<T> attempt);

  /** Returns the future of the call; null if a thread waits for it. */
  abstract @Nullable PolicyFuture<T> call();

  /** Claims the end of the call. */
  abstract boolean commit();

  /** Returns whether the end of the call was claimed. */
  abstract boolean isOver();

  /** Returns the nearest retry around the call, or null. */
  @Nullable
  abstract Policy retryAround();

  /** Cancels the first attempt, if it is under way. */
  abstract void cancelFirst(Throwable cause);

  /** Ends the call. Only the thread that has claimed the end calls it. */
  abstract void finish(@Nullable T value, @Nullable Throwable failure);

  final CoreHedge hedge() {
    return hedge;
  }

  /** Returns the value of the first attempt, for the thread that ended it. */
  final @Nullable T firstValue() {
    return firstValue;
  }

  /** Returns the failure of the first attempt, for the thread that ended it. */
  final @Nullable Throwable firstFailure() {
    return firstFailure;
  }

  private static int started(int word) {
    return word & COUNT;
  }

  private static int ended(int word) {
    return (word >> 3) & COUNT;
  }

  private static boolean isAllEnded(int word) {
    return (word & FIRST_ENDED) != 0 && ended(word) >= started(word);
  }

  /** Returns the time at which the next hedge is due; {@link TimeSource#NEVER} if there is none. */
  final long nextDueAt(long delayNanos) {
    int present = word;
    if ((present & NO_MORE) != 0 || started(present) > plan.maxHedges()) {
      return TimeSource.NEVER;
    }
    return startedAt + started(present) * delayNanos;
  }

  /**
   * Starts the next hedge.
   *
   * @return false if none may start
   */
  final boolean tryHedge() {
    int present;
    do {
      present = word;
      if ((present & NO_MORE) != 0 || started(present) > plan.maxHedges() || isOver()) {
        return false;
      }
    } while (!WORD.compareAndSet(this, present, present + 1));
    int number = started(present);
    boolean isStarted = false;
    try {
      isStarted = mayStart(number) && start(number);
    } catch (Throwable e) {
      hedge.notStarted(e);
    }
    if (!isStarted) {
      settle(false, 0);
    }
    return isStarted;
  }

  private boolean mayStart(int number) {
    if (deadline != TimeSource.NEVER && hedge.nanoTime() - deadline >= 0) {
      return false;
    }
    for (int i = index + 1; i < chain.length(); i++) {
      if (!chain.link(i).admitsHedges()) {
        return false;
      }
    }
    if (hedge.tryTake(plan)) {
      return true;
    }
    hedge.countOutOfBudget();
    publish(Kind.OUT_OF_BUDGET, number);
    return false;
  }

  /** Returns true, since from here on the attempt itself ends once. */
  private boolean start(int number) {
    HedgeAttempt<T> attempt = new HedgeAttempt<>(this, number);
    // Volatile write before the read of isOver; the thread that ends the call claims its end, then
    // reads the attempts.
    // If either were weaker, the attempt could run on. Stress:
    // HedgeRaceStress.StartedHedgeIsCancelled.
    attempts.set(number - 1, attempt);
    if (isOver()) {
      attempt.stop(new HedgeCancellation(hedge.name(), hedge.dispatcher(), hedge::giveLoser), null);
      return true;
    }
    try {
      publish(Kind.HEDGED, number);
      chain.onHedge(index, number);
      attempt.acceptedAs(
          hedge.dispatcher().attempt(hedge.executor(chain), attempt, attempt::reject));
    } catch (Throwable e) {
      // Usually a rejection, but an executor of the application may throw anything.
      attempt.reject();
    }
    return true;
  }

  /** Called if the first attempt ended without a result for the call. */
  final void firstEnded(@Nullable T value, @Nullable Throwable failure, Next next) {
    firstValue = value;
    firstFailure = failure;
    if (next == Next.END) {
      if (commit()) {
        failed(value, failure);
      }
      return;
    }
    settle(next == Next.ADVANCE, FIRST_ENDED);
  }

  /** Ends the call as its first attempt did. Only the thread that has claimed the end calls it. */
  final void failed(@Nullable T value, @Nullable Throwable failure) {
    try {
      hedge.countFailed();
      cancelHedges();
    } catch (Throwable e) {
      hedge.notCounted(e);
    }
    finish(value, failure);
  }

  /** Called if a hedge ended and was not cancelled. */
  final void hedgeEnded(HedgeAttempt<T> attempt, @Nullable T value, @Nullable Throwable failure) {
    boolean isAccepted = failure == null && hedge.accepts(plan, value);
    if (isAccepted && commit()) {
      won(attempt, value);
      return;
    }
    if (isAccepted || isOver()) {
      hedge.countLost();
      if (failure == null) {
        hedge.giveLoser(value);
      }
      return;
    }
    if (failure == null) {
      hedge.giveLoser(value);
    } else if (hedge.isRejection(failure)) {
      hedgeRejected();
      return;
    }
    attempt.setFailure(failure);
    hedge.countHedgeFailed();
    settle(hedge.next(plan, failure) == Next.ADVANCE, 0);
  }

  /** Called if a policy inside or the executor rejected a hedge. */
  final void hedgeRejected() {
    hedge.countRejected();
    settle(false, 0);
  }

  /** Called if the end of a hedge could not be handled. It may have been counted. */
  final void hedgeBroken(Throwable failure) {
    hedge.notCounted(failure);
    settle(false, 0);
  }

  /** Counts the end of one attempt. If it was the last one, the call ends as its first attempt did. */
  private void settle(boolean advances, int marks) {
    if (advances) {
      tryHedge();
    }
    int present;
    int next;
    do {
      present = word;
      next = (present + ONE_ENDED) | marks | (advances ? 0 : NO_MORE);
      if (isAllEnded(next)) {
        next |= NO_MORE;
      }
    } while (!WORD.compareAndSet(this, present, next));
    if (isAllEnded(next) && commit()) {
      allFailed(started(next) - 1);
    }
    if ((marks & FIRST_ENDED) != 0 && (present & WITHOUT_FIRST) != 0) {
      giveFirst();
    }
  }

  /**
   * Called once by the thread that ended the call, unless the call has the result of the first attempt.
   *
   * @return whether the first attempt had ended, so that its value, if it had one, is passed on now
   */
  final boolean endedWithoutFirst() {
    // Volatile, of the whole word: pairs with the CAS in settle(). If the two could miss each
    // other, no thread would pass the
    // value on.
    boolean hasEnded = ((int) WORD.getAndBitwiseOr(this, WITHOUT_FIRST) & FIRST_ENDED) != 0;
    if (hasEnded) {
      giveFirst();
    }
    return hasEnded;
  }

  private void giveFirst() {
    if (firstFailure == null) {
      hedge.giveLoser(firstValue);
    }
  }

  private void allFailed(int hedges) {
    Throwable failure = firstFailure;
    try {
      hedge.countFailed();
      if (failure != null) {
        for (int i = 0; i < attempts.length(); i++) {
          HedgeAttempt<T> attempt = attempts.get(i);
          Throwable other = attempt == null ? null : attempt.failure();
          if (other != null) {
            Failures.suppress(failure, other);
          }
        }
      }
      if (attempts.get(0) != null) {
        publish(Kind.ALL_FAILED, hedges);
      }
    } catch (Throwable e) {
      hedge.notCounted(e);
    }
    finish(firstValue, failure);
  }

  private void won(HedgeAttempt<T> winner, @Nullable T value) {
    try {
      hedge.countWon(plan, retryAround());
      publish(Kind.WON, winner.number());
      boolean firstHasEnded = endedWithoutFirst();
      if (!firstHasEnded) {
        countFirst();
      }
      HedgeCancellation cause =
          new HedgeCancellation(hedge.name(), hedge.dispatcher(), hedge::giveLoser);
      if (!firstHasEnded) {
        cancelFirst(cause);
      }
      stopHedges(cause, winner);
    } catch (Throwable e) {
      hedge.notCounted(e);
    }
    finish(value, null);
  }

  /** Counts the latency of the first attempt, or its age, once. */
  final void countFirst() {
    if (plan.latencies() == null) {
      return;
    }
    int present = (int) WORD.getAndBitwiseOr(this, FIRST_COUNTED);
    if ((present & FIRST_COUNTED) == 0) {
      hedge.countLatency(plan, startedAt);
    }
  }

  /** Cancels the hedges, because an attempt has ended the call. */
  final void cancelHedges() {
    cancelHedges(null, null);
  }

  /**
   * Cancels the hedges, because the call has ended without them.
   *
   * @param cause the reason; null if an attempt ended the call
   * @param afterwards runs code of the application once the call has ended; null to run it at once
   */
  final void cancelHedges(@Nullable Throwable cause, @Nullable Executor afterwards) {
    Throwable reason = cause;
    for (int i = 0; i < attempts.length(); i++) {
      HedgeAttempt<T> attempt = attempts.get(i);
      if (attempt != null) {
        if (reason == null) {
          reason = new HedgeCancellation(hedge.name(), hedge.dispatcher(), hedge::giveLoser);
        }
        attempt.stop(reason, afterwards);
      }
    }
  }

  private void stopHedges(Throwable cause, HedgeAttempt<T> winner) {
    for (int i = 0; i < attempts.length(); i++) {
      HedgeAttempt<T> attempt = attempts.get(i);
      if (attempt != null && attempt != winner) {
        attempt.stop(cause, null);
      }
    }
  }

  private void publish(Kind kind, int number) {
    boolean hasFirstEnded = (word & FIRST_ENDED) != 0;
    hedge.publish(kind, number, startedAt, hasFirstEnded ? firstFailure : null);
  }
}
