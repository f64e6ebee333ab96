package io.aragora.resilience.core.admission;

import io.aragora.resilience.core.time.TestTime;
import io.aragora.resilience.models.Threads;
import io.aragora.resilience.time.TimeSource;
import java.util.concurrent.atomic.AtomicBoolean;

/** The only place is given back while a thread begins to wait in a {@link WaitQueue}: the thread gets it. */
public final class WaitAgainstRelease implements Runnable {
  private static final class Place implements WaitQueue.Source {
    private final AtomicBoolean isFree = new AtomicBoolean();

    @Override
    public long take(Waiter head) {
      return isFree.compareAndSet(true, false) ? 1 : AdmissionPolicy.NO_PERMIT;
    }
  }

  @Override
  public void run() {
    TestTime time = new TestTime();
    Place place = new Place();
    WaitQueue queue = new WaitQueue(place);
    Threads.run(
        () -> {
          Waiter waiter = new ThreadWaiter(0, 1, 0, TimeSource.NEVER, time);
          queue.add(waiter, 1);
          queue.grant();
          while (waiter.isWaiting()) {
            time.parkUntil(queue, TimeSource.NEVER);
          }
        },
        () -> {
          place.isFree.set(true);
          if (!queue.isEmpty()) {
            queue.grant();
          }
        });
    Threads.check(!place.isFree.get(), "the place is free beside the thread that waited for it");
  }
}
