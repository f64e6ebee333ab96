package io.aragora.resilience.core.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Threads that exist from the first task on, and what they are like. */
class LatePoolTest {
  private static final long AWAIT_SECONDS = 60;

  private final CountDownLatch release = new CountDownLatch(1);

  private void block() {
    try {
      release.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void shutDown(LatePool pool) throws InterruptedException {
    release.countDown();
    ExecutorService threads = pool.close();
    assertThat(threads).isNotNull();
    threads.shutdown();
    assertThat(threads.awaitTermination(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void close_beforeTheFirstTask_hasNoThreads_andRejects() {
    LatePool pool = new LatePool(LatePool.Kind.WAITING, "shop-store", 1, null);
    assertThat(pool.close()).isNull();
    assertThat(pool.pool()).isNull();
    assertThatThrownBy(() -> pool.execute(() -> {}))
        .isInstanceOf(RejectedExecutionException.class)
        .hasMessage("'shop-store' is closed");
  }

  @Test
  void waiting_beyondItsThreads_queuesTasks() throws Exception {
    LatePool pool = new LatePool(LatePool.Kind.WAITING, "shop-store", 1, null);
    assertThat(pool.load("store", 0).bound()).isEqualTo(1);
    CompletableFuture<String> name = new CompletableFuture<>();
    pool.execute(() -> {
      name.complete(Thread.currentThread().getName());
      block();
    });
    assertThat(name.get(AWAIT_SECONDS, TimeUnit.SECONDS)).isEqualTo("shop-store-1");
    CompletableFuture<Boolean> second = new CompletableFuture<>();
    pool.execute(() -> second.complete(Thread.currentThread().isDaemon()));
    assertThat(pool.load("store", 0).busy()).isEqualTo(1);
    assertThat(pool.load("store", 0).waiting()).isEqualTo(1);
    assertThat(pool.load("store", 0).group()).isEqualTo("store");
    shutDown(pool);
    assertThat(second).isCompletedWithValue(true);
  }

  @Test
  void rejecting_beyondItsThreads_rejectsTasks() throws Exception {
    LatePool pool = new LatePool(LatePool.Kind.REJECTING, "shop-check", 2, null);
    pool.execute(this::block);
    pool.execute(this::block);
    assertThatThrownBy(() -> pool.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
    assertThat(pool.load("check", 0).busy()).isEqualTo(2);
    shutDown(pool);
  }

  @Test
  @SuppressWarnings("ThreadPriorityCheck") // what the thread must not inherit
  void daemon_inheritsNothingOfItsCreator() throws Exception {
    Thread creator = Thread.currentThread();
    ClassLoader loader = new ClassLoader() {};
    creator.setPriority(Thread.MAX_PRIORITY);
    try {
      Thread plain = BackgroundThreads.daemon("plain", () -> {});
      assertThat(plain.getName()).isEqualTo("plain");
      assertThat(plain.isDaemon()).isTrue();
      assertThat(plain.getPriority()).isEqualTo(Thread.NORM_PRIORITY);
      assertThat(plain.getContextClassLoader()).isNull();
      assertThat(BackgroundThreads.daemon("own", loader, () -> {}).getContextClassLoader())
          .isSameAs(loader);
    } finally {
      creator.setPriority(Thread.NORM_PRIORITY);
    }
  }
}
