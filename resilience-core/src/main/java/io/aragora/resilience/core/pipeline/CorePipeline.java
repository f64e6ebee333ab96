package io.aragora.resilience.core.pipeline;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.CorePolicy;
import io.aragora.resilience.core.call.ForeignPolicy;
import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.call.ObservedChain;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.fallback.FallbackCounter;
import io.aragora.resilience.core.fallback.FallbackPipeline;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A chain of policies around each other. The policies of an inner pipeline become links of the
 * outer one.
 */
public final class CorePipeline extends CorePolicy implements Pipeline {
  private final List<Policy> policies;
  private final List<String> warnings;

  /** All links of the chain, and those that are left out. */
  private final List<CorePolicy> declared;

  private final PolicyChain chain;
  private final Dispatcher dispatcher;
  private final Function<String, FallbackCounter> counters;

  /**
   * Creates a pipeline.
   *
   * @param name the name of the pipeline
   * @param policies the policies, the outermost first
   * @param dispatcher hands bodies to other threads
   * @param counters returns the counter of the fallbacks of a name
   * @param log receives each warning about the order, and its log line
   */
  public CorePipeline(
      String name,
      List<Policy> policies,
      Dispatcher dispatcher,
      Function<String, FallbackCounter> counters,
      BiConsumer<String, String> log) {
    super(name);
    this.dispatcher = dispatcher;
    this.counters = counters;
    this.policies = List.copyOf(policies);
    List<CorePolicy> links = new ArrayList<>();
    for (Policy policy : policies) {
      if (policy instanceof CorePipeline nested) {
        links.addAll(nested.declared);
      } else {
        links.add(policy instanceof CorePolicy core ? core : new ForeignPolicy(policy));
      }
    }
    this.declared = List.copyOf(links);
    this.chain = new PolicyChain(working(links).toArray(CorePolicy[]::new));
    this.warnings = PolicyOrder.warnings(links);
    for (String warning : warnings) {
      log.accept(warning, "pipeline " + this + ": " + warning + " (logged once)");
    }
  }

  /** Returns the links without those that are left out; a chain has one link at least. */
  private static List<CorePolicy> working(List<CorePolicy> links) {
    List<CorePolicy> working = new ArrayList<>();
    for (CorePolicy link : links) {
      if (!link.isLeftOut()) {
        working.add(link);
      }
    }
    return working.isEmpty() ? links.subList(0, 1) : working;
  }

  private CorePipeline(CorePipeline other, Executor executor) {
    super(other.name());
    this.dispatcher = other.dispatcher;
    this.counters = other.counters;
    this.policies = other.policies;
    this.warnings = other.warnings;
    this.declared = other.declared;
    this.chain = new PolicyChain(other.chain, executor);
  }

  @Override
  public CorePipeline on(Executor executor) {
    return new CorePipeline(this, Objects.requireNonNull(executor, "executor"));
  }

  /**
   * Creates a builder.
   *
   * @param name the name of the pipeline
   * @param factory creates a pipeline from a name and its policies
   * @return a builder without a policy
   */
  public static Builder builder(
      String name, BiFunction<String, List<Policy>, CorePipeline> factory) {
    return new Collector(Setting.name("name", name), factory);
  }

  /**
   * Declares a pipeline.
   *
   * @param name the name of the pipeline
   * @param policies adds the policies to the builder that it receives
   * @param registry returns the pipeline of a name, and creates it from its policies at the first
   *     call
   * @return the pipeline of that name
   */
  public static CorePipeline declare(
      String name,
      Consumer<? super Builder> policies,
      BiFunction<String, List<Policy>, CorePipeline> registry) {
    Collector collector = new Collector(Setting.name("name", name), registry);
    policies.accept(collector);
    return collector.build();
  }

  @Override
  protected <T extends @Nullable Object> T enter(CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    return chain.enter(body);
  }

  @Override
  protected <T extends @Nullable Object> CompletableFuture<T> enterAsync(
      CapturedContext context, Supplier<? extends CompletionStage<T>> body) {
    return chain.enterAsync(context, body);
  }

  @Override
  protected Dispatcher dispatcher() {
    return dispatcher;
  }

  @Override
  public List<Policy> policies() {
    return policies;
  }

  @Override
  public List<String> warnings() {
    return warnings;
  }

  @Override
  public <T extends @Nullable Object> ResultPipeline<T> withFallback(Fallback<T> fallback) {
    return around(this, fallback);
  }

  /** Adds a fallback around this pipeline, or around its observed twin. */
  <T extends @Nullable Object> ResultPipeline<T> around(Pipeline pipeline, Fallback<T> fallback) {
    Objects.requireNonNull(fallback, "fallback");
    return new FallbackPipeline<>(
        pipeline, fallback, counters.apply(name()), dispatcher, chain.executor());
  }

  /** Returns the links of observed calls, which share nothing with those of other calls but the policies. */
  PolicyChain observedLinks() {
    CorePolicy[] links = new CorePolicy[chain.length()];
    for (int i = 0; i < links.length; i++) {
      links[i] = chain.link(i);
    }
    return new PolicyChain(ObservedChain.links(links), chain.executor());
  }

  /**
   * Reached only if a foreign policy calls this pipeline through its chain. Other chains run the
   * links of this pipeline instead.
   */
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
    return name() + ": "
        + policies.stream().map(Policy::toString).collect(Collectors.joining(" → "));
  }

  private static final class Collector implements Builder {
    private final String name;
    private final BiFunction<String, List<Policy>, CorePipeline> factory;
    private final List<Policy> policies = new ArrayList<>();

    Collector(String name, BiFunction<String, List<Policy>, CorePipeline> factory) {
      this.name = name;
      this.factory = factory;
    }

    @Override
    public Builder add(Policy policy) {
      Objects.requireNonNull(policy, "policy");
      if (policies.contains(policy)) {
        throw new IllegalArgumentException(
            "pipeline must contain each policy only once: " + policy.name());
      }
      policies.add(policy);
      return this;
    }

    @Override
    public CorePipeline build() {
      if (policies.isEmpty()) {
        throw new IllegalArgumentException(
            "pipeline must contain at least one policy: " + policies);
      }
      return factory.apply(name, List.copyOf(policies));
    }
  }
}
