package io.aragora.resilience.resilience4j;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.ResilienceExtension;
import io.aragora.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * Passes the time source of a runtime to the views of its policies, so that tests move the time of both. {@link
 * java.util.ServiceLoader} finds it; it opens nothing and costs no call anything. Thread-safe.
 */
public final class RuntimeTime implements ResilienceExtension {
  /** The time of a view whose runtime is unknown. */
  static final RuntimeTime SYSTEM = new RuntimeTime();

  private volatile @Nullable TimeSource source;

  /** Creates an extension that is attached to no runtime. */
  public RuntimeTime() {}

  @Override
  public AutoCloseable attach(ResilienceContext context) {
    source = context.timeSource();
    return () -> {};
  }

  static RuntimeTime of(Resilience resilience) {
    return resilience.extension(RuntimeTime.class).orElse(SYSTEM);
  }

  long nanoTime() {
    TimeSource time = source;
    return time == null ? System.nanoTime() : time.nanoTime();
  }
}
