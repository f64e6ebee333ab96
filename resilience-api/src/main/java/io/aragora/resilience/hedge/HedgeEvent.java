package io.aragora.resilience.hedge;

import io.aragora.resilience.internal.FailureMessage;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Something that a hedge did. Immutable and thread-safe. */
public final class HedgeEvent {
  private final String hedge;
  private final Kind kind;
  private final int number;
  private final Duration elapsed;
  private final @Nullable Throwable failure;

  private HedgeEvent(
      String hedge, Kind kind, int number, Duration elapsed, @Nullable Throwable failure) {
    this.hedge = hedge;
    this.kind = kind;
    this.number = number;
    this.elapsed = elapsed;
    this.failure = failure;
  }

  /** The kind of event. */
  public enum Kind {
    /** It started a further attempt beside those under way, or after they failed. */
    HEDGED,
    /** The result of a further attempt became that of the call. */
    WON,
    /** Every attempt of a call that was hedged failed. */
    ALL_FAILED,
    /** A further attempt was due, and the budget had no token. */
    OUT_OF_BUDGET
  }

  /**
   * Creates an event.
   *
   * @param hedge the name of the hedge
   * @param kind what it did
   * @param number the number of the further attempt, 1 for the first; for {@link Kind#ALL_FAILED} how many there were
   * @param elapsed the time since the call began
   * @param failure the failure of the first attempt if it has failed; null otherwise
   * @return the event
   */
  public static HedgeEvent of(
      String hedge, Kind kind, int number, Duration elapsed, @Nullable Throwable failure) {
    return new HedgeEvent(hedge, kind, number, elapsed, failure);
  }

  /** {@return the name of the hedge} */
  public String hedge() {
    return hedge;
  }

  /** {@return what it did} */
  public Kind kind() {
    return kind;
  }

  /** {@return the number of the further attempt, 1 for the first; for {@link Kind#ALL_FAILED} how many there were} */
  public int number() {
    return number;
  }

  /** {@return the time since the call began} */
  public Duration elapsed() {
    return elapsed;
  }

  /** {@return the failure of the first attempt if it has failed; null otherwise} */
  public @Nullable Throwable failure() {
    return failure;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof HedgeEvent that
        && hedge.equals(that.hedge)
        && kind == that.kind
        && number == that.number
        && elapsed.equals(that.elapsed)
        && Objects.equals(failure, that.failure);
  }

  @Override
  public int hashCode() {
    return Objects.hash(hedge, kind, number, elapsed, failure);
  }

  /** Never throws, although the failure may. */
  @Override
  public String toString() {
    return "HedgeEvent[hedge=" + hedge
        + ", kind=" + kind
        + ", number=" + number
        + ", elapsed=" + elapsed
        + ", failure=" + FailureMessage.textOf(failure)
        + "]";
  }
}
