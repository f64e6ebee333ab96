package io.aragora.resilience.simulation;

import org.jspecify.annotations.Nullable;

/** One time that a policy let a call pass to what is inside it. */
final class Passage {
  final Layer layer;
  final long beganAt;
  long endedAt;
  boolean ended;
  boolean cancelled;

  /** Whether its call had not ended when it began. */
  boolean isWatched;

  /** Whether neither it nor its call has ended. */
  boolean isHolding;

  @Nullable
  Object value;

  @Nullable
  Throwable failure;

  Passage(Layer layer, long beganAt) {
    this.layer = layer;
    this.beganAt = beganAt;
  }

  boolean hasSameOutcomeAs(@Nullable Object otherValue, @Nullable Throwable otherFailure) {
    return ended && value == otherValue && failure == otherFailure;
  }

  @Override
  public String toString() {
    return "[" + Schedule.text(beganAt) + " to " + (ended ? Schedule.text(endedAt) : "now")
        + (failure != null ? " failed: " + failure : " returned: " + value) + "]";
  }
}
