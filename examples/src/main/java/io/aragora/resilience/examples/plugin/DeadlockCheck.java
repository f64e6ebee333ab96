package io.aragora.resilience.examples.plugin;

import io.aragora.resilience.HealthCheckProvider;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.health.HealthCheck;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Fails liveness if threads are deadlocked, which only a restart resolves. */
public final class DeadlockCheck implements HealthCheckProvider {
  @Override
  public String name() {
    return "deadlocks";
  }

  @Override
  public HealthCheckOptions options() {
    return HealthCheckOptions.defaults()
        .in(HealthGroup.LIVENESS)
        .withTimeToLive(Duration.ofSeconds(10));
  }

  @Override
  public HealthCheck create(ResilienceContext context) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    return () -> {
      long[] found = threads.findDeadlockedThreads();
      if (found == null) {
        return HealthResult.healthy();
      }
      List<Long> ids = Arrays.stream(found).boxed().toList();
      return HealthResult.of(HealthStatus.CRITICAL, ids.size() + " threads wait for each other")
          .withDetails(Map.of("threads", ids));
    };
  }
}
