package io.aragora.resilience.spi;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Carries thread-local context, such as a tenant or a log context, from the caller to the threads of further attempts and
 * fallbacks of an asynchronous call, and of the bodies of {@link io.aragora.resilience.policy.Policy#submit}. Given to {@link
 * io.aragora.resilience.ResilienceBuilder#contextPropagator}, or found by {@link java.util.ServiceLoader}.
 *
 * <p>Thread-safe. If a propagator throws, the runtime logs that once and skips it for that call.
 */
@FunctionalInterface
public interface ContextPropagator {
  /**
   * Captures the context of the calling thread.
   *
   * @return the context, which other threads restore any number of times, also at once
   */
  Captured capture();

  /** The context of the thread of a caller. */
  @FunctionalInterface
  interface Captured {
    /**
     * Sets this context on the calling thread.
     *
     * @return restores the previous context when closed; called by the same thread
     */
    Restored restore();
  }

  /** A context that a thread has until this is closed. */
  @FunctionalInterface
  interface Restored extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Creates a propagator for one thread-local.
   *
   * @param local the thread-local; if the caller has no value, the other thread has none meanwhile
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
