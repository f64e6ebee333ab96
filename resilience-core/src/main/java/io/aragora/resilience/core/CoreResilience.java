package io.aragora.resilience.core;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceConfigurationException;
import io.aragora.resilience.Subscription;
import io.aragora.resilience.ThreadLoad;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerPresets;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSettings;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSummary;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.core.circuitbreaker.BreakerKeeper;
import io.aragora.resilience.core.circuitbreaker.BreakerRuntime;
import io.aragora.resilience.core.dispatch.ContextCarrier;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.fallback.FallbackCounter;
import io.aragora.resilience.core.health.CoreHealthRegistry;
import io.aragora.resilience.core.persistence.StateKeeper;
import io.aragora.resilience.core.pipeline.CorePipeline;
import io.aragora.resilience.core.proxy.ProtectingHandler;
import io.aragora.resilience.core.recording.DurationRecorders;
import io.aragora.resilience.core.recording.FlightRecording;
import io.aragora.resilience.core.retry.WaitingThreads;
import io.aragora.resilience.core.settings.RuntimeSettings;
import io.aragora.resilience.core.time.SystemTimeSource;
import io.aragora.resilience.core.timeout.DeadlineScope;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.fallback.FallbackTotals;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.persistence.StateStoreStatus;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.spi.ResilienceExtension;
import io.aragora.resilience.spi.ResilienceSettings;
import io.aragora.resilience.spi.Setting;
import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerTotals;
import io.aragora.resilience.timeout.Deadline;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.lang.invoke.MethodHandles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The runtime: puts the parts together, and takes them apart in an order in which nothing is lost. */
final class CoreResilience implements Resilience {
  private static final long CLOSE_NANOS = 5_000_000_000L;
  private static final long STEPS_NANOS = 2_000_000_000L;
  private static final long DISPATCHER_NANOS = 500_000_000L;

  private final String name;
  private final TimeSource time;
  private final Dispatcher dispatcher;
  private final Timer timer;
  private final WaitingThreads waiting;
  private final BreakerRuntime breakerRuntime;
  private final RuntimeSettings outside;
  private final RuntimePolicies policies;
  private final CoreHealthRegistry health;
  private final Extensions extensions;
  private final @Nullable StateKeeper keeper;
  private final @Nullable ShutdownHook shutdown;
  private final AtomicBoolean closed = new AtomicBoolean();

  CoreResilience(ResilienceSettings settings) {
    // First: it throws where the file will not do, and then there is nothing to be closed.
    FlightRecording.prepare(settings.name());
    outside = RuntimeSettings.ofProcess(settings);
    name = settings.name();
    time = settings.timeSource() != null ? settings.timeSource() : SystemTimeSource.INSTANCE;
    dispatcher = new Dispatcher(
        name, time, settings.executor(), new ContextCarrier(settings.contextPropagators()));
    timer = new Timer(name + "-timer", time);
    dispatcher.useTimer(timer);
    waiting = new WaitingThreads(time);
    DurationRecorders durations = new DurationRecorders(this::measure);
    keeper = settings.store() == null
        ? null
        : new StateKeeper(name, settings.store(), time, timer, dispatcher);
    breakerRuntime = BreakerRuntime.of(
        time, timer, dispatcher, durations, keeper == null ? BreakerKeeper.NONE : keeper);
    policies = new RuntimePolicies(settings, outside, breakerRuntime, waiting);
    health = new CoreHealthRegistry(
        name,
        time,
        timer,
        dispatcher,
        List.of(
            RuntimeHealth.ofBreakers(this::circuitBreakerSummary),
            RuntimeHealth.ofStore(keeper),
            RuntimeHealth.ofThreads(this::threadLoads, time)));
    extensions = new Extensions(this, settings, time, durations);
    shutdown = settings.closedAtShutdown() ? new ShutdownHook(this) : null;
  }

  void start() {
    try {
      if (keeper != null) {
        startKeeper(keeper);
      }
      if (shutdown != null) {
        shutdown.register();
      }
    } catch (ResilienceConfigurationException | IllegalStateException e) {
      close();
      throw e;
    }
    extensions.attachAll();
  }

  private void startKeeper(StateKeeper starting) {
    String failure =
        starting.start(new RegisteredBreakers(policies.breakers, policies.keyedBreakers));
    if (failure != null && starting.isRequired()) {
      throw new ResilienceConfigurationException(
          "the state store of '" + name + "' is required and does not work: " + failure);
    }
  }

  private void measure() {
    policies.measure();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public CircuitBreaker circuitBreaker(String breaker) {
    return policies.breakers.get(breaker);
  }

  @Override
  public CircuitBreaker circuitBreaker(String breaker, CircuitBreakerConfig config) {
    return policies.breakers.declare(
        breaker, config, declared -> outside.breakers().resolve(breaker, declared));
  }

  @Override
  public CircuitBreaker circuitBreakerForProvider(String breaker, String provider) {
    return policies.breakers.declare(
        breaker,
        CircuitBreakerPresets.named(provider),
        preset -> outside.breakers().resolve(breaker, provider));
  }

  @Override
  public CircuitBreakerSettings circuitBreakerSettings() {
    return outside.breakers();
  }

  @Override
  public Collection<CircuitBreaker> circuitBreakers() {
    return List.copyOf(policies.breakers.all());
  }

  @Override
  public Subscription subscribe(CircuitBreakerListener listener) {
    return breakerRuntime.listeners().add(listener);
  }

  @Override
  public int pruneCircuitBreakers() {
    return policies.breakers.prune();
  }

  @Override
  public KeyedCircuitBreaker keyedCircuitBreaker(String keyed, KeyedCircuitBreakerConfig config) {
    return policies.keyedBreakers.declare(
        keyed, config, declared -> policies.resolveKeys(keyed, declared));
  }

  @Override
  public Collection<KeyedCircuitBreaker> keyedCircuitBreakers() {
    return List.copyOf(policies.keyedBreakers.all());
  }

  @Override
  public CircuitBreakerSummary circuitBreakerSummary() {
    return CircuitBreakerSummary.of(
        policies.breakers.all(), policies.keyedBreakers.all(), time.wallTime());
  }

  @Override
  public Retry retry(String retry) {
    return policies.retries.get(retry);
  }

  @Override
  public Retry retry(String retry, RetryConfig config) {
    return policies.retries.declare(retry, config, declared -> outside.retry(retry, declared));
  }

  @Override
  public Collection<Retry> retries() {
    return List.copyOf(policies.retries.all());
  }

  @Override
  public RetryBudget retryBudget(String budget) {
    return policies.budgets.get(budget);
  }

  @Override
  public RetryBudget retryBudget(String budget, RetryBudgetConfig config) {
    return policies.budgets.declare(budget, config);
  }

  @Override
  public Collection<RetryBudget> retryBudgets() {
    return List.copyOf(policies.budgets.all());
  }

  @Override
  public Timeout timeout(String timeout, TimeoutConfig config) {
    return policies.timeouts.declare(
        timeout, config, declared -> outside.timeout(timeout, declared));
  }

  @Override
  public Timeout timeout(String timeout) {
    return policies.timeouts.get(timeout);
  }

  @Override
  public Deadline deadline(String deadline, Duration limit) {
    return DeadlineScope.open(deadline, limit, time);
  }

  @Override
  public Collection<Timeout> timeouts() {
    return List.copyOf(policies.timeouts.all());
  }

  @Override
  public Pipeline.Builder pipeline(String pipeline) {
    return CorePipeline.builder(pipeline, policies::makePipeline, policies::registerPipeline);
  }

  @Override
  public Pipeline registeredPipeline(String pipeline) {
    return policies.pipelines.get(pipeline);
  }

  @Override
  public Collection<Pipeline> registeredPipelines() {
    return List.copyOf(policies.pipelines.all());
  }

  @Override
  public <T> T proxy(Class<T> type, T target, MethodHandles.Lookup lookup) {
    return ProtectingHandler.proxy(this, type, target, lookup);
  }

  @Override
  public Map<String, FallbackTotals> fallbackTotals() {
    return policies.fallbacks.all().stream()
        .collect(Collectors.toUnmodifiableMap(FallbackCounter::pipeline, FallbackCounter::totals));
  }

  @Override
  public HealthRegistry health() {
    return health;
  }

  @Override
  public StateStoreStatus storeStatus() {
    return keeper == null ? StateStoreStatus.NONE : keeper.status();
  }

  @Override
  public TimerTotals timerTotals() {
    return timer.totals();
  }

  @Override
  public Collection<ThreadLoad> threadLoads() {
    List<ThreadLoad> loads = new ArrayList<>(dispatcher.loads());
    loads.add(timer.load());
    return List.copyOf(loads);
  }

  @Override
  public boolean flush(Duration limit) {
    Setting.positive("limit", limit);
    return keeper == null || keeper.flush(limit);
  }

  @Override
  public <E extends ResilienceExtension> Optional<E> extension(Class<E> type) {
    return extensions.find(type);
  }

  @Override
  public boolean isClosed() {
    return closed.get();
  }

  @Override
  public void close() {
    close(false);
  }

  /**
   * Closes everything within five seconds in sum, whatever hangs: extensions and the timer have the first two, the store the rest
   * but half a second, the dispatcher what is left.
   */
  void close(boolean exiting) {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    if (shutdown != null) {
      shutdown.unregister();
    }
    long began = time.nanoTime();
    long deadline = began + CLOSE_NANOS;
    ClosingSteps steps = new ClosingSteps(name, time, began + STEPS_NANOS);
    extensions.close(steps);
    waiting.close();
    steps.run("the timer", timer::close);
    steps.run("what executors accepted", dispatcher::closeHandOvers);
    try {
      if (keeper != null) {
        long rest = deadline - DISPATCHER_NANOS - time.nanoTime();
        keeper.close(Duration.ofNanos(Math.max(0, rest)));
      }
    } finally {
      dispatcher.close(deadline, exiting);
    }
  }

  @Override
  public String toString() {
    return "resilience runtime '" + name + "'";
  }
}
