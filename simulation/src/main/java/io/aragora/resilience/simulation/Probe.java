package io.aragora.resilience.simulation;

import io.aragora.resilience.health.HealthCheck;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import java.util.concurrent.TimeUnit;

/** A health check of the application: it takes long, fails, or throws; and it never runs twice at a time. */
final class Probe implements HealthCheck {
  static final String NAME = "probe";

  private static final long LONGEST = TimeUnit.SECONDS.toNanos(4);

  private final World world;
  private final Chance chance;
  private boolean isRunning;

  Probe(World world, long seed) {
    this.world = world;
    this.chance = new Chance(seed);
  }

  @Override
  public HealthResult check() {
    if (isRunning) {
      throw world.schedule().fail(new Violation("reading: a check runs once at a time", NAME));
    }
    isRunning = true;
    try {
      world.foreign().called("a health check");
      if (chance.percent(30)) {
        world.schedule().sleep(chance.upTo(LONGEST));
      }
      return HealthResult.of(
          chance.of(HealthStatus.HEALTHY, HealthStatus.HEALTHY, HealthStatus.UNHEALTHY),
          "simulated");
    } finally {
      isRunning = false;
    }
  }
}
