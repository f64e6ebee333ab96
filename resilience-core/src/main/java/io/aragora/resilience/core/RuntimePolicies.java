package io.aragora.resilience.core;

import io.aragora.resilience.Policy;
import io.aragora.resilience.ResilienceConfigurationException;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.core.circuitbreaker.BreakerRuntime;
import io.aragora.resilience.core.circuitbreaker.CoreCircuitBreaker;
import io.aragora.resilience.core.circuitbreaker.KeyedBreakers;
import io.aragora.resilience.core.fallback.FallbackCounter;
import io.aragora.resilience.core.pipeline.CorePipeline;
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
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.spi.DeclaredSettings;
import io.aragora.resilience.spi.ResilienceSettings;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.util.List;

/** The policies of a runtime by kind and name, and how each kind is made: with what the code says, and what is outside it. */
final class RuntimePolicies {
  private static final GuardedLog LOG = GuardedLog.of(CorePipeline.class);

  final PolicyRegistry<CoreCircuitBreaker, CircuitBreakerConfig> breakers;
  final PolicyRegistry<KeyedBreakers, KeyedCircuitBreakerConfig> keyedBreakers;
  final PolicyRegistry<CoreRetry, RetryConfig> retries;
  final PolicyRegistry<TokenBudget, RetryBudgetConfig> budgets;
  final PolicyRegistry<CoreTimeout, TimeoutConfig> timeouts;
  final PolicyRegistry<FallbackCounter, Boolean> fallbacks;
  final PolicyRegistry<CorePipeline, List<Policy>> pipelines;

  private final RuntimeSettings outside;
  private final BreakerRuntime runtime;
  private final WaitingThreads waiting;

  /** By the policies that a warning names: a pipeline that is built for each call is warned of once. */
  private final Warnings orders = new Warnings(line -> LOG.log(System.Logger.Level.WARNING, line));

  /**
   * Makes empty registries.
   *
   * @param settings how many policies they hold at most, and when one is stale
   * @param outside what is said of policies outside the code
   * @param runtime what policies share
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
            (keyed, config) -> new KeyedBreakers(keyed, config, runtime),
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
    fallbacks = new PolicyRegistry<>(
        PolicyKind.neverDeclared(
            "fallback", pipeline -> new FallbackCounter(pipeline, runtime.dispatcher())),
        max,
        Staleness.never());
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
    runtime.keeper().made(made);
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

  /** Makes a pipeline that nobody else knows. */
  CorePipeline makePipeline(String pipeline, List<Policy> policies) {
    return new CorePipeline(pipeline, policies, runtime.dispatcher(), fallbacks::get, orders::once);
  }

  /** Makes a pipeline known by its name; what is described outside the code takes the place of what the code lists. */
  CorePipeline registerPipeline(String pipeline, List<Policy> policies) {
    return pipelines.declare(pipeline, policies, declared -> {
      List<Policy> stronger = outsidePolicies(pipeline);
      return stronger.isEmpty() ? declared : stronger;
    });
  }

  /** Gives the keys of a keyed breaker what is said outside the code of breakers of its name. */
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
            + "' has no limit: declare it by timeout(name, limit), or set resilience.timeout."
            + timeout + ".limit"));
  }

  private List<Policy> outsidePipeline(String pipeline) {
    List<Policy> policies = outsidePolicies(pipeline);
    if (policies.isEmpty()) {
      throw new ResilienceConfigurationException("pipeline '" + pipeline
          + "' is not known: register it by pipeline(name).add(…).register(), or set"
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

  /** Has every policy find out again who takes its durations. */
  void measure() {
    breakers.allMade().forEach(CoreCircuitBreaker::measure);
    keyedBreakers.allMade().forEach(KeyedBreakers::measure);
    retries.allMade().forEach(retry -> retry.measure(runtime.durations()));
    timeouts.allMade().forEach(timeout -> timeout.measure(runtime.durations()));
  }
}
