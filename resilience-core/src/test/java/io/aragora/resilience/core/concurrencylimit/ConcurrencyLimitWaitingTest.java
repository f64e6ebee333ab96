package io.aragora.resilience.core.concurrencylimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitExceededException;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitExceededException.Reason;
import io.aragora.resilience.concurrencylimit.Priority;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls of several priorities that wait. */
class ConcurrencyLimitWaitingTest {
  private static final Duration WAIT = Duration.ofMinutes(1);

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final List<String> started = new ArrayList<>();

  @AfterEach
  void close() {
    resilience.close();
  }

  private ConcurrencyLimit limit(int places, int waiting) {
    return resilience.concurrencyLimit(
        "api", c -> c.least(1).initial(places).most(places).maxWait(WAIT).maxWaiting(waiting));
  }

  /** Starts a call that stays under way until its body is completed. */
  private CompletableFuture<String> call(ConcurrencyLimit api, Priority priority, String name) {
    return api.withPriority(priority).callAsync(() -> {
      started.add(name);
      return new CompletableFuture<>();
    });
  }

  private static Reason reasonOf(CompletableFuture<?> rejected) {
    return ((ConcurrencyLimitExceededException)
            rejected.handle((none, failure) -> failure).join())
        .reason();
  }

  @Test
  @Tag("CL-16")
  void freePlace_goesToTheHighestPriority_andWithinItToTheOldest() {
    ConcurrencyLimit api = limit(1, 10);
    List<CompletableFuture<String>> calls = new ArrayList<>();
    calls.add(call(api, Priority.NORMAL, "first"));
    calls.add(call(api, Priority.SHEDDABLE, "s1"));
    calls.add(call(api, Priority.NORMAL, "n1"));
    calls.add(call(api, Priority.SHEDDABLE, "s2"));
    calls.add(call(api, Priority.CRITICAL, "c1"));
    calls.add(call(api, Priority.NORMAL, "n2"));
    assertThat(api.snapshot().waiting()).isEqualTo(5);

    List<String> order = new ArrayList<>(List.of("first", "c1", "n1", "n2", "s1", "s2"));
    List<CompletableFuture<String>> inOrder =
        List.of(calls.get(0), calls.get(4), calls.get(2), calls.get(5), calls.get(1), calls.get(3));
    for (int i = 0; i < order.size(); i++) {
      time.advance(Duration.ofMillis(1));
      assertThat(started).isEqualTo(order.subList(0, i + 1));
      inOrder.get(i).complete("done");
    }
    assertThat(api.snapshot().inUse()).isZero();
    assertThat(api.snapshot().waiting()).isZero();
    assertThat(api.totals().admittedAfterWait()).isEqualTo(5);
    assertThat(api.totals(Priority.CRITICAL).admittedAfterWait()).isEqualTo(1);
  }

  @Test
  @Tag("CL-16")
  void fullQueue_rejectsItsLowest_theOldestFirst() {
    ConcurrencyLimit api = limit(1, 2);
    call(api, Priority.NORMAL, "first");
    CompletableFuture<String> s1 = call(api, Priority.SHEDDABLE, "s1");
    CompletableFuture<String> s2 = call(api, Priority.SHEDDABLE, "s2");

    CompletableFuture<String> n1 = call(api, Priority.NORMAL, "n1");
    time.advance(Duration.ofMillis(1));
    assertThat(reasonOf(s1)).isEqualTo(Reason.QUEUE_FULL);
    assertThat(s2).isNotDone();

    CompletableFuture<String> c1 = call(api, Priority.CRITICAL, "c1");
    time.advance(Duration.ofMillis(1));
    assertThat(reasonOf(s2)).isEqualTo(Reason.QUEUE_FULL);

    CompletableFuture<String> s3 = call(api, Priority.SHEDDABLE, "s3");
    assertThat(reasonOf(s3)).isEqualTo(Reason.QUEUE_FULL);

    CompletableFuture<String> n2 = call(api, Priority.NORMAL, "n2");
    time.advance(Duration.ofMillis(1));
    assertThat(reasonOf(n1)).isEqualTo(Reason.QUEUE_FULL);
    assertThat(n2).isNotDone();
    assertThat(c1).isNotDone();
    assertThat(api.totals().rejectedQueueFull()).isEqualTo(4);
    assertThat(api.snapshot().waiting()).isEqualTo(2);
  }

  @Test
  @Tag("CL-16")
  void criticalCall_doesNotQueueBehindLowerPriorities() {
    ConcurrencyLimit api = limit(10, 10);
    for (int i = 0; i < 9; i++) {
      assertThat(api.tryAcquirePermit()).isNotEqualTo(ConcurrencyLimit.REJECTED);
    }
    CompletableFuture<String> normal = call(api, Priority.NORMAL, "n");
    assertThat(api.snapshot().waiting()).isEqualTo(1);

    call(api, Priority.CRITICAL, "c");
    assertThat(started).containsExactly("c");
    assertThat(api.tryAcquirePermit()).isEqualTo(ConcurrencyLimit.REJECTED);
    assertThat(normal).isNotDone();
  }

  @Test
  void limitThatGrows_admitsThoseThatWait() {
    ConcurrencyLimit api = resilience.concurrencyLimit(
        "api", c -> c.least(1).initial(1).most(10).maxWait(WAIT).minimumSamples(10));
    call(api, Priority.NORMAL, "first");
    call(api, Priority.NORMAL, "second");
    assertThat(started).containsExactly("first");

    api.reconfigure(api.config().toBuilder().least(3).initial(3).build());
    time.advance(Duration.ofMillis(1));
    assertThat(started).containsExactly("first", "second");
  }

  @Test
  void wait_endsWithoutAPlace_andIsCountedByPriority() {
    ConcurrencyLimit api = limit(1, 5);
    call(api, Priority.NORMAL, "first");
    CompletableFuture<String> late = call(api, Priority.SHEDDABLE, "late");
    time.advance(WAIT.plusMillis(5));
    assertThat(reasonOf(late)).isEqualTo(Reason.WAITED);
    assertThat(api.totals(Priority.SHEDDABLE).rejectedWaited()).isEqualTo(1);
    assertThat(api.totals(Priority.NORMAL).rejectedWaited()).isZero();
    assertThat(api.snapshot().waiting()).isZero();
  }

  /** The dependency was not asked, so the timeout is no sign of its overload. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void limitAround_endsACallThatWaitsFurtherInside_isNoDrop(boolean waitsHereFirst) {
    ConcurrencyLimit api = limit(1, 10);
    Bulkhead inside = resilience.bulkhead("inside", c -> c.maxConcurrentCalls(1).maxWait(WAIT));
    Duration limit = Duration.ofSeconds(10);
    Policy limited = resilience.pipeline(
        "limited", p -> p.add(resilience.timeout("limit", limit)).add(api).add(inside));
    long heldInside = inside.tryAcquirePermit();

    assertEnds(limited, api, waitsHereFirst, limit);
    assertThat(started).isEmpty();
    assertThat(api.totals().drops()).isZero();

    inside.releasePermit(heldInside);
    assertEnds(limited, api, waitsHereFirst, limit);
    assertThat(started).containsExactly("body");
    assertThat(api.totals().drops()).as("the body had begun").isEqualTo(1);
  }

  /** Starts a call, and lets the time of its limit pass. */
  private void assertEnds(
      Policy limited, ConcurrencyLimit api, boolean waitsHereFirst, Duration limit) {
    long held = waitsHereFirst ? api.tryAcquirePermit() : 0;
    CompletableFuture<String> call = limited.callAsync(() -> {
      started.add("body");
      return new CompletableFuture<>();
    });
    assertThat(api.snapshot().waiting()).isEqualTo(waitsHereFirst ? 1 : 0);
    if (waitsHereFirst) {
      api.releasePermit(held);
      time.advance(Duration.ofMillis(1));
      assertThat(api.snapshot().waiting()).isZero();
    }
    assertThat(api.snapshot().inUse()).isEqualTo(1);
    time.advance(limit.multipliedBy(2));
    assertThat(call).isCompletedExceptionally();
    assertThat(api.snapshot().inUse()).isZero();
  }
}
