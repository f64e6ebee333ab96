package io.aragora.resilience.core.call;

import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.internal.CancellableBody;
import io.aragora.resilience.internal.ClaimedFuture;
import io.aragora.resilience.internal.GuardedLog;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The future that an asynchronous policy returns. It ends once: when the inner future ends, or when
 * application code completes it, which cancels the inner future.
 *
 * @param <T> the type of the value
 */
public abstract class PolicyFuture<T extends @Nullable Object> extends ClaimedFuture<T> {
  private static final GuardedLog LOG = GuardedLog.of(PolicyFuture.class);

  private static final Object STRANDING = new Object();

  /** Calls whose end found no room on the stack, in the first slots. Guarded by {@link #STRANDING}. */
  private static @Nullable PolicyFuture<?>[] stranded = new PolicyFuture<?>[64];

  /** The number of stranded calls. Written under {@link #STRANDING}. */
  private static volatile int strandedCount;

  /** The largest number of policies in which a body is searched for its own future. */
  private static final int LONGEST_CHAIN = 64;

  /** The largest number of threads that end stranded calls. Each may be held up by code that waits for the end of its call. */
  private static final int MOST_ENDERS = 256;

  /** The number of those threads. Guarded by {@link #STRANDING}. */
  private static int enders;

  /** The number of them that are free: each of them takes another call. Guarded by {@link #STRANDING}. */
  private static int freeEnders;

  /** Created early: loading its class takes more stack than may be left. */
  private static final StrandedEnds ENDS = new StrandedEnds();

  private volatile @Nullable CompletableFuture<T> inner;
  private volatile @Nullable Throwable cancellation;

  /** Whether code of the application has this future. Written before a policy follows it, so before one cancels it. */
  private boolean isShared;

  /** Whether what this future follows is shared, or leads to such a future. Written before this future is passed on. */
  private boolean leadsToShared;

  /** Creates a future that is not completed. */
  protected PolicyFuture() {}

  /**
   * Called once, if the inner future ended first.
   *
   * @param value its value; null if it failed
   * @param failure its unwrapped failure; null if it succeeded
   */
  protected abstract void onInnerEnded(@Nullable T value, @Nullable Throwable failure);

  /**
   * Called once, if the end was claimed from outside, before this future is complete. The inner future is cancelled
   * afterwards.
   *
   * @param cause the failure that the future is completed with; a {@link DeadlineCancellation} if a timeout
   *     around it fired
   */
  protected abstract void onEndedOutside(Throwable cause);

  /**
   * Returns whether a call inside has succeeded. If so, a policy counts and returns {@link
   * CompletableFuture#completedFuture} without creating a future of its own; else its future
   * {@linkplain #follow follows} the inner one. A subclass of the application may override each
   * method and throw, so its futures are always followed.
   *
   * @param inner the future of the call inside, which may be the body's own
   * @return whether it is complete and has a value, which {@code join} then returns
   */
  public static boolean hasSucceeded(CompletableFuture<?> inner) {
    return (inner.getClass() == CompletableFuture.class || inner instanceof PolicyFuture)
        && inner.isDone()
        && !inner.isCompletedExceptionally();
  }

  /**
   * Notes that code of the application has a future which a policy is going to follow: a body returned it, for instance. Its end runs
   * continuations of the application, which may block.
   *
   * @param future the future
   * @param <T> the type of its value
   * @return the future
   */
  public static <T extends @Nullable Object> CompletableFuture<T> shared(
      CompletableFuture<T> future) {
    if (future instanceof PolicyFuture<?> ours) {
      ours.isShared = true;
    }
    return future;
  }

  /**
   * Watches the inner future.
   *
   * @param started the inner future
   */
  @SuppressWarnings("NullAway") // a failed call has no value
  protected final void follow(CompletableFuture<T> started) {
    try {
      if (started instanceof PolicyFuture<?> further
          && (further.isShared || further.leadsToShared)) {
        // A policy inside cannot know whose call it belongs to, so each policy around it looks,
        // too.
        leadsToShared = true;
        if (further.leadsTo(ofCall())) {
          throw new IllegalStateException("the body returned the future of its own call");
        }
      }
      attach(started);
    } catch (Throwable e) {
      // The stage is a class of the application, and each of its methods may throw.
      new InnerEnd<>(this).apply(null, e);
    }
    if (strandedCount != 0) {
      endStranded();
    }
  }

  /** {@return the future of the call whose attempt this is; this one if it is no attempt} */
  protected PolicyFuture<?> ofCall() {
    return this;
  }

  /** Returns whether this future waits for another one, which would wait for itself. */
  private boolean leadsTo(PolicyFuture<?> other) {
    CompletableFuture<?> each = this;
    for (int depth = 0;
        depth < LONGEST_CHAIN && each != other && each instanceof PolicyFuture<?> ours;
        depth++) {
      each = ours.inner;
    }
    return each == other;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the callback ends this future
  private void attach(CompletableFuture<T> started) {
    inner = started;
    InnerEnd<T> end = new InnerEnd<>(this);
    if (started.isDone() && !started.isCompletedExceptionally()) {
      end.apply(started.join(), null);
      return;
    }
    // Not whenComplete: its stage would wrap a failure in an exception with a stack trace.
    started.handle(end);
    // Volatile read after the write of inner; the cancelling thread writes the cause, then reads
    // inner. If either were weaker, what runs inside could run on. Stress:
    // PolicyFutureStress.StartedCallIsCancelled.
    Throwable cause = cancellation;
    if (cause != null) {
      cancel(started, cause, null);
    }
  }

  /**
   * If this fails, the future still ends, and as the body did. No other code would end it, since an
   * exception thrown into a stage is lost.
   *
   * @throws StackOverflowError if there is no room, before anything is done
   */
  private void innerEnded(@Nullable T value, @Nullable Throwable failure) {
    StackRoom.forCall();
    try {
      onInnerEnded(value, failure);
    } catch (Throwable e) {
      LOG.log(
          System.Logger.Level.ERROR,
          "a policy failed to handle the end of an asynchronous call; the call ends as its body did",
          e);
      if (claimEnd() || !(isDone() || hasEndedOutside())) {
        endAs(value, failure);
      }
    }
    if (failure == null && (isCompletedExceptionally() || hasEndedOutside())) {
      passOn(value);
    }
  }

  /*
   * A value is lost if another end was claimed, or completed this future, when the value comes. A thread that claimed the end from
   * outside may not have completed it yet, so the value waits for that. Of those ends, a policy around that cancelled its
   * inside takes the value: it may be a connection that has to be closed. Stress: PolicyFutureStress.ValueArrivesOnce.
   */
  @SuppressWarnings("FutureReturnValueIgnored") // it is complete, or will be in a moment
  private void passOn(@Nullable T value) {
    handle((none, end) -> {
      if (end instanceof InnerCancellation ours) {
        onValueLost(value, ours);
      }
      return none;
    });
  }

  /**
   * Called if the inner future has a value that cannot end this future, because a policy around had cancelled it.
   *
   * @param value the value
   * @param end what ended this future
   */
  protected void onValueLost(@Nullable T value, InnerCancellation end) {
    end.receive(value);
  }

  /** Follows the inner future, which has ended, once more. */
  private void followAgain() {
    CompletableFuture<T> running = inner;
    if (running != null) {
      follow(running);
    }
  }

  /**
   * Starts a thread that ends stranded calls, unless there is a free one for each. If that fails, the next call that is watched
   * tries again.
   */
  private static void endStranded() {
    synchronized (STRANDING) {
      if (freeEnders >= strandedCount || enders == MOST_ENDERS) {
        return;
      }
      enders++;
      freeEnders++;
    }
    try {
      Thread elsewhere = new Thread(null, ENDS, "resilience-end", 0, false);
      elsewhere.setDaemon(true);
      elsewhere.setContextClassLoader(Thread.currentThread().getContextClassLoader());
      elsewhere.start();
    } catch (Throwable e) {
      // The calling thread has no room either, or the machine has no thread left.
      synchronized (STRANDING) {
        enders--;
        freeEnders--;
      }
    }
  }

  /**
   * Takes one of the stranded calls. A thread that receives none is no longer counted: in the same step, so a call that is stranded
   * at that moment is taken here, or starts a thread. Stress: PolicyFutureStress.StrandedCallEnds.
   *
   * @return the call; null if there is none
   */
  private static @Nullable PolicyFuture<?> takeStranded() {
    synchronized (STRANDING) {
      freeEnders--;
      int count = strandedCount;
      if (count == 0) {
        enders--;
        return null;
      }
      PolicyFuture<?> taken = stranded[count - 1];
      stranded[count - 1] = null;
      strandedCount = count - 1;
      return taken;
    }
  }

  /**
   * Completes this future as the inner future ended. Only the thread that claimed the end calls it.
   *
   * @param value the value; null if the call failed
   * @param failure the failure; null if the call succeeded
   */
  @SuppressWarnings("NullAway") // the value is null only if T admits it
  protected final void endAs(@Nullable T value, @Nullable Throwable failure) {
    if (failure == null) {
      complete(value);
    } else {
      completeExceptionally(failure);
    }
  }

  /**
   * Returns whether the call got past every policy that makes calls wait, and past the queue of its executor.
   *
   * @return false if it waits, here or further inside
   */
  protected boolean hasEntered() {
    CompletableFuture<T> started = inner;
    if (started instanceof PolicyFuture<?> further) {
      return further.hasEntered();
    }
    return !(started instanceof CancellableBody body) || body.hasBegun();
  }

  /**
   * Cancels the inner future.
   *
   * @param cause the reason
   * @param afterwards runs code of the application, which may block, unless the cause has threads for that; null to run it at once
   */
  protected void cancelInner(Throwable cause, @Nullable Executor afterwards) {
    cancellation = cause;
    CompletableFuture<T> running = inner;
    if (running != null) {
      cancel(running, cause, afterwards);
    }
  }

  /**
   * The room is for the policies inside, too.
   *
   * @throws StackOverflowError if there is none
   */
  @Override
  protected final void onEnding() {
    StackRoom.forCall();
  }

  @Override
  protected final void onClaimedOutside(Throwable cause, Executor afterwards) {
    try {
      onEndedOutside(cause);
    } finally {
      cancelInner(cause, afterwards);
    }
  }

  /**
   * Cancels a future. A {@code PolicyFuture} receives the cause, so a breaker inside can
   * distinguish a timeout from a cancellation by the application. No policy waits for code that a future of the application runs at its
   * end.
   *
   * @param future the future
   * @param cause the reason
   * @param afterwards runs code of the application, which may block, unless the cause has threads for that; null to run it at once
   */
  protected static void cancel(
      CompletableFuture<?> future, Throwable cause, @Nullable Executor afterwards) {
    try {
      if (future instanceof PolicyFuture<?> further && !further.isShared) {
        further.endWith(cause, afterwards);
      } else if (cause instanceof InnerCancellation ours) {
        ours.cancel(future);
      } else if (afterwards == null || isQuiet(future)) {
        cancelNow(future, cause);
      } else {
        afterwards.execute(() -> cancelNow(future, cause));
      }
    } catch (Throwable e) {
      notCancelled(e);
    }
  }

  private static void cancelNow(CompletableFuture<?> future, Throwable cause) {
    try {
      if (future instanceof PolicyFuture<?>) {
        future.completeExceptionally(cause);
      } else {
        future.cancel(true);
      }
    } catch (Throwable e) {
      notCancelled(e);
    }
  }

  private static void notCancelled(Throwable e) {
    LOG.log(
        System.Logger.Level.WARNING,
        "a future inside a call could not be cancelled; its work may continue",
        e);
  }

  /** Receives the end of the inner future. */
  private static final class InnerEnd<T extends @Nullable Object>
      implements BiFunction<T, @Nullable Throwable, @Nullable Void> {
    private final PolicyFuture<T> future;

    InnerEnd(PolicyFuture<T> future) {
      this.future = future;
    }

    @Override
    public @Nullable Void apply(T value, @Nullable Throwable failure) {
      try {
        future.innerEnded(value, failure == null ? null : Failures.unwrap(failure));
      } catch (StackOverflowError e) {
        // The application ended its stage deep inside its own calls. An exception thrown into a
        // stage is lost, so the call ends on a thread that has room. There may be no room for any
        // method call here: until the call is among the stranded ones, none is made.
        synchronized (STRANDING) {
          PolicyFuture<?>[] all = stranded;
          int count = strandedCount;
          if (count == all.length) {
            PolicyFuture<?>[] more = new PolicyFuture<?>[count * 2];
            for (int i = 0; i < count; i++) {
              more[i] = all[i];
            }
            all = more;
            stranded = more;
          }
          all[count] = future;
          strandedCount = count + 1;
        }
        endStranded();
      }
      return null;
    }
  }

  /** Ends the stranded calls. */
  private static final class StrandedEnds implements Runnable {
    @Override
    public void run() {
      try {
        for (PolicyFuture<?> call = takeStranded(); call != null; call = takeStranded()) {
          call.followAgain();
          synchronized (STRANDING) {
            freeEnders++;
          }
        }
      } catch (Throwable e) {
        // The heap is full. The next call that is watched starts another thread for the rest.
        synchronized (STRANDING) {
          enders--;
        }
        throw e;
      }
    }
  }
}
