package io.aragora.resilience;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerPresets;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSettings;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSummary;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.fallback.FallbackTotals;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.persistence.StateStoreStatus;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.spi.ResilienceExtension;
import io.aragora.resilience.time.TimerTotals;
import io.aragora.resilience.timeout.Deadline;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.lang.invoke.MethodHandles;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;

/**
 * The runtime: it makes policies, and owns the timer, the background threads, the state store and the extensions that they
 * need.
 *
 * <pre>{@code
 * try (Resilience resilience = Resilience.create()) {
 *   CircuitBreaker breaker = resilience.circuitBreaker("prices");
 *   String price = breaker.call(() -> client.price("apples"));
 * }
 * }</pre>
 *
 * <p>Policies are known by name: the same name gives the same object. The first declaration of a name configures it; a
 * second one that differs in any setting, functions included, is an error that shows what differs, and a look-up by name alone
 * declares nothing. A function is the same if it is the same object or equals it, so keep a config with functions in a constant.
 *
 * <p>Thread-safe. After {@link #close()} whatever needs the timer throws {@link ResilienceClosedException}; breakers go on
 * deciding.
 */
public interface Resilience extends AutoCloseable {
  /**
   * Makes a runtime with default settings.
   *
   * @return a running runtime
   * @throws ResilienceConfigurationException as for {@link ResilienceBuilder#build()}
   */
  static Resilience create() {
    return builder().build();
  }

  /**
   * Starts to describe a runtime.
   *
   * @return a new builder
   */
  static ResilienceBuilder builder() {
    return new ResilienceBuilder();
  }

  /**
   * Gives the runtime of the process, made with default settings at first use, for code that has no place to keep one.
   *
   * @return the same runtime until {@link #closeGlobal()}
   * @throws ResilienceConfigurationException at first use, as for {@link ResilienceBuilder#build()}
   */
  static Resilience global() {
    return GlobalResilience.get();
  }

  /**
   * Sets the runtime of the process before its first use.
   *
   * @param resilience the runtime, owned by {@link #closeGlobal()} from now on
   * @throws ResilienceConfigurationException if there is one already
   */
  static void setGlobal(Resilience resilience) {
    GlobalResilience.set(resilience);
  }

  /** Closes the runtime of the process, if there is one; the next {@link #global()} makes another. For containers. */
  static void closeGlobal() {
    GlobalResilience.close();
  }

  /**
   * Names the runtime in metrics, threads and errors.
   *
   * @return the name
   */
  String name();

  /**
   * Looks a breaker up, making one where there is none: with the settings that are registered under its name, else the
   * defaults, and what {@link #circuitBreakerSettings()} says of either.
   *
   * @param name not blank, at most 10,000 characters
   * @return the breaker of that name
   * @throws IllegalArgumentException if the name is blank or too long
   * @throws ResilienceConfigurationException if it would be one too many, or the settings of its name do not go together
   */
  CircuitBreaker circuitBreaker(String name);

  /**
   * Declares a breaker. System properties, environment, {@link ResilienceBuilder#config} and file may change its settings
   * ({@link #circuitBreakerSettings()}), unless they are {@link CircuitBreakerConfig.Builder#pinned() pinned}; what is compared
   * with another declaration is what the code says.
   *
   * @param name not blank, at most 10,000 characters
   * @param config its settings
   * @return the breaker of that name
   * @throws IllegalArgumentException if the name is blank or too long
   * @throws ResilienceConfigurationException if the name is declared with other settings, if it would be one too many, or if
   *     what the map or the file says does not go together with the settings
   */
  CircuitBreaker circuitBreaker(String name, CircuitBreakerConfig config);

  /**
   * Declares a breaker with the preset of a provider, {@link CircuitBreakerPresets#named}. Settings that are registered
   * under the name win over the preset.
   *
   * @param name not blank, at most 10,000 characters
   * @param provider case does not matter; one that is not known has the default preset
   * @return the breaker of that name
   * @throws IllegalArgumentException if the name is blank or too long
   * @throws ResilienceConfigurationException as for {@link #circuitBreaker(String, CircuitBreakerConfig)}
   */
  CircuitBreaker circuitBreakerForProvider(String name, String provider);

  /**
   * Gives what decides about the settings of breakers: those registered at run time, and those from outside the code.
   *
   * @return the settings of this runtime
   */
  CircuitBreakerSettings circuitBreakerSettings();

  /**
   * Lists the breakers.
   *
   * @return an immutable copy
   */
  Collection<CircuitBreaker> circuitBreakers();

  /**
   * Subscribes to the changes of state of every breaker of this runtime, present and to come, keys of keyed breakers
   * included. Each change arrives once, those of one breaker in order. Any number may subscribe; none can harm another.
   *
   * @param listener hears of them in the background; {@link CircuitBreakerListener#ofCodes} makes one that hears numbers
   * @return ends the subscription when closed
   */
  Subscription subscribe(CircuitBreakerListener listener);

  /**
   * Resets every breaker that {@link #circuitBreakers()} lists, as {@link CircuitBreaker#reset()} does.
   */
  default void resetCircuitBreakers() {
    circuitBreakers().forEach(CircuitBreaker::reset);
  }

  /**
   * Takes breakers out of {@link #circuitBreakers()} that are closed and had neither a call nor a look-up for as long as
   * {@link ResilienceBuilder#staleAfter} says. This also happens by itself when the runtime is full. A breaker that was
   * taken out works on, and a look-up of its name gives the same object for as long as somebody holds it. As many as the
   * runtime holds may be out and in somebody's hands; beyond that none is taken out.
   *
   * @return how many were taken out by this call
   */
  int pruneCircuitBreakers();

  /**
   * Declares a breaker for each key of many. System properties, environment, {@link ResilienceBuilder#config} and file change
   * the settings of its keys as they do those of a breaker of this name.
   *
   * @param name not blank, at most 10,000 characters
   * @param config its settings
   * @return the keyed breaker of that name
   * @throws IllegalArgumentException if the name is blank or too long
   * @throws ResilienceConfigurationException as for {@link #circuitBreaker(String, CircuitBreakerConfig)}
   */
  KeyedCircuitBreaker keyedCircuitBreaker(String name, KeyedCircuitBreakerConfig config);

  /**
   * Lists the keyed breakers.
   *
   * @return an immutable copy
   */
  Collection<KeyedCircuitBreaker> keyedCircuitBreakers();

  /**
   * Looks at all breakers, with and without keys.
   *
   * @return how many are open and half-open, which, and which are near to it
   */
  CircuitBreakerSummary circuitBreakerSummary();

  /**
   * Looks a retry up, making one with default settings where there is none.
   *
   * @param name not blank, at most 10,000 characters
   * @return the retry of that name
   * @throws IllegalArgumentException if the name is blank or too long
   * @throws ResilienceConfigurationException if it would be one too many
   */
  Retry retry(String name);

  /**
   * Declares a retry. System properties, environment, {@link ResilienceBuilder#config} and file may change its settings, unless
   * they are {@link RetryConfig.Builder#pinned() pinned}.
   *
   * @param name not blank, at most 10,000 characters
   * @param config its settings
   * @return the retry of that name
   * @throws IllegalArgumentException if the name is blank or too long
   * @throws ResilienceConfigurationException as for {@link #circuitBreaker(String, CircuitBreakerConfig)}
   */
  Retry retry(String name, RetryConfig config);

  /**
   * Lists the retries.
   *
   * @return an immutable copy
   */
  Collection<Retry> retries();

  /**
   * Looks a retry budget up, making one with default settings where there is none.
   *
   * @param name not blank, at most 10,000 characters
   * @return the budget of that name
   * @throws IllegalArgumentException if the name is blank or too long
   * @throws ResilienceConfigurationException if it would be one too many
   */
  RetryBudget retryBudget(String name);

  /**
   * Declares a retry budget, to be shared by the retries of one dependency.
   *
   * @param name not blank, at most 10,000 characters
   * @param config its settings
   * @return the budget of that name
   * @throws IllegalArgumentException if the name is blank or too long
   * @throws ResilienceConfigurationException if the name is declared with other settings, or it would be one too many
   */
  RetryBudget retryBudget(String name, RetryBudgetConfig config);

  /**
   * Lists the retry budgets.
   *
   * @return an immutable copy
   */
  Collection<RetryBudget> retryBudgets();

  /**
   * Declares a timeout. System properties, environment, {@link ResilienceBuilder#config} and file may change its limit, unless
   * it is {@link TimeoutConfig.Builder#pinned() pinned}.
   *
   * @param name not blank, at most 10,000 characters
   * @param config its settings
   * @return the timeout of that name
   * @throws IllegalArgumentException if the name is blank or too long
   * @throws ResilienceConfigurationException if the name is declared with other settings, or it would be one too many
   */
  Timeout timeout(String name, TimeoutConfig config);

  /**
   * Declares a timeout.
   *
   * @param name not blank, at most 10,000 characters
   * @param limit positive and at most 365 days
   * @return the timeout of that name
   * @throws IllegalArgumentException if the name is blank or too long, or {@code limit} is outside
   * @throws ResilienceConfigurationException if the name is declared with another limit, or it would be one too many
   */
  default Timeout timeout(String name, Duration limit) {
    return timeout(name, TimeoutConfig.of(limit));
  }

  /**
   * Looks a timeout up that is declared elsewhere, in the code or outside of it ({@code resilience.timeout.<name>.limit}).
   *
   * @param name not blank, at most 10,000 characters
   * @return the timeout of that name
   * @throws IllegalArgumentException if the name is blank or too long
   * @throws ResilienceConfigurationException if nobody gave it a limit, or it would be one too many
   */
  Timeout timeout(String name);

  /**
   * Opens a block of the calling thread that has to be done in time.
   *
   * @param name not blank, at most 10,000 characters; need not be unique
   * @param limit positive and at most 365 days
   * @return to be closed by this thread at the end of the block
   * @throws IllegalArgumentException if the name is blank or too long, or {@code limit} is outside
   */
  Deadline deadline(String name, Duration limit);

  /**
   * Lists the timeouts.
   *
   * @return an immutable copy
   */
  Collection<Timeout> timeouts();

  /**
   * Starts a pipeline.
   *
   * @param name not blank, at most 10,000 characters; need not be unique
   * @return a new builder
   * @throws IllegalArgumentException if the name is blank or too long
   */
  Pipeline.Builder pipeline(String name);

  /**
   * Looks a pipeline up that is known by its name: the code {@linkplain Pipeline.Builder#register() registered} it, or it is
   * described outside the code ({@code resilience.pipeline.<name>.policies}).
   *
   * @param name not blank, at most 10,000 characters
   * @return the pipeline of that name
   * @throws IllegalArgumentException if the name is blank or too long
   * @throws ResilienceConfigurationException if there is none, or one of its policies cannot be made
   */
  Pipeline registeredPipeline(String name);

  /**
   * Lists the pipelines that are known by their names.
   *
   * @return an immutable copy
   */
  Collection<Pipeline> registeredPipelines();

  /**
   * Makes an object whose calls go to another one through the policies that the annotations of package {@link
   * io.aragora.resilience.annotation} ask for. They are read once, here. Methods that return a {@link
   * java.util.concurrent.CompletionStage} or {@link java.util.concurrent.CompletableFuture} take the asynchronous path.
   *
   * @param type a public interface in a package that is exported to everybody
   * @param target what is called; methods that it calls on itself are not intercepted
   * @param <T> the interface
   * @return a proxy; equal to another one of the same kind whose target is equal
   * @throws ResilienceConfigurationException if the interface cannot be seen, nothing is annotated, or an annotation cannot
   *     be applied; names the method
   */
  default <T> T proxy(Class<T> type, T target) {
    return proxy(type, target, MethodHandles.publicLookup());
  }

  /**
   * Makes a proxy of an interface that not everybody can see.
   *
   * @param type an interface
   * @param target what is called; methods that it calls on itself are not intercepted
   * @param lookup {@code MethodHandles.lookup()} of a class that sees the interface
   * @param <T> the interface
   * @return a proxy; equal to another one of the same kind whose target is equal
   * @throws ResilienceConfigurationException if the interface cannot be seen, nothing is annotated, or an annotation cannot
   *     be applied; names the method
   */
  <T> T proxy(Class<T> type, T target, MethodHandles.Lookup lookup);

  /**
   * Gives what the fallbacks of the pipelines counted.
   *
   * @return an immutable copy, by the names of the pipelines; pipelines of one name share their totals
   */
  Map<String, FallbackTotals> fallbackTotals();

  /**
   * Gives the health checks.
   *
   * @return the registry
   */
  HealthRegistry health();

  /**
   * Tells how the keeping of state goes.
   *
   * @return the status at this instant
   */
  StateStoreStatus storeStatus();

  /**
   * Tells whether the timer keeps its times.
   *
   * @return what it counted
   */
  TimerTotals timerTotals();

  /**
   * Returns the load of the runtime's groups of threads.
   *
   * @return one reading for each group; the timer's alone if the time source brings its own executor
   */
  Collection<ThreadLoad> threadLoads();

  /**
   * Saves every breaker that changed and waits.
   *
   * @param limit the longest to wait; positive, at most 365 days
   * @return whether everything that had changed before the call is saved now; true where no store is configured
   * @throws IllegalArgumentException if {@code limit} is outside
   */
  boolean flush(Duration limit);

  /**
   * Finds an extension that was attached.
   *
   * @param type its class
   * @param <E> its class
   * @return the extension; empty if there is none, or it failed to attach
   */
  <E extends ResilienceExtension> Optional<E> extension(Class<E> type);

  /**
   * Tells whether the runtime was closed.
   *
   * @return whether it was
   */
  boolean isClosed();

  /**
   * Closes extensions, ends what is pending with {@link ResilienceClosedException} (calls whose tasks an executor accepted and has
   * not begun, too), saves and closes the store, and ends every thread. Takes 5 s at most: what does not end by then, an extension
   * that hangs for instance, is left to its own thread. Closing twice does nothing.
   */
  @Override
  void close();
}
