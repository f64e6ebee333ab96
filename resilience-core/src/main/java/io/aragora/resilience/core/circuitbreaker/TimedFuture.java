package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.core.circuitbreaker.FailureJudge.Verdict;
import io.aragora.resilience.core.recording.CallDurations;
import org.jspecify.annotations.Nullable;

/**
 * A guarded future whose duration is recorded.
 *
 * @param <T> the type of the value
 */
final class TimedFuture<T extends @Nullable Object> extends GuardedFuture<T> {
  private final CallDurations recorded;
  private final long startedAt;

  TimedFuture(
      GuardedCalls breaker,
      long permit,
      long endedAt,
      @Nullable CallsInFlight flights,
      long begun,
      CallDurations recorded,
      long startedAt) {
    super(breaker, permit, endedAt, flights, begun);
    this.recorded = recorded;
    this.startedAt = startedAt;
  }

  @Override
  long heldNanos() {
    return breaker.heldNanos(recorded, startedAt);
  }

  @Override
  void counted(Verdict verdict, long heldNanos) {
    GuardedCalls.record(recorded, heldNanos, verdict);
  }
}
