package io.aragora.resilience.core.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.Faults;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fails the start of each thread, and each task, in turn. In each case, every accepted task and
 * every later one runs.
 */
class ElasticThreadsTest {
  private static final int TASKS = 6;
  private static final long AWAIT_SECONDS = 60;

  /** Here, because JUnit can call only what is in the package of a test that runs alone. */
  static Stream<Throwable> everyKind() {
    return Faults.everyKind();
  }

  @ParameterizedTest
  @MethodSource("everyKind")
  void aThreadThatDoesNotStart_losesNoTask(Throwable kind) throws Exception {
    for (int failing = 1; failing <= 4; failing++) {
      int present = failing;
      AtomicInteger starts = new AtomicInteger();
      ElasticThreads threads = new ElasticThreads(
          "faulty", 2, null, (group, name, body) -> new GroupThread(group, name, body) {
            @Override
            public void start() {
              if (starts.incrementAndGet() == present) {
                ElasticThreadsTest.<RuntimeException>sneak(kind);
              }
              super.start();
            }
          });
      assertServes(threads, -1, kind);
    }
  }

  @ParameterizedTest
  @MethodSource("everyKind")
  void aTaskThatThrows_endsNoOther(Throwable kind) throws Exception {
    for (int failing = 0; failing < TASKS; failing++) {
      assertServes(new ElasticThreads("faulty", 2, null), failing, kind);
    }
  }

  private static void assertServes(ElasticThreads threads, int failing, Throwable kind)
      throws InterruptedException {
    CountDownLatch first = new CountDownLatch(1);
    CountDownLatch ran = new CountDownLatch(TASKS);
    for (int i = 0; i < TASKS; i++) {
      int number = i;
      execute(threads, kind, () -> {
        await(first);
        ran.countDown();
        if (number == failing) {
          ElasticThreadsTest.<RuntimeException>sneak(kind);
        }
      });
    }
    first.countDown();
    assertThat(ran.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    CountDownLatch next = new CountDownLatch(1);
    execute(threads, kind, next::countDown);
    assertThat(next.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    threads.pool().shutdown();
    assertThat(threads.pool().awaitTermination(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    // The pool is done with a thread before that counts its failure.
    int expected = failing < 0 ? 0 : 1;
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(AWAIT_SECONDS);
    while (threads.load("end", 0).failures() != expected && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertThat(threads.load("end", 0).failures()).isEqualTo(expected);
  }

  /** A task that is not accepted is left to the caller; another try finds a thread. */
  private static void execute(ElasticThreads threads, Throwable kind, Runnable task) {
    try {
      threads.execute(task);
    } catch (RuntimeException | Error e) {
      assertThat(e).isSameAs(kind);
      threads.execute(task);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <X extends Throwable> void sneak(Throwable failure) throws X {
    throw (X) failure;
  }
}
