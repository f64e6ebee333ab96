package io.aragora.resilience.chaos;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Something that chaos did. Immutable and thread-safe. */
public final class ChaosEvent {
  private final String chaos;
  private final Kind kind;
  private final @Nullable Injection injection;
  private final Duration length;

  private ChaosEvent(String chaos, Kind kind, @Nullable Injection injection, Duration length) {
    this.chaos = chaos;
    this.kind = kind;
    this.injection = injection;
    this.length = length;
  }

  /** The kind of event. */
  public enum Kind {
    /** Chaos was started in the runtime, or its end was changed. */
    STARTED,
    /** Chaos was injected into a call. */
    INJECTED,
    /** Chaos ended in the runtime: by itself, or because it was stopped. */
    ENDED
  }

  /**
   * Creates an event.
   *
   * @param chaos the name of the policy
   * @param kind what happened
   * @param injection what was injected; null unless the kind is {@link Kind#INJECTED}
   * @param length how long chaos is active if it was started, how long the call waits if it is delayed; otherwise zero
   * @return the event
   */
  public static ChaosEvent of(
      String chaos, Kind kind, @Nullable Injection injection, Duration length) {
    return new ChaosEvent(chaos, kind, injection, length);
  }

  /** {@return the name of the policy} */
  public String chaos() {
    return chaos;
  }

  /** {@return what happened} */
  public Kind kind() {
    return kind;
  }

  /** {@return what was injected; null unless the kind is {@link Kind#INJECTED}} */
  public @Nullable Injection injection() {
    return injection;
  }

  /** {@return how long chaos is active if it was started, how long the call waits if it is delayed; otherwise zero} */
  public Duration length() {
    return length;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ChaosEvent that
        && chaos.equals(that.chaos)
        && kind == that.kind
        && injection == that.injection
        && length.equals(that.length);
  }

  @Override
  public int hashCode() {
    return Objects.hash(chaos, kind, injection, length);
  }

  @Override
  public String toString() {
    return "ChaosEvent[chaos=" + chaos
        + ", kind=" + kind
        + ", injection=" + injection
        + ", length=" + length
        + "]";
  }
}
