package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.coalescing.ResultCache;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The application has the last word about a cancellation that the body reported: fallbacks, overloadIf, hedgeOn and staleIf. The breaker
 * and the retry have settings for it, see BlameTest. What the caller cancels reaches none of them.
 */
class LastWordTest {
  private static final Predicate<Throwable> ALL = failure -> true;

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience =
      Resilience.builder().timeSource(time).executor(Runnable::run).build();
  private final Pipeline pipeline = resilience
      .unregistered()
      .pipelineBuilder("prices")
      .add(resilience.timeout("slow", Duration.ofSeconds(5)))
      .build();

  /** A client's own exception. */
  private static final class GivenUp extends CancellationException {
    private static final long serialVersionUID = 1L;
  }

  @AfterEach
  void close() {
    resilience.close();
  }

  private static CompletableFuture<String> failed() {
    return CompletableFuture.failedFuture(new GivenUp());
  }

  private static <T> CompletableFuture<T> ended(CompletableFuture<T> call, ManualTime time) {
    time.runPending();
    return call;
  }

  @Test
  void fallback_ruleNamesTheCancellation_applies() {
    for (Class<? extends CancellationException> named :
        List.of(GivenUp.class, CancellationException.class)) {
      ResultPipeline<String> prices = pipeline.withFallback(
          Fallback.<String>builder().on(named, failure -> "instead").build());
      String value = prices.call(() -> {
        throw new GivenUp();
      });
      assertThat(value).isEqualTo("instead");
      assertThat(ended(prices.callAsync(LastWordTest::failed), time))
          .isCompletedWithValue("instead");

      ResultPipeline<String> async = pipeline.withFallback(Fallback.<String>builder()
          .onAsync(named, failure -> CompletableFuture.completedFuture("later"))
          .build());
      assertThat(ended(async.callAsync(LastWordTest::failed), time)).isCompletedWithValue("later");
    }
  }

  @Test
  void fallback_ruleOfAnotherType_doesNotApply() {
    ResultPipeline<String> prices = pipeline.withFallback(Fallback.<String>builder()
        .on(IllegalStateException.class, failure -> "instead")
        .otherwise(failure -> "instead")
        .build());
    assertThatThrownBy(() -> prices.call(() -> {
          throw new GivenUp();
        }))
        .isInstanceOf(GivenUp.class);
    assertThat(ended(prices.callAsync(LastWordTest::failed), time)).isCompletedExceptionally();
    assertThat(prices.totals().used()).isZero();
  }

  @Test
  void fallback_callerCancels_doesNotApply() {
    List<Throwable> seen = new ArrayList<>();
    ResultPipeline<String> prices = pipeline.withFallback(Fallback.<String>builder()
        .on(CancellationException.class, failure -> {
          seen.add(failure);
          return "instead";
        })
        .build());
    CompletableFuture<String> body = new CompletableFuture<>();
    CompletableFuture<String> call = prices.callAsync(() -> body);
    call.cancel(true);
    time.runPending();
    assertThat(body).isCancelled();
    assertThat(call).isCancelled();
    assertThat(seen).isEmpty();
  }

  @Test
  void overloadIf_bodyCancels_isAsked_callerCancels_isNot() {
    ConcurrencyLimit limit = resilience.concurrencyLimit("api", c -> c.overloadIf(ALL));
    assertThatThrownBy(() -> limit.run(() -> {
          throw new GivenUp();
        }))
        .isInstanceOf(GivenUp.class);
    assertThat(limit.totals().drops()).isEqualTo(1);
    assertThat(ended(limit.callAsync(LastWordTest::failed), time)).isCompletedExceptionally();
    assertThat(limit.totals().drops()).isEqualTo(2);

    CompletableFuture<String> cancelled = limit.callAsync(CompletableFuture::new);
    cancelled.cancel(true);
    time.runPending();
    assertThat(limit.totals().drops()).isEqualTo(2);
    assertThat(limit.snapshot().inUse()).isZero();
  }

  @Test
  void hedgeOn_bodyCancels_isAsked_callerCancels_isNot() {
    Hedge hedge = resilience.hedge("h", c -> c.delay(Duration.ofHours(1)).hedgeOn(ALL));
    List<CompletableFuture<String>> attempts = new ArrayList<>();
    CompletableFuture<String> call = hedge.callAsync(() -> {
      attempts.add(new CompletableFuture<>());
      return attempts.get(attempts.size() - 1);
    });
    attempts.get(0).completeExceptionally(new GivenUp());
    time.runPending();
    assertThat(attempts).hasSize(2);
    call.cancel(true);
    time.runPending();
    assertThat(attempts).hasSize(2);
  }

  @Test
  void staleIf_set_isAsked_default_isNot() {
    ConcurrentHashMap<String, ResultCache.Stored<String>> map = new ConcurrentHashMap<>();
    Coalescer<String, String> byDefault = coalescer("default", map, c -> c);
    assertThat(byDefault.<RuntimeException>call("apples", () -> "1.20")).isEqualTo("1.20");
    assertThatThrownBy(() -> cancelled(byDefault)).isInstanceOf(GivenUp.class);
    Coalescer<String, String> asked = coalescer("asked", map, c -> c.staleIf(ALL));
    assertThat(cancelled(asked)).isEqualTo("1.20");
    assertThat(ended(asked.callAsync("apples", LastWordTest::failed), time))
        .isCompletedWithValue("1.20");
    Coalescer<String, String> excluding =
        coalescer("excluding", map, c -> c.staleIf(failure -> !(failure instanceof GivenUp)));
    assertThatThrownBy(() -> cancelled(excluding)).isInstanceOf(GivenUp.class);
  }

  private Coalescer<String, String> coalescer(
      String name,
      ConcurrentHashMap<String, ResultCache.Stored<String>> map,
      UnaryOperator<CoalescerConfig.Builder<String, String>> settings) {
    return resilience.coalescer(
        name,
        settings
            .apply(CoalescerConfig.<String, String>builder()
                .staleIfError(ResultCache.of(map), Duration.ofMinutes(10)))
            .build());
  }

  private static String cancelled(Coalescer<String, String> prices) {
    return prices.call("apples", () -> {
      throw new GivenUp();
    });
  }
}
