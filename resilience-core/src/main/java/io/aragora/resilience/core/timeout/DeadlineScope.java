package io.aragora.resilience.core.timeout;

import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.internal.CallFrames;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.timeout.Deadline;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.time.Duration;

/** A deadline in the form of a frame of its thread. Confined to that thread. */
public final class DeadlineScope implements Deadline {
  private final String name;
  private final Duration limit;
  private final TimeSource time;
  private final Thread thread = Thread.currentThread();
  private final CallFrames frames = CallFrames.ofThread();
  private final Frame frame;
  private final long nearest;
  private boolean open = true;

  private DeadlineScope(String name, Duration limit, TimeSource time) {
    this.name = name;
    this.limit = limit;
    this.time = time;
    StackRoom.forCall();
    long now = time.nanoTime();
    this.frame = Frame.push(frames, time, now);
    this.nearest = Math.min(frame.deadline(), now + Nanos.of(limit));
    frame.setDeadline(nearest);
  }

  /**
   * Opens a scope.
   *
   * @param name its name
   * @param limit its limit
   * @param time the time source of the runtime
   * @return the scope, which the calling thread must close
   */
  public static Deadline open(String name, Duration limit, TimeSource time) {
    return new DeadlineScope(Setting.name("name", name), Setting.positive("limit", limit), time);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Duration remaining() {
    return Duration.ofNanos(Math.max(0, nearest - time.nanoTime()));
  }

  @Override
  public void check() {
    if (isPassed()) {
      throw new TimeoutExceededException(name, limit, null);
    }
  }

  @Override
  public void close() {
    if (thread != Thread.currentThread()) {
      throw new IllegalStateException(
          "deadline '" + name + "' must be closed by the thread that opened it, " + thread.getName()
              + ". Use try-with-resources");
    }
    if (!open) {
      return;
    }
    if (frames.top() != frame) {
      throw new IllegalStateException("deadline '" + name
          + "' must be closed after every deadline and call inside it. Use try-with-resources");
    }
    open = false;
    frame.pop(frames);
  }

  @Override
  public String toString() {
    return "deadline '" + name + "' (" + limit + ")";
  }
}
