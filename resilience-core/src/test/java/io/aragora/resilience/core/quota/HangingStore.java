package io.aragora.resilience.core.quota;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.core.ForwardingTime;
import io.aragora.resilience.quota.QuotaLease;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import io.aragora.resilience.testing.ManualTime;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;

/** A store whose requests wait until the test lets them go on. Its runtime has manual time, and a quota thread that can hang. */
final class HangingStore implements QuotaStore {
  private final QuotaStore store;
  private final Deque<Runnable> held = new ArrayDeque<>();
  private boolean hangs;

  HangingStore(QuotaStore store) {
    this.store = store;
  }

  Resilience instance(ManualTime time) {
    return Resilience.builder()
        .name("hanging")
        .timeSource(new ForwardingTime(time) {
          @Override
          public Executor executor() {
            return HangingStore.this.executor(time.executor());
          }
        })
        .quotaStore(this)
        .build();
  }

  void hang() {
    hangs = true;
  }

  void answer() {
    hangs = false;
    while (!held.isEmpty()) {
      held.pop().run();
    }
  }

  /** Runs a task of the runtime, or holds it if it is one that leases. */
  Executor executor(Executor other) {
    return task -> {
      if (hangs && task.getClass().getName().startsWith(LeasedPermits.class.getName())) {
        held.add(task);
      } else {
        other.execute(task);
      }
    };
  }

  @Override
  public QuotaLease lease(QuotaRequest request) throws QuotaStoreException {
    return store.lease(request);
  }

  @Override
  public void close() {
    store.close();
  }
}
