package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.core.circuitbreaker.FailureJudge.Verdict;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call under a breaker: it completes its permit once, before it completes itself.
 *
 * @param <T> the type of the value
 */
class GuardedFuture<T extends @Nullable Object> extends PolicyFuture<T> {
  final GuardedCalls breaker;
  private final long permit;
  private final long endedAt;
  private final @Nullable CallsInFlight flights;
  private final long begun;

  GuardedFuture(
      GuardedCalls breaker,
      long permit,
      long endedAt,
      @Nullable CallsInFlight flights,
      long begun) {
    this.breaker = breaker;
    this.permit = permit;
    this.endedAt = endedAt;
    this.flights = flights;
    this.begun = begun;
  }

  void guard(CompletableFuture<T> inner) {
    follow(inner);
  }

  @Override
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    if (!claimEnd()) {
      return;
    }
    land();
    long held = heldNanos();
    counted(breaker.completeAsync(permit, endedAt, value, failure, held), held);
    endAs(value, failure);
  }

  @Override
  protected void onEndedOutside(Throwable cause) {
    land();
    long held = heldNanos();
    counted(
        hasEntered()
            ? breaker.completeEndedOutside(permit, cause, held)
            : breaker.completeUnentered(permit, cause, held),
        held);
  }

  /** Returns how long the call has taken; {@link Phase#UNMEASURED} if that is not recorded. */
  long heldNanos() {
    return Phase.UNMEASURED;
  }

  /** Called with the verdict that the call was counted as. */
  void counted(Verdict verdict, long heldNanos) {}

  private void land() {
    if (flights != null) {
      flights.end(begun);
    }
  }
}
