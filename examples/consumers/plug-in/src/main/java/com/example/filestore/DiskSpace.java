package com.example.filestore;

import io.aragora.resilience.HealthCheckProvider;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.health.HealthCheck;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import java.nio.file.Files;
import java.nio.file.Path;

/** Adds the optional check {@code disk-space}: degraded while the working folder's disk has less than 16 MiB left. */
public final class DiskSpace implements HealthCheckProvider {
  private static final long ENOUGH_BYTES = 16 << 20;

  /** For {@link java.util.ServiceLoader}. */
  public DiskSpace() {}

  @Override
  public String name() {
    return "disk-space";
  }

  @Override
  public HealthCheck create(ResilienceContext context) {
    return () -> {
      long left = Files.getFileStore(Path.of("").toAbsolutePath()).getUsableSpace();
      return left >= ENOUGH_BYTES
          ? HealthResult.healthy()
          : HealthResult.of(HealthStatus.DEGRADED, left + " bytes left");
    };
  }

  @Override
  public HealthCheckOptions options() {
    return HealthCheckOptions.defaults().optional();
  }
}
