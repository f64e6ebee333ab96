package io.aragora.resilience.health.threads;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LastingThreadTest {
  private static final long FOREVER = Long.MAX_VALUE / 2;

  private final AtomicInteger turns = new AtomicInteger();
  private final AtomicInteger ends = new AtomicInteger();
  private final AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
  private final CountDownLatch reached = new CountDownLatch(1);
  private final CountDownLatch release = new CountDownLatch(1);
  private @Nullable LastingThread closed;

  @AfterEach
  void end() {
    release.countDown();
    if (closed != null) {
      closed.close();
      closed.join(0);
    }
  }

  @Test
  void turn_fails_isCountedAndTheNextOneComes() throws Exception {
    LastingThread thread = started(
        () -> {
          if (turns.incrementAndGet() <= 2) {
            throw new OutOfMemoryError("injected");
          }
          waitForTheTest();
        },
        () -> {});
    assertThat(thread.isClosed()).isFalse();
    reached.await();

    assertThat(thread.failures()).isEqualTo(2);
    assertThat(thread.hasFailedWithin(FOREVER)).isTrue();
    assertThat(thread.hasFailedWithin(0)).isFalse();
  }

  @Test
  void turn_doesNotFail_nothingIsCounted() throws Exception {
    LastingThread thread = started(this::waitForTheTest, () -> {});
    reached.await();

    assertThat(thread.failures()).isZero();
    assertThat(thread.hasFailedWithin(FOREVER)).isFalse();
  }

  @Test
  void turn_failsAgainAndAgain_isLoggedOnce() throws Exception {
    List<String> lines = new CopyOnWriteArrayList<>();
    Logger log = Logger.getLogger(LastingThread.class.getName());
    Handler recording = new Handler() {
      @Override
      public void publish(LogRecord line) {
        lines.add(line.getLevel() + " " + line.getMessage());
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
    log.addHandler(recording);
    try {
      started(
          () -> {
            if (turns.incrementAndGet() <= 2) {
              throw new IllegalStateException("injected");
            }
            waitForTheTest();
          },
          () -> {});
      reached.await();
    } finally {
      log.removeHandler(recording);
    }

    assertThat(lines)
        .containsExactly("WARNING the work failed and continues (logged once a minute)");
  }

  @Test
  void turn_failsWithAnInterrupt_theNextOneHasNone() throws Exception {
    List<Boolean> interrupted = new CopyOnWriteArrayList<>();
    started(
        () -> {
          interrupted.add(Thread.currentThread().isInterrupted());
          if (turns.incrementAndGet() == 1) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("injected");
          }
          waitForTheTest();
        },
        () -> {});
    reached.await();

    assertThat(interrupted).containsExactly(false, false);
  }

  @Test
  void turn_failsAfterClose_isNotCountedAndTheEndRuns() {
    LastingThread thread = started(
        () -> {
          waitForTheTest();
          throw new IllegalStateException("its resource was closed");
        },
        ends::incrementAndGet);

    thread.close();
    release.countDown();
    thread.join(0);

    assertThat(thread.isClosed()).isTrue();
    assertThat(thread.failures()).isZero();
    assertThat(ends).hasValue(1);
  }

  @Test
  void end_fails_theThreadEndsWithoutAThrowable() {
    LastingThread thread = started(this::waitForTheTest, () -> {
      ends.incrementAndGet();
      throw new IllegalStateException("injected");
    });

    thread.close();
    release.countDown();
    thread.join(0);

    assertThat(ends).hasValue(1);
    assertThat(thrown.get()).isNull();
  }

  @Test
  void join_byTheThreadItself_doesNotWait() throws Exception {
    AtomicReference<@Nullable LastingThread> self = new AtomicReference<>();
    LastingThread thread = create(
        () -> {
          LastingThread mine = self.get();
          if (mine != null) {
            mine.join(0);
          }
          waitForTheTest();
        },
        () -> {});
    self.set(thread);
    thread.start();

    reached.await();

    assertThat(thread.failures()).isZero();
  }

  @Test
  void join_interrupted_returnsWithTheInterrupt() throws Exception {
    LastingThread thread = started(this::waitForTheTest, () -> {});
    reached.await();

    Thread.currentThread().interrupt();
    thread.join(0);

    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void oncePerMinute_secondEvent_doesNotPass() {
    OncePerMinute lines = new OncePerMinute();

    assertThat(lines.passes()).isTrue();
    assertThat(lines.passes()).isFalse();
  }

  private void waitForTheTest() throws InterruptedException {
    reached.countDown();
    release.await();
  }

  private LastingThread started(LastingThread.Turn turn, Runnable end) {
    LastingThread thread = create(turn, end);
    thread.start();
    return thread;
  }

  private LastingThread create(LastingThread.Turn turn, Runnable end) {
    LastingThread thread = new LastingThread(
        "the work",
        task -> {
          Thread plain = new Thread(task, "lasting");
          plain.setDaemon(true);
          plain.setUncaughtExceptionHandler((none, e) -> thrown.set(e));
          return plain;
        },
        turn,
        end);
    closed = thread;
    return thread;
  }
}
