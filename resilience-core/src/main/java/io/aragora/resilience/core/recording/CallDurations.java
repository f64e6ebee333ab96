package io.aragora.resilience.core.recording;

import io.aragora.resilience.spi.DurationRecorder.Kind;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** The recorders of one breaker's call durations. Exists only if there is at least one recorder. */
public final class CallDurations {
  private final @Nullable LongConsumer succeeded;
  private final @Nullable LongConsumer failed;

  private CallDurations(@Nullable LongConsumer succeeded, @Nullable LongConsumer failed) {
    this.succeeded = succeeded;
    this.failed = failed;
  }

  /**
   * Returns the recorders of a breaker's durations.
   *
   * @param recorders those of the runtime
   * @param breaker the name of the breaker or of the keyed breaker
   * @return null if no recorder receives them
   */
  public static @Nullable CallDurations of(DurationRecorders recorders, String breaker) {
    LongConsumer succeeded = recorders.of(Kind.SUCCESSFUL_CALL, breaker);
    LongConsumer failed = recorders.of(Kind.FAILED_CALL, breaker);
    return succeeded == null && failed == null ? null : new CallDurations(succeeded, failed);
  }

  /**
   * Returns recorders of one call, which pass its duration on.
   *
   * @param recorded those of the breaker; null for none
   * @param succeeded receives the duration of a call that the breaker counts as a success
   * @param failed receives the duration of a call that the breaker counts as a failure
   * @return the recorders
   */
  public static CallDurations and(
      @Nullable CallDurations recorded, LongConsumer succeeded, LongConsumer failed) {
    return recorded == null
        ? new CallDurations(succeeded, failed)
        : new CallDurations(
            nanos -> {
              recorded.record(nanos, true);
              succeeded.accept(nanos);
            },
            nanos -> {
              recorded.record(nanos, false);
              failed.accept(nanos);
            });
  }

  /**
   * Records a call that the breaker counted.
   *
   * @param nanos the duration of the call, in nanoseconds
   * @param success whether it was counted as a success
   */
  public void record(long nanos, boolean success) {
    LongConsumer interested = success ? succeeded : failed;
    if (interested != null) {
      interested.accept(nanos);
    }
  }
}
