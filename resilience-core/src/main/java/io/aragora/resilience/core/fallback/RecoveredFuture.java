package io.aragora.resilience.core.fallback;

import io.aragora.resilience.core.call.CallEnd;
import io.aragora.resilience.core.call.Failures;
import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.core.dispatch.AcceptedTask;
import io.aragora.resilience.core.dispatch.ContextCarrier;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.fallback.FallbackEvent;
import io.aragora.resilience.internal.RejectedByExecutor;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.ResilienceClosedException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call with a fallback. If the rule for its failure is asynchronous, this future
 * follows the call first and the stage of the rule then.
 *
 * @param <T> the type of the value
 */
final class RecoveredFuture<T extends @Nullable Object> extends PolicyFuture<T> {
  private final FallbackPipeline<T> pipeline;
  private final Dispatcher dispatcher;
  private final @Nullable Executor executor;
  private final CallContext context;
  private final ContextCarrier.@Nullable Carried carried;

  /** Set once, before the executor receives the fallback. */
  private @Nullable Recovery<T> recovery;

  /** Volatile: the thread that ends the call from outside must see what to cancel. */
  private volatile @Nullable AcceptedTask acceptedTask;

  RecoveredFuture(
      FallbackPipeline<T> pipeline,
      Dispatcher dispatcher,
      @Nullable Executor executor,
      CallContext context,
      ContextCarrier.@Nullable Carried carried) {
    this.pipeline = pipeline;
    this.dispatcher = dispatcher;
    this.executor = executor;
    this.context = context;
    this.carried = carried;
  }

  void start(CompletableFuture<T> inner) {
    follow(inner);
  }

  @Override
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    if (hasEnded()) {
      return;
    }
    Recovery<T> recovering = recovery;
    if (recovering != null) {
      recovering.end(value, failure);
      return;
    }
    Function<Throwable, ? extends CompletionStage<? extends T>> rule =
        failure == null ? null : pipeline.asyncRule(failure);
    if (failure != null && rule != null) {
      Recovery<T> started = new Recovery<>(this, failure, rule);
      recovery = started;
      handOver(started);
      return;
    }
    if (!claimEnd()) {
      return;
    }
    try {
      complete(
          carried == null
              ? result(value, failure)
              : carried.<T, Throwable>call(() -> result(value, failure)));
    } catch (Throwable e) {
      completeExceptionally(e);
    }
  }

  @SuppressWarnings("NullAway") // the value is null only if T admits it
  private T result(@Nullable T value, @Nullable Throwable failure) throws Throwable {
    return failure == null
        ? pipeline.judged(value)
        : pipeline.<Throwable>recover(failure, CallEnd.ofFuture(failure), failure);
  }

  private void handOver(Recovery<T> started) {
    try {
      AcceptedTask accepted = dispatcher.attempt(executor, started, started::endClosed);
      acceptedTask = accepted;
      // Volatile read after the write; the thread that ends the call from outside writes the end,
      // then reads acceptedTask. Stress: RecoveredFutureStress.NoFallbackOutlivesTheCall.
      if (hasEnded()) {
        accepted.cancel();
      }
    } catch (Throwable e) {
      // Usually a rejection, but an executor of the application may throw anything.
      started.end(null, new RejectedByExecutor(e));
    }
  }

  @Override
  protected void onEndedOutside(Throwable cause) {
    AcceptedTask accepted = acceptedTask;
    if (accepted != null) {
      accepted.cancel();
    }
  }

  /** The asynchronous fallback of one call. */
  private static final class Recovery<T extends @Nullable Object> implements Runnable {
    private final RecoveredFuture<T> future;
    private final Throwable failure;
    private final Function<Throwable, ? extends CompletionStage<? extends T>> rule;

    Recovery(
        RecoveredFuture<T> future,
        Throwable failure,
        Function<Throwable, ? extends CompletionStage<? extends T>> rule) {
      this.future = future;
      this.failure = failure;
      this.rule = rule;
    }

    /** Starts the fallback in the context of the caller. */
    @Override
    public void run() {
      if (future.hasEnded()) {
        return;
      }
      CompletableFuture<T> started;
      try {
        ContextCarrier.Carried carried = future.carried;
        started = carried == null
            ? future.context.<CompletableFuture<T>, Throwable>call(this::begin)
            : carried.<CompletableFuture<T>, Throwable>call(
                () -> future.context.<CompletableFuture<T>, Throwable>call(this::begin));
      } catch (Throwable e) {
        end(null, e);
        return;
      }
      future.follow(shared(started));
    }

    @SuppressWarnings("unchecked") // only read
    private CompletableFuture<T> begin() {
      CompletionStage<? extends T> stage = rule.apply(failure);
      if (stage == null) {
        throw new NullPointerException("the asynchronous fallback returned null, not a stage");
      }
      return (CompletableFuture<T>) stage.toCompletableFuture();
    }

    void endClosed() {
      end(null, new ResilienceClosedException(future.dispatcher.runtime()));
    }

    void end(@Nullable T value, @Nullable Throwable thrown) {
      if (!future.claimEnd()) {
        return;
      }
      try {
        if (thrown != null) {
          Failures.suppress(thrown, failure);
        }
        future.pipeline.count(
            thrown == null ? FallbackEvent.Kind.USED : FallbackEvent.Kind.FAILED, failure);
      } finally {
        future.endAs(value, thrown);
      }
    }
  }
}
