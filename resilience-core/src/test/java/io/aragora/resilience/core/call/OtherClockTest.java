package io.aragora.resilience.core.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Asynchronous calls of one runtime inside those of another one whose clock began elsewhere. The deadline around them is one of the
 * other clock, so it says nothing about their own; it ends them by cancelling.
 */
class OtherClockTest {
  private static final Duration LIMIT = Duration.ofMillis(200);

  private final ManualTime outerTime = ManualTime.create();
  private final ManualTime innerTime = ManualTime.create();
  private final Resilience outer =
      Resilience.builder().name("outer").timeSource(outerTime).build();
  private final Resilience inner =
      Resilience.builder().name("inner").timeSource(innerTime).build();
  private final List<CompletableFuture<String>> bodies = new ArrayList<>();

  @AfterEach
  void close() {
    inner.close();
    outer.close();
  }

  /** Lets one of the two clocks be ahead of the other's deadline. */
  private void setApart(boolean isInnerAhead) {
    (isInnerAhead ? innerTime : outerTime).advance(Duration.ofDays(10));
  }

  private <T> CompletableFuture<T> inside(Supplier<CompletableFuture<T>> body) {
    return outer.timeout("around", Duration.ofSeconds(1)).callAsync(body::get);
  }

  private CompletableFuture<String> begin() {
    CompletableFuture<String> body = new CompletableFuture<>();
    bodies.add(body);
    return body;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void timeout_firesAtItsOwnLimit(boolean isInnerAhead) {
    setApart(isInnerAhead);
    Timeout timeout = inner.timeout("t", LIMIT);
    CompletableFuture<String> call = inside(() -> timeout.callAsync(() -> {
      assertThat(CallContext.current().remaining()).contains(LIMIT);
      assertThat(CallContext.current().elapsed()).isZero();
      return begin();
    }));
    innerTime.advance(Duration.ofMillis(150));
    assertThat(call).isNotDone();
    innerTime.advance(Duration.ofMillis(60));
    assertThat(call).isCompletedExceptionally();
    assertThat(timeout.totals().fired()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void retry_triesAllItsAttempts(boolean isInnerAhead) {
    setApart(isInnerAhead);
    Retry retry = inner.retry(
        "r",
        RetryConfig.builder()
            .maxAttempts(3)
            .backoff(Backoff.constant(LIMIT))
            .retryIf(failure -> true)
            .build());
    List<CallContext> seen = new ArrayList<>();
    CompletableFuture<String> call = inside(() -> retry.callAsync(() -> {
      seen.add(CallContext.current());
      return CompletableFuture.failedFuture(new IOException("down"));
    }));
    innerTime.advance(Duration.ofSeconds(1));
    assertThat(call).isCompletedExceptionally();
    assertThat(seen).hasSize(3);
    assertThat(seen).allMatch(context -> context.remaining().isEmpty());
    assertThat(seen.get(2).attempt()).isEqualTo(3);
    assertThat(seen.get(0).elapsed()).isEqualTo(Duration.ofSeconds(1));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void hedge_startsAfterItsDelay(boolean isInnerAhead) {
    setApart(isInnerAhead);
    Hedge hedge = inner.hedge(
        "h", HedgeConfig.forIdempotentCalls().delay(LIMIT).maxHedges(1).build());
    List<CallContext> seen = new ArrayList<>();
    CompletableFuture<String> call = inside(() -> hedge.callAsync(() -> {
      seen.add(CallContext.current());
      return begin();
    }));
    innerTime.advance(Duration.ofMillis(210));
    assertThat(seen).hasSize(2);
    assertThat(seen).allMatch(context -> context.remaining().isEmpty());
    bodies.get(1).complete("hedged");
    innerTime.advance(Duration.ofMillis(10));
    assertThat(call).isCompletedWithValue("hedged");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void bulkhead_waitsAsLongAsItMay(boolean isInnerAhead) {
    setApart(isInnerAhead);
    Bulkhead bulkhead = inner.bulkhead(
        "b", BulkheadConfig.builder().maxConcurrentCalls(1).maxWait(LIMIT).build());
    CompletableFuture<String> first = bulkhead.callAsync(this::begin);
    CompletableFuture<String> second = inside(() -> bulkhead.callAsync(this::begin));
    innerTime.advance(Duration.ofMillis(150));
    assertThat(second).isNotDone();
    bodies.get(0).complete("first");
    innerTime.advance(Duration.ofMillis(10));
    bodies.get(1).complete("second");
    innerTime.advance(Duration.ofMillis(10));
    assertThat(first).isCompletedWithValue("first");
    assertThat(second).isCompletedWithValue("second");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void coalescer_waitsForTheOtherCall(boolean isInnerAhead) {
    setApart(isInnerAhead);
    Coalescer<String, String> coalescer =
        inner.coalescer("c", CoalescerConfig.<String, String>builder().build());
    CompletableFuture<String> first = coalescer.callAsync("key", this::begin);
    CompletableFuture<String> second = inside(() -> coalescer.callAsync("key", this::begin));
    innerTime.advance(LIMIT);
    assertThat(second).isNotDone();
    bodies.get(0).complete("shared");
    innerTime.advance(Duration.ofMillis(10));
    assertThat(first).isCompletedWithValue("shared");
    assertThat(second).isCompletedWithValue("shared");
    assertThat(bodies).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void deadlineAround_endsTheCallInside(boolean isInnerAhead) {
    setApart(isInnerAhead);
    Timeout timeout = inner.timeout("t", Duration.ofHours(1));
    CompletableFuture<String> call = inside(() -> timeout.callAsync(this::begin));
    outerTime.advance(Duration.ofMillis(1_010));
    assertThat(call).isCompletedExceptionally();
    assertThat(bodies.get(0)).isCancelled();
  }
}
