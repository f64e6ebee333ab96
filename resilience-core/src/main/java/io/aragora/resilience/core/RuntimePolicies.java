package io.aragora.resilience.core;

import io.aragora.resilience.CallObserver;
import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Policies;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfigRegistry;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSummary;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.core.call.WaitingThreads;
import io.aragora.resilience.core.circuitbreaker.BreakerRuntime;
import io.aragora.resilience.core.circuitbreaker.CoreCircuitBreaker;
import io.aragora.resilience.core.circuitbreaker.CoreKeyedCircuitBreaker;
import io.aragora.resilience.core.fallback.FallbackCounters;
import io.aragora.resilience.core.pipeline.CorePipeline;
import io.aragora.resilience.core.pipeline.ObservedPipeline;
import io.aragora.resilience.core.proxy.AnnotatedDeclarations;
import io.aragora.resilience.core.registry.PolicyKind;
import io.aragora.resilience.core.registry.PolicyRegistry;
import io.aragora.resilience.core.registry.ReadablePolicy;
import io.aragora.resilience.core.registry.Staleness;
import io.aragora.resilience.core.retry.CoreRetry;
import io.aragora.resilience.core.retry.TokenBudget;
import io.aragora.resilience.core.settings.RuntimeSettings;
import io.aragora.resilience.core.settings.Warnings;
import io.aragora.resilience.core.timeout.CoreTimeout;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.internal.runtime.ResilienceSettings;
import io.aragora.resilience.policy.DeclaredSettings;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.retry.RetryTotals;
import io.aragora.resilience.spi.DurationRecorder.Kind;
import io.aragora.resilience.spi.Readings;
import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import io.aragora.resilience.timeout.TimeoutTotals;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The policies of a runtime by kind and name. A policy is created from the config in the code and
 * the settings from outside the code.
 */
final class RuntimePolicies implements Policies, AnnotatedDeclarations {
  private static final GuardedLog LOG = GuardedLog.of(CorePipeline.class);

  final PolicyRegistry<CoreCircuitBreaker, CircuitBreakerConfig> breakers;
  final PolicyRegistry<CoreKeyedCircuitBreaker, KeyedCircuitBreakerConfig> keyedBreakers;
  final PolicyRegistry<CoreRetry, RetryConfig> retries;
  final PolicyRegistry<TokenBudget, RetryBudgetConfig> budgets;
  final PolicyRegistry<CoreTimeout, TimeoutConfig> timeouts;
  final PolicyRegistry<CorePipeline, List<Policy>> pipelines;
  final FallbackCounters fallbacks;

  private final RuntimeSettings outside;
  private final BreakerRuntime runtime;
  private final WaitingThreads waiting;

  /**
   * Keyed by the policies that a warning names, so a pipeline that is built for each call is warned
   * about once.
   */
  private final Warnings orders = new Warnings(LOG);

  /**
   * Creates empty registries.
   *
   * @param settings the largest number of policies of each kind, and when a policy is stale
   * @param outside the settings from outside the code
   * @param runtime the parts that policies share
   * @param waiting the threads that wait between two attempts
   */
  RuntimePolicies(
      ResilienceSettings settings,
      RuntimeSettings outside,
      BreakerRuntime runtime,
      WaitingThreads waiting) {
    this.outside = outside;
    this.runtime = runtime;
    this.waiting = waiting;
    int max = settings.maxPolicies();
    TimeSource time = runtime.time();
    breakers =
        new PolicyRegistry<>(new BreakerKind(), max, Staleness.after(time, settings.staleAfter()));
    keyedBreakers = new PolicyRegistry<>(new KeyedBreakerKind(), max, Staleness.never());
    retries =
        new PolicyRegistry<>(new RetryKind(), max, Staleness.after(time, settings.staleAfter()));
    budgets = new PolicyRegistry<>(new BudgetKind(), max, Staleness.never());
    timeouts =
        new PolicyRegistry<>(new TimeoutKind(), max, Staleness.after(time, settings.staleAfter()));
    fallbacks = new FallbackCounters(max, runtime.dispatcher());
    pipelines = new PolicyRegistry<>(new PipelineKind(), max, Staleness.never());
  }

  private final class BreakerKind extends PolicyKind<CoreCircuitBreaker, CircuitBreakerConfig> {
    BreakerKind() {
      super("circuit breaker");
    }

    @Override
    protected CoreCircuitBreaker make(String breaker, CircuitBreakerConfig config) {
      CoreCircuitBreaker made = new CoreCircuitBreaker(breaker, config, runtime);
      runtime.storage().made(made);
      return made;
    }

    @Override
    protected CircuitBreakerConfig undeclared(String breaker) {
      return outside.breakers().resolve(breaker);
    }

    @Override
    protected CircuitBreakerConfig effective(String breaker, CircuitBreakerConfig declared) {
      return outside.breakers().resolve(breaker, declared);
    }

    @Override
    protected DeclaredSettings settings(CircuitBreakerConfig declared) {
      return declared.declaredSettings();
    }

    @Override
    protected void configure(CoreCircuitBreaker breaker, CircuitBreakerConfig config) {
      breaker.reconfigure(config);
    }

    @Override
    protected void measure(CoreCircuitBreaker breaker) {
      breaker.measure();
    }

    @Override
    protected long idleSince(CoreCircuitBreaker breaker) {
      return breaker.idleSince();
    }
  }

  private final class KeyedBreakerKind
      extends PolicyKind<CoreKeyedCircuitBreaker, KeyedCircuitBreakerConfig> {
    KeyedBreakerKind() {
      super("keyed circuit breaker");
    }

    @Override
    protected CoreKeyedCircuitBreaker make(String keyed, KeyedCircuitBreakerConfig config) {
      return new CoreKeyedCircuitBreaker(keyed, config, runtime);
    }

    /** The settings from outside the code are those for breakers of its name. */
    @Override
    protected KeyedCircuitBreakerConfig effective(
        String keyed, KeyedCircuitBreakerConfig declared) {
      return KeyedCircuitBreakerConfig.builder()
          .breaker(outside.breakers().resolve(keyed, declared.breaker()))
          .maxKeys(declared.maxKeys())
          .abandonedAfter(declared.abandonedAfter())
          .build();
    }

    @Override
    protected DeclaredSettings settings(KeyedCircuitBreakerConfig declared) {
      return declared.declaredSettings();
    }

    @Override
    protected void measure(CoreKeyedCircuitBreaker keyed) {
      keyed.measure();
    }
  }

  private final class RetryKind extends PolicyKind<CoreRetry, RetryConfig> {
    RetryKind() {
      super("retry");
    }

    @Override
    protected CoreRetry make(String retry, RetryConfig config) {
      CoreRetry made = newRetry(retry, config);
      measure(made);
      return made;
    }

    @Override
    protected RetryConfig undeclared(String retry) {
      return outside.retry(retry, RetryConfig.defaults());
    }

    @Override
    protected RetryConfig effective(String retry, RetryConfig declared) {
      return outside.retry(retry, declared);
    }

    @Override
    protected DeclaredSettings settings(RetryConfig declared) {
      return declared.declaredSettings();
    }

    @Override
    protected void configure(CoreRetry retry, RetryConfig config) {
      retry.configure(config);
    }

    @Override
    protected long calls(CoreRetry retry) {
      RetryTotals totals = retry.totals();
      return totals.calls() + totals.retries();
    }

    @Override
    protected void measure(CoreRetry retry) {
      retry.measure(runtime.durations());
    }
  }

  private final class BudgetKind extends PolicyKind<TokenBudget, RetryBudgetConfig> {
    BudgetKind() {
      super("retry budget");
    }

    @Override
    protected TokenBudget make(String budget, RetryBudgetConfig config) {
      return new TokenBudget(budget, config, runtime.time());
    }

    @Override
    protected RetryBudgetConfig undeclared(String budget) {
      return RetryBudgetConfig.defaults();
    }

    @Override
    protected DeclaredSettings settings(RetryBudgetConfig declared) {
      return declared.declaredSettings();
    }

    @Override
    protected void configure(TokenBudget budget, RetryBudgetConfig config) {
      budget.configure(config);
    }
  }

  private final class TimeoutKind extends PolicyKind<CoreTimeout, TimeoutConfig> {
    TimeoutKind() {
      super("timeout");
    }

    @Override
    protected CoreTimeout make(String timeout, TimeoutConfig config) {
      CoreTimeout made = newTimeout(timeout, config);
      measure(made);
      return made;
    }

    @Override
    protected TimeoutConfig undeclared(String timeout) {
      TimeoutConfig config = outside.timeout(timeout);
      if (config == null) {
        throw new ResilienceConfigurationException("timeout '" + timeout
            + "' has no limit. Declare it by timeout(name, limit), or set resilience.timeout."
            + timeout + ".limit");
      }
      return config;
    }

    @Override
    protected TimeoutConfig effective(String timeout, TimeoutConfig declared) {
      return outside.timeout(timeout, declared);
    }

    @Override
    protected DeclaredSettings settings(TimeoutConfig declared) {
      return declared.declaredSettings();
    }

    @Override
    protected void configure(CoreTimeout timeout, TimeoutConfig config) {
      timeout.configure(config);
    }

    @Override
    protected long calls(CoreTimeout timeout) {
      TimeoutTotals totals = timeout.totals();
      return totals.inTime() + totals.fired() + totals.late();
    }

    @Override
    protected void measure(CoreTimeout timeout) {
      timeout.measure(runtime.durations());
    }
  }

  private final class PipelineKind extends PolicyKind<CorePipeline, List<Policy>> {
    PipelineKind() {
      super("pipeline");
    }

    @Override
    protected CorePipeline make(String pipeline, List<Policy> policies) {
      return makePipeline(pipeline, policies);
    }

    @Override
    protected List<Policy> undeclared(String pipeline) {
      List<Policy> policies = outsidePolicies(pipeline);
      if (policies.isEmpty()) {
        throw new ResilienceConfigurationException("pipeline '" + pipeline
            + "' is not declared. Declare it by pipeline(name, p -> p.add(…)), or set"
            + " resilience.pipeline." + pipeline + ".policies");
      }
      return policies;
    }

    /** Policies that are listed outside the code replace those of the code. */
    @Override
    protected List<Policy> effective(String pipeline, List<Policy> declared) {
      List<Policy> stronger = outsidePolicies(pipeline);
      return stronger.isEmpty() ? declared : stronger;
    }

    @Override
    protected DeclaredSettings settings(List<Policy> declared) {
      return DeclaredSettings.builder().add("policies", declared).build();
    }

    @Override
    protected void configure(CorePipeline pipeline, List<Policy> declared) {
      // It keeps the policies from outside the code, which it was looked up with.
    }
  }

  /** Creates a breaker that is not registered. */
  CircuitBreaker newBreaker(String breaker, CircuitBreakerConfig config) {
    return new CoreCircuitBreaker(
        Setting.name("name", breaker),
        Objects.requireNonNull(config, "config"),
        runtime.unregistered());
  }

  /** Creates a retry that is not registered. */
  CoreRetry newRetry(String retry, RetryConfig config) {
    return new CoreRetry(
        Setting.name("name", retry),
        Objects.requireNonNull(config, "config"),
        runtime.dispatcher().runtime(),
        runtime.time(),
        runtime.clock(),
        runtime.timer(),
        runtime.dispatcher(),
        waiting);
  }

  /** Creates a timeout that is not registered. */
  CoreTimeout newTimeout(String timeout, TimeoutConfig config) {
    return new CoreTimeout(
        Setting.name("name", timeout),
        Objects.requireNonNull(config, "config"),
        runtime.dispatcher().runtime(),
        runtime.time(),
        runtime.timer(),
        runtime.dispatcher());
  }

  /** Creates a pipeline that is not registered. */
  CorePipeline makePipeline(String pipeline, List<Policy> policies) {
    return new CorePipeline(pipeline, policies, runtime.dispatcher(), fallbacks::get, orders::once);
  }

  /** Creates a policy whose calls are observed. */
  ObservedPipeline observed(Policy policy, Supplier<? extends @Nullable CallObserver> observers) {
    CorePipeline plain = policy instanceof CorePipeline pipeline
        ? pipeline
        : makePipeline(policy.name(), List.of(policy));
    return new ObservedPipeline(plain, observers);
  }

  private List<Policy> outsidePolicies(String pipeline) {
    return outside.pipeline(pipeline).stream()
        .map(policy -> outsidePolicy(policy.kind(), policy.nameIn(pipeline)))
        .toList();
  }

  private Policy outsidePolicy(String kind, String policy) {
    return switch (kind) {
      case "circuitbreaker" -> breakers.get(policy);
      case "retry" -> retries.get(policy);
      case "timeout" -> timeouts.get(policy);
      default -> throw new IllegalStateException("no registry of " + kind);
    };
  }

  @Override
  public Collection<CircuitBreaker> circuitBreakers() {
    return List.copyOf(breakers.all());
  }

  @Override
  public Collection<KeyedCircuitBreaker> keyedCircuitBreakers() {
    return List.copyOf(keyedBreakers.all());
  }

  @Override
  public Collection<Retry> retries() {
    return List.copyOf(retries.all());
  }

  @Override
  public Collection<RetryBudget> retryBudgets() {
    return List.copyOf(budgets.all());
  }

  @Override
  public Collection<Timeout> timeouts() {
    return List.copyOf(timeouts.all());
  }

  @Override
  public Collection<Pipeline> pipelines() {
    return List.copyOf(pipelines.all());
  }

  @Override
  public CircuitBreakerSummary circuitBreakerSummary() {
    return CircuitBreakerSummary.of(
        breakers.all(), keyedBreakers.all(), runtime.time().wallTime());
  }

  @Override
  public Subscription subscribe(CircuitBreakerListener listener) {
    return runtime.listeners().add(listener);
  }

  @Override
  public int pruneCircuitBreakers() {
    return breakers.prune();
  }

  @Override
  public int pruneRetries() {
    return retries.prune();
  }

  @Override
  public int pruneTimeouts() {
    return timeouts.prune();
  }

  @Override
  public boolean removeCircuitBreaker(String breaker) {
    CoreCircuitBreaker removed = breakers.remove(breaker);
    if (removed != null) {
      removed.forget();
      forgetCalls(breaker);
    }
    return removed != null;
  }

  @Override
  public boolean removeKeyedCircuitBreaker(String keyed) {
    CoreKeyedCircuitBreaker removed = keyedBreakers.remove(keyed);
    if (removed != null) {
      removed.forget();
      forgetCalls(keyed);
    }
    return removed != null;
  }

  /** Breakers and keyed breakers of one name share the recorders of their durations; the others look them up again. */
  private void forgetCalls(String name) {
    runtime.durations().forget(name, Kind.SUCCESSFUL_CALL, Kind.FAILED_CALL);
    CoreCircuitBreaker breaker = breakers.known(name);
    if (breaker != null) {
      breaker.measure();
    }
    CoreKeyedCircuitBreaker keyed = keyedBreakers.known(name);
    if (keyed != null) {
      keyed.measure();
    }
  }

  @Override
  public boolean removeRetry(String retry) {
    CoreRetry removed = retries.remove(retry);
    if (removed != null) {
      runtime.durations().forget(retry, Kind.RETRY_DELAY);
    }
    return removed != null;
  }

  @Override
  public boolean removeRetryBudget(String budget) {
    return budgets.remove(budget) != null;
  }

  @Override
  public boolean removeTimeout(String timeout) {
    CoreTimeout removed = timeouts.remove(timeout);
    if (removed != null) {
      runtime.durations().forget(timeout, Kind.EXCEEDED_LIMIT);
    }
    return removed != null;
  }

  @Override
  public boolean removePipeline(String pipeline) {
    boolean hadCounts = fallbacks.remove(pipeline);
    return pipelines.remove(pipeline) != null || hadCounts;
  }

  @Override
  public CircuitBreakerConfigRegistry circuitBreakerConfigs() {
    return outside.breakers();
  }

  @Override
  public CircuitBreaker circuitBreakerFromPreset(String breaker, CircuitBreakerConfig preset) {
    return declarePreset(breaker, preset, null);
  }

  private CircuitBreaker declarePreset(
      String breaker, CircuitBreakerConfig preset, @Nullable Object place) {
    return breakers.declare(
        breaker, preset, declared -> outside.breakers().resolvePreset(breaker, declared), place);
  }

  /** Declares a retry; {@code place} is null if the code that calls the library declares it. */
  Retry declareRetry(String retry, RetryConfig config, @Nullable Object place) {
    return retries.declare(retry, config, null, place);
  }

  /** Declares a timeout; {@code place} is null if the code that calls the library declares it. */
  Timeout declareTimeout(String timeout, TimeoutConfig config, @Nullable Object place) {
    return timeouts.declare(timeout, config, null, place);
  }

  @Override
  public CircuitBreaker circuitBreakerFromPreset(
      String breaker, CircuitBreakerConfig preset, Object place) {
    return declarePreset(breaker, preset, place);
  }

  @Override
  public Retry retry(String retry, RetryConfig config, Object place) {
    return declareRetry(retry, config, place);
  }

  @Override
  public Timeout timeout(String timeout, TimeoutConfig config, Object place) {
    return declareTimeout(timeout, config, place);
  }

  /** Lets every policy look up its duration recorders again. */
  void measure() {
    breakers.measure();
    keyedBreakers.measure();
    retries.measure();
    timeouts.measure();
  }

  /** Writes the numbers of every policy. */
  void read(Readings into) {
    read("circuitbreaker", breakers, into);
    read("keyedcircuitbreaker", keyedBreakers, into);
    read("retry", retries, into);
    read("retrybudget", budgets, into);
    read("timeout", timeouts, into);
    if (into.wants("fallback")) {
      fallbacks.totals().forEach((pipeline, totals) -> {
        into.policy("fallback", pipeline);
        into.count("calls", "used", totals.used());
        into.count("calls", "failed", totals.failed());
      });
    }
  }

  private static void read(
      String kind, PolicyRegistry<? extends ReadablePolicy, ?> registry, Readings into) {
    if (into.wants(kind)) {
      for (ReadablePolicy policy : registry.all()) {
        into.policy(kind, policy.name());
        policy.read(into);
      }
    }
  }
}
