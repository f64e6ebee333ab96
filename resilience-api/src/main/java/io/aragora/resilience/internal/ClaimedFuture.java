package io.aragora.resilience.internal;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A future that a call returns to the application. Its end is claimed before it is completed: by the call, or by code that completes or
 * cancels it from outside. So the call can be ended before the continuations of the application run, which may block.
 *
 * @param <T> the type of the value
 */
public abstract class ClaimedFuture<T extends @Nullable Object> extends CompletableFuture<T> {
  /**
   * Volatile CAS: exactly one of the call, a deadline and a completion from outside wins. Stress:
   * PolicyFutureStress.EndsOnce.
   */
  private static final VarHandle CLAIM = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "claim", VarHandle.class, ClaimedFuture.class, byte.class);

  private static final byte OPEN = 0;
  private static final byte INSIDE = 1;
  private static final byte OUTSIDE = 2;

  /** A byte, so that it shares a word with the flags of subclasses. */
  private volatile byte claim;

  /** Creates a future that is not completed. */
  protected ClaimedFuture() {}

  /**
   * Called once, if the end was claimed from outside. The future is completed afterwards, also if this method throws.
   *
   * @param cause the failure that the future is completed with; a {@link CancellationException} if there is none
   * @param afterwards runs code of the application, which may block, once the future is complete
   */
  protected abstract void onClaimedOutside(Throwable cause, Executor afterwards);

  /**
   * Claims the end for the call.
   *
   * @return whether the caller has to complete this future; false if its end was claimed before
   */
  protected final boolean claimEnd() {
    return CLAIM.compareAndSet(this, OPEN, INSIDE);
  }

  /** Called before an end from outside is claimed. If it throws, nothing has happened. */
  protected void onEnding() {}

  /** {@return whether the end was claimed} */
  protected final boolean hasEnded() {
    return claim != OPEN;
  }

  /** {@return whether the end was claimed from outside; the future may not be complete yet} */
  protected final boolean hasEndedOutside() {
    return claim == OUTSIDE;
  }

  /**
   * Ends this future from outside, with the failure that ended a future around it.
   *
   * @param failure the failure
   * @param afterwards runs code of the application once the future around is complete; null to run it at once
   */
  protected final void endWith(Throwable failure, @Nullable Executor afterwards) {
    if (afterwards == null) {
      completeExceptionally(failure);
      return;
    }
    Throwable thrown = endCall(failure, afterwards);
    super.completeExceptionally(failure);
    if (thrown != null) {
      throw AfterEnd.<Error>as(thrown);
    }
  }

  /**
   * Returns whether the cancellation of a future runs no code of the application, as far as this can be seen from outside: then it
   * may come before the completion of the future around.
   *
   * @param future the future, which has a continuation of the caller
   * @return whether it runs none
   */
  protected static boolean isQuiet(CompletableFuture<?> future) {
    if (future instanceof CancellableBody body) {
      return !body.hasHandlers();
    }
    // A class of the application may override each method.
    boolean isKnown = future instanceof ClaimedFuture || future.getClass().getClassLoader() == null;
    return isKnown && future.getNumberOfDependents() <= 1;
  }

  private @Nullable AfterEnd begin(@Nullable Throwable failure) {
    if (hasEnded()) {
      return null;
    }
    onEnding();
    Throwable cause = failure != null
        ? failure
        : new CancellationException("the future was completed by its caller");
    AfterEnd after = new AfterEnd();
    after.thrown = endCall(cause, after);
    return after;
  }

  /** Returns what was thrown; the future has to be completed all the same. */
  private @Nullable Throwable endCall(Throwable cause, Executor afterwards) {
    if (CLAIM.compareAndSet(this, OPEN, OUTSIDE)) {
      try {
        onClaimedOutside(cause, afterwards);
      } catch (Throwable e) {
        return e;
      }
    }
    return null;
  }

  private static void finish(@Nullable AfterEnd after) {
    if (after != null) {
      after.run();
    }
  }

  /** What remains to be done once an end from outside is complete. */
  private static final class AfterEnd implements Executor {
    private final List<Runnable> foreign = new ArrayList<>();
    private @Nullable Throwable thrown;

    @Override
    public void execute(Runnable code) {
      foreign.add(code);
    }

    void run() {
      foreign.forEach(Runnable::run);
      if (thrown != null) {
        throw AfterEnd.<Error>as(thrown);
      }
    }

    /** Returns an unchecked exception; each is one here. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    static <X extends Throwable> X as(Throwable thrown) {
      return (X) thrown;
    }
  }

  // Each completion from outside goes through one of these methods. A stage that watches for it
  // would run after the continuations of the application, and allocate three more objects per call.

  @Override
  public boolean complete(T value) {
    AfterEnd after = begin(null);
    try {
      return super.complete(value);
    } finally {
      finish(after);
    }
  }

  @Override
  public boolean completeExceptionally(Throwable failure) {
    AfterEnd after = begin(Objects.requireNonNull(failure, "failure"));
    try {
      return super.completeExceptionally(failure);
    } finally {
      finish(after);
    }
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    AfterEnd after = begin(null);
    try {
      return super.cancel(mayInterruptIfRunning);
    } finally {
      finish(after);
    }
  }

  @Override
  public CompletableFuture<T> completeAsync(Supplier<? extends T> supplier, Executor executor) {
    executor.execute(() -> {
      if (isDone()) {
        return;
      }
      try {
        complete(supplier.get());
      } catch (Throwable e) {
        completeExceptionally(e);
      }
    });
    return this;
  }

  @Override
  public void obtrudeValue(T value) {
    AfterEnd after = begin(null);
    try {
      super.obtrudeValue(value);
    } finally {
      finish(after);
    }
  }

  @Override
  public void obtrudeException(Throwable failure) {
    AfterEnd after = begin(Objects.requireNonNull(failure, "failure"));
    try {
      super.obtrudeException(failure);
    } finally {
      finish(after);
    }
  }
}
