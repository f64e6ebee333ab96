package io.aragora.resilience.core.concurrencylimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitEvent;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitEvent.Kind;
import io.aragora.resilience.concurrencylimit.LimitChange;
import io.aragora.resilience.concurrencylimit.Priority;
import io.aragora.resilience.core.ReadLines;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a concurrency limit counts and publishes, and whom a change of the limit admits. */
class ConcurrencyLimitNumbersTest {
  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final List<ConcurrencyLimitEvent> events = new ArrayList<>();

  @AfterEach
  void close() {
    resilience.close();
  }

  private ConcurrencyLimit limit(UnaryOperator<ConcurrencyLimitConfig.Builder> settings) {
    return resilience.concurrencyLimit(
        "api",
        settings
            .apply(ConcurrencyLimitConfig.builder()
                .least(1)
                .initial(1)
                .most(1)
                .minimumSamples(10)
                .maxWait(Duration.ofMillis(200))
                .maxWaiting(2))
            .build());
  }

  private static CompletableFuture<String> call(ConcurrencyLimit api) {
    return api.callAsync(() -> CompletableFuture.completedFuture("done"));
  }

  @Test
  void readings_areTheTotalsOfEachPriority() {
    ConcurrencyLimit api = limit(c -> c);
    for (int i = 0; i < 4; i++) {
      api.run(() -> {});
    }
    long held = api.tryAcquirePermit();
    for (int i = 0; i < 2; i++) {
      assertThat(api.tryAcquirePermit()).isEqualTo(ConcurrencyLimit.REJECTED);
    }
    for (int i = 0; i < 5; i++) {
      assertThat(call(api)).isNotDone();
    }
    time.advance(Duration.ofMillis(205));
    assertThat(call(api).cancel(true)).isTrue();
    CompletableFuture<String> waited = call(api);
    api.recordDrop(held);
    time.runPending();
    assertThat(waited).isCompletedWithValue("done");
    api.releasePermit(held);
    ConcurrencyLimit critical = api.withPriority(Priority.CRITICAL);
    critical.run(() -> {});
    assertThat(critical.tryAcquirePermit()).isNotEqualTo(ConcurrencyLimit.REJECTED);
    call(critical);

    assertThat(ReadLines.of(resilience, "concurrencylimit"))
        .startsWith("concurrencylimit api")
        .contains(
            "calls.sheddable admitted 0",
            "calls.normal admitted 5",
            "calls.normal admitted_after_wait 1",
            "calls.normal rejected_full 2",
            "calls.normal rejected_queue_full 3",
            "calls.normal rejected_waited 2",
            "calls.normal rejected_deadline 0",
            "calls.normal cancelled 1",
            "calls.critical admitted 2",
            "drops  1",
            "stray_releases  1",
            "limit 1.0",
            "in_use 1.0",
            "waiting 1.0",
            "latency_seconds.recent 0.0",
            "latency_seconds.base 0.0",
            "changes.relearned  0");
  }

  @Test
  void waiterThatHasItsPermit_countsWhenItGoesOn_andNotAsAdmittedAtOnce() {
    ConcurrencyLimit api = limit(c -> c);
    long held = api.tryAcquirePermit();
    CompletableFuture<String> waits = call(api);
    api.releasePermit(held);
    assertThat(api.snapshot().waiting()).isZero();
    assertThat(waits).isNotDone();
    assertThat(api.totals().admitted()).isEqualTo(1);
    assertThat(api.totals().admittedAfterWait()).isZero();
    time.runPending();
    assertThat(waits).isCompletedWithValue("done");
    assertThat(api.totals().admitted()).isEqualTo(1);
    assertThat(api.totals().admittedAfterWait()).isEqualTo(1);
  }

  @Test
  void priority_isThatOfTheView() {
    ConcurrencyLimit api = limit(c -> c);
    for (Priority priority : Priority.values()) {
      assertThat(api.withPriority(priority).priority()).isEqualTo(priority);
    }
    assertThat(api.priority()).isEqualTo(Priority.NORMAL);
    assertThat(api).hasToString("concurrency limit 'api'");
  }

  @Test
  void rejectionsAndCallsThatWaited_arePublished_untilTheListenerUnsubscribes() {
    ConcurrencyLimit api = limit(c -> c);
    Subscription subscription = api.subscribe(events::add);
    long held = api.tryAcquirePermit();
    assertThat(api.tryAcquirePermit()).isEqualTo(ConcurrencyLimit.REJECTED);
    call(api);
    time.advance(Duration.ofMillis(50));
    api.recordSuccess(held);
    time.runPending();
    assertThat(events)
        .extracting(ConcurrencyLimitEvent::kind)
        .containsExactly(Kind.REJECTED, Kind.ADMITTED_AFTER_WAIT);

    subscription.close();
    api.tryAcquirePermit();
    assertThat(api.tryAcquirePermit()).isEqualTo(ConcurrencyLimit.REJECTED);
    time.runPending();
    assertThat(events).hasSize(2);
  }

  @Test
  void limitThatGrowsAtTheEndOfAWindow_admitsACallThatWaits() {
    ConcurrencyLimit api = limit(c -> c.initial(12).most(100).maxWait(Duration.ofSeconds(10)))
        .withPriority(Priority.CRITICAL);
    List<Long> permits = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      permits.add(api.tryAcquirePermit());
    }
    time.advance(Duration.ofMillis(10));
    permits.forEach(api::recordSuccess);
    for (int i = 0; i < 12; i++) {
      assertThat(api.tryAcquirePermit()).isNotEqualTo(ConcurrencyLimit.REJECTED);
    }
    CompletableFuture<String> waits = call(api);
    assertThat(waits).isNotDone();
    time.advance(Duration.ofMillis(1000));
    assertThat(api.snapshot().limit()).isGreaterThan(12);
    assertThat(waits).isCompletedWithValue("done");
    assertThat(ReadLines.of(resilience, "concurrencylimit")).contains("changes.growth  1");
  }

  @Test
  void dropsOfOneWindow_doNotLowerTheLimitInTheNext() {
    ConcurrencyLimit api = limit(c -> c.initial(20).most(100)).withPriority(Priority.CRITICAL);
    for (int i = 0; i < 10; i++) {
      api.recordDrop(api.tryAcquirePermit());
    }
    time.advance(Duration.ofMillis(1003));
    assertThat(api.explain().rule()).isEqualTo(LimitChange.DROPS);
    assertThat(api.explain().drops()).isEqualTo(10);

    for (int i = 0; i < 10; i++) {
      api.recordSuccess(api.tryAcquirePermit());
    }
    time.advance(Duration.ofMillis(1003));
    assertThat(api.explain().rule()).isNotEqualTo(LimitChange.DROPS);
    assertThat(api.explain().drops()).isZero();
  }
}
