package io.aragora.resilience;

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
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.timeout.Deadline;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.lang.invoke.MethodHandles;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The runtime: it creates policies and owns their timer, background threads, state store and extensions.
 *
 * <pre>{@code
 * try (Resilience resilience = Resilience.create()) {
 *   CircuitBreaker breaker = resilience.circuitBreaker("prices", c -> c.failureThreshold(3));
 *   String price = breaker.call(() -> client.price("apples"));
 * }
 * }</pre>
 *
 * <p>Each kind of policy has the same methods. With a name alone, a method looks the policy up and declares nothing. With a
 * configuration, or a function that writes one, it declares the policy. The same name always returns the same object. A second
 * declaration that differs in any setting throws {@link ResilienceConfigurationException}, whose message shows what
 * differs. Two functions are the same if they are the same object or equal, so keep a configuration with functions in a
 * constant.
 *
 * <p>System properties, environment variables, {@link ResilienceBuilder#config} and a file may change declared settings,
 * unless the config ignores them. Two declarations are compared without such changes.
 *
 * <p>Every name must have 1 to 10,000 characters and not be blank; otherwise a method throws {@link
 * IllegalArgumentException}. A method that would create one policy more than {@link ResilienceBuilder#maxPolicies} of its
 * kind throws {@link ResilienceConfigurationException}.
 *
 * <p>Thread-safe. After {@link #close()}, operations that need the timer throw {@link ResilienceClosedException};
 * breakers continue to work.
 */
public interface Resilience extends AutoCloseable {
  /**
   * Creates a runtime with default settings.
   *
   * @return a running runtime
   * @throws ResilienceConfigurationException as for {@link ResilienceBuilder#build()}
   */
  static Resilience create() {
    return builder().build();
  }

  /**
   * Returns a builder for a runtime.
   *
   * @return a new builder
   */
  static ResilienceBuilder builder() {
    return new ResilienceBuilder();
  }

  /**
   * Returns the runtime of the process, for code that has no place to keep one. The first call creates it.
   *
   * @return the same runtime until {@link GlobalResilience#close()}
   * @throws ResilienceConfigurationException at first use, as for {@link ResilienceBuilder#build()}
   */
  static Resilience global() {
    return GlobalResilience.get();
  }

  /** {@return the name of this runtime in metrics, threads and errors} */
  String name();

  /**
   * Looks up a circuit breaker. The first look-up of a name creates the breaker with the settings that are registered for that
   * name, else the defaults.
   *
   * @param name the name
   * @return the breaker of that name
   * @throws ResilienceConfigurationException if the settings of the name are inconsistent
   */
  CircuitBreaker circuitBreaker(String name);

  /**
   * Declares a circuit breaker.
   *
   * @param name the name
   * @param config the config
   * @return the breaker of that name
   * @throws ResilienceConfigurationException if the name is declared with other settings, or settings outside the code are
   *     inconsistent with {@code config}
   */
  CircuitBreaker circuitBreaker(String name, CircuitBreakerConfig config);

  /**
   * Declares a circuit breaker.
   *
   * @param name the name
   * @param settings sets the settings that differ from the defaults
   * @return the breaker of that name
   * @throws ResilienceConfigurationException as for {@link #circuitBreaker(String, CircuitBreakerConfig)}
   */
  default CircuitBreaker circuitBreaker(
      String name, Consumer<? super CircuitBreakerConfig.Builder> settings) {
    CircuitBreakerConfig.Builder config = CircuitBreakerConfig.builder();
    settings.accept(config);
    return circuitBreaker(name, config.build());
  }

  /**
   * Declares a circuit breaker for each of many keys.
   *
   * @param name the name
   * @param config the config
   * @return the keyed breaker of that name
   * @throws ResilienceConfigurationException as for {@link #circuitBreaker(String, CircuitBreakerConfig)}
   */
  KeyedCircuitBreaker keyedCircuitBreaker(String name, KeyedCircuitBreakerConfig config);

  /**
   * Declares a circuit breaker for each of many keys.
   *
   * @param name the name
   * @param settings sets the settings that differ from the defaults
   * @return the keyed breaker of that name
   * @throws ResilienceConfigurationException as for {@link #circuitBreaker(String, CircuitBreakerConfig)}
   */
  default KeyedCircuitBreaker keyedCircuitBreaker(
      String name, Consumer<? super KeyedCircuitBreakerConfig.Builder> settings) {
    KeyedCircuitBreakerConfig.Builder config = KeyedCircuitBreakerConfig.builder();
    settings.accept(config);
    return keyedCircuitBreaker(name, config.build());
  }

  /**
   * Looks up a retry. The first look-up of a name creates the retry with default settings.
   *
   * @param name the name
   * @return the retry of that name
   */
  Retry retry(String name);

  /**
   * Declares a retry.
   *
   * @param name the name
   * @param config the config
   * @return the retry of that name
   * @throws ResilienceConfigurationException as for {@link #circuitBreaker(String, CircuitBreakerConfig)}
   */
  Retry retry(String name, RetryConfig config);

  /**
   * Declares a retry.
   *
   * @param name the name
   * @param settings sets the settings that differ from the defaults
   * @return the retry of that name
   * @throws ResilienceConfigurationException as for {@link #circuitBreaker(String, CircuitBreakerConfig)}
   */
  default Retry retry(String name, Consumer<? super RetryConfig.Builder> settings) {
    RetryConfig.Builder config = RetryConfig.builder();
    settings.accept(config);
    return retry(name, config.build());
  }

  /**
   * Looks up a retry budget. The first look-up of a name creates the budget with default settings.
   *
   * @param name the name
   * @return the budget of that name
   */
  RetryBudget retryBudget(String name);

  /**
   * Declares a retry budget, which the retries of one dependency share.
   *
   * @param name the name
   * @param config the config
   * @return the budget of that name
   * @throws ResilienceConfigurationException if the name is declared with other settings
   */
  RetryBudget retryBudget(String name, RetryBudgetConfig config);

  /**
   * Declares a retry budget, which the retries of one dependency share.
   *
   * @param name the name
   * @param settings sets the settings that differ from the defaults
   * @return the budget of that name
   * @throws ResilienceConfigurationException if the name is declared with other settings
   */
  default RetryBudget retryBudget(
      String name, Consumer<? super RetryBudgetConfig.Builder> settings) {
    RetryBudgetConfig.Builder config = RetryBudgetConfig.builder();
    settings.accept(config);
    return retryBudget(name, config.build());
  }

  /**
   * Looks up a timeout. Its limit is declared in the code or set outside it ({@code resilience.timeout.<name>.limit}).
   *
   * @param name the name
   * @return the timeout of that name
   * @throws ResilienceConfigurationException if the timeout has no limit
   */
  Timeout timeout(String name);

  /**
   * Declares a timeout.
   *
   * @param name the name
   * @param limit positive and at most 106,751 days
   * @return the timeout of that name
   * @throws IllegalArgumentException if {@code limit} is not positive or exceeds 106,751 days
   * @throws ResilienceConfigurationException if the name is declared with other settings
   */
  default Timeout timeout(String name, Duration limit) {
    return timeout(name, TimeoutConfig.of(limit));
  }

  /**
   * Declares a timeout.
   *
   * @param name the name
   * @param config the config
   * @return the timeout of that name
   * @throws ResilienceConfigurationException if the name is declared with other settings
   */
  Timeout timeout(String name, TimeoutConfig config);

  /**
   * Declares a timeout.
   *
   * @param name the name
   * @param settings sets the limit, and other settings that differ from the defaults
   * @return the timeout of that name
   * @throws IllegalArgumentException if {@code settings} sets no limit
   * @throws ResilienceConfigurationException if the name is declared with other settings
   */
  default Timeout timeout(String name, Consumer<? super TimeoutConfig.Builder> settings) {
    TimeoutConfig.Builder config = TimeoutConfig.builder();
    settings.accept(config);
    return timeout(name, config.build());
  }

  /**
   * Looks up a bulkhead, and creates it at the first call with the settings from outside the code, or the defaults.
   *
   * @param name the name
   * @return the bulkhead of that name
   */
  Bulkhead bulkhead(String name);

  /**
   * Declares a bulkhead.
   *
   * @param name the name
   * @param config the config
   * @return the bulkhead of that name
   * @throws ResilienceConfigurationException if the bulkhead is already declared with other settings
   */
  Bulkhead bulkhead(String name, BulkheadConfig config);

  /**
   * Declares a bulkhead.
   *
   * @param name the name
   * @param settings sets the config
   * @return the bulkhead of that name
   * @throws ResilienceConfigurationException if the bulkhead is already declared with other settings
   */
  default Bulkhead bulkhead(String name, Consumer<? super BulkheadConfig.Builder> settings) {
    BulkheadConfig.Builder config = BulkheadConfig.builder();
    settings.accept(config);
    return bulkhead(name, config.build());
  }

  /**
   * Looks up a concurrency limit, and creates it at the first call with the settings from outside the code, or the defaults.
   *
   * @param name the name
   * @return the concurrency limit of that name
   */
  ConcurrencyLimit concurrencyLimit(String name);

  /**
   * Declares a concurrency limit.
   *
   * @param name the name
   * @param config the config
   * @return the concurrency limit of that name
   * @throws ResilienceConfigurationException if the concurrency limit is already declared with other settings
   */
  ConcurrencyLimit concurrencyLimit(String name, ConcurrencyLimitConfig config);

  /**
   * Declares a concurrency limit.
   *
   * @param name the name
   * @param settings sets the config
   * @return the concurrency limit of that name
   * @throws ResilienceConfigurationException if the concurrency limit is already declared with other settings
   */
  default ConcurrencyLimit concurrencyLimit(
      String name, Consumer<? super ConcurrencyLimitConfig.Builder> settings) {
    ConcurrencyLimitConfig.Builder config = ConcurrencyLimitConfig.builder();
    settings.accept(config);
    return concurrencyLimit(name, config.build());
  }

  /**
   * Looks up a rate limiter. Its limit and period are declared in the code or set outside it ({@code
   * resilience.ratelimiter.<name>.limit} and {@code .period}).
   *
   * @param name the name
   * @return the rate limiter of that name
   * @throws ResilienceConfigurationException if the rate limiter has no limit and period
   */
  RateLimiter rateLimiter(String name);

  /**
   * Declares a rate limiter.
   *
   * @param name the name
   * @param config the config
   * @return the rate limiter of that name
   * @throws ResilienceConfigurationException if the name is already declared with other settings
   */
  RateLimiter rateLimiter(String name, RateLimiterConfig config);

  /**
   * Declares a smooth rate limiter.
   *
   * @param name the name
   * @param settings sets the limit and the period, and other settings that differ from the defaults
   * @return the rate limiter of that name
   * @throws IllegalArgumentException if {@code settings} sets no limit or no period
   * @throws ResilienceConfigurationException if the name is already declared with other settings
   */
  default RateLimiter rateLimiter(
      String name, Consumer<? super RateLimiterConfig.Builder> settings) {
    RateLimiterConfig.Builder config = RateLimiterConfig.builder();
    settings.accept(config);
    return rateLimiter(name, config.build());
  }

  /**
   * Declares a rate limiter with keys. Settings outside the code for rate limiters of that name change the config of its keys.
   *
   * @param name the name
   * @param config the config
   * @return the keyed rate limiter of that name
   * @throws ResilienceConfigurationException if the name is already declared with other settings
   */
  KeyedRateLimiter keyedRateLimiter(String name, KeyedRateLimiterConfig config);

  /**
   * Declares a rate limiter with keys.
   *
   * @param name the name
   * @param settings sets the config of the keys, and other settings that differ from the defaults
   * @return the keyed rate limiter of that name
   * @throws IllegalArgumentException if {@code settings} sets no config of the keys
   * @throws ResilienceConfigurationException as for {@link #keyedRateLimiter(String, KeyedRateLimiterConfig)}
   */
  default KeyedRateLimiter keyedRateLimiter(
      String name, Consumer<? super KeyedRateLimiterConfig.Builder> settings) {
    KeyedRateLimiterConfig.Builder config = KeyedRateLimiterConfig.builder();
    settings.accept(config);
    return keyedRateLimiter(name, config.build());
  }

  /**
   * Looks up a hedge. Its delay is declared in the code or set outside it ({@code resilience.hedge.<name>.delay}).
   *
   * @param name the name
   * @return the hedge of that name
   * @throws ResilienceConfigurationException if the hedge has no delay
   */
  Hedge hedge(String name);

  /**
   * Declares a hedge, for calls that may run more than once.
   *
   * @param name the name
   * @param config the config
   * @return the hedge of that name
   * @throws ResilienceConfigurationException if the name is already declared with other settings
   */
  Hedge hedge(String name, HedgeConfig config);

  /**
   * Declares a hedge, for calls that may run more than once.
   *
   * @param name the name
   * @param settings sets the delay, and other settings that differ from the defaults
   * @return the hedge of that name
   * @throws IllegalArgumentException if {@code settings} sets no delay
   * @throws ResilienceConfigurationException if the name is already declared with other settings
   */
  default Hedge hedge(String name, Consumer<? super HedgeConfig.Builder> settings) {
    HedgeConfig.Builder config = HedgeConfig.forIdempotentCalls();
    settings.accept(config);
    return hedge(name, config.build());
  }

  /**
   * Looks up a chaos policy, which only code declares.
   *
   * @param name the name
   * @return the chaos policy of that name
   * @throws ResilienceConfigurationException if the name is not declared
   */
  Chaos chaos(String name);

  /**
   * Declares a chaos policy. It does nothing until chaos is enabled for the process and {@link ChaosControl#start started}.
   *
   * @param name the name
   * @param config the config
   * @return the chaos policy of that name
   * @throws ResilienceConfigurationException if the name is already declared with other settings
   */
  Chaos chaos(String name, ChaosConfig config);

  /**
   * Declares a chaos policy. It does nothing until chaos is enabled for the process and {@link ChaosControl#start started}.
   *
   * @param name the name
   * @param settings adds what may be injected, and other settings
   * @return the chaos policy of that name
   * @throws IllegalArgumentException if {@code settings} adds nothing, or chances of more than 100 percent
   * @throws ResilienceConfigurationException if the name is already declared with other settings
   */
  default Chaos chaos(String name, Consumer<? super ChaosConfig.Builder> settings) {
    ChaosConfig.Builder config = ChaosConfig.builder();
    settings.accept(config);
    return chaos(name, config.build());
  }

  /**
   * Returns what starts and stops the chaos of this runtime.
   *
   * @return the control, always the same object
   */
  ChaosControl chaos();

  /**
   * Looks up a coalescer. The caller chooses the types, which must be those of the declaration.
   *
   * @param name the name
   * @param <K> the type of its keys
   * @param <V> the type of its results
   * @return the coalescer of that name
   */
  <K, V extends @Nullable Object> Coalescer<K, V> coalescer(String name);

  /**
   * Declares a coalescer. A name stands for one type of keys and one type of results.
   *
   * @param name the name
   * @param config the config
   * @param <K> the type of its keys
   * @param <V> the type of its results
   * @return the coalescer of that name
   * @throws ResilienceConfigurationException if the name is already declared with other settings
   */
  <K, V extends @Nullable Object> Coalescer<K, V> coalescer(
      String name, CoalescerConfig<K, V> config);

  /**
   * Declares a coalescer. A name stands for one type of keys and one type of results.
   *
   * @param name the name
   * @param settings sets what differs from the defaults
   * @param <K> the type of its keys
   * @param <V> the type of its results
   * @return the coalescer of that name
   * @throws ResilienceConfigurationException if the name is already declared with other settings
   */
  default <K, V extends @Nullable Object> Coalescer<K, V> coalescer(
      String name, Consumer<? super CoalescerConfig.Builder<K, V>> settings) {
    CoalescerConfig.Builder<K, V> config = CoalescerConfig.builder();
    settings.accept(config);
    return coalescer(name, config.build());
  }

  /**
   * Opens a block of the calling thread with a deadline.
   *
   * @param name the name; need not be unique
   * @param limit positive and at most 106,751 days
   * @return the deadline, which this thread closes at the end of the block
   * @throws IllegalArgumentException if {@code limit} is not positive or exceeds 106,751 days
   */
  Deadline deadline(String name, Duration limit);

  /**
   * Looks up a pipeline. It is declared in the code or described outside it ({@code resilience.pipeline.<name>.policies}).
   *
   * @param name the name
   * @return the pipeline of that name
   * @throws ResilienceConfigurationException if there is no such pipeline, or one of its policies cannot be created
   */
  Pipeline pipeline(String name);

  /**
   * Declares a pipeline. A description of the same name outside the code replaces {@code policies}.
   *
   * @param name the name
   * @param policies adds the policies, the outermost first
   * @return the pipeline of that name
   * @throws IllegalArgumentException if {@code policies} adds none, or one of them twice
   * @throws ResilienceConfigurationException if the name is declared with other policies, or a policy that is
   *     described outside the code cannot be created
   */
  Pipeline pipeline(String name, Consumer<? super Pipeline.Builder> policies);

  /**
   * Returns what creates policies that are not registered.
   *
   * @return the creator, which is stateless
   */
  UnregisteredPolicies unregistered();

  /**
   * Returns the policies of this runtime, to list, read, observe and tidy them.
   *
   * @return a view that follows the runtime
   */
  Policies policies();

  /**
   * Creates an object whose methods call another object through the policies that annotations name ({@link
   * io.aragora.resilience.annotation}). The annotations are read once, here. A method that returns a {@link
   * java.util.concurrent.CompletionStage} or {@link java.util.concurrent.CompletableFuture} is called asynchronously.
   *
   * @param type a public interface in an exported package
   * @param target the object to call; calls of its own methods by itself are not intercepted
   * @param <T> the interface
   * @return a proxy; equal to another proxy of the same interface whose target is equal
   * @throws ResilienceConfigurationException if the interface is inaccessible, nothing is annotated, or an annotation cannot be
   *     applied; the message names the method
   */
  default <T> T proxy(Class<T> type, T target) {
    return proxy(type, target, MethodHandles.publicLookup());
  }

  /**
   * Creates a proxy of an interface that is not public or not exported.
   *
   * @param type an interface
   * @param target the object to call; calls of its own methods by itself are not intercepted
   * @param lookup {@code MethodHandles.lookup()} of a class that can access the interface
   * @param <T> the interface
   * @return a proxy; equal to another proxy of the same interface whose target is equal
   * @throws ResilienceConfigurationException as for {@link #proxy(Class, Object)}
   */
  <T> T proxy(Class<T> type, T target, MethodHandles.Lookup lookup);

  /**
   * Returns a policy whose calls are observed. It works as {@code policy} does, and counts with it.
   *
   * @param policy one of this runtime, or your own, of which the observer sees the end alone
   * @param observers returns the observer of a call, on the thread that begins the call; null if the call is not to be
   *     observed. If it throws, the failure is logged once and the call is not observed
   * @return the observed policy, which is not registered
   */
  Pipeline observed(Policy policy, Supplier<? extends @Nullable CallObserver> observers);

  /**
   * Returns the health checks and trackers of this runtime.
   *
   * @return the registry
   */
  HealthRegistry health();

  /**
   * Returns the status of this runtime: its store, timer, threads and fallbacks.
   *
   * @return a view that follows the runtime
   */
  RuntimeStatus status();

  /**
   * Replaces the settings that {@link ResilienceBuilder#config(Map)} set, and changes the existing policies whose settings
   * are different now. The other sources stay as they are: the file, system properties and the environment. Calls in
   * progress go on, and so do the state and the totals of a policy. A policy that {@code reconfigure} of its own changed is
   * changed only if its settings outside the code are different.
   *
   * @param config all settings, not only those that are different; values by their keys, such as {@code
   *     resilience.retry.prices.maxAttempts}
   * @param places returns the text that stands for a key in messages, as for {@link
   *     ResilienceBuilder#config(Map, UnaryOperator)}
   * @return which policies were changed, and which have other settings that need a new runtime
   * @throws ResilienceConfigurationException if a key is unknown, a value is invalid, or a policy cannot have the settings;
   *     nothing is changed then
   */
  Reconfiguration reconfigure(Map<String, String> config, UnaryOperator<String> places);

  /**
   * Replaces the settings that {@link ResilienceBuilder#config(Map)} set. Messages show a key as it is.
   *
   * @param config all settings, as for {@link #reconfigure(Map, UnaryOperator)}
   * @return which policies were changed
   * @throws ResilienceConfigurationException as for {@link #reconfigure(Map, UnaryOperator)}
   */
  default Reconfiguration reconfigure(Map<String, String> config) {
    return reconfigure(config, UnaryOperator.identity());
  }

  /**
   * Saves every breaker that has changed, and waits for the result.
   *
   * @param limit the longest wait; positive, at most 106,751 days
   * @return whether everything that changed before the call is saved; true if there is no store
   * @throws IllegalArgumentException if {@code limit} is not positive or exceeds 106,751 days
   */
  boolean flush(Duration limit);

  /**
   * Returns an attached extension.
   *
   * @param type the class of the extension
   * @param <E> the class of the extension
   * @return the extension; empty if there is none, or it failed to attach
   */
  <E extends ResilienceExtension> Optional<E> extension(Class<E> type);

  /**
   * Returns whether this runtime is closed.
   *
   * @return whether {@link #close()} was called
   */
  boolean isClosed();

  /**
   * Closes the runtime: closes extensions, ends pending calls with {@link ResilienceClosedException}, saves and closes the
   * store, and ends every thread. Pending calls include those whose tasks an executor accepted and has not begun. Takes 5 s
   * at most; a step that still runs then, such as an extension that hangs, continues on its own thread. Closing twice does
   * nothing.
   */
  @Override
  void close();
}
