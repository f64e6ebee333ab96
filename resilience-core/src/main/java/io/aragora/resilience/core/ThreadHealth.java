package io.aragora.resilience.core;

import io.aragora.resilience.ThreadLoad;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.time.TimeSource;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The health of a runtime's threads. It is degraded while tasks wait for a thread, and for one
 * minute after a failure was noticed. Returns null until the first of these happens. Thread-safe.
 */
final class ThreadHealth implements Supplier<@Nullable HealthResult> {
  private static final long SHOWN_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final Supplier<Collection<ThreadLoad>> loads;
  private final TimeSource time;

  // Guarded by this.
  private boolean speaks;
  private long failures;
  private long noticedAt;
  private String failed = "";

  ThreadHealth(Supplier<Collection<ThreadLoad>> loads, TimeSource time) {
    this.loads = loads;
    this.time = time;
  }

  @Override
  public synchronized @Nullable HealthResult get() {
    Collection<ThreadLoad> present = loads.get();
    long now = time.nanoTime();
    long count = present.stream().mapToLong(ThreadLoad::failures).sum();
    if (count > failures) {
      failures = count;
      noticedAt = now;
      failed = "a thread failed and continues: " + named(present, load -> load.failures() > 0);
    }
    long waiting = present.stream()
        .filter(ThreadHealth::isSaturated)
        .mapToLong(ThreadLoad::waiting)
        .sum();
    boolean recent = failures > 0 && now - noticedAt < SHOWN_NANOS;
    speaks |= recent || waiting > 0;
    if (!speaks) {
      return null;
    }
    return judge(
            recent,
            waiting > 0
                ? "tasks wait for a free thread: " + named(present, ThreadHealth::isSaturated)
                : "")
        .withDetails(Map.of("failures", failures, "waiting", waiting));
  }

  /** Tasks of the groups with one thread wait for each other by design; whether they end in time, their own checks say. */
  private static boolean isSaturated(ThreadLoad load) {
    return load.bound() > 1 && load.waiting() > 0;
  }

  private HealthResult judge(boolean recent, String saturated) {
    if (!saturated.isEmpty()) {
      return HealthResult.of(HealthStatus.DEGRADED, saturated);
    }
    return recent ? HealthResult.of(HealthStatus.DEGRADED, failed) : HealthResult.healthy();
  }

  private static String named(Collection<ThreadLoad> loads, Predicate<ThreadLoad> which) {
    return loads.stream().filter(which).map(ThreadLoad::group).collect(Collectors.joining(", "));
  }
}
