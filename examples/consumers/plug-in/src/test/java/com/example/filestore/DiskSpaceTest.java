package com.example.filestore;

import io.aragora.resilience.HealthCheckProvider;
import io.aragora.resilience.testing.HealthCheckProviderContract;

/** What the library asks of every health check that is found; the suite comes with {@code resilience-testing}. */
class DiskSpaceTest extends HealthCheckProviderContract {
  @Override
  protected HealthCheckProvider provider() {
    return new DiskSpace();
  }
}
