package io.aragora.resilience.core;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Policies;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfigRegistry;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSummary;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.core.circuitbreaker.BreakerRuntime;
import io.aragora.resilience.core.circuitbreaker.CoreCircuitBreaker;
import io.aragora.resilience.core.circuitbreaker.CoreKeyedCircuitBreaker;
import io.aragora.resilience.core.fallback.FallbackCounters;
import io.aragora.resilience.core.pipeline.CorePipeline;
import io.aragora.resilience.core.proxy.AnnotatedDeclarations;
import io.aragora.resilience.core.registry.PolicyKind;
import io.aragora.resilience.core.registry.PolicyRegistry;
import io.aragora.resilience.core.registry.Staleness;
import io.aragora.resilience.core.retry.CoreRetry;
import io.aragora.resilience.core.retry.TokenBudget;
import io.aragora.resilience.core.retry.WaitingThreads;
import io.aragora.resilience.core.settings.PolicyReference;
import io.aragora.resilience.core.settings.RuntimeSettings;
import io.aragora.resilience.core.settings.Warnings;
import io.aragora.resilience.core.timeout.CoreTimeout;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.runtime.ResilienceSettings;
import io.aragora.resilience.policy.DeclaredSettings;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.util.Collection;
import java.util.List;
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
  private final Warnings orders = new Warnings(line -> LOG.log(System.Logger.Level.WARNING, line));

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
    breakers = new PolicyRegistry<>(
        new PolicyKind<>(
            "circuit breaker",
            this::makeBreaker,
            breaker -> outside.breakers().resolve(breaker),
            CircuitBreakerConfig::declaredSettings,
            CoreCircuitBreaker::reconfigure),
        max,
        Staleness.after(runtime.time(), settings.staleAfter(), CoreCircuitBreaker::idleSince));
    keyedBreakers = new PolicyRegistry<>(
        PolicyKind.alwaysDeclared(
            "keyed circuit breaker",
            (keyed, config) -> new CoreKeyedCircuitBreaker(keyed, config, runtime),
            KeyedCircuitBreakerConfig::declaredSettings),
        max,
        Staleness.never());
    retries = new PolicyRegistry<>(
        new PolicyKind<>(
            "retry",
            this::makeRetry,
            retry -> outside.retry(retry, RetryConfig.defaults()),
            RetryConfig::declaredSettings,
            CoreRetry::configure),
        max,
        Staleness.never());
    budgets = new PolicyRegistry<>(
        new PolicyKind<>(
            "retry budget",
            (budget, config) -> new TokenBudget(budget, config, runtime.time()),
            budget -> RetryBudgetConfig.defaults(),
            RetryBudgetConfig::declaredSettings,
            TokenBudget::configure),
        max,
        Staleness.never());
    timeouts = new PolicyRegistry<>(
        new PolicyKind<>(
            "timeout",
            this::makeTimeout,
            this::outsideTimeout,
            TimeoutConfig::declaredSettings,
            CoreTimeout::configure),
        max,
        Staleness.never());
    fallbacks = new FallbackCounters(max, runtime.dispatcher());
    pipelines = new PolicyRegistry<>(
        new PolicyKind<>(
            "pipeline",
            this::makePipeline,
            this::outsidePipeline,
            policies -> DeclaredSettings.builder().add("policies", policies).build(),
            (pipeline, declared) -> {}),
        max,
        Staleness.never());
  }

  private CoreCircuitBreaker makeBreaker(String breaker, CircuitBreakerConfig config) {
    CoreCircuitBreaker made = new CoreCircuitBreaker(breaker, config, runtime);
    runtime.storage().made(made);
    return made;
  }

  private CoreRetry makeRetry(String retry, RetryConfig config) {
    CoreRetry made = new CoreRetry(
        retry,
        config,
        runtime.dispatcher().runtime(),
        runtime.time(),
        runtime.clock(),
        runtime.timer(),
        runtime.dispatcher(),
        waiting);
    made.measure(runtime.durations());
    return made;
  }

  private CoreTimeout makeTimeout(String timeout, TimeoutConfig config) {
    CoreTimeout made = new CoreTimeout(
        timeout,
        config,
        runtime.dispatcher().runtime(),
        runtime.time(),
        runtime.timer(),
        runtime.dispatcher());
    made.measure(runtime.durations());
    return made;
  }

  /** Creates a pipeline that is not registered. */
  CorePipeline makePipeline(String pipeline, List<Policy> policies) {
    return new CorePipeline(pipeline, policies, runtime.dispatcher(), fallbacks::get, orders::once);
  }

  /**
   * Registers a pipeline by its name. Policies that are listed outside the code replace those of
   * the code.
   */
  CorePipeline registerPipeline(String pipeline, List<Policy> policies) {
    return pipelines.declare(pipeline, policies, declared -> {
      List<Policy> stronger = outsidePolicies(pipeline);
      return stronger.isEmpty() ? declared : stronger;
    });
  }

  /**
   * Returns the config of a keyed breaker, with the settings from outside the code for breakers of
   * its name.
   */
  KeyedCircuitBreakerConfig resolveKeys(String keyed, KeyedCircuitBreakerConfig config) {
    return KeyedCircuitBreakerConfig.builder()
        .breaker(outside.breakers().resolve(keyed, config.breaker()))
        .maxKeys(config.maxKeys())
        .abandonedAfter(config.abandonedAfter())
        .build();
  }

  private TimeoutConfig outsideTimeout(String timeout) {
    return outside
        .timeout(timeout)
        .orElseThrow(() -> new ResilienceConfigurationException("timeout '" + timeout
            + "' has no limit. Declare it by timeout(name, limit), or set resilience.timeout."
            + timeout + ".limit"));
  }

  private List<Policy> outsidePipeline(String pipeline) {
    List<Policy> policies = outsidePolicies(pipeline);
    if (policies.isEmpty()) {
      throw new ResilienceConfigurationException("pipeline '" + pipeline
          + "' is not declared. Declare it by pipeline(name, p -> p.add(…)), or set"
          + " resilience.pipeline." + pipeline + ".policies");
    }
    return policies;
  }

  private List<Policy> outsidePolicies(String pipeline) {
    return outside.pipeline(pipeline).stream()
        .map(policy -> outsidePolicy(policy.kind(), policy.nameIn(pipeline)))
        .toList();
  }

  private Policy outsidePolicy(PolicyReference.Kind kind, String policy) {
    return switch (kind) {
      case CIRCUITBREAKER -> breakers.get(policy);
      case RETRY -> retries.get(policy);
      case TIMEOUT -> timeouts.get(policy);
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
    return retries.declare(retry, config, declared -> outside.retry(retry, declared), place);
  }

  /** Declares a timeout; {@code place} is null if the code that calls the library declares it. */
  Timeout declareTimeout(String timeout, TimeoutConfig config, @Nullable Object place) {
    return timeouts.declare(timeout, config, declared -> outside.timeout(timeout, declared), place);
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
    breakers.allMade().forEach(CoreCircuitBreaker::measure);
    keyedBreakers.allMade().forEach(CoreKeyedCircuitBreaker::measure);
    retries.allMade().forEach(retry -> retry.measure(runtime.durations()));
    timeouts.allMade().forEach(timeout -> timeout.measure(runtime.durations()));
  }
}
