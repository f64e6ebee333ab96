package io.aragora.resilience.reactor;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** A call whose source is a Mono. */
final class MonoCall<T> extends ProtectedCall<T> {
  /*
   * Values: what a source emits may be a resource, so it is delivered or discarded, once. The values of all attempts form a stack.
   * The end of the call takes the stack, discards every value but the one that it delivers, and closes the stack. An attempt that
   * emits later discards its value itself.
   *
   * Demand: the state is a small automaton. The value is delivered by the thread that moves it to ENDED from REQUESTED or
   * HAS_VALUE, and by no other.
   */
  private static final int EMPTY = 0;
  private static final int REQUESTED = 1;
  private static final int HAS_VALUE = 2;
  private static final int ENDED = 3;

  private static final Emitted CLOSED = new Emitted(new Object(), null);

  private final Publisher<? extends T> source;
  private final AtomicInteger state = new AtomicInteger(EMPTY);
  private final AtomicReference<@Nullable Emitted> emitted = new AtomicReference<>();

  /** The value to deliver. Written before the state says that there is one. */
  private @Nullable T pending;

  MonoCall(
      Publisher<? extends T> source, CoreSubscriber<? super T> actual, Protection<T> protection) {
    super(actual, protection);
    this.source = source;
  }

  /** A value of an attempt, and those of earlier ones. */
  private static final class Emitted {
    private final Object value;
    private final @Nullable Emitted below;

    Emitted(Object value, @Nullable Emitted below) {
      this.value = value;
      this.below = below;
    }
  }

  @Override
  CompletionStage<T> attempt() {
    return begin(new MonoAttempt<>(this, contextOfAttempt()), source);
  }

  @Override
  void ended(@Nullable T result, @Nullable Throwable failure) {
    discardAllBut(result);
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

  private void add(T result) {
    Emitted below;
    do {
      below = emitted.get();
      if (below == CLOSED) {
        discard(result);
        return;
      }
    } while (!emitted.compareAndSet(below, new Emitted(result, below)));
  }

  private void discardAllBut(@Nullable T delivered) {
    Emitted each = emitted.getAndSet(CLOSED);
    while (each != null && each != CLOSED) {
      if (each.value != delivered) {
        discard(each.value);
      }
      each = each.below;
    }
  }

  /** One subscription to the source. */
  private static final class MonoAttempt<T> extends Attempt<T> {
    private final MonoCall<T> call;
    private boolean hasEmitted;

    MonoAttempt(MonoCall<T> call, Context context) {
      super(context);
      this.call = call;
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
      if (isDone()) {
        call.discard(result);
        return;
      }
      sourceEnded();
      call.add(result);
      endWith(result);
    }
  }
}
