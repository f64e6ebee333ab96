package io.aragora.resilience.core.fallback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.fallback.FallbackEvent;
import io.aragora.resilience.fallback.FallbackTotals;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The counters of a runtime, and what a pipeline with a fallback shows. */
class FallbackCountersTest {
  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final FallbackCounters counters =
      new FallbackCounters(2, new Dispatcher("r", time, null));

  @AfterEach
  void close() {
    resilience.close();
  }

  @Test
  void get_knownName_isTheSameCounter_withItsTotals() {
    FallbackCounter prices = counters.get("prices");
    prices.count(FallbackEvent.Kind.USED, new IOException("down"));
    prices.countResult(FallbackEvent.Kind.USED, "none");
    prices.count(FallbackEvent.Kind.FAILED, new IOException("down"));
    assertThat(counters.get("prices")).isSameAs(prices);
    assertThat(prices.pipeline()).isEqualTo("prices");
    counters.get("stock");
    assertThat(counters.totals())
        .isEqualTo(Map.of(
            "prices", FallbackTotals.builder().used(2).failed(1).build(),
            "stock", FallbackTotals.builder().build()));
  }

  @Test
  void get_beyondTheBound_isAnError_untilOneIsRemoved() {
    FallbackCounter first = counters.get("first");
    counters.get("second");
    assertThatThrownBy(() -> counters.get("third"))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessage("cannot create a fallback for pipeline 'third': the runtime already holds"
            + " fallbacks of maxPolicies=2 pipeline names. Raise maxPolicies, or use fewer names");
    assertThat(counters.get("first")).isSameAs(first);
    assertThat(counters.remove("first")).isTrue();
    assertThat(counters.remove("first")).isFalse();
    assertThat(counters.get("third")).isNotNull();
    assertThat(counters.totals()).containsOnlyKeys("second", "third");
  }

  private Pipeline pipeline() {
    return resilience
        .unregistered()
        .pipelineBuilder("prices")
        .add(resilience.circuitBreaker("b"))
        .build();
  }

  @Test
  void pipeline_isTheInnerOne_andTheTextSaysThatThereIsAFallback() {
    Pipeline inner = pipeline();
    ResultPipeline<String> prices = inner.withFallback(Fallback.of(failure -> "none"));
    assertThat(prices.pipeline()).isSameAs(inner);
    assertThat(prices).hasToString(inner + ", with a fallback");
  }

  @Test
  void submittedBody_fails_hasTheFallback() {
    ResultPipeline<String> prices =
        pipeline().withFallback(Fallback.of(failure -> "none for " + failure.getMessage()));
    CompletableFuture<String> failed = prices.submit(
        () -> {
          throw new IOException("down");
        },
        Runnable::run);
    assertThat(failed).isCompletedWithValue("none for down");
    assertThat(prices.submit(() -> "3.50", Runnable::run)).isCompletedWithValue("3.50");
    assertThat(prices.totals().used()).isEqualTo(1);
  }

  @Test
  void interruptibleBody_succeeds_returnsItsResult() throws InterruptedException {
    ResultPipeline<String> prices = pipeline().withFallback(Fallback.of(failure -> "none"));
    assertThat(prices.<RuntimeException>callInterruptibly(() -> "3.50")).isEqualTo("3.50");
    assertThat(prices.totals().used()).isZero();
  }

  @Test
  void events_endWithTheirSubscription() {
    List<FallbackEvent.Kind> seen = new ArrayList<>();
    ResultPipeline<String> prices = pipeline().withFallback(Fallback.of(failure -> "none"));
    Subscription subscription = prices.subscribe(event -> seen.add(event.kind()));
    failing(prices);
    time.runPending();
    subscription.close();
    failing(prices);
    time.runPending();
    assertThat(seen).containsExactly(FallbackEvent.Kind.USED);
    assertThat(prices.totals().used()).isEqualTo(2);
  }

  private static void failing(ResultPipeline<String> prices) {
    prices
        .callAsync(
            () -> CompletableFuture.failedFuture(new CompletionException(new IOException("down"))))
        .join();
  }
}
