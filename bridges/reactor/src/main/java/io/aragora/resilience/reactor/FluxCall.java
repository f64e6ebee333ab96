package io.aragora.resilience.reactor;

import io.aragora.resilience.policy.CallContext;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** A call whose source is a Flux. Its elements pass the policy by; the stage of an attempt ends with the source. */
final class FluxCall<T> extends ProtectedCall<T> {
  /*
   * Elements of one attempt only: the first element of an attempt moves it from SILENT to EMITTED, and a further attempt begins
   * only if it moves the one before from SILENT to REPLACED. So elements of two attempts never mix, whatever the policies do.
   *
   * A failure after the first element must end the call although a retry would repeat it. So it completes the future of the
   * call from outside: each policy, from the outermost to the innermost, ends and counts that failure, and none repeats the call.
   *
   * Demand: a further attempt requests all that was requested so far, because the ones before have emitted nothing. The lock orders
   * the demand of the subscriber and the change of the attempt; no foreign code runs under it.
   */
  private final Publisher<? extends T> source;
  private final Object lock = new Object();

  /** The newest attempt. Guarded by the lock. */
  private @Nullable FluxAttempt<T> newest;

  /** The subscription of the newest attempt. Guarded by the lock. */
  private @Nullable Subscription upstream;

  /** Guarded by the lock. */
  private long requested;

  /** The end of the call, if its policies do not decide it. */
  private volatile @Nullable End<T> end;

  FluxCall(
      Publisher<? extends T> source, CoreSubscriber<? super T> actual, Protection<T> protection) {
    super(actual, protection);
    this.source = source;
  }

  /**
   * An end that the policies do not decide.
   *
   * @param attempt the attempt that has emitted
   * @param failure null if the call ends well
   */
  private record End<T>(FluxAttempt<T> attempt, @Nullable Throwable failure) {
    @SuppressWarnings("NullAway") // a Flux has no value for the policies
    void of(CompletableFuture<T> call) {
      if (failure == null) {
        call.complete(null);
      } else {
        call.completeExceptionally(failure);
        // A policy of the application may wait for the stage.
        attempt.endWithFailure(failure);
      }
    }
  }

  /** Stands for an attempt that must not begin, because the subscriber has received elements. No retry repeats it, and no breaker counts it. */
  private static final class NotRepeated extends CancellationException {
    private static final long serialVersionUID = 1L;

    NotRepeated() {
      super("a Flux that has emitted an element is not repeated");
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
      return this;
    }
  }

  @Override
  CompletionStage<T> attempt() {
    FluxAttempt<T> attempt =
        new FluxAttempt<>(this, CallContext.current().attempt(), contextOfAttempt());
    FluxAttempt<T> before;
    boolean isRepeated;
    synchronized (lock) {
      before = newest;
      isRepeated = before == null || before.replace();
      if (isRepeated) {
        newest = attempt;
        upstream = null;
      }
    }
    if (before != null && !isRepeated) {
      return insteadOfRepeating(before, attempt.number);
    }
    if (before != null) {
      // A timeout that ended it may cancel it later.
      before.cancel(true);
    }
    return attempt.to(source);
  }

  /**
   * Ends the call if a retry wants to repeat an attempt that has emitted, and that a policy inside the retry ended. If the attempt is
   * under way, a policy of the application started this one beside it: then that one goes on.
   */
  private CompletionStage<T> insteadOfRepeating(FluxAttempt<T> emitting, int number) {
    NotRepeated notRepeated = new NotRepeated();
    if (emitting.isDone() && !emitting.isCompletedExceptionally()) {
      end(new End<>(emitting, null));
    } else if (emitting.isDone() || number > emitting.number) {
      end(new End<>(emitting, CallContext.current().lastFailure().orElse(notRepeated)));
    }
    return CompletableFuture.failedFuture(notRepeated);
  }

  private void end(End<T> decided) {
    end = decided;
    // Volatile read after the write; the thread that starts the call writes the future, then reads
    // the end.
    CompletableFuture<T> call = future();
    if (call != null) {
      decided.of(call);
    }
  }

  @Override
  void started(CompletableFuture<T> call) {
    End<T> decided = end;
    if (decided != null) {
      decided.of(call);
    }
  }

  @Override
  void onAttempts(Consumer<Attempt<T>> action) {
    FluxAttempt<T> present;
    synchronized (lock) {
      present = newest;
    }
    if (present != null) {
      action.accept(present);
    }
  }

  @Override
  void ended(@Nullable T none, @Nullable Throwable failure) {
    End<T> decided = end;
    Throwable shown =
        decided != null && failure instanceof NotRepeated ? decided.failure() : failure;
    if (isCancelled()) {
      if (shown != null) {
        drop(shown);
      }
    } else if (shown == null) {
      actual.onComplete();
    } else {
      actual.onError(shown);
    }
  }

  @Override
  public void request(long n) {
    if (!Operators.validate(n)) {
      return;
    }
    Subscription present;
    synchronized (lock) {
      requested = Operators.addCap(requested, n);
      present = upstream;
    }
    if (present != null) {
      present.request(n);
    }
  }

  private void subscribed(FluxAttempt<T> attempt, Subscription subscription) {
    long all;
    synchronized (lock) {
      if (newest != attempt) {
        return;
      }
      upstream = subscription;
      all = requested;
    }
    if (all > 0) {
      subscription.request(all);
    }
  }

  /** One subscription to the source. */
  private static final class FluxAttempt<T> extends Attempt<T> {
    @SuppressWarnings("rawtypes") // a class literal has no type argument
    private static final AtomicIntegerFieldUpdater<FluxAttempt> STATE =
        AtomicIntegerFieldUpdater.newUpdater(FluxAttempt.class, "state");

    private static final int SILENT = 0;
    private static final int EMITTED = 1;
    private static final int REPLACED = 2;

    private final FluxCall<T> call;

    /** That of the retry; 0 if there is none. */
    private final int number;

    private volatile int state;

    FluxAttempt(FluxCall<T> call, int number, Context context) {
      super(call, context);
      this.call = call;
      this.number = number;
    }

    /** Returns whether another attempt may begin; after that this one emits nothing. */
    boolean replace() {
      return STATE.compareAndSet(this, SILENT, REPLACED);
    }

    @Override
    void subscribed(Subscription subscription) {
      call.subscribed(this, subscription);
    }

    @Override
    public void onNext(T element) {
      if (!isDone()
          && !call.isCancelled()
          && (state == EMITTED || STATE.compareAndSet(this, SILENT, EMITTED))) {
        call.actual.onNext(element);
      } else {
        Operators.onDiscard(element, currentContext());
      }
    }

    @Override
    public void onError(Throwable failure) {
      if (isDone()
          || call.isCancelled()
          || state != EMITTED
          || !call.protection().mayRepeat()) {
        super.onError(failure);
      } else {
        sourceEnded();
        call.end(new End<>(this, failure));
      }
    }
  }
}
