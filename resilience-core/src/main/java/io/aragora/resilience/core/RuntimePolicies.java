package io.aragora.resilience.core;

import io.aragora.resilience.CallObserver;
import io.aragora.resilience.MethodPolicy;
import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Policies;
import io.aragora.resilience.Reconfiguration;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.chaos.ChaosConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfigRegistry;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSummary;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.core.admission.AdmissionRuntime;
import io.aragora.resilience.core.bulkhead.CoreBulkhead;
import io.aragora.resilience.core.call.WaitingThreads;
import io.aragora.resilience.core.chaos.ChaosSwitch;
import io.aragora.resilience.core.chaos.CoreChaos;
import io.aragora.resilience.core.circuitbreaker.BreakerRuntime;
import io.aragora.resilience.core.circuitbreaker.CoreCircuitBreaker;
import io.aragora.resilience.core.circuitbreaker.CoreKeyedCircuitBreaker;
import io.aragora.resilience.core.coalescing.CoreCoalescer;
import io.aragora.resilience.core.concurrencylimit.CoreConcurrencyLimit;
import io.aragora.resilience.core.fallback.FallbackCounters;
import io.aragora.resilience.core.hedge.CoreHedge;
import io.aragora.resilience.core.pipeline.CorePipeline;
import io.aragora.resilience.core.pipeline.ObservedPipeline;
import io.aragora.resilience.core.proxy.AnnotatedDeclarations;
import io.aragora.resilience.core.proxy.AnnotatedMethod;
import io.aragora.resilience.core.quota.Quotas;
import io.aragora.resilience.core.ratelimiter.CoreKeyedRateLimiter;
import io.aragora.resilience.core.ratelimiter.CoreRateLimiter;
import io.aragora.resilience.core.ratelimiter.LimiterStorage;
import io.aragora.resilience.core.registry.PolicyKinds;
import io.aragora.resilience.core.registry.PolicyRegistry;
import io.aragora.resilience.core.registry.ReadablePolicy;
import io.aragora.resilience.core.registry.Staleness;
import io.aragora.resilience.core.retry.CoreRetry;
import io.aragora.resilience.core.retry.TokenBudget;
import io.aragora.resilience.core.settings.PolicyReference;
import io.aragora.resilience.core.settings.RuntimeSettings;
import io.aragora.resilience.core.settings.Warnings;
import io.aragora.resilience.core.timeout.CoreTimeout;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.QuietLock;
import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.internal.runtime.ResilienceSettings;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.spi.DurationRecorder.Kind;
import io.aragora.resilience.spi.Readings;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The policies of a runtime by kind and name. A policy is created from the config in the code and
 * the settings from outside the code.
 */
final class RuntimePolicies implements Policies, AnnotatedDeclarations, PolicyKinds {
  private static final GuardedLog LOG = GuardedLog.of(CorePipeline.class);

  final PolicyRegistry<CoreCircuitBreaker, CircuitBreakerConfig> breakers;
  final PolicyRegistry<CoreKeyedCircuitBreaker, KeyedCircuitBreakerConfig> keyedBreakers;
  final PolicyRegistry<CoreRetry, RetryConfig> retries;
  final PolicyRegistry<TokenBudget, RetryBudgetConfig> budgets;
  final PolicyRegistry<CoreTimeout, TimeoutConfig> timeouts;
  final PolicyRegistry<CoreBulkhead, BulkheadConfig> bulkheads;
  final PolicyRegistry<CoreConcurrencyLimit, ConcurrencyLimitConfig> concurrencyLimits;
  final PolicyRegistry<CoreRateLimiter, RateLimiterConfig> rateLimiters;
  final PolicyRegistry<CoreKeyedRateLimiter, KeyedRateLimiterConfig> keyedRateLimiters;
  final PolicyRegistry<CoreHedge, HedgeConfig> hedges;
  final PolicyRegistry<CoreChaos, ChaosConfig> chaos;
  final PolicyRegistry<CoreCoalescer<Object, Object>, CoalescerConfig<Object, Object>> coalescers;
  final PolicyRegistry<CorePipeline, List<Policy>> pipelines;
  final FallbackCounters fallbacks;

  /** The registries of all kinds whose policies can be links of a pipeline, or record durations. */
  private final List<PolicyRegistry<?, ?>> kinds;

  private final Resilience resilience;
  private final RuntimeSettings outside;
  private final BreakerRuntime runtime;
  private final WaitingThreads waiting;
  private final @Nullable Quotas quotas;

  /** Held during a reconfiguration. Not the lock of this, which closing takes. */
  private final QuietLock reconfiguring = new QuietLock();

  /** Created at the first use of chaos, under the lock of this. */
  private volatile @Nullable ChaosSwitch chaosSwitch;

  /** Whether the runtime is closed. Guarded by the lock of this. */
  private boolean isChaosClosed;

  /** Null until a limiter is created in a runtime without a store. */
  private volatile @Nullable LimiterStorage limiterStorage;

  /**
   * Keyed by the policies that a warning names, so a pipeline that is built for each call is warned
   * about once.
   */
  private final Warnings orders = new Warnings(LOG);

  /**
   * Creates empty registries.
   *
   * @param resilience the runtime, which is not used here
   * @param settings the largest number of policies of each kind, and when a policy is stale
   * @param outside the settings from outside the code
   * @param runtime the parts that policies share
   * @param waiting the threads that wait between two attempts
   * @param limiterStorage saves rate limiters; null if the runtime has no store
   * @param quotas leases permits of shared limits; null if there is no quota store
   */
  RuntimePolicies(
      Resilience resilience,
      ResilienceSettings settings,
      RuntimeSettings outside,
      BreakerRuntime runtime,
      WaitingThreads waiting,
      @Nullable LimiterStorage limiterStorage,
      @Nullable Quotas quotas) {
    this.resilience = resilience;
    this.outside = outside;
    this.quotas = quotas;
    this.runtime = runtime;
    this.waiting = waiting;
    this.limiterStorage = limiterStorage;
    int max = settings.maxPolicies();
    Staleness stale = Staleness.after(runtime.time(), settings.staleAfter());
    Staleness never = Staleness.never();
    breakers = new PolicyRegistry<>(this, "circuit breaker", "circuitbreaker", max, stale);
    keyedBreakers = new PolicyRegistry<>(this, "keyed circuit breaker", null, max, never);
    retries = new PolicyRegistry<>(this, "retry", "retry", max, stale);
    budgets = new PolicyRegistry<>(this, "retry budget", null, max, never);
    timeouts = new PolicyRegistry<>(this, "timeout", "timeout", max, stale);
    bulkheads = new PolicyRegistry<>(this, "bulkhead", "bulkhead", max, stale);
    concurrencyLimits =
        new PolicyRegistry<>(this, "concurrency limit", "concurrencylimit", max, stale);
    rateLimiters = new PolicyRegistry<>(this, "rate limiter", "ratelimiter", max, stale);
    keyedRateLimiters = new PolicyRegistry<>(this, "keyed rate limiter", null, max, never);
    hedges = new PolicyRegistry<>(this, "hedge", "hedge", max, stale);
    chaos = new PolicyRegistry<>(this, "chaos", "chaos", max, never);
    coalescers = new PolicyRegistry<>(this, "coalescer", null, max, stale);
    pipelines = new PolicyRegistry<>(this, "pipeline", null, max, never);
    fallbacks = new FallbackCounters(max, runtime.dispatcher());
    kinds = List.of(
        breakers,
        keyedBreakers,
        retries,
        timeouts,
        bulkheads,
        concurrencyLimits,
        rateLimiters,
        keyedRateLimiters,
        hedges,
        chaos);
  }

  @Override
  public Object kind(String text) {
    return switch (text) {
      case "circuit breaker" -> new BreakerKind(outside, runtime);
      case "keyed circuit breaker" -> new KeyedBreakerKind(outside, runtime);
      case "retry" -> new RetryKind(this, outside, runtime);
      case "retry budget" -> new BudgetKind(runtime, quotas);
      case "timeout" -> new TimeoutKind(this, outside, runtime);
      case "bulkhead" -> new BulkheadKind(this, outside, runtime);
      case "concurrency limit" -> new ConcurrencyLimitKind(this, outside, runtime);
      case "rate limiter" -> new RateLimiterKind(this, outside, runtime);
      case "keyed rate limiter" -> new KeyedRateLimiterKind(this, outside, runtime);
      case "hedge" -> new HedgeKind(this, outside);
      case "chaos" -> new ChaosKind(this);
      case "coalescer" -> new CoalescerKind(this, outside);
      case "pipeline" -> new PipelineKind(this);
      default -> throw new IllegalArgumentException("no kind is a " + text);
    };
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

  /** Not a field, whose class every process would load. */
  private AdmissionRuntime admission() {
    return new AdmissionRuntime(
        runtime.time(), runtime.clock(), runtime.timer(), runtime.dispatcher(), waiting);
  }

  /** Creates a bulkhead that is not registered. */
  CoreBulkhead newBulkhead(String bulkhead, BulkheadConfig config) {
    return new CoreBulkhead(
        Setting.name("name", bulkhead), Objects.requireNonNull(config, "config"), admission());
  }

  /** Creates a concurrency limit that is not registered. */
  CoreConcurrencyLimit newConcurrencyLimit(String limit, ConcurrencyLimitConfig config) {
    return new CoreConcurrencyLimit(
        Setting.name("name", limit), Objects.requireNonNull(config, "config"), admission());
  }

  /** Creates a rate limiter that is not registered. */
  CoreRateLimiter newRateLimiter(String limiter, RateLimiterConfig config) {
    if (config.isShared()) {
      throw new IllegalArgumentException(
          "a shared rate limiter must be registered, since its name is"
              + " that of its quota: create '" + limiter + "' by rateLimiter");
    }
    return new CoreRateLimiter(
        Setting.name("name", limiter), Objects.requireNonNull(config, "config"), admission());
  }

  /** Returns what saves rate limiters. */
  LimiterStorage limiterStorage() {
    LimiterStorage present = limiterStorage;
    if (present == null) {
      // Limiters are created under the lock of their registry.
      present = new UnsavedLimiters(runtime.dispatcher().runtime());
      limiterStorage = present;
    }
    return present;
  }

  /** Creates a rate limiter that is to be registered, so that a fleet may share its limit. */
  CoreRateLimiter makeRateLimiter(String limiter, RateLimiterConfig config) {
    return config.isShared()
        ? new CoreRateLimiter(
            limiter, config, admission(), Quotas.required("rate limiter", limiter, quotas))
        : new CoreRateLimiter(limiter, config, admission());
  }

  /** Creates a keyed rate limiter that is not registered. */
  CoreKeyedRateLimiter newKeyedRateLimiter(String keyed, KeyedRateLimiterConfig config) {
    return new CoreKeyedRateLimiter(keyed, config, admission());
  }

  /** Creates a hedge that is not registered. */
  CoreHedge newHedge(String hedge, HedgeConfig config) {
    return new CoreHedge(
        Setting.name("name", hedge),
        Objects.requireNonNull(config, "config"),
        runtime.time(),
        runtime.timer(),
        runtime.dispatcher());
  }

  /** Creates a chaos policy that is not registered. */
  CoreChaos newChaos(String name, ChaosConfig config) {
    return makeChaos(name, config, 1);
  }

  /** Creates a chaos policy, whose chances settings outside the code may lower. */
  CoreChaos registeredChaos(String name, ChaosConfig config) {
    return makeChaos(name, config, outside.chaosScale(name));
  }

  private CoreChaos makeChaos(String name, ChaosConfig config, double scale) {
    return new CoreChaos(
        Setting.name("name", name),
        Objects.requireNonNull(config, "config"),
        scale,
        chaosSwitch(),
        runtime.time(),
        runtime.timer(),
        runtime.dispatcher());
  }

  /** Returns the switch of all chaos policies. */
  ChaosSwitch chaosSwitch() {
    ChaosSwitch present = chaosSwitch;
    return present != null ? present : createChaosSwitch();
  }

  private synchronized ChaosSwitch createChaosSwitch() {
    ChaosSwitch present = chaosSwitch;
    if (present == null) {
      present = new ChaosSwitch(
          outside.chaos(), runtime.time(), runtime.timer(), runtime.dispatcher(), chaos::all);
      if (isChaosClosed) {
        present.close();
      }
      chaosSwitch = present;
    }
    return present;
  }

  /**
   * Ensures that chaos is not used from now on.
   *
   * @return the switch, which is to be closed; null if chaos was not used
   */
  synchronized @Nullable ChaosSwitch endChaos() {
    isChaosClosed = true;
    return chaosSwitch;
  }

  /** Creates a coalescer that is not registered. */
  <K, V extends @Nullable Object> CoreCoalescer<K, V> newCoalescer(
      String coalescer, CoalescerConfig<K, V> config) {
    return new CoreCoalescer<>(
        Setting.name("name", coalescer), Objects.requireNonNull(config, "config"), admission());
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

  @Override
  public Optional<MethodPolicy> forMethod(
      Method method, Class<?> type, MethodHandles.Lookup lookup) {
    return AnnotatedMethod.of(
        resilience, this, policy -> observed(policy, () -> null), method, type, lookup);
  }

  /** Returns the policies of a pipeline that settings outside the code list. */
  List<Policy> outsidePolicies(String pipeline) {
    return outside.pipeline(pipeline).stream()
        .map(policy -> outsidePolicy(policy.kind(), policy.nameIn(pipeline)))
        .toList();
  }

  private Policy outsidePolicy(String kind, String policy) {
    return (Policy) registryOf(kind).get(policy);
  }

  private PolicyRegistry<?, ?> registryOf(String kind) {
    for (PolicyRegistry<?, ?> registry : kinds) {
      if (registry.isOf(kind)) {
        return registry;
      }
    }
    throw new IllegalStateException("no registry of " + kind);
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
  public Collection<Bulkhead> bulkheads() {
    return List.copyOf(bulkheads.all());
  }

  @Override
  public Collection<ConcurrencyLimit> concurrencyLimits() {
    return List.copyOf(concurrencyLimits.all());
  }

  @Override
  public Collection<RateLimiter> rateLimiters() {
    return List.copyOf(rateLimiters.all());
  }

  @Override
  public Collection<KeyedRateLimiter> keyedRateLimiters() {
    return List.copyOf(keyedRateLimiters.all());
  }

  @Override
  public Collection<Hedge> hedges() {
    return List.copyOf(hedges.all());
  }

  @Override
  public Collection<Chaos> chaos() {
    return List.copyOf(chaos.all());
  }

  @Override
  public Collection<Coalescer<?, ?>> coalescers() {
    return List.copyOf(coalescers.all());
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
    return retries.remove(retry) != null;
  }

  @Override
  public boolean removeRetryBudget(String budget) {
    return budgets.remove(budget) != null;
  }

  @Override
  public boolean removeTimeout(String timeout) {
    return timeouts.remove(timeout) != null;
  }

  @Override
  public int pruneRateLimiters() {
    return rateLimiters.prune();
  }

  @Override
  public boolean removeRateLimiter(String limiter) {
    return rateLimiters.remove(limiter) != null;
  }

  @Override
  public boolean removeKeyedRateLimiter(String keyed) {
    return keyedRateLimiters.remove(keyed) != null;
  }

  @Override
  public int pruneHedges() {
    return hedges.prune();
  }

  @Override
  public boolean removeHedge(String hedge) {
    return hedges.remove(hedge) != null;
  }

  @Override
  public boolean removeChaos(String name) {
    return chaos.remove(name) != null;
  }

  @Override
  public int pruneCoalescers() {
    return coalescers.prune();
  }

  @Override
  public boolean removeCoalescer(String coalescer) {
    return coalescers.remove(coalescer) != null;
  }

  @Override
  public int pruneConcurrencyLimits() {
    return concurrencyLimits.prune();
  }

  @Override
  public boolean removeConcurrencyLimit(String limit) {
    return concurrencyLimits.remove(limit) != null;
  }

  @Override
  public int pruneBulkheads() {
    return bulkheads.prune();
  }

  @Override
  public boolean removeBulkhead(String bulkhead) {
    return bulkheads.remove(bulkhead) != null;
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

  @Override
  public CircuitBreaker circuitBreakerFromPreset(
      String breaker, CircuitBreakerConfig preset, Object place) {
    return declarePreset(breaker, preset, place);
  }

  @Override
  public Retry retry(String retry, RetryConfig config, Object place) {
    return retries.declare(retry, config, null, place);
  }

  @Override
  public Timeout timeout(String timeout, TimeoutConfig config, Object place) {
    return timeouts.declare(timeout, config, null, place);
  }

  @Override
  public Bulkhead bulkhead(String bulkhead, BulkheadConfig config, Object place) {
    return bulkheads.declare(bulkhead, config, null, place);
  }

  @Override
  public ConcurrencyLimit concurrencyLimit(
      String limit, ConcurrencyLimitConfig config, Object place) {
    return concurrencyLimits.declare(limit, config, null, place);
  }

  @Override
  public RateLimiter rateLimiter(String limiter, RateLimiterConfig config, Object place) {
    return rateLimiters.declare(limiter, config, null, place);
  }

  /**
   * Changes the policies whose settings outside the code are different after a replacement of these settings. First everything is
   * resolved and checked, and nothing is created or changed; then all is changed.
   *
   * @param replacement replaces the settings, and puts the present ones back if it runs again
   */
  Reconfiguration reconfigure(Runnable replacement) {
    reconfiguring.lock();
    try {
      return reconfigureAlone(replacement);
    } finally {
      reconfiguring.unlock();
    }
  }

  private Reconfiguration reconfigureAlone(Runnable replacement) {
    List<Change<?>> changes = new ArrayList<>();
    for (PolicyRegistry<?, ?> registry : kinds) {
      changes.add(Change.of(registry));
    }
    changes.add(Change.of(coalescers));
    Map<String, Object> fixed = fixedSettings();
    Map<String, Object> fixedNow;
    replacement.run();
    try {
      changes.forEach(change -> change.check(outside::given));
      checkPipelines();
      fixedNow = fixedSettings();
    } catch (RuntimeException e) {
      replacement.run();
      throw e;
    }
    List<String> changed = new ArrayList<>();
    List<String> kept = new ArrayList<>();
    changes.forEach(change -> change.apply(changed, kept));
    fixedNow.forEach((policy, settings) -> {
      Object before = fixed.get(policy);
      if (before != null && !before.equals(settings)) {
        kept.add(policy);
      }
    });
    return Reconfiguration.of(changed, kept);
  }

  /** Returns the settings outside the code that policies follow only when they are created. */
  private Map<String, Object> fixedSettings() {
    Map<String, Object> fixed = new LinkedHashMap<>();
    for (CorePipeline each : pipelines.all()) {
      fixed.put("pipeline '" + each.name() + "'", outside.pipeline(each.name()));
    }
    for (CoreChaos each : chaos.all()) {
      fixed.put("chaos '" + each.name() + "'", outside.chaosScale(each.name()));
    }
    return fixed;
  }

  /** Checks the policies that settings outside the code list for the pipelines that exist, without creating one. */
  private void checkPipelines() {
    for (CorePipeline each : pipelines.all()) {
      List<PolicyReference> listed = outside.pipeline(each.name());
      if (listed.isEmpty() && !pipelines.isDeclared(each.name())) {
        throw PipelineKind.undeclaredPipeline(each.name());
      }
      for (PolicyReference policy : listed) {
        registryOf(policy.kind()).checkGet(policy.nameIn(each.name()));
      }
    }
  }

  /** The policies of one kind, with their configs before the settings outside the code are replaced. */
  private record Change<C>(PolicyRegistry<?, C> registry, Map<String, C> before) {
    static <C> Change<C> of(PolicyRegistry<?, C> registry) {
      return new Change<>(registry, registry.resolved());
    }

    void check(BiFunction<String, String, String> given) {
      registry.checkChange(before, given);
    }

    void apply(List<String> changed, List<String> kept) {
      registry.reconfigure(before, changed, kept);
    }
  }

  /** Lets every policy look up its duration recorders again. */
  void measure() {
    kinds.forEach(PolicyRegistry::measure);
  }

  /** Writes the numbers of every policy. */
  @Override
  public void read(Readings into) {
    Objects.requireNonNull(into, "into");
    read("circuitbreaker", breakers, into);
    read("keyedcircuitbreaker", keyedBreakers, into);
    read("retry", retries, into);
    read("retrybudget", budgets, into);
    read("timeout", timeouts, into);
    read("bulkhead", bulkheads, into);
    read("concurrencylimit", concurrencyLimits, into);
    read("ratelimiter", rateLimiters, into);
    read("keyedratelimiter", keyedRateLimiters, into);
    read("hedge", hedges, into);
    read("chaos", chaos, into);
    read("coalescer", coalescers, into);
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
