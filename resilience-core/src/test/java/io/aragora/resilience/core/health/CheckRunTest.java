package io.aragora.resilience.core.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.health.HealthCheck;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthReport;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.timeout.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Checks on their own threads, in real time. Each test waits, with a bound, for the state that it
 * asserts.
 */
@Timeout(60)
class CheckRunTest {
  private static final HealthCheckOptions PATIENT =
      HealthCheckOptions.defaults().withTimeout(Duration.ofSeconds(50));
  private static final HealthCheckOptions HASTY = HealthCheckOptions.defaults()
      .withTimeout(Duration.ofMillis(20))
      .withTimeToLive(Duration.ZERO);

  private final CountDownLatch release = new CountDownLatch(1);
  private final Resilience resilience = Resilience.create();

  @AfterEach
  void close() {
    release.countDown();
    resilience.close();
  }

  /** Hangs until it is released, and ignores interrupts. */
  private HealthCheck hung(AtomicInteger runs) {
    return () -> {
      runs.incrementAndGet();
      boolean done = false;
      while (!done) {
        try {
          release.await();
          done = true;
        } catch (InterruptedException e) {
          // does not heed it
        }
      }
      return HealthResult.healthy();
    };
  }

  private static HealthResult line(HealthReport report, String name) {
    return Objects.requireNonNull(report.checks().get(name), name);
  }

  @Test
  @Tag("HE-30")
  @Tag("fault-58")
  @DisplayName(
      "all checks run at once; a check that hangs costs its timeout and one thread, and no "
          + "other check")
  void checks_runInParallel_andAHungOneCostsItsTimeoutAndOneRun() {
    AtomicInteger hungRuns = new AtomicInteger();
    CyclicBarrier both = new CyclicBarrier(2);
    for (String name : new String[] {"one", "two"}) {
      resilience
          .health()
          .register(
              name,
              () -> {
                both.await(30, TimeUnit.SECONDS);
                return HealthResult.healthy();
              },
              PATIENT.withTimeToLive(Duration.ZERO));
    }
    resilience.health().register("hung", hung(hungRuns), HASTY);
    HealthReport report = resilience.health().checkAll();
    assertThat(line(report, "one").status()).isEqualTo(HealthStatus.HEALTHY);
    assertThat(line(report, "two").status()).isEqualTo(HealthStatus.HEALTHY);
    assertThat(line(report, "hung").detail()).isEqualTo("no answer within PT0.02S");
    for (int i = 0; i < 20; i++) {
      HealthReport again = resilience.health().checkAll();
      assertThat(line(again, "hung").detail())
          .isEqualTo("still running after its timeout of PT0.02S");
      assertThat(line(again, "hung").since()).isEqualTo(line(report, "hung").since());
      assertThat(line(again, "one").status()).isEqualTo(HealthStatus.HEALTHY);
    }
    assertThat(hungRuns).hasValue(1);
  }

  @Test
  void hundredsOfHungChecks_leaveTheNextOneItsThread() {
    AtomicInteger hungRuns = new AtomicInteger();
    for (int i = 0; i < 400; i++) {
      resilience.health().register("hung " + i, hung(hungRuns), HASTY);
    }
    resilience.health().register("good", HealthResult::healthy, PATIENT);
    HealthReport report = resilience.health().checkAll();
    assertThat(line(report, "good").status()).isEqualTo(HealthStatus.HEALTHY);
    assertThat(report.summary()).startsWith("400/401 not healthy");
  }

  @Test
  void callers_duringARun_shareIt() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    CountDownLatch begun = new CountDownLatch(1);
    resilience
        .health()
        .register(
            "db",
            () -> {
              begun.countDown();
              release.await();
              return HealthResult.of(HealthStatus.DEGRADED, "run " + runs.incrementAndGet());
            },
            PATIENT.withTimeToLive(Duration.ZERO));
    List<CompletableFuture<HealthReport>> reports = new ArrayList<>();
    reports.add(resilience.health().checkAllAsync());
    begun.await();
    for (int i = 0; i < 9; i++) {
      reports.add(resilience.health().checkAllAsync());
    }
    assertThat(reports).noneMatch(CompletableFuture::isDone);
    // What one caller does to its future is nothing to the others.
    reports.remove(3).cancel(true);
    release.countDown();
    for (CompletableFuture<HealthReport> report : reports) {
      assertThat(line(report.get(30, TimeUnit.SECONDS), "db").detail()).isEqualTo("run 1");
    }
    assertThat(line(resilience.health().checkAll(), "db").detail()).isEqualTo("run 2");
  }

  @Test
  void aCheckThatWasLeft_runsAgainOnceItHasReturned() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    resilience.health().register("db", hung(runs), HASTY);
    assertThat(line(resilience.health().checkAll(), "db").status())
        .isEqualTo(HealthStatus.UNHEALTHY);
    release.countDown();
    HealthResult result;
    do {
      result = line(resilience.health().checkAll(), "db");
    } while (result.status() != HealthStatus.HEALTHY);
    assertThat(runs).hasValueGreaterThan(1);
  }

  @Test
  void atItsTimeout_aCheckIsInterrupted_andTheThreadIsCleanAfterwards() throws Exception {
    CountDownLatch interrupted = new CountDownLatch(1);
    AtomicBoolean clean = new AtomicBoolean(true);
    resilience
        .health()
        .register(
            "slow",
            () -> {
              clean.compareAndSet(true, !Thread.currentThread().isInterrupted());
              try {
                release.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                interrupted.countDown();
              }
              return HealthResult.healthy();
            },
            HASTY);
    assertThat(line(resilience.health().checkAll(), "slow").detail()).startsWith("no answer");
    assertThat(interrupted.await(30, TimeUnit.SECONDS)).isTrue();
    for (int i = 0; i < 10; i++) {
      resilience.health().checkAll();
    }
    assertThat(clean).isTrue();
  }

  @Test
  @DisplayName(
      "a continuation of the report that blocks keeps no interrupt from the check that hangs")
  void atItsTimeout_aCheckIsInterrupted_beforeContinuationsOfTheReportRun() throws Exception {
    CountDownLatch interrupted = new CountDownLatch(1);
    resilience
        .health()
        .register(
            "slow",
            () -> {
              try {
                release.await();
              } catch (InterruptedException e) {
                interrupted.countDown();
              }
              return HealthResult.healthy();
            },
            HASTY.withTimeout(Duration.ofMillis(200)));
    CompletableFuture<Boolean> continued = resilience.health().checkAllAsync().thenApply(report -> {
      try {
        return interrupted.await(20, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        return false;
      }
    });
    assertThat(continued.get(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aCheck_hasNothingOfWhoAsked() {
    AtomicBoolean free = new AtomicBoolean();
    resilience
        .health()
        .register(
            "db",
            () -> {
              free.set(CallContext.current().remaining().isEmpty());
              return HealthResult.healthy();
            },
            PATIENT);
    try (Deadline deadline = resilience.deadline("caller", Duration.ofMinutes(5))) {
      assertThat(CallContext.current().remaining()).as(deadline.name()).isPresent();
      resilience.health().checkAll();
    }
    assertThat(free).isTrue();
  }

  @Test
  void anInterruptOfWhoAsks_endsTheWait_andNotTheCheck() throws Exception {
    resilience
        .health()
        .register(
            "db",
            () -> {
              release.await();
              return HealthResult.healthy();
            },
            PATIENT);
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> resilience.health().checkAll())
        .isInstanceOf(CallInterruptedException.class);
    assertThat(Thread.interrupted()).isTrue();
    release.countDown();
    assertThat(resilience.health().checkAll().status()).isEqualTo(HealthStatus.HEALTHY);
  }

  @Test
  @Tag("HE-30")
  @DisplayName("the registry waits for a check that answers later, and cancels it at its timeout")
  void asynchronousCheck_isAwaited_andCancelledAtItsTimeout() throws Exception {
    CompletableFuture<HealthResult> never = new CompletableFuture<>();
    resilience.health().register("never", HealthCheck.async(() -> never), HASTY);
    resilience
        .health()
        .register(
            "later",
            HealthCheck.async(() -> CompletableFuture.supplyAsync(HealthResult::healthy)),
            PATIENT);
    resilience
        .health()
        .register(
            "failed",
            HealthCheck.async(() -> CompletableFuture.supplyAsync(() -> {
              throw new IllegalStateException("no route");
            })),
            PATIENT);
    HealthReport report = resilience.health().checkAllAsync().get(30, TimeUnit.SECONDS);
    assertThat(line(report, "later").status()).isEqualTo(HealthStatus.HEALTHY);
    assertThat(line(report, "failed").detail()).isEqualTo("no route");
    assertThat(line(report, "never").detail()).startsWith("no answer");
    assertThatThrownBy(() -> never.get(30, TimeUnit.SECONDS))
        .isInstanceOf(CancellationException.class);
  }

  @Test
  void closing_interruptsChecks_andEndsWhoWaits() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch left = new CountDownLatch(1);
    resilience
        .health()
        .register(
            "db",
            () -> {
              begun.countDown();
              try {
                release.await();
              } finally {
                left.countDown();
              }
              return HealthResult.healthy();
            },
            PATIENT.withTimeToLive(Duration.ZERO));
    CompletableFuture<HealthReport> report = resilience.health().checkAllAsync();
    begun.await();
    resilience.close();
    assertThat(line(report.get(30, TimeUnit.SECONDS), "db").status())
        .isEqualTo(HealthStatus.UNHEALTHY);
    assertThat(left.await(30, TimeUnit.SECONDS)).isTrue();
    // The check has left its body; its thread may still be on the way out of the run.
    String detail;
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    do {
      detail = line(resilience.health().checkAll(), "db").detail();
    } while (!detail.equals("the runtime is closed") && System.nanoTime() < deadline);
    assertThat(detail).isEqualTo("the runtime is closed");
  }
}
