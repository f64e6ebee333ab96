package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jctools.queues.MessagePassingQueue;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.junit.jupiter.api.Test;

/**
 * An application that is removed from its container leaves no references in the container's
 * threads.
 */
class UnloadedApplicationTest {
  private static final Duration AWAIT = Duration.ofSeconds(60);

  @Test
  void aThreadThatMadeCalls_doesNotKeepTheLoader() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    FutureTask<WeakReference<ClassLoader>> calls =
        new FutureTask<>(UnloadedApplicationTest::callFromALoaderOfItsOwn);
    Thread container = new Thread(() -> {
      calls.run();
      try {
        end.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    container.setDaemon(true);
    container.start();
    WeakReference<ClassLoader> loader = calls.get(AWAIT.toSeconds(), TimeUnit.SECONDS);

    long began = System.nanoTime();
    while (loader.get() != null && System.nanoTime() - began < AWAIT.toNanos()) {
      System.gc();
    }
    assertThat(container.isAlive()).isTrue();
    assertThat(loader.get()).isNull();
    end.countDown();
    container.join();
  }

  /**
   * A web application: it loads the library in its own class loader, makes calls, and closes its
   * runtime.
   */
  private static WeakReference<ClassLoader> callFromALoaderOfItsOwn() throws Exception {
    URL[] library = {
      location(Resilience.class),
      location(CoreResilience.class),
      location(MessagePassingQueue.class),
      location(MpscVarHandleArrayQueue.class)
    };
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    // Without a parent: those of the JDK find the modules under test.
    try (URLClassLoader loader = new URLClassLoader(library, null)) {
      thread.setContextClassLoader(loader);
      Class<?> api = loader.loadClass(Resilience.class.getName());
      assertThat(api).isNotSameAs(Resilience.class);
      Object builder = api.getMethod("builder").invoke(null);
      try (AutoCloseable resilience =
          (AutoCloseable) builder.getClass().getMethod("build").invoke(builder)) {
        Object timeout =
            api.getMethod("timeout", String.class, Duration.class).invoke(resilience, "t", AWAIT);
        Class<?> policy = loader.loadClass("io.aragora.resilience.policy.Policy");
        Supplier<String> body = () -> "called";
        Object decorated =
            policy.getMethod("decorateSupplier", Supplier.class).invoke(timeout, body);
        assertThat(((Supplier<?>) decorated).get()).isEqualTo("called");
      }
      return new WeakReference<>(loader);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private static URL location(Class<?> type) {
    return type.getProtectionDomain().getCodeSource().getLocation();
  }
}
