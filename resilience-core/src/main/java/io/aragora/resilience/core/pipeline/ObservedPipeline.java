package io.aragora.resilience.core.pipeline;

import io.aragora.resilience.CallObserver;
import io.aragora.resilience.Pipeline;
import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.CorePolicy;
import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.call.Observation;
import io.aragora.resilience.core.call.ObservedChain;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A pipeline whose calls are observed. The links of the pipeline itself do not know of it, so they cost nothing more. */
public final class ObservedPipeline extends CorePolicy implements Pipeline {
  private final CorePipeline plain;
  private final PolicyChain links;
  private final Observation.Source source;

  /**
   * Creates an observed pipeline.
   *
   * @param plain the pipeline
   * @param observers returns the observer of a call, or null
   */
  public ObservedPipeline(
      CorePipeline plain, Supplier<? extends @Nullable CallObserver> observers) {
    this(plain, plain.observedLinks(), new Observation.Source(plain.name(), observers));
  }

  private ObservedPipeline(CorePipeline plain, PolicyChain links, Observation.Source source) {
    super(plain.name());
    this.plain = plain;
    this.links = links;
    this.source = source;
  }

  /**
   * Returns this pipeline for one call.
   *
   * @param observer the observer of the call
   * @return the pipeline, which shares everything else
   */
  public ObservedPipeline of(CallObserver observer) {
    return new ObservedPipeline(plain, links, source.of(observer));
  }

  /**
   * Logs what an observer threw, once.
   *
   * @param failure what it threw
   */
  public void log(Throwable failure) {
    source.log(failure);
  }

  @Override
  protected <T extends @Nullable Object> T enter(CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    CallObserver observer = source.next();
    return observer == null
        ? plain.<T, Throwable>call(body::get)
        : ObservedChain.<T>run(links, source, observer, dispatcher().time(), body);
  }

  @Override
  protected <T extends @Nullable Object> CompletableFuture<T> enterAsync(
      CapturedContext context, Supplier<? extends CompletionStage<T>> body) {
    CallObserver observer = source.next();
    return observer == null
        ? plain.callAsync(body)
        : ObservedChain.start(links, source, observer, dispatcher().time(), context, body);
  }

  @Override
  protected Dispatcher dispatcher() {
    return plain.dispatcher();
  }

  @Override
  public List<Policy> policies() {
    return plain.policies();
  }

  @Override
  public List<String> warnings() {
    return plain.warnings();
  }

  @Override
  public Pipeline on(Executor executor) {
    CorePipeline other = plain.on(executor);
    return new ObservedPipeline(other, other.observedLinks(), source);
  }

  @Override
  public <T extends @Nullable Object> ResultPipeline<T> withFallback(Fallback<T> fallback) {
    return plain.around(this, fallback);
  }

  @Override
  protected <T extends @Nullable Object> T proceed(
      @Nullable Frame lent, PolicyChain outer, int index, CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    return this.<T, Throwable>call(() -> outer.<T>inside(null, index, body));
  }

  @Override
  protected <T extends @Nullable Object> CompletableFuture<T> proceedAsync(
      CapturedContext context,
      PolicyChain outer,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    return callAsync(() -> outer.insideAsync(context, index, body));
  }

  @Override
  public String toString() {
    return plain + ", observed";
  }
}
