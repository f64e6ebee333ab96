package io.aragora.resilience.reactor;

import io.aragora.resilience.policy.CallContext;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * One subscription, which is one call. The policy asks for an attempt whenever it wants the source to be subscribed to, and its
 * future ends the subscriber.
 */
abstract class ProtectedCall<T> implements Subscription, Scannable {
  final CoreSubscriber<? super T> actual;
  private final Protection<T> protection;

  /** Null until the policy has returned it; the body of the first attempt runs before. */
  private volatile @Nullable CompletableFuture<T> future;

  private volatile boolean cancelled;

  ProtectedCall(CoreSubscriber<? super T> actual, Protection<T> protection) {
    this.actual = actual;
    this.protection = protection;
  }

  /** Subscribes to the source once more, on the calling thread. */
  abstract CompletionStage<T> attempt();

  /** Runs an action on each attempt that may be under way. */
  abstract void onAttempts(Consumer<Attempt<T>> action);

  /** Called once with the end of the call, also if the subscriber has cancelled. */
  abstract void ended(@Nullable T value, @Nullable Throwable failure);

  /** Called when the future of the call is known. */
  void started(CompletableFuture<T> call) {}

  final void start() {
    if (cancelled) {
      return;
    }
    CompletableFuture<T> call;
    try {
      CallContext around = actual.currentContext().getOrDefault(CallContext.class, null);
      call = around == null
          ? protection.start().start(this::attempt)
          : around.<CompletableFuture<T>, RuntimeException>call(
              () -> protection.start().start(this::attempt));
    } catch (Throwable e) {
      // A policy of the application may throw.
      Exceptions.throwIfFatal(e);
      call = CompletableFuture.failedFuture(e);
    }
    follow(call);
  }

  @SuppressWarnings({"FutureReturnValueIgnored", "NullAway"
  }) // the callback ends the subscriber; a failed call has no value
  private void follow(CompletableFuture<T> call) {
    future = call;
    // Volatile read after the write; the thread that cancels writes the flag, then reads the
    // future.
    if (cancelled) {
      cancel(call);
    }
    started(call);
    call.handle((value, failure) -> {
      try {
        if (failure != null || !protection.sharesValues()) {
          // A policy does not know an attempt that is still subscribing, so it cannot cancel it.
          onAttempts(Attempt::cancelSource);
        }
        ended(value, failure == null ? null : unwrap(failure));
      } catch (Throwable e) {
        // Thrown by the subscriber. An exception that is thrown into a future is lost.
        Operators.onErrorDropped(e, actual.currentContext());
      }
      return null;
    });
  }

  private static Throwable unwrap(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /** Returns the future of the call; null while the policy has not returned it. */
  final @Nullable CompletableFuture<T> future() {
    return future;
  }

  final boolean isCancelled() {
    return cancelled;
  }

  final Protection<T> protection() {
    return protection;
  }

  /** Returns the context of the subscriber, with that of the attempt which begins on the calling thread. */
  final Context contextOfAttempt() {
    Context context = actual.currentContext();
    CallContext call = CallContext.current();
    return call.attempt() > 0 || call.remaining().isPresent()
        ? context.put(CallContext.class, call)
        : context;
  }

  /** Called with a failure that comes after the end of the subscriber. */
  final void drop(Throwable failure) {
    boolean isOurs = cancelled && failure instanceof CancellationException;
    if (!isOurs) {
      Operators.onErrorDropped(failure, actual.currentContext());
    }
  }

  /*
   * The policy learns of an attempt when its body returns. A source that emits while it is subscribed to, without an end perhaps,
   * keeps the body from returning, so its subscription is cancelled here. Its stage stays open: the future of the call is cancelled
   * when the policy has returned it, and so each policy counts a cancellation.
   */
  @Override
  public void cancel() {
    cancelled = true;
    CompletableFuture<T> running = future;
    if (running != null) {
      cancel(running);
    } else {
      onAttempts(Attempt::cancelSource);
    }
  }

  private void cancel(CompletableFuture<T> running) {
    running.cancel(true);
    // One that the policy does not know yet, or does not cancel.
    onAttempts(attempt -> attempt.cancel(true));
  }

  @Override
  @SuppressWarnings("rawtypes") // so is the method of Scannable
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.ACTUAL) {
      return actual;
    }
    if (key == Attr.CANCELLED) {
      return cancelled;
    }
    if (key == Attr.TERMINATED) {
      CompletableFuture<T> call = future;
      return !cancelled && call != null && call.isDone();
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
  }
}
