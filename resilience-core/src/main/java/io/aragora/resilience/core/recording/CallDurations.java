package io.aragora.resilience.core.recording;

import io.aragora.resilience.spi.DurationRecorder.Kind;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Who takes how long the calls of one breaker took. Exists only where there is somebody. */
public final class CallDurations {
  private final @Nullable LongConsumer succeeded;
  private final @Nullable LongConsumer failed;

  private CallDurations(@Nullable LongConsumer succeeded, @Nullable LongConsumer failed) {
    this.succeeded = succeeded;
    this.failed = failed;
  }

  /**
   * Finds out.
   *
   * @param recorders those of the runtime
   * @param breaker the name of the breaker, or of the keyed one
   * @return null where nobody is interested
   */
  public static @Nullable CallDurations of(DurationRecorders recorders, String breaker) {
    LongConsumer succeeded = recorders.of(Kind.SUCCESSFUL_CALL, breaker);
    LongConsumer failed = recorders.of(Kind.FAILED_CALL, breaker);
    return succeeded == null && failed == null ? null : new CallDurations(succeeded, failed);
  }

  /**
   * Records a call that was counted.
   *
   * @param nanos how long it took
   * @param success what it was counted as
   */
  public void record(long nanos, boolean success) {
    LongConsumer interested = success ? succeeded : failed;
    if (interested != null) {
      interested.accept(nanos);
    }
  }
}
