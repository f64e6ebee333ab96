package io.aragora.resilience.core.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ThreadLoad;
import io.aragora.resilience.core.time.SystemTimeSource;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Application code that blocks holds its own thread only. */
class SeparateThreadsTest {
  private static final long AWAIT_SECONDS = 60;

  private final CountDownLatch release = new CountDownLatch(1);
  private final Resilience resilience = Resilience.builder().name("separate").build();

  @AfterEach
  void close() {
    release.countDown();
    resilience.close();
  }

  private void block(CountDownLatch entered) {
    entered.countDown();
    boolean interrupted = false;
    while (true) {
      try {
        release.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private Timeout limit(String name) {
    return resilience.timeout(name, Duration.ofMillis(1));
  }

  private void block200Continuations() throws InterruptedException {
    CountDownLatch entered = new CountDownLatch(200);
    List<CompletableFuture<String>> calls = new ArrayList<>();
    Thread caller = Thread.currentThread();
    while (calls.size() < 200) {
      CompletableFuture<String> call = limit("continued")
          .callAsync(() -> new CompletableFuture<String>())
          .exceptionally(failure -> {
            if (Thread.currentThread() != caller) {
              block(entered);
            }
            return "released";
          });
      // The limit may have passed before the continuation was there, which then ran here.
      if (!call.isDone()) {
        calls.add(call);
      }
    }
    assertThat(entered.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(calls).noneMatch(CompletableFuture::isDone);
  }

  private void hang64Listeners() throws InterruptedException {
    CountDownLatch entered = new CountDownLatch(64);
    for (int i = 0; i < 64; i++) {
      Timeout heard = limit("heard-" + i);
      heard.subscribe(event -> block(entered));
      assertEndsAsynchronously(heard);
    }
    assertThat(entered.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  private void hangAnInterrupt() throws InterruptedException {
    CountDownLatch entered = new CountDownLatch(1);
    Timeout hung = limit("hung");
    Thread caller = new Thread(() -> assertThatThrownBy(() -> hung.run(release::await))) {
      @Override
      public void interrupt() {
        block(entered);
        super.interrupt();
      }
    };
    caller.setDaemon(true);
    caller.start();
    assertThat(entered.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  private static void assertEndsAsynchronously(Timeout timeout) {
    assertThat(timeout.callAsync(() -> new CompletableFuture<String>()))
        .failsWithin(Duration.ofSeconds(AWAIT_SECONDS))
        .withThrowableOfType(ExecutionException.class)
        .withCauseInstanceOf(TimeoutExceededException.class);
  }

  private static void assertEndsSynchronously(Timeout timeout) {
    CountDownLatch never = new CountDownLatch(1);
    assertThatThrownBy(() -> timeout.run(never::await))
        .isInstanceOf(TimeoutExceededException.class);
  }

  @Test
  void limitsFire_besideBlockedContinuationsHungListenersAndAHungInterrupt() throws Exception {
    block200Continuations();
    hang64Listeners();
    hangAnInterrupt();
    assertEndsAsynchronously(limit("async"));
    assertEndsSynchronously(limit("sync"));
    assertThat(load("end").busy()).isGreaterThanOrEqualTo(200);
    assertThat(load("tell").busy()).isGreaterThanOrEqualTo(64);
    assertThat(load("interrupt").busy()).isGreaterThanOrEqualTo(1);
    assertThat(load("timer").bound()).isEqualTo(1);
    assertThat(resilience.status().threads()).allMatch(load -> load.waiting() == 0);
  }

  @Test
  void everyGroup_showsItsLoad() throws Exception {
    CountDownLatch inside = new CountDownLatch(2);
    AtomicInteger attempts = new AtomicInteger();
    resilience.retry("again").callAsync(() -> {
      if (attempts.incrementAndGet() == 1) {
        return CompletableFuture.failedFuture(new IOException());
      }
      block(inside);
      return CompletableFuture.completedFuture("done");
    });
    resilience
        .health()
        .register(
            "blocked",
            () -> {
              block(inside);
              return HealthResult.healthy();
            },
            HealthCheckOptions.defaults());
    resilience.health().checkAllAsync();
    assertThat(inside.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(load("attempt").busy()).isPositive();
    assertThat(load("check").busy()).isPositive();
    assertThat(resilience.status().threads())
        .extracting(ThreadLoad::group)
        .containsExactlyInAnyOrder(
            "end", "tell", "interrupt", "attempt", "check", "store", "quota", "timer");
  }

  private ThreadLoad load(String group) {
    return resilience.status().threads().stream()
        .filter(load -> load.group().equals(group))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void everyGroup_hasTheLoaderOfWhoBuiltTheRuntime() throws Exception {
    ClassLoader mine = new ClassLoader(getClass().getClassLoader()) {};
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    Thread.currentThread().setContextClassLoader(mine);
    List<AtomicReference<ClassLoader>> seen = new ArrayList<>();
    CountDownLatch ran = new CountDownLatch(5);
    try (Dispatcher dispatcher = new Dispatcher("loader", SystemTimeSource.INSTANCE, null)) {
      Thread.currentThread().setContextClassLoader(null);
      List<Executor> groups = List.of(
          dispatcher::endCall,
          dispatcher::tell,
          dispatcher::interrupt,
          attempt -> dispatcher.attempt(null, attempt, () -> {}),
          dispatcher.checks());
      for (Executor group : groups) {
        AtomicReference<ClassLoader> found = new AtomicReference<>();
        seen.add(found);
        group.execute(() -> {
          found.set(Thread.currentThread().getContextClassLoader());
          ran.countDown();
        });
      }
      assertThat(ran.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
    assertThat(seen).allSatisfy(found -> assertThat(found).hasValue(mine));
  }

  @Test
  void closingFromAListener_doesNotInterruptIt() throws Exception {
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    Timeout heard = limit("closing");
    heard.subscribe(event -> {
      resilience.close();
      interrupted.complete(Thread.currentThread().isInterrupted());
    });
    assertEndsAsynchronously(heard);
    assertThat(interrupted.get(AWAIT_SECONDS, TimeUnit.SECONDS)).isFalse();
  }
}
