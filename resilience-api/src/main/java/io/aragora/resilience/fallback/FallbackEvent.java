package io.aragora.resilience.fallback;

import io.aragora.resilience.internal.FailureMessage;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A use of a fallback. Immutable and thread-safe.
 */
public final class FallbackEvent {
  private final String pipeline;
  private final Kind kind;
  private final @Nullable Throwable failure;
  private final @Nullable Object result;

  private FallbackEvent(
      String pipeline, Kind kind, @Nullable Throwable failure, @Nullable Object result) {
    this.pipeline = pipeline;
    this.kind = kind;
    this.failure = failure;
    this.result = result;
  }

  /**
   * Creates an event.
   *
   * @param pipeline the name of the pipeline
   * @param kind the result of the fallback
   * @param failure the failure of the call
   * @return the event
   */
  public static FallbackEvent of(String pipeline, Kind kind, Throwable failure) {
    return new FallbackEvent(pipeline, kind, failure, null);
  }

  /**
   * Creates an event of a fallback for a result.
   *
   * @param pipeline the name of the pipeline
   * @param kind the result of the fallback
   * @param result the result of the call that the fallback was asked to replace
   * @return the event
   */
  public static FallbackEvent ofResult(String pipeline, Kind kind, @Nullable Object result) {
    return new FallbackEvent(pipeline, kind, null, result);
  }

  /** {@return the name of the pipeline} */
  public String pipeline() {
    return pipeline;
  }

  /** {@return the result of the fallback} */
  public Kind kind() {
    return kind;
  }

  /** {@return the failure of the call; null if the fallback was for a result} */
  public @Nullable Throwable failure() {
    return failure;
  }

  /** {@return the result that the fallback was for, which may be null; null if it was for a failure} */
  public @Nullable Object result() {
    return result;
  }

  /** The result of a fallback. */
  public enum Kind {
    /** The call returned the value of the fallback. */
    USED,
    /** The fallback failed too, and so did the call. */
    FAILED
  }

  /** Never throws, although the failure may. Leaves out the result, which may be large or secret. */
  @Override
  public String toString() {
    return "FallbackEvent[pipeline=" + pipeline
        + ", kind=" + kind
        + ", failure=" + FailureMessage.textOf(failure)
        + "]";
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof FallbackEvent that
        && pipeline.equals(that.pipeline)
        && kind.equals(that.kind)
        && Objects.equals(failure, that.failure)
        && Objects.equals(result, that.result);
  }

  @Override
  public int hashCode() {
    return Objects.hash(pipeline, kind, failure, result);
  }
}
