package io.aragora.resilience.core.hedge;

import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.call.InnerCancellation;
import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.core.dispatch.AcceptedTask;
import io.aragora.resilience.internal.BodyThread;
import io.aragora.resilience.policy.CheckedSupplier;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A further attempt of a call. It tells its call how it ended, once; a value that comes after the attempt was cancelled is that of
 * a loser.
 *
 * @param <T> the type of the value
 */
final class HedgeAttempt<T extends @Nullable Object> extends PolicyFuture<T>
    implements Runnable, Frame.Expiry {
  private final HedgeRace<T> race;
  private final int number;

  /** The task that an executor has accepted. Volatile: the thread that cancels the attempt must see it. */
  private volatile @Nullable AcceptedTask accepted;

  /** Written before the race counts the end of this attempt, by which it is published. */
  private @Nullable Throwable failure;

  /** The thread inside a body that blocks. */
  private final BodyThread inside = new BodyThread();

  HedgeAttempt(HedgeRace<T> race, int number) {
    this.race = race;
    this.number = number;
  }

  int number() {
    return number;
  }

  @Nullable
  Throwable failure() {
    return failure;
  }

  void setFailure(@Nullable Throwable thrown) {
    failure = thrown;
  }

  /** Says which task runs this attempt. If the attempt was cancelled before, the task is cancelled, too. */
  void acceptedAs(AcceptedTask task) {
    accepted = task;
    // Volatile read after the write; the thread that cancels writes the end, then reads the task.
    if (hasEnded()) {
      task.cancel();
    }
  }

  @Override
  protected PolicyFuture<?> ofCall() {
    PolicyFuture<?> call = race.call();
    return call == null ? this : call;
  }

  /** Cancels this attempt because its call is over. */
  void stop(Throwable cause, @Nullable Executor afterwards) {
    cancel(this, cause, afterwards);
  }

  @Override
  public void run() {
    if (hasEnded()) {
      return;
    }
    CompletableFuture<T> started;
    try {
      started = race.start(this);
    } catch (Throwable e) {
      // The machine is exhausted, for instance: a body's own failure arrives in the future.
      started = CompletableFuture.failedFuture(e);
    }
    follow(started);
  }

  /**
   * Runs a body that blocks on the calling thread, which is interrupted if this attempt is cancelled. Afterwards it is not
   * interrupted, and an interrupt that was sent is cleared, so it does not reach the pool.
   */
  <R extends @Nullable Object> R interruptibly(CheckedSupplier<? extends R, ?> body)
      throws Throwable {
    inside.enter();
    try {
      if (hasEnded()) {
        throw new CancellationException("the call of this attempt is over");
      }
      return body.get();
    } finally {
      inside.leave();
    }
  }

  /** The attempt has no limit of its own. */
  @Override
  public boolean hasFired() {
    return false;
  }

  /** The thread is left without an interrupt in any case. */
  @Override
  public boolean mayHaveMerged(boolean insideInterrupted) {
    return false;
  }

  @Override
  public boolean hasEndedCall() {
    return hasEnded();
  }

  /** Ends this attempt because no executor begins it. */
  void reject() {
    if (claimEnd()) {
      race.hedgeRejected();
    }
  }

  @Override
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable thrown) {
    if (claimEnd()) {
      try {
        race.hedgeEnded(this, value, thrown);
      } catch (Throwable e) {
        // The heap is full, for instance. The code that waits for the call must not wait forever.
        race.hedgeBroken(e);
      }
    } else if (thrown == null) {
      race.hedge().giveLoser(value);
    }
  }

  /** The hedge has it already. */
  @Override
  protected void onValueLost(@Nullable T value, InnerCancellation end) {}

  @Override
  protected void onEndedOutside(Throwable cause) {
    AcceptedTask task = accepted;
    if (task != null) {
      task.cancel();
    }
    race.hedge().countLost();
    if (inside.isInside()) {
      race.hedge().dispatcher().interrupt(inside::interrupt);
    }
  }
}
