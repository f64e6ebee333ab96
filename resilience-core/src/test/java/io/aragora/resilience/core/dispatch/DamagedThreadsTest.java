package io.aragora.resilience.core.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.time.SystemTimeSource;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Foreign code that changes its thread: neither the next task of that thread nor the next listener finds the change. */
class DamagedThreadsTest {
  private static final int TASKS = 20;

  /** The groups of threads that run foreign code. */
  enum Group {
    END(dispatcher -> dispatcher::endCall),
    TELL(dispatcher -> dispatcher::tell),
    INTERRUPT(dispatcher -> dispatcher::interrupt),
    STORE(Dispatcher::store),
    CHECK(Dispatcher::checks),
    ATTEMPT(dispatcher -> task -> dispatcher.attempt(null, task, () -> {}));

    final Function<Dispatcher, Executor> executor;

    Group(Function<Dispatcher, Executor> executor) {
      this.executor = executor;
    }
  }

  private final ClassLoader own = Thread.currentThread().getContextClassLoader();
  private final Dispatcher dispatcher = new Dispatcher("damaged", SystemTimeSource.INSTANCE, null);

  @AfterEach
  void close() {
    dispatcher.close();
  }

  /** Returns what is wrong with the present thread; empty if nothing is. */
  private String look() {
    Thread thread = Thread.currentThread();
    return (thread.isInterrupted() ? "interrupted " : "")
        + (thread.getContextClassLoader() != own ? "loader " : "")
        + (thread.getName().startsWith("damaged") ? "" : "name ")
        + (thread.getPriority() == Thread.NORM_PRIORITY ? "" : "priority ");
  }

  @SuppressWarnings("ThreadPriorityCheck") // a change that must be undone
  private static void damage() {
    Thread thread = Thread.currentThread();
    thread.setContextClassLoader(new URLClassLoader(new URL[0]));
    thread.setName("renamed");
    thread.setPriority(Thread.MIN_PRIORITY);
    thread.interrupt();
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("a task finds its thread as it was made, in each group of threads")
  void task_changesItsThread_theNextTaskFindsNothing(Group group) throws Exception {
    Executor executor = group.executor.apply(dispatcher);
    for (int i = 0; i < TASKS; i++) {
      CompletableFuture<String> found = new CompletableFuture<>();
      executor.execute(() -> {
        String seen = look();
        damage();
        found.complete(seen);
      });
      assertThat(found.get(10, TimeUnit.SECONDS)).isEmpty();
    }
  }

  @Test
  @DisplayName("a listener finds its thread as it was made, whatever earlier listeners did to it")
  void listener_changesItsThread_theNextFindsNothing() throws Exception {
    EventChannel<String> channel = new EventChannel<>("damaged", dispatcher);
    StringBuffer found = new StringBuffer();
    CountDownLatch heard = new CountDownLatch(4);
    for (int i = 0; i < 2; i++) {
      channel.subscribe(event -> {
        found.append(look());
        damage();
        heard.countDown();
      });
    }
    channel.enqueue("one");
    channel.enqueue("two");
    channel.deliver();
    assertThat(heard.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(found).isEmpty();
  }

  /** A listener that claims to be equal to every other one. */
  private static final class Impostor implements Runnable {
    int calls;

    @Override
    public void run() {
      calls++;
    }

    @Override
    public boolean equals(Object other) {
      return true;
    }

    @Override
    public int hashCode() {
      return 0;
    }
  }

  @Test
  @DisplayName("a subscription that ends removes its own listener, not one that claims to be equal")
  void subscription_ends_removesItsOwnListener() {
    Listeners<Runnable> listeners = new Listeners<>("damaged");
    Impostor first = new Impostor();
    Impostor second = new Impostor();
    listeners.add(first);
    listeners.add(second).close();
    listeners.each((listener, event) -> listener.run(), "event");
    assertThat(first.calls).isEqualTo(1);
    assertThat(second.calls).isZero();
  }
}
