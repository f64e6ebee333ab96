package io.aragora.resilience.spi;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Carries what an application keeps by thread, such as a tenant or a log context, from the caller to the threads on which the
 * further attempts of an asynchronous call, and the bodies of {@link io.aragora.resilience.Policy#submit}, run. Given to {@link
 * io.aragora.resilience.ResilienceBuilder#contextPropagator}, or found by {@link java.util.ServiceLoader}.
 *
 * <p>Thread-safe. One that throws is logged once and left out of that call.
 */
@FunctionalInterface
public interface ContextPropagator {
  /**
   * Reads what the calling thread has.
   *
   * @return what is to be restored on other threads, any number of times, also at once
   */
  Captured capture();

  /** What a caller's thread had. */
  @FunctionalInterface
  interface Captured {
    /**
     * Gives it to the calling thread.
     *
     * @return takes it away again and gives back what the thread had before; called by the same thread
     */
    Restored restore();
  }

  /** What a thread has until this is closed. */
  @FunctionalInterface
  interface Restored extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Carries one thread-local.
   *
   * @param local the thread-local; where the caller has none, the other thread has none meanwhile
   * @param <T> the type of its value
   * @return its propagator
   */
  static <T> ContextPropagator of(ThreadLocal<@Nullable T> local) {
    Objects.requireNonNull(local, "local");
    return () -> {
      T captured = local.get();
      return () -> {
        T before = local.get();
        set(local, captured);
        return () -> set(local, before);
      };
    };
  }

  private static <T> void set(ThreadLocal<@Nullable T> local, @Nullable T value) {
    if (value == null) {
      local.remove();
    } else {
      local.set(value);
    }
  }
}
