package io.aragora.resilience.reactor;

import io.aragora.resilience.policy.CallContext;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** A call whose source is a Mono. */
final class MonoCall<T> extends ProtectedCall<T> {
  /*
   * Values: what a source emits may be a resource, so it is delivered or discarded, once. The attempts form a stack, and each keeps
   * its value. The end of the call takes the stack, discards every value but the one that it delivers, and closes the stack. An
   * attempt of a retry first empties the stack: the retry has rejected what the attempts before have emitted, and asks for none of
   * it. An attempt that is not on the stack when it emits discards its value itself.
   *
   * Demand: the state is a small automaton. The value is delivered by the thread that moves it to ENDED from REQUESTED or
   * HAS_VALUE, and by no other.
   */
  private static final int EMPTY = 0;
  private static final int REQUESTED = 1;
  private static final int HAS_VALUE = 2;
  private static final int ENDED = 3;

  private final Publisher<? extends T> source;
  private final AtomicInteger state = new AtomicInteger(EMPTY);
  private final Object lock = new Object();

  /** The newest attempt; those before it follow. Guarded by the lock. */
  private @Nullable MonoAttempt<T> newest;

  /** Guarded by the lock. */
  private boolean hasEnded;

  /** The value to deliver. Written before the state says that there is one. */
  private @Nullable T pending;

  MonoCall(
      Publisher<? extends T> source, CoreSubscriber<? super T> actual, Protection<T> protection) {
    super(actual, protection);
    this.source = source;
  }

  @Override
  CompletionStage<T> attempt() {
    MonoAttempt<T> attempt =
        new MonoAttempt<>(this, CallContext.current().attempt(), contextOfAttempt());
    begin(attempt);
    return attempt.to(source);
  }

  private void begin(MonoAttempt<T> attempt) {
    MonoAttempt<T> replaced = null;
    synchronized (lock) {
      if (!hasEnded && newest != null && newest.number < attempt.number) {
        replaced = newest;
        newest = null;
      }
      MonoAttempt<T> before = newest;
      while (before != null && before.isDone() && before.value == null) {
        before = before.before;
      }
      attempt.before = before;
      newest = attempt;
    }
    discardAllBut(null, replaced);
  }

  @Override
  void onAttempts(Consumer<Attempt<T>> action) {
    MonoAttempt<T> first;
    synchronized (lock) {
      first = newest;
    }
    for (MonoAttempt<T> each = first; each != null; each = each.before) {
      action.accept(each);
    }
  }

  @Override
  void ended(@Nullable T result, @Nullable Throwable failure) {
    MonoAttempt<T> all;
    synchronized (lock) {
      hasEnded = true;
      all = newest;
    }
    discardAllBut(result, all);
    if (failure == null && result != null) {
      emit(result);
    } else if (state.getAndSet(ENDED) == ENDED) {
      if (failure != null) {
        drop(failure);
      }
    } else if (failure != null) {
      actual.onError(failure);
    } else {
      actual.onComplete();
    }
  }

  private void emit(T result) {
    pending = result;
    while (!state.compareAndSet(EMPTY, HAS_VALUE)) {
      if (state.compareAndSet(REQUESTED, ENDED)) {
        deliver(result);
        return;
      }
      if (state.get() == ENDED) {
        discard(result);
        return;
      }
    }
  }

  private void deliver(T result) {
    pending = null;
    actual.onNext(result);
    actual.onComplete();
  }

  @Override
  public void request(long n) {
    if (!Operators.validate(n) || state.compareAndSet(EMPTY, REQUESTED)) {
      return;
    }
    T result = pending;
    if (result != null && state.compareAndSet(HAS_VALUE, ENDED)) {
      deliver(result);
    }
  }

  @Override
  public void cancel() {
    T result = state.getAndSet(ENDED) == HAS_VALUE ? pending : null;
    super.cancel();
    if (result != null) {
      discard(result);
    }
  }

  private void discard(Object result) {
    if (!protection().sharesValues()) {
      Operators.onDiscard(result, actual.currentContext());
    }
  }

  /** Keeps the value of an attempt until it is delivered or discarded. */
  private void keep(MonoAttempt<T> attempt, T value) {
    synchronized (lock) {
      if (!hasEnded && newest != null && newest.number <= attempt.number) {
        attempt.value = value;
        return;
      }
    }
    discard(value);
  }

  /** Discards the values of attempts that keep none any more: the call has ended, or they were replaced. */
  private void discardAllBut(@Nullable T delivered, @Nullable MonoAttempt<T> attempts) {
    for (MonoAttempt<T> each = attempts; each != null; each = each.before) {
      T value = each.value;
      each.value = null;
      if (value != null && value != delivered) {
        discard(value);
      }
    }
  }

  /** One subscription to the source. */
  private static final class MonoAttempt<T> extends Attempt<T> {
    private final MonoCall<T> call;

    /** That of the retry; 0 if there is none. */
    private final int number;

    private boolean hasEmitted;

    /** Written before the call knows this attempt. */
    private @Nullable MonoAttempt<T> before;

    /** Guarded by the lock of the call until the call gives this attempt up. */
    private @Nullable T value;

    MonoAttempt(MonoCall<T> call, int number, Context context) {
      super(call, context);
      this.call = call;
      this.number = number;
    }

    @Override
    void subscribed(Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(T result) {
      if (hasEmitted) {
        Operators.onNextDropped(result, currentContext());
        return;
      }
      hasEmitted = true;
      if (isDone() || call.isCancelled()) {
        call.discard(result);
        return;
      }
      sourceEnded();
      call.keep(this, result);
      endWith(result);
    }
  }
}
