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
  private final Throwable failure;

  private FallbackEvent(String pipeline, Kind kind, Throwable failure) {
    this.pipeline = pipeline;
    this.kind = kind;
    this.failure = failure;
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
    return new FallbackEvent(pipeline, kind, failure);
  }

  /** {@return the name of the pipeline} */
  public String pipeline() {
    return pipeline;
  }

  /** {@return the result of the fallback} */
  public Kind kind() {
    return kind;
  }

  /** {@return the failure of the call} */
  public Throwable failure() {
    return failure;
  }

  /** The result of a fallback. */
  public enum Kind {
    /** The call returned the value of the fallback. */
    USED,
    /** The fallback failed too, and so did the call. */
    FAILED
  }

  /** Never throws, although the failure may. */
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
        && failure.equals(that.failure);
  }

  @Override
  public int hashCode() {
    return Objects.hash(pipeline, kind, failure);
  }
}
