package io.aragora.resilience.circuitbreaker;

import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.Subscription;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Rejects calls to a dependency that keeps failing, and admits a few probes after a cooldown to test whether it works again.
 *
 * <p>Most callers use {@link #call}. If that does not fit, acquire a permit:
 *
 * <pre>{@code
 * long permit = breaker.tryAcquirePermit();
 * if (permit != CircuitBreaker.REJECTED) {
 *   try {
 *     send();
 *     breaker.recordSuccess(permit);
 *   } catch (IOException e) {
 *     breaker.recordFailure(permit, e);
 *     throw e;
 *   }
 * }
 * }</pre>
 *
 * <p>A permit carries the generation of its phase. An outcome that arrives after the phase has ended counts in the totals and
 * changes no state. In half-open a permit completes once, and a permit that is never completed expires after {@link
 * CircuitBreakerConfig#halfOpenMaxDuration()}. In closed, permits are not tracked, so completing one twice counts twice.
 *
 * <p>Thread-safe; an admitted call takes no lock and allocates nothing.
 */
public interface CircuitBreaker extends Policy {
  /** The return value of {@link #tryAcquirePermit()} for a rejected call. */
  long REJECTED = 0;

  /** {@return the config in force} */
  CircuitBreakerConfig config();

  /**
   * Returns the state and changes nothing. Once the cooldown has elapsed the state is {@link
   * CircuitBreakerState#HALF_OPEN}; the transition happens when the breaker admits the next call.
   *
   * @return the state at this instant
   */
  CircuitBreakerState state();

  /** {@return an immutable snapshot of this breaker} */
  CircuitBreakerSnapshot snapshot();

  /**
   * Returns why the breaker is in its state: the rule that fired, the counts it fired on, and when the breaker may admit
   * a call.
   *
   * @return the explanation
   */
  CircuitBreakerExplanation explain();

  /**
   * Returns the number of transitions between two states.
   *
   * @param from the state before
   * @param to the state after
   * @return the number since this breaker was created; for the breaker of a key, the number for all keys of its
   *     {@link KeyedCircuitBreaker}, because a key has no counts of its own
   */
  long transitions(CircuitBreakerState from, CircuitBreakerState to);

  /**
   * Returns whether the breaker would admit a call now, without taking a permit. A later call may still be rejected if
   * other calls come first.
   *
   * @return whether it would admit one at this instant
   */
  boolean isAvailable();

  /**
   * Tries to acquire a permit for one call.
   *
   * @return a permit to be completed by {@link #recordSuccess}, {@link #recordFailure} or {@link #releasePermit};
   *     {@link #REJECTED} if the call is rejected
   */
  long tryAcquirePermit();

  /**
   * Acquires a permit for one call.
   *
   * @return a permit, never {@link #REJECTED}
   * @throws CallNotPermittedException if the call is rejected; {@link CircuitBreakerConfig#mapException} may replace it
   */
  long acquirePermit();

  /**
   * Completes a permit with a success.
   *
   * @param permit the permit
   * @throws IllegalArgumentException if {@code permit} is {@link #REJECTED}
   */
  void recordSuccess(long permit);

  /**
   * Completes a permit with a success whose duration the caller has measured.
   *
   * @param permit the permit
   * @param durationNanos how long the call took, in nanoseconds; decides whether it was slow
   * @throws IllegalArgumentException if {@code permit} is {@link #REJECTED} or {@code durationNanos} is negative
   */
  void recordSuccess(long permit, long durationNanos);

  /**
   * Completes a permit with a result, which counts as {@link CircuitBreakerConfig#recordResultIf} says.
   *
   * @param permit the permit
   * @param result the result of the call
   * @throws IllegalArgumentException if {@code permit} is {@link #REJECTED}
   */
  void recordResult(long permit, @Nullable Object result);

  /**
   * Completes a permit with a failure. {@link CircuitBreakerConfig#ignoreIf} and {@link CircuitBreakerConfig#recordIf}
   * decide how it counts.
   *
   * @param permit the permit
   * @param failure the exception of the call; null, which counts as a failure, if there is none
   * @throws IllegalArgumentException if {@code permit} is {@link #REJECTED}
   */
  void recordFailure(long permit, @Nullable Throwable failure);

  /**
   * Completes a permit with a failure whose duration the caller has measured.
   *
   * @param permit the permit
   * @param failure the exception of the call; null, which counts as a failure, if there is none
   * @param durationNanos how long the call took, in nanoseconds; decides whether it was slow
   * @throws IllegalArgumentException if {@code permit} is {@link #REJECTED} or {@code durationNanos} is negative
   */
  void recordFailure(long permit, @Nullable Throwable failure, long durationNanos);

  /**
   * Completes a permit without an outcome, for a call that was cancelled or never made.
   *
   * @param permit the permit
   * @throws IllegalArgumentException if {@code permit} is {@link #REJECTED}
   */
  void releasePermit(long permit);

  /**
   * Runs a body if the breaker admits it, and returns a rejection as a value.
   *
   * @param body the body to protect
   * @param <T> the type of its value
   * @param <X> the exception of the body
   * @return the value or the rejection
   * @throws X if the body fails
   */
  <T extends @Nullable Object, X extends Throwable> CallOutcome<T> tryCall(
      CheckedSupplier<? extends T, X> body) throws X;

  /**
   * Starts an asynchronous body if the breaker admits it, and returns a rejection as a value.
   *
   * @param body starts the work, on the calling thread
   * @param <T> the type of its value
   * @return the future of the value or the rejection; completing it from outside cancels the work
   */
  <T extends @Nullable Object> CompletableFuture<CallOutcome<T>> tryCallAsync(
      Supplier<? extends CompletionStage<T>> body);

  /**
   * Replaces the config of the breaker. State, generation, listeners, consecutive failures and totals stay. The outcomes
   * in the window stay too: they move to the new window, with the precision of its buckets. The new window begins empty
   * only if a time window replaces a count window, or the reverse. Permits stay valid. An open breaker keeps its present
   * cooldown.
   *
   * @param config the new config
   */
  void reconfigure(CircuitBreakerConfig config);

  /**
   * Closes the breaker with an empty window and no failures, and ends any forced state. Totals stay. Listeners receive it
   * even if the breaker was closed.
   */
  void reset();

  /**
   * Opens the breaker for a time, from any state; then it admits probes. The time replaces a present cooldown, and
   * survives a restart if the state is saved.
   *
   * @param length how long; positive and at most 106,751 days
   * @throws IllegalArgumentException if {@code length} is not positive or exceeds 106,751 days
   */
  void open(Duration length);

  /**
   * Opens the breaker until a time of day, from any state; then it admits probes. The wall clock is read once, now: its
   * later changes make the time neither longer nor shorter.
   *
   * @param end at most 106,751 days from now; if it has passed, the next call is a probe
   * @throws IllegalArgumentException if {@code end} is more than 106,751 days from now
   */
  void openUntil(Instant end);

  /** Admits probes now, from any state. Does nothing if the breaker is half-open already. */
  void halfOpen();

  /** Rejects every call until {@link #reset()} or {@link #forceClosed()}. Survives a restart if the state is saved. */
  void forceOpen();

  /** Closes the breaker now, from any state. Its rules may open it again. */
  void forceClosed();

  /** Admits every call and counts no outcomes in the window, until {@link #reset()}. */
  void disable();

  /**
   * Admits every call and continues to count, but never opens, until {@link #reset()}. Where its rules would have opened it,
   * listeners receive a transition from {@link CircuitBreakerState#METRICS_ONLY} to itself with the cause of the rule, {@link
   * #transitions} counts it, and {@link #explain()} shows it. The rules then pause for {@link CircuitBreakerConfig#cooldown()}.
   */
  void metricsOnly();

  /**
   * Subscribes to the transitions. Each arrives once, in order; none is dropped.
   *
   * @param listener receives events in the background
   * @return ends the subscription when closed
   */
  Subscription subscribe(CircuitBreakerListener listener);

  /**
   * Subscribes to the outcomes of single calls. An event is created only if a listener subscribes to its kind. Up to
   * 1024 events wait for delivery; more are dropped, which is logged once.
   *
   * @param kinds the kinds to receive, at least one
   * @param listener receives events in the background; its first exception is logged
   * @return ends the subscription when closed
   * @throws IllegalArgumentException if {@code kinds} is empty
   */
  Subscription subscribeCalls(
      Set<CircuitBreakerCall.Kind> kinds, Consumer<? super CircuitBreakerCall> listener);

  /** {@return the state of this breaker at this instant, for a store of your own} */
  SavedBreaker save();

  /**
   * Restores a saved state. Totals are always restored, the state only if this breaker has not changed since it was
   * created.
   *
   * @param saved the saved state
   * @return whether all of it was restored; false if the breaker had changed, or was saved with another config, so
   *     that counts and probes were skipped
   */
  boolean restore(SavedBreaker saved);
}
