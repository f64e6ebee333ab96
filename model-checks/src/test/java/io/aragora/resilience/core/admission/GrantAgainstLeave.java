package io.aragora.resilience.core.admission;

import io.aragora.resilience.core.time.TestTime;
import io.aragora.resilience.models.Threads;
import io.aragora.resilience.time.TimeSource;
import java.util.concurrent.atomic.AtomicBoolean;

/** A call gives up while a {@link WaitQueue} grants it the only place: the place is free afterwards. */
public final class GrantAgainstLeave implements Runnable {
  private static final class Place implements WaitQueue.Source {
    private final AtomicBoolean isFree = new AtomicBoolean();

    @Override
    public long take(Waiter head) {
      return isFree.compareAndSet(true, false) ? 1 : AdmissionPolicy.NO_PERMIT;
    }
  }

  @Override
  public void run() {
    Place place = new Place();
    WaitQueue queue = new WaitQueue(place);
    Waiter waiter = new ThreadWaiter(0, 1, 0, TimeSource.NEVER, new TestTime());
    queue.add(waiter, 1);
    Threads.run(
        () -> {
          place.isFree.set(true);
          queue.grant();
        },
        () -> {
          if (queue.leave(waiter) == Waiter.State.GRANTED) {
            place.isFree.set(true);
          }
        });
    Threads.check(place.isFree.get(), "the place was lost with the call that gave up");
    Threads.check(queue.isEmpty(), "a call that gave up waits");
  }
}
