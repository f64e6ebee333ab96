package io.aragora.resilience.core.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.persistence.RecordedLog;
import io.aragora.resilience.core.time.SystemTimeSource;
import io.aragora.resilience.testing.ManualTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class BackgroundReceiverTest {
  private static final long AWAIT_SECONDS = 60;
  private static final int HELD = BackgroundReceiver.MOST_THREADS + BackgroundReceiver.MOST_WAITING;

  private final List<Integer> received = Collections.synchronizedList(new ArrayList<>());

  @Test
  void function_blocks_holdsAThousandValues_andTheNextIsPassedOnByItsThread() throws Exception {
    CountDownLatch blocked = new CountDownLatch(BackgroundReceiver.MOST_THREADS);
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch all = new CountDownLatch(HELD + 1);
    AtomicReference<Thread> last = new AtomicReference<>();
    try (Dispatcher dispatcher = new Dispatcher("r", SystemTimeSource.INSTANCE, null)) {
      BackgroundReceiver<Integer> receiver = new BackgroundReceiver<>(dispatcher, value -> {
        if (value == HELD) {
          last.set(Thread.currentThread());
        } else {
          blocked.countDown();
          awaitQuietly(release);
        }
        received.add(value);
        all.countDown();
      });
      for (int i = 0; i < BackgroundReceiver.MOST_THREADS; i++) {
        receiver.receive(i);
      }
      assertThat(blocked.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
      for (int i = BackgroundReceiver.MOST_THREADS; i < HELD; i++) {
        receiver.receive(i);
      }
      assertThat(received).as("all wait").isEmpty();
      receiver.receive(HELD);
      assertThat(last).hasValue(Thread.currentThread());
      release.countDown();
      assertThat(all.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(received)
        .as("each value, once")
        .containsExactlyInAnyOrderElementsOf(
            IntStream.rangeClosed(0, HELD).boxed().toList());
  }

  @Test
  void function_throws_receivesTheNextValues() throws Exception {
    int values = 3 * BackgroundReceiver.MOST_THREADS;
    Semaphore failed = new Semaphore(0);
    try (RecordedLog log = RecordedLog.of(Dispatcher.class)) {
      try (Dispatcher dispatcher = new Dispatcher("r", SystemTimeSource.INSTANCE, null)) {
        BackgroundReceiver<Integer> receiver = new BackgroundReceiver<>(dispatcher, value -> {
          failed.release();
          throw new StackOverflowError("injected");
        });
        for (int i = 0; i < values; i++) {
          receiver.receive(i);
          assertThat(failed.tryAcquire(AWAIT_SECONDS, TimeUnit.SECONDS))
              .as("value %d", i)
              .isTrue();
        }
      }
      assertThat(log.messages())
          .hasSize(values)
          .containsOnly("SEVERE a result could not be passed on; later results follow");
    }
  }

  @Test
  void dispatcher_isClosed_passesOnAtOnce() {
    Dispatcher dispatcher = new Dispatcher("r", SystemTimeSource.INSTANCE, null);
    dispatcher.tell(() -> {});
    dispatcher.close();
    BackgroundReceiver<Integer> receiver = new BackgroundReceiver<>(dispatcher, received::add);
    receiver.receive(1);
    receiver.receive(2);
    assertThat(received).containsExactly(1, 2);
  }

  @Test
  void timeSource_hasAnExecutor_passesOnAtOnce() {
    BackgroundReceiver<Integer> receiver =
        new BackgroundReceiver<>(new Dispatcher("r", ManualTime.create(), null), received::add);
    receiver.receive(1);
    assertThat(received).containsExactly(1);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
