package io.aragora.resilience.core.coalescing;

import io.aragora.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/** A synchronous call. */
final class ThreadCaller<K, V extends @Nullable Object> extends Caller<K, V> {
  private final Thread thread = Thread.currentThread();
  private final TimeSource time;
  private final long deadline;

  ThreadCaller(TimeSource time, long deadline) {
    this.time = time;
    this.deadline = deadline;
  }

  /** {@return the deadline around the call; {@link TimeSource#NEVER} if there is none} */
  long deadline() {
    return deadline;
  }

  @Override
  void wake() {
    time.unpark(thread);
  }

  @Override
  Thread runner() {
    return thread;
  }
}
