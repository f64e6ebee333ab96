package io.aragora.resilience.reactor;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * One subscription to the source, and the stage that the policy sees of it. If the policy completes the stage, the source is
 * cancelled.
 */
abstract class Attempt<T> extends CompletableFuture<T> implements CoreSubscriber<T> {
  @SuppressWarnings("rawtypes") // a class literal has no type argument
  private static final AtomicReferenceFieldUpdater<Attempt, @Nullable Subscription> UPSTREAM =
      AtomicReferenceFieldUpdater.newUpdater(Attempt.class, Subscription.class, "upstream");

  /** That of {@link Operators#cancelledSubscription} once the source has ended or was cancelled. */
  @SuppressWarnings("unused") // the updater reads it
  private volatile @Nullable Subscription upstream;

  private final ProtectedCall<T> call;
  private final Context context;

  Attempt(ProtectedCall<T> call, Context context) {
    this.call = call;
    this.context = context;
  }

  /** Subscribes to the source unless the subscriber has cancelled, and returns the stage. */
  final CompletionStage<T> to(Publisher<? extends T> source) {
    // Volatile read after the call knows this attempt; the thread that cancels writes the flag,
    // then looks for attempts.
    if (call.isCancelled()) {
      return this;
    }
    try {
      source.subscribe(this);
    } catch (Throwable e) {
      // A source must not throw; the policy fails the call.
      Exceptions.throwIfFatal(e);
      cancelSource();
      super.completeExceptionally(e);
    }
    // A policy needs no future of its own around a completed one of the JDK.
    return isDone() && !isCompletedExceptionally()
        ? CompletableFuture.completedFuture(join())
        : this;
  }

  /** Called with the subscription of the source. */
  abstract void subscribed(Subscription subscription);

  @Override
  public final void onSubscribe(Subscription subscription) {
    if (Operators.setOnce(UPSTREAM, this, subscription)) {
      subscribed(subscription);
    }
  }

  @Override
  public void onError(Throwable failure) {
    if (call.isCancelled()) {
      // Not counted, and not delivered: the call ends as cancelled.
      Operators.onErrorDropped(failure, context);
      return;
    }
    sourceEnded();
    if (!super.completeExceptionally(failure)) {
      Operators.onErrorDropped(failure, context);
    }
  }

  @Override
  @SuppressWarnings("NullAway") // an empty source has no value
  public void onComplete() {
    if (!call.isCancelled()) {
      sourceEnded();
      super.complete(null);
    }
  }

  /** After this the source is not cancelled any more. */
  final void sourceEnded() {
    UPSTREAM.set(this, Operators.cancelledSubscription());
  }

  final boolean endWith(T value) {
    return super.complete(value);
  }

  final boolean endWithFailure(Throwable failure) {
    return super.completeExceptionally(failure);
  }

  /** Cancels the source, which may be emitting on another thread or further down the stack. The stage goes on. */
  final void cancelSource() {
    Operators.terminate(UPSTREAM, this);
  }

  @Override
  public final Context currentContext() {
    return context;
  }

  @Override
  public boolean complete(T value) {
    boolean isFirst = super.complete(value);
    if (isFirst) {
      cancelSource();
    }
    return isFirst;
  }

  @Override
  public boolean completeExceptionally(Throwable failure) {
    boolean isFirst = super.completeExceptionally(failure);
    if (isFirst) {
      cancelSource();
    }
    return isFirst;
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    boolean isFirst = super.cancel(mayInterruptIfRunning);
    if (isFirst) {
      cancelSource();
    }
    return isFirst;
  }
}
