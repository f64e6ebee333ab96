package io.aragora.resilience.core.fallback;

import io.aragora.resilience.CheckedSupplier;
import io.aragora.resilience.InterruptibleSupplier;
import io.aragora.resilience.Pipeline;
import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.Subscription;
import io.aragora.resilience.core.call.Failures;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.fallback.FallbackEvent;
import io.aragora.resilience.fallback.FallbackTotals;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline, and a fallback around it.
 *
 * @param <T> the type of the value
 */
public final class FallbackPipeline<T extends @Nullable Object> implements ResultPipeline<T> {
  private final Pipeline pipeline;
  private final Fallback<T> fallback;
  private final FallbackCounter counter;

  /**
   * Puts both together.
   *
   * @param pipeline inside
   * @param fallback outside
   * @param counter counts
   */
  public FallbackPipeline(Pipeline pipeline, Fallback<T> fallback, FallbackCounter counter) {
    this.pipeline = pipeline;
    this.fallback = fallback;
    this.counter = counter;
  }

  @Override
  public Pipeline pipeline() {
    return pipeline;
  }

  @Override
  @SuppressWarnings(
      "unchecked") // the pipeline throws what the body throws, and unchecked exceptions
  public <X extends Throwable> T call(CheckedSupplier<? extends T, X> body) throws X {
    try {
      return pipeline.<T, X>call(body);
    } catch (Throwable e) {
      Function<Throwable, ? extends T> rule = ruleFor(e);
      if (rule == null) {
        throw (X) e;
      }
      return value(rule, e);
    }
  }

  @Override
  @SuppressWarnings("unchecked") // as above
  public <X extends Throwable> T callInterruptibly(InterruptibleSupplier<? extends T, X> body)
      throws X, InterruptedException {
    try {
      return pipeline.<T, X>callInterruptibly(body);
    } catch (Throwable e) {
      Function<Throwable, ? extends T> rule = ruleFor(e);
      if (rule == null) {
        throw (X) e;
      }
      return value(rule, e);
    }
  }

  @Override
  public CompletableFuture<T> callAsync(Supplier<? extends CompletionStage<T>> body) {
    RecoveredFuture<T> future = new RecoveredFuture<>(this);
    future.start(pipeline.callAsync(body));
    return future;
  }

  @Override
  public CompletableFuture<T> submit(CheckedSupplier<? extends T, ?> body, Executor executor) {
    RecoveredFuture<T> future = new RecoveredFuture<>(this);
    future.start(pipeline.<T>submit(body, executor));
    return future;
  }

  /** Finds the rule for a failure; null where it comes out as it is. */
  @Nullable
  Function<Throwable, ? extends T> ruleFor(Throwable failure) {
    return Failures.isStopped(failure) ? null : fallback.ruleFor(failure);
  }

  /** Asks a rule, and throws what that throws. */
  T value(Function<Throwable, ? extends T> rule, Throwable failure) {
    T value;
    try {
      value = rule.apply(failure);
    } catch (Throwable e) {
      if (e != failure) {
        e.addSuppressed(failure);
      }
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
