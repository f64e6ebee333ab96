package io.aragora.resilience.simulation;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One call of one policy: what went in, what it let pass, and what came out. */
final class Layer {
  final Call call;
  final Subject subject;
  final long beganAt;
  final List<Passage> passages = new ArrayList<>();
  boolean closing;
  long endedAt;
  boolean ended;
  boolean cancelled;

  @Nullable
  Object value;

  @Nullable
  Throwable failure;

  /** What the subject noted when the call began. */
  @Nullable
  Object note;

  Layer(Call call, Subject subject, long beganAt) {
    this.call = call;
    this.subject = subject;
    this.beganAt = beganAt;
  }

  @Override
  public String toString() {
    return call + " through " + subject.name() + ", from " + Schedule.text(beganAt)
        + (ended ? " to " + Schedule.text(endedAt) : "")
        + ", passages " + passages
        + (ended ? failure != null ? ", failed: " + failure : ", returned: " + value : "");
  }
}
