package io.aragora.resilience.testing;

import io.aragora.resilience.quota.QuotaStore;
import java.time.Duration;

class MemoryQuotaStoreTest extends QuotaStoreContract {
  private final ManualTime time = ManualTime.create();
  private final MemoryQuotaStore store = MemoryQuotaStore.create(time);

  @Override
  protected QuotaStore open() {
    return store;
  }

  @Override
  protected void pass(Duration passed) {
    time.advance(passed);
  }
}
