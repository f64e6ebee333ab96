package io.aragora.resilience.core.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.time.SystemTimeSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Closing waits for every group of threads except that of the closing thread, which is compared by
 * identity.
 */
@Timeout(120)
class OwnGroupTest {
  private static final long AWAIT_SECONDS = 60;

  static Stream<Arguments> everyGroup() {
    return Stream.<Function<Dispatcher, Executor>>of(
            dispatcher -> dispatcher::endCall,
            dispatcher -> dispatcher::tell,
            dispatcher -> dispatcher::interrupt,
            Dispatcher::store,
            dispatcher -> task -> dispatcher.attempt(null, task, () -> {}))
        .map(Arguments::of);
  }

  @ParameterizedTest
  @MethodSource("everyGroup")
  void closingFromAThreadOfAGroup_doesNotInterruptIt(Function<Dispatcher, Executor> group)
      throws Exception {
    Dispatcher dispatcher = new Dispatcher("shop", SystemTimeSource.INSTANCE, null);
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    group.apply(dispatcher).execute(() -> {
      dispatcher.close();
      interrupted.complete(Thread.currentThread().isInterrupted());
    });
    assertThat(interrupted.get(AWAIT_SECONDS, TimeUnit.SECONDS)).isFalse();
  }

  /** The threads of the second have the names of the first's group {@code end}. */
  @Test
  void aThreadOfAnotherRuntime_isNoneOfTheGroup() throws Exception {
    Dispatcher shop = new Dispatcher("shop", SystemTimeSource.INSTANCE, null);
    Dispatcher other = new Dispatcher("shop-end", SystemTimeSource.INSTANCE, null);
    CountDownLatch release = new CountDownLatch(1);
    CompletableFuture<Void> ended = new CompletableFuture<>();
    shop.endCall(() -> {
      try {
        release.await();
        ended.complete(null);
      } catch (InterruptedException e) {
        ended.completeExceptionally(e);
      }
    });
    CompletableFuture<Thread> closer = new CompletableFuture<>();
    CompletableFuture<Boolean> endedBefore = new CompletableFuture<>();
    other.tell(() -> {
      closer.complete(Thread.currentThread());
      shop.close();
      endedBefore.complete(ended.isDone());
    });
    Thread closing = closer.get(AWAIT_SECONDS, TimeUnit.SECONDS);
    long began = System.nanoTime();
    while (closing.getState() != Thread.State.TIMED_WAITING
        && !endedBefore.isDone()
        && System.nanoTime() - began < TimeUnit.SECONDS.toNanos(AWAIT_SECONDS)) {
      Thread.onSpinWait();
    }
    release.countDown();
    assertThat(endedBefore.get(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    other.close();
  }
}
