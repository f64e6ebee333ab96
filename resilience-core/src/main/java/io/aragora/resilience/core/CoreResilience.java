package io.aragora.resilience.core;

import io.aragora.resilience.CallObserver;
import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Policies;
import io.aragora.resilience.Reconfiguration;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceExtension;
import io.aragora.resilience.RuntimeStatus;
import io.aragora.resilience.ThreadLoad;
import io.aragora.resilience.UnregisteredPolicies;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.chaos.ChaosConfig;
import io.aragora.resilience.chaos.ChaosControl;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.core.call.WaitingThreads;
import io.aragora.resilience.core.chaos.ChaosSwitch;
import io.aragora.resilience.core.circuitbreaker.BreakerRuntime;
import io.aragora.resilience.core.circuitbreaker.BreakerStorage;
import io.aragora.resilience.core.dispatch.ContextCarrier;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.health.CoreHealthRegistry;
import io.aragora.resilience.core.persistence.StateSaver;
import io.aragora.resilience.core.pipeline.CorePipeline;
import io.aragora.resilience.core.proxy.ProtectingHandler;
import io.aragora.resilience.core.quota.Quotas;
import io.aragora.resilience.core.recording.DurationRecorders;
import io.aragora.resilience.core.recording.FlightRecording;
import io.aragora.resilience.core.recording.Recorder;
import io.aragora.resilience.core.settings.RuntimeSettings;
import io.aragora.resilience.core.time.SystemTimeSource;
import io.aragora.resilience.core.timeout.DeadlineScope;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.fallback.FallbackTotals;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.internal.runtime.ResilienceSettings;
import io.aragora.resilience.persistence.StateStoreStatus;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.spi.ContextPropagator;
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
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The runtime. Creates the parts, and closes them in an order in which no state is lost. */
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

  /** Created at its first use. Written under the lock of this. */
  private volatile @Nullable CoreHealthRegistry health;

  private final RuntimeStatus status = new Status();
  private final Extensions extensions;
  private final @Nullable StateSaver saver;
  private final @Nullable Quotas quotas;
  private final @Nullable ShutdownHook shutdown;
  private final AtomicBoolean closed = new AtomicBoolean();

  CoreResilience(ResilienceSettings settings) {
    if (Recorder.isStarted()) {
      FlightRecording.prepare(settings.name());
    }
    // Early, because it throws if a config source is invalid; there is nothing to close yet.
    outside = RuntimeSettings.ofProcess(settings);
    name = settings.name();
    time = settings.timeSource() != null ? settings.timeSource() : SystemTimeSource.INSTANCE;
    dispatcher = new Dispatcher(
        name,
        time,
        settings.executor(),
        new ContextCarrier(settings.plugIns(ContextPropagator.class)));
    timer = new Timer(name + "-timer", time);
    dispatcher.useTimer(timer);
    waiting = new WaitingThreads(time);
    DurationRecorders durations = new DurationRecorders(new Runnable() {
      @Override
      public void run() {
        policies.measure();
      }
    });
    saver = settings.store() == null
        ? null
        : new StateSaver(name, settings.store(), time, timer, dispatcher);
    breakerRuntime = BreakerRuntime.of(
        time, timer, dispatcher, durations, saver == null ? BreakerStorage.NONE : saver);
    quotas =
        settings.quotas() == null ? null : new Quotas(settings.quotas(), time, timer, dispatcher);
    policies = new RuntimePolicies(this, settings, outside, breakerRuntime, waiting, saver, quotas);
    if (settings.transitionLevel() != System.Logger.Level.OFF) {
      breakerRuntime
          .listeners()
          .addForGood(new TransitionLogging(
              name, settings.transitionLevel(), policies.breakers, time, timer, dispatcher));
    }
    extensions = new Extensions(this, settings, time, durations);
    shutdown = settings.closeOnShutdown() ? new ShutdownHook(this) : null;
  }

  /** Starts the parts. If one throws, whatever it is, everything is closed. */
  void start() {
    boolean isStarted = false;
    try {
      if (saver != null) {
        startSaver(saver);
      }
      if (shutdown != null) {
        shutdown.register();
      }
      extensions.attachAll();
      Duration length = outside.chaosAtStart();
      if (length != null) {
        policies.chaosSwitch().start(length);
      }
      isStarted = true;
    } finally {
      if (!isStarted) {
        close();
      }
    }
  }

  private void startSaver(StateSaver starting) {
    String failure = starting.start(
        new RegisteredBreakers(policies.breakers, policies.keyedBreakers, policies.rateLimiters));
    if (failure != null && starting.isRequired()) {
      throw new ResilienceConfigurationException(
          "runtime '" + name + "' requires its state store, and the store failed: " + failure
              + ". Repair the store, or remove requireStateStore");
    }
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
    return policies.breakers.declare(breaker, config);
  }

  @Override
  public KeyedCircuitBreaker keyedCircuitBreaker(String keyed, KeyedCircuitBreakerConfig config) {
    return policies.keyedBreakers.declare(keyed, config);
  }

  @Override
  public Retry retry(String retry) {
    return policies.retries.get(retry);
  }

  @Override
  public Retry retry(String retry, RetryConfig config) {
    return policies.retries.declare(retry, config);
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
  public Timeout timeout(String timeout, TimeoutConfig config) {
    return policies.timeouts.declare(timeout, config);
  }

  @Override
  public Timeout timeout(String timeout) {
    return policies.timeouts.get(timeout);
  }

  @Override
  public Bulkhead bulkhead(String bulkhead) {
    return policies.bulkheads.get(bulkhead);
  }

  @Override
  public Bulkhead bulkhead(String bulkhead, BulkheadConfig config) {
    return policies.bulkheads.declare(bulkhead, config);
  }

  @Override
  public ConcurrencyLimit concurrencyLimit(String limit) {
    return policies.concurrencyLimits.get(limit);
  }

  @Override
  public ConcurrencyLimit concurrencyLimit(String limit, ConcurrencyLimitConfig config) {
    return policies.concurrencyLimits.declare(limit, config);
  }

  @Override
  public RateLimiter rateLimiter(String limiter) {
    return policies.rateLimiters.get(limiter);
  }

  @Override
  public RateLimiter rateLimiter(String limiter, RateLimiterConfig config) {
    return policies.rateLimiters.declare(limiter, config);
  }

  @Override
  public KeyedRateLimiter keyedRateLimiter(String keyed, KeyedRateLimiterConfig config) {
    return policies.keyedRateLimiters.declare(keyed, config);
  }

  @Override
  public Hedge hedge(String hedge) {
    return policies.hedges.get(hedge);
  }

  @Override
  public Hedge hedge(String hedge, HedgeConfig config) {
    return policies.hedges.declare(hedge, config);
  }

  @Override
  public Chaos chaos(String name) {
    return policies.chaos.get(name);
  }

  @Override
  public Chaos chaos(String name, ChaosConfig config) {
    return policies.chaos.declare(name, config);
  }

  @Override
  public ChaosControl chaos() {
    return policies.chaosSwitch();
  }

  @Override
  @SuppressWarnings("unchecked") // the code that declares a name knows its types
  public <K, V extends @Nullable Object> Coalescer<K, V> coalescer(String coalescer) {
    return (Coalescer<K, V>) policies.coalescers.get(coalescer);
  }

  @Override
  @SuppressWarnings("unchecked") // as above
  public <K, V extends @Nullable Object> Coalescer<K, V> coalescer(
      String coalescer, CoalescerConfig<K, V> config) {
    return (Coalescer<K, V>)
        policies.coalescers.declare(coalescer, (CoalescerConfig<Object, Object>) config);
  }

  @Override
  public Deadline deadline(String deadline, Duration limit) {
    return DeadlineScope.open(deadline, limit, time);
  }

  @Override
  public Pipeline pipeline(String pipeline, Consumer<? super Pipeline.Builder> description) {
    return CorePipeline.declare(pipeline, description, policies.pipelines::declare);
  }

  @Override
  public Pipeline pipeline(String pipeline) {
    return policies.pipelines.get(pipeline);
  }

  @Override
  public UnregisteredPolicies unregistered() {
    return new CoreUnregisteredPolicies(policies);
  }

  @Override
  public Policies policies() {
    return policies;
  }

  @Override
  public <T> T proxy(Class<T> type, T target, MethodHandles.Lookup lookup) {
    return ProtectingHandler.proxy(this, policies, type, target, lookup);
  }

  @Override
  public Pipeline observed(Policy policy, Supplier<? extends @Nullable CallObserver> observers) {
    return policies.observed(policy, Objects.requireNonNull(observers, "observers"));
  }

  @Override
  public Reconfiguration reconfigure(Map<String, String> config, UnaryOperator<String> places) {
    return policies.reconfigure(outside.replacement(Map.copyOf(config), places));
  }

  @Override
  public HealthRegistry health() {
    CoreHealthRegistry present = health;
    return present != null ? present : createHealth();
  }

  private synchronized HealthRegistry createHealth() {
    CoreHealthRegistry present = health;
    if (present == null) {
      present = new CoreHealthRegistry(
          name,
          time,
          timer,
          dispatcher,
          List.of(
              RuntimeHealth.ofBreakers(policies::circuitBreakerSummary),
              RuntimeHealth.ofStore(saver),
              RuntimeHealth.ofAdmission(policies),
              RuntimeHealth.ofCoalescers(policies),
              RuntimeHealth.ofChaos(outside, policies),
              RuntimeHealth.ofThreads(status::threads, time)));
      health = present;
    }
    return present;
  }

  @Override
  public RuntimeStatus status() {
    return status;
  }

  @Override
  public boolean flush(Duration limit) {
    Setting.positive("limit", limit);
    return saver == null || saver.flush(limit);
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
   * Closes everything within five seconds in total, even if a part hangs. A thread of its own does it, and the calling thread waits
   * whatever interrupts it: it may be inside a call that the closing ends by an interrupt, and an interrupt must lose no state.
   */
  void close(boolean exiting) {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    if (shutdown != null) {
      shutdown.unregister();
    }
    Thread closer = Thread.currentThread();
    long began = time.nanoTime();
    new ClosingSteps(name, time, began + CLOSE_NANOS + DISPATCHER_NANOS)
        .run("the runtime", () -> closeParts(began, closer, exiting));
  }

  /**
   * Closes one part after the other. Extensions and the timer have the first two seconds. The store then has the time until half a
   * second before the end, and the dispatcher has what remains.
   */
  private void closeParts(long began, Thread closer, boolean exiting) {
    long deadline = began + CLOSE_NANOS;
    ClosingSteps steps = new ClosingSteps(name, time, began + STEPS_NANOS);
    extensions.close(steps);
    waiting.close();
    ChaosSwitch chaos = policies.endChaos();
    if (chaos != null) {
      steps.run("chaos", chaos::close);
    }
    steps.run("the timer", timer::close);
    steps.run("the tasks that executors accepted", dispatcher::closeAcceptedTasks);
    if (quotas != null) {
      steps.run("the quota store", quotas::close);
    }
    try {
      if (saver != null) {
        long rest = deadline - DISPATCHER_NANOS - time.nanoTime();
        saver.close(Duration.ofNanos(Math.max(0, rest)));
      }
    } finally {
      dispatcher.close(deadline, closer, exiting);
    }
  }

  @Override
  public String toString() {
    return "resilience runtime '" + name + "'";
  }

  private final class Status implements RuntimeStatus {
    @Override
    public StateStoreStatus stateStore() {
      return saver == null ? StateStoreStatus.NONE : saver.status();
    }

    @Override
    public TimerTotals timer() {
      return timer.totals();
    }

    @Override
    public Collection<ThreadLoad> threads() {
      List<ThreadLoad> loads = new ArrayList<>(dispatcher.loads());
      loads.add(timer.load());
      return List.copyOf(loads);
    }

    @Override
    public Map<String, FallbackTotals> fallbacks() {
      return policies.fallbacks.totals();
    }
  }
}
