package io.aragora.resilience.resilience4j;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.ResilienceExtension;
import io.aragora.resilience.time.TimeSource;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Passes the time source of a runtime to the views of its policies, so that tests move the time of both. {@link
 * java.util.ServiceLoader} finds it; it opens nothing and costs no call anything. Thread-safe.
 */
public final class RuntimeTime implements ResilienceExtension {
  /** The time of a view whose runtime is unknown. */
  static final RuntimeTime SYSTEM = new RuntimeTime();

  private final AtomicLong draws = new AtomicLong();
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

  java.time.Instant wallTime() {
    TimeSource time = source;
    return time == null ? java.time.Instant.now() : time.wallTime();
  }

  double random(String owner) {
    TimeSource time = source;
    return time == null
        ? ThreadLocalRandom.current().nextDouble()
        : time.random(owner, draws.getAndIncrement(), 1);
  }

  /** Waits on the calling thread. Throws if the thread is or was interrupted; its flag is then cleared. */
  void sleep(Object blocker, long nanos) throws InterruptedException {
    long until = nanoTime() + nanos;
    while (true) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      long left = until - nanoTime();
      if (left <= 0) {
        return;
      }
      TimeSource time = source;
      if (time == null) {
        LockSupport.parkNanos(blocker, left);
      } else {
        time.parkUntil(blocker, until);
      }
    }
  }
}
