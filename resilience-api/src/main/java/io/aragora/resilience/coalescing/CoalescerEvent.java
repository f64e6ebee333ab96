package io.aragora.resilience.coalescing;

import io.aragora.resilience.internal.FailureMessage;
import io.aragora.resilience.policy.DeclaredSettings;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Something that a coalescer did besides sharing calls. Immutable and thread-safe. */
public final class CoalescerEvent {
  private final String coalescer;
  private final Kind kind;
  private final Object key;
  private final Duration age;
  private final Throwable failure;

  private CoalescerEvent(String coalescer, Kind kind, Object key, Duration age, Throwable failure) {
    this.coalescer = coalescer;
    this.kind = kind;
    this.key = key;
    this.age = age;
    this.failure = failure;
  }

  /** The kind of event. */
  public enum Kind {
    /** A stored result stood in for a failure. */
    STALE,
    /** The call that led left or failed alone, and a call that had joined runs its body. */
    HANDED_OVER
  }

  /**
   * Creates an event.
   *
   * @param coalescer the name of the coalescer
   * @param kind what it did
   * @param key the key of the call
   * @param age the age of the stored result; the time since the first body of the call began for {@link Kind#HANDED_OVER}
   * @param failure what ended the call that led
   * @return the event
   */
  public static CoalescerEvent of(
      String coalescer, Kind kind, Object key, Duration age, Throwable failure) {
    return new CoalescerEvent(coalescer, kind, key, age, failure);
  }

  /** {@return the name of the coalescer} */
  public String coalescer() {
    return coalescer;
  }

  /** {@return what it did} */
  public Kind kind() {
    return kind;
  }

  /** {@return the key of the call} */
  public Object key() {
    return key;
  }

  /** {@return the age of the stored result; the time since the first body of the call began for {@link Kind#HANDED_OVER}} */
  public Duration age() {
    return age;
  }

  /**
   * {@return what ended the call that led; a {@link io.aragora.resilience.timeout.TimeoutExceededException} that names the coalescer
   * if it was the timeout around a future}
   */
  public Throwable failure() {
    return failure;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CoalescerEvent that
        && coalescer.equals(that.coalescer)
        && kind == that.kind
        && key.equals(that.key)
        && age.equals(that.age)
        && failure.equals(that.failure);
  }

  @Override
  public int hashCode() {
    return Objects.hash(coalescer, kind, key, age, failure);
  }

  /** Never throws, although the key and the failure may. */
  @Override
  public String toString() {
    return "CoalescerEvent[coalescer=" + coalescer
        + ", kind=" + kind
        + ", key=" + DeclaredSettings.textOf(key)
        + ", age=" + age
        + ", failure=" + FailureMessage.textOf(failure)
        + "]";
  }
}
