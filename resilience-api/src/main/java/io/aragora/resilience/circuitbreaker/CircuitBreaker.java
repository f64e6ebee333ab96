package io.aragora.resilience.circuitbreaker;

import io.aragora.resilience.CheckedSupplier;
import io.aragora.resilience.Policy;
import io.aragora.resilience.Subscription;
import io.aragora.resilience.persistence.SavedBreaker;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Refuses calls to a dependency that keeps failing, and lets a few through after a cooldown to find out whether it is back.
 *
 * <p>Most callers use {@link #call}. Where that does not fit, take a permit:
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
 * <p>A permit knows the state that admitted it. An outcome that comes when that state is over is counted in the totals and
 * decides nothing. In half-open a permit completes once, and one that is never completed expires after {@link
 * CircuitBreakerConfig#halfOpenMaxDuration()}. In closed nothing is taken, so completing a permit twice counts twice.
 *
 * <p>Thread-safe; an admitted call takes no lock and allocates nothing.
 */
public interface CircuitBreaker extends Policy {
  /** What {@link #tryAcquirePermit()} gives for a call that is refused. */
  long REJECTED = 0;

  /**
   * Gives the settings.
   *
   * @return the settings
   */
  CircuitBreakerConfig config();

  /**
   * Gives the state. A pure read: once the cooldown is over it gives {@link CircuitBreakerState#HALF_OPEN}, and the change
   * itself happens when a call is admitted.
   *
   * @return the state at this instant
   */
  CircuitBreakerState state();

  /**
   * Gives everything that there is to know about this instant.
   *
   * @return a snapshot
   */
  CircuitBreakerSnapshot snapshot();

  /**
   * Explains the state: which rule fired, on which counts, and when a call may be let through again.
   *
   * @return the explanation
   */
  CircuitBreakerExplanation explain();

  /**
   * Counts the changes from one state to another.
   *
   * @param from the state before
   * @param to the state after
   * @return how many there were since this breaker was created; for the breaker of a key, those of all keys of its {@link
   *     KeyedCircuitBreaker} together, since a key has no room for counts of its own
   */
  long transitions(CircuitBreakerState from, CircuitBreakerState to);

  /**
   * Tells, without taking a permit, whether a call would be admitted. It may be refused all the same if others come first.
   *
   * @return whether it would be at this instant
   */
  boolean isAvailable();

  /**
   * Asks for the right to make one call.
   *
   * @return a permit to be completed by {@link #recordSuccess}, {@link #recordFailure} or {@link #releasePermit}; {@link
   *     #REJECTED} if the call is refused
   */
  long tryAcquirePermit();

  /**
   * Asks for the right to make one call.
   *
   * @return a permit, never {@link #REJECTED}
   * @throws CallNotPermittedException if the call is refused
   */
  long acquirePermit();

  /**
   * Completes a permit: the dependency answered well.
   *
   * @param permit the permit
   * @throws IllegalArgumentException if it is {@link #REJECTED}, which is no permit
   */
  void recordSuccess(long permit);

  /**
   * Completes a permit with a failure, which {@link CircuitBreakerConfig#ignoreIf} and {@link
   * CircuitBreakerConfig#recordIf} still judge.
   *
   * @param permit the permit
   * @param failure what the call failed with; null where there is no exception to show, which counts as a failure
   * @throws IllegalArgumentException if the permit is {@link #REJECTED}, which is none
   */
  void recordFailure(long permit, @Nullable Throwable failure);

  /**
   * Completes a permit without an outcome, for a call that was cancelled or never made.
   *
   * @param permit the permit
   * @throws IllegalArgumentException if it is {@link #REJECTED}, which is no permit
   */
  void releasePermit(long permit);

  /**
   * Runs a body if the breaker admits it, and gives a refusal as a value.
   *
   * @param body what to protect
   * @param <T> the type of its value
   * @param <X> what it throws
   * @return the value or the refusal
   * @throws X if the body fails
   */
  <T extends @Nullable Object, X extends Throwable> CallOutcome<T> tryCall(
      CheckedSupplier<? extends T, X> body) throws X;

  /**
   * Changes the settings of the living breaker. State, generation, listeners, failures in a row and totals stay, and so do
   * the outcomes in the window: into a window of another length they are moved, with the precision of its buckets. Only
   * where time takes the place of count, or the other way round, the window begins empty. Permits that are out stay valid.
   * An open breaker keeps the cooldown that it has.
   *
   * @param config the new settings
   */
  void reconfigure(CircuitBreakerConfig config);

  /** Closes the breaker with an empty window and no failures, and ends any forced state. Totals stay. */
  void reset();

  /** Refuses every call until {@link #reset()} or {@link #forceClosed()}. Survives a restart where state is saved. */
  void forceOpen();

  /** Closes the breaker now, whatever it is waiting for; it may open again by its rules. */
  void forceClosed();

  /** Admits every call and judges none, until {@link #reset()}. */
  void disable();

  /** Admits every call and goes on counting, but never opens, until {@link #reset()}. */
  void metricsOnly();

  /**
   * Subscribes to the changes of state: each arrives once, in order, and none is left out.
   *
   * @param listener hears of them in the background
   * @return ends the subscription when closed
   */
  Subscription subscribe(CircuitBreakerListener listener);

  /**
   * Subscribes to what becomes of single calls. An event is built only where somebody hears of its kind; up to 1024 wait to
   * be delivered, and more than that are dropped, which is logged once.
   *
   * @param kinds what to hear of, at least one
   * @param listener hears of it in the background; what it throws is logged once and harms nobody
   * @return ends the subscription when closed
   * @throws IllegalArgumentException if there are no kinds
   */
  Subscription subscribeCalls(
      Set<CircuitBreakerCall.Kind> kinds, Consumer<? super CircuitBreakerCall> listener);

  /**
   * Writes down what is to be kept of this breaker, for a store of your own.
   *
   * @return the state at this instant
   */
  SavedBreaker save();

  /**
   * Takes over what was kept: totals in any case, the state if this breaker has not changed by itself since it was made.
   *
   * @param saved what was kept
   * @return whether all of it was taken over; false where the breaker had moved, or its settings are others than those it
   *     was saved with, so that counts and probes were left out
   */
  boolean restore(SavedBreaker saved);
}
