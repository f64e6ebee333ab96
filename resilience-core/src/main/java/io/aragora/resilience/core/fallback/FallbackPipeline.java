package io.aragora.resilience.core.fallback;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.core.call.CallEnd;
import io.aragora.resilience.core.call.Failures;
import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.fallback.FallbackEvent;
import io.aragora.resilience.fallback.FallbackTotals;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.InterruptibleSupplier;
import io.aragora.resilience.policy.Subscription;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline with a fallback around it.
 *
 * @param <T> the type of the value
 */
public final class FallbackPipeline<T extends @Nullable Object> implements ResultPipeline<T> {
  private final Pipeline pipeline;
  private final Fallback<T> fallback;
  private final FallbackCounter counter;
  private final Dispatcher dispatcher;
  private final @Nullable Executor executor;

  /**
   * Creates a pipeline with a fallback.
   *
   * @param pipeline the inner pipeline
   * @param fallback the fallback
   * @param counter counts the fallbacks
   * @param dispatcher runs asynchronous fallbacks, and carries the caller's context to the thread
   *     that runs the fallback of an asynchronous call
   * @param executor runs asynchronous fallbacks; null for the executor for attempts
   */
  public FallbackPipeline(
      Pipeline pipeline,
      Fallback<T> fallback,
      FallbackCounter counter,
      Dispatcher dispatcher,
      @Nullable Executor executor) {
    this.pipeline = pipeline;
    this.fallback = fallback;
    this.counter = counter;
    this.dispatcher = dispatcher;
    this.executor = executor;
  }

  @Override
  public Pipeline pipeline() {
    return pipeline;
  }

  @Override
  public <X extends Throwable> T call(CheckedSupplier<? extends T, X> body) throws X {
    T result;
    try {
      result = pipeline.<T, X>call(body);
    } catch (Throwable e) {
      return this.<X>recoverOnThread(e);
    }
    return judged(result);
  }

  @Override
  public <X extends Throwable> T callInterruptibly(InterruptibleSupplier<? extends T, X> body)
      throws X, InterruptedException {
    T result;
    try {
      result = pipeline.<T, X>callInterruptibly(body);
    } catch (Throwable e) {
      return this.<X>recoverOnThread(e);
    }
    return judged(result);
  }

  @Override
  public CompletableFuture<T> callAsync(Supplier<? extends CompletionStage<T>> body) {
    return recovered(pipeline.callAsync(body));
  }

  @Override
  public CompletableFuture<T> submit(CheckedSupplier<? extends T, ?> body, Executor executor) {
    return recovered(pipeline.<T>submit(body, executor));
  }

  private CompletableFuture<T> recovered(CompletableFuture<T> call) {
    if (!fallback.judgesResults() && PolicyFuture.hasSucceeded(call)) {
      return call;
    }
    RecoveredFuture<T> future = new RecoveredFuture<>(
        this, dispatcher, executor, CallContext.current(), dispatcher.carrier().capture());
    future.start(call);
    return future;
  }

  /**
   * Returns the fallback value of a call that other code made.
   *
   * @param failure how the call ended
   * @return the value
   * @throws Throwable the failure if no rule matches it or the call was cancelled, or what the rule throws
   */
  public T after(Throwable failure) throws Throwable {
    Throwable own = Failures.unwrap(failure);
    // The code that made the call knows who cancelled it.
    return this.<Throwable>recover(
        failure, own, CallEnd.ofFuture(own).isUnstopped() ? fallback.ruleFor(own) : null);
  }

  /** Returns the asynchronous rule for a failure of an asynchronous call; null if there is none. */
  @Nullable
  Function<Throwable, ? extends CompletionStage<? extends T>> asyncRule(Throwable failure) {
    CallEnd end = CallEnd.ofFuture(failure);
    if (end.isUnstopped()) {
      return fallback.asyncRuleFor(failure);
    }
    return end.isCancelledByBody(failure) ? fallback.asyncRuleForCancellation(failure) : null;
  }

  void count(FallbackEvent.Kind kind, Throwable failure) {
    counter.count(kind, failure);
  }

  /** Returns a result, or the fallback value of one that a rule matches. */
  T judged(T result) {
    if (!fallback.judgesResults()) {
      return result;
    }
    Function<? super T, ? extends T> rule;
    try {
      rule = fallback.ruleForResult(result);
    } catch (Throwable e) {
      counter.warn("the predicate of a rule for results failed; the result is returned", e);
      return result;
    }
    if (rule == null) {
      return result;
    }
    T value;
    try {
      value = rule.apply(result);
    } catch (Throwable e) {
      counter.countResult(FallbackEvent.Kind.FAILED, result);
      throw e;
    }
    counter.countResult(FallbackEvent.Kind.USED, result);
    return value;
  }

  private <X extends Throwable> T recoverOnThread(Throwable failure) throws X {
    Throwable own = Failures.unwrap(failure);
    return this.<X>recover(failure, CallEnd.ofThread(own), own);
  }

  /**
   * Returns the fallback value of a failure. Throws the failure if no rule matches it, or what the
   * rule throws.
   */
  <X extends Throwable> T recover(Throwable failure, CallEnd end, Throwable own) throws X {
    Function<Throwable, ? extends T> rule = null;
    if (end.isUnstopped()) {
      rule = fallback.ruleFor(own);
    } else if (end.isCancelledByBody(own)) {
      rule = fallback.ruleForCancellation(own);
    }
    return this.<X>recover(failure, own, rule);
  }

  @SuppressWarnings("unchecked") // a call fails with X or an unchecked exception
  private <X extends Throwable> T recover(
      Throwable failure, Throwable own, @Nullable Function<Throwable, ? extends T> rule) throws X {
    if (rule == null) {
      throw (X) failure;
    }
    T value;
    try {
      value = rule.apply(own);
    } catch (Throwable e) {
      Failures.suppress(e, failure);
      counter.count(FallbackEvent.Kind.FAILED, failure);
      throw e;
    }
    counter.count(FallbackEvent.Kind.USED, failure);
    return value;
  }

  @Override
  public FallbackTotals totals() {
    return counter.totals();
  }

  @Override
  public Subscription subscribe(Consumer<? super FallbackEvent> listener) {
    return counter.subscribe(listener);
  }

  @Override
  public String toString() {
    return pipeline + ", with a fallback";
  }
}
