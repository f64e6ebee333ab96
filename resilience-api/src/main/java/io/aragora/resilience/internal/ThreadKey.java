package io.aragora.resilience.internal;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A thread as a key. An application may override {@code hashCode} and {@code equals} of its threads, and what they throw or change
 * would leave an entry behind. Immutable and thread-safe.
 */
public final class ThreadKey {
  private final Thread thread;

  /**
   * Creates the key of a thread.
   *
   * @param thread the thread
   */
  public ThreadKey(Thread thread) {
    this.thread = Objects.requireNonNull(thread, "thread");
  }

  /** {@return the key of the calling thread} */
  public static ThreadKey current() {
    return new ThreadKey(Thread.currentThread());
  }

  /** {@return the thread} */
  public Thread thread() {
    return thread;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(thread);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ThreadKey another && another.thread == thread;
  }

  @Override
  public String toString() {
    return thread.getName();
  }
}
