package com.example.filestore;

import io.aragora.resilience.HealthCheckProvider;
import io.aragora.resilience.testing.HealthCheckProviderContract;

/** Runs the suite that health checks of plug-ins must pass; it is part of {@code resilience-testing}. */
class DiskSpaceTest extends HealthCheckProviderContract {
  @Override
  protected HealthCheckProvider provider() {
    return new DiskSpace();
  }
}
