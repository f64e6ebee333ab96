package io.aragora.resilience.core.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.persistence.RecordedLog;
import io.aragora.resilience.core.time.SystemTimeSource;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of tasks that still run when the dispatcher closes, and which thread runs what is handed over. */
@Timeout(60)
class DispatcherClosingTest {
  private static final long AWAIT_SECONDS = 30;

  /** A little more than what interrupting is given. */
  private static final Duration SHORT = Duration.ofMillis(250);

  private final CountDownLatch release = new CountDownLatch(1);
  private final Dispatcher dispatcher = new Dispatcher("r", SystemTimeSource.INSTANCE, null);
  private final Dispatcher driven = new Dispatcher("r", ManualTime.create(), null);

  @AfterEach
  void release() {
    release.countDown();
  }

  /** Runs a task that blocks; returns once it does. The future says whether it was interrupted. */
  private CompletableFuture<Boolean> block(Executor executor) throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    executor.execute(() -> {
      begun.countDown();
      try {
        release.await();
        interrupted.complete(false);
      } catch (InterruptedException e) {
        interrupted.complete(true);
      }
    });
    assertThat(begun.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    return interrupted;
  }

  private void close(Thread closer, boolean exiting) {
    dispatcher.close(SystemTimeSource.INSTANCE.nanoTime() + SHORT.toNanos(), closer, exiting);
  }

  private static void assertInterrupted(CompletableFuture<Boolean> task) {
    assertThat(task).succeedsWithin(Duration.ofSeconds(AWAIT_SECONDS)).isEqualTo(true);
  }

  @Test
  void taskThatGoesOn_isInterruptedShortlyBeforeTheDeadline_andThoseBehindItAreCounted()
      throws Exception {
    CompletableFuture<Boolean> saving = block(dispatcher.store());
    dispatcher.store().execute(() -> {});
    try (RecordedLog log = RecordedLog.of(Dispatcher.class)) {
      close(Thread.currentThread(), false);
      assertInterrupted(saving);
      assertThat(log.messages())
          .containsExactly("WARNING runtime 'r': background work did not end within 5 s of closing"
              + " and was interrupted; 1 tasks had not begun");
    }
  }

  @Test
  void tasksThatEnd_areWaitedFor_withoutALogLine() throws Exception {
    CompletableFuture<Boolean> ending = block(dispatcher::endCall);
    release.countDown();
    try (RecordedLog log = RecordedLog.of(Dispatcher.class)) {
      dispatcher.close();
      assertThat(ending).isCompletedWithValue(false);
      assertThat(log.messages()).isEmpty();
    }
  }

  @Test
  void callerThatIsInterrupted_waitsForNothing_andStaysInterrupted() throws Exception {
    CompletableFuture<Boolean> telling = block(dispatcher::tell);
    Thread.currentThread().interrupt();
    dispatcher.close();
    assertThat(Thread.interrupted()).isTrue();
    assertInterrupted(telling);
  }

  @Test
  @DisplayName("at the exit of the JVM, only the store's thread is waited for")
  void exit_waitsForTheStoreOnly() throws Exception {
    CompletableFuture<Boolean> ending = block(dispatcher::endCall);
    CompletableFuture<Boolean> saving = block(dispatcher.store());
    close(Thread.currentThread(), true);
    assertInterrupted(saving);
    assertThat(ending).isNotDone();
  }

  @Test
  void checksThatRun_areInterruptedAtOnce_alsoAtTheExit() throws Exception {
    CompletableFuture<Boolean> check = block(dispatcher.checks());
    close(Thread.currentThread(), true);
    assertInterrupted(check);
  }

  @Test
  void groupOfTheThreadThatCloses_isNotWaitedFor() throws Exception {
    CompletableFuture<Thread> closer = new CompletableFuture<>();
    CompletableFuture<Boolean> closing = block(task -> dispatcher.endCall(() -> {
      closer.complete(Thread.currentThread());
      task.run();
    }));
    try (RecordedLog log = RecordedLog.of(Dispatcher.class)) {
      close(closer.get(AWAIT_SECONDS, TimeUnit.SECONDS), false);
      assertThat(log.messages()).isEmpty();
    }
    assertThat(closing).isNotDone();
  }

  private static Thread threadOf(Executor executor) {
    CompletableFuture<Thread> ran = new CompletableFuture<>();
    executor.execute(() -> ran.complete(Thread.currentThread()));
    return ran.orTimeout(AWAIT_SECONDS, TimeUnit.SECONDS).join();
  }

  @Test
  void eachGroup_hasThreadsOfItsName_afterClosingTheCallerRunsTheTasks() {
    List<Executor> ends = List.of(
        dispatcher::endCall,
        dispatcher::endReport,
        dispatcher::interrupt,
        dispatcher::interruptAtClosing);
    assertThat(ends)
        .extracting(end -> threadOf(end).getName().replaceAll("[0-9]+$", ""))
        .containsExactly("r-end-", "r-end-", "r-interrupt-", "r-interrupt-");
    dispatcher.close();
    assertThat(ends)
        .extracting(DispatcherClosingTest::threadOf)
        .containsOnly(Thread.currentThread());
  }

  @Test
  void withAnExecutorOfTheTimeSource_reportsAndLastInterruptsRunOnTheCaller() {
    assertThat(threadOf(driven::endReport)).isSameAs(Thread.currentThread());
    assertThat(threadOf(driven::interruptAtClosing)).isSameAs(Thread.currentThread());
    assertThat(driven.loads()).isEmpty();
    assertThat(driven.runtime()).isEqualTo("r");
  }

  @Test
  void failures_areCountedAndLogged() {
    try (RecordedLog log = RecordedLog.of(Dispatcher.class)) {
      dispatcher.failed("a step failed; it is tried again", new IllegalStateException("injected"));
      assertThat(log.messages()).containsExactly("SEVERE a step failed; it is tried again");
    }
    assertThat(dispatcher.loads().get(0).failures()).isEqualTo(1);
    dispatcher.close();
  }
}
