package io.aragora.resilience.core.fallback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.fallback.FallbackEvent;
import io.aragora.resilience.fallback.FallbackTotals;
import io.aragora.resilience.policy.CheckedFunction;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryExhaustedException;
import io.aragora.resilience.testing.ManualTime;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FallbackTest {
  private final ManualTime time = ManualTime.create().autoAdvance(true);
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final Retry retry = resilience.retry("r");
  private final CircuitBreaker breaker = resilience.circuitBreaker("b");
  private final Pipeline pipeline = resilience
      .unregistered()
      .pipelineBuilder("prices")
      .add(retry)
      .add(breaker)
      .build();

  @AfterEach
  void close() {
    resilience.close();
  }

  private static <T> T fail(Exception failure) throws Exception {
    throw failure;
  }

  @Test
  void value_standsInForAFailure_whichThePoliciesHaveSeen() throws Exception {
    ResultPipeline<String> prices = pipeline.withFallback(Fallback.value("unknown"));
    assertThat(prices.call(() -> "3.50")).isEqualTo("3.50");
    assertThat(prices.totals()).isEqualTo(FallbackTotals.builder().build());
    assertThat(prices.<Exception>call(() -> fail(new IOException("down")))).isEqualTo("unknown");
    assertThat(retry.totals().exhausted()).isEqualTo(1);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(3);
    assertThat(prices.totals()).isEqualTo(FallbackTotals.builder().used(1).build());
    assertThat(resilience.status().fallbacks())
        .containsEntry("prices", FallbackTotals.builder().used(1).build());
    assertThat(prices.pipeline()).isSameAs(pipeline);
  }

  @Test
  void rules_areAskedInTheirOrder_whatNoneIsForPasses() throws Exception {
    ResultPipeline<String> prices = pipeline.withFallback(Fallback.<String>builder()
        .on(FileNotFoundException.class, e -> "none: " + e.getMessage())
        .on(IOException.class, e -> "down: " + e.getMessage())
        .on(CallNotPermittedException.class, e -> "closed")
        .build());
    assertThat(prices.<Exception>call(() -> fail(new FileNotFoundException("x"))))
        .isEqualTo("none: x");
    assertThat(prices.<Exception>call(() -> fail(new IOException("x")))).isEqualTo("down: x");
    IllegalStateException other = new IllegalStateException("bug");
    assertThatThrownBy(() -> prices.call(() -> fail(other))).isSameAs(other);
    breaker.forceOpen();
    assertThat(prices.call(() -> "3.50")).isEqualTo("closed");
  }

  @Test
  void aFallbackThatFails_comesOutWithTheFailureOfTheCall() {
    ResultPipeline<String> prices = pipeline.withFallback(Fallback.of(e -> {
      throw new IllegalStateException("cache is down too");
    }));
    IOException down = new IOException("down");
    assertThatThrownBy(() -> prices.call(() -> fail(down)))
        .isInstanceOf(IllegalStateException.class)
        .hasSuppressedException(down);
    assertThat(prices.totals()).isEqualTo(FallbackTotals.builder().failed(1).build());
    CompletableFuture<String> future =
        prices.callAsync(() -> CompletableFuture.failedFuture(new IllegalArgumentException("x")));
    assertThat(future)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .havingCause()
        .withMessage("cache is down too");
  }

  @Test
  void aFallbackThatFailsWithOneObject_doesNotHoldEverMoreFailures() {
    IllegalStateException always = new IllegalStateException("cache is down too");
    ResultPipeline<String> prices = pipeline.withFallback(Fallback.of(e -> {
      throw always;
    }));
    for (int call = 0; call < 20; call++) {
      assertThatThrownBy(() -> prices.call(() -> fail(new IOException("down")))).isSameAs(always);
      breaker.reset();
    }
    assertThat(always.getSuppressed()).hasSize(8);
  }

  @Test
  void error_withoutARuleForIt_isThrown() {
    ResultPipeline<String> prices = pipeline.withFallback(Fallback.value("unknown"));
    AssertionError error = new AssertionError("bug");
    assertThatThrownBy(() -> prices.call(() -> {
          throw error;
        }))
        .isSameAs(error);
  }

  @Test
  void stoppedCall_hasNoFallback() {
    ResultPipeline<String> prices = pipeline.withFallback(Fallback.value("unknown"));
    CancellationException cancelled = new CancellationException("enough");
    assertThatThrownBy(() -> prices.call(() -> {
          throw cancelled;
        }))
        .isSameAs(cancelled);
    InterruptedException interrupted = new InterruptedException();
    assertThatThrownBy(() -> prices.callInterruptibly(() -> {
          throw interrupted;
        }))
        .isSameAs(interrupted);
  }

  @Test
  void error_namedByARule_hasAFallback() {
    AssertionError error = new AssertionError("bug");
    ResultPipeline<String> named = pipeline.withFallback(
        Fallback.<String>builder().on(AssertionError.class, e -> "saved").build());
    assertThat(named.<Error>call(() -> {
          throw error;
        }))
        .isEqualTo("saved");
  }

  @Test
  void interruptibleCall_thatFails_hasAFallback() throws Exception {
    ResultPipeline<String> prices = pipeline.withFallback(Fallback.value("unknown"));
    assertThat(prices.<IOException>callInterruptibly(() -> {
          throw new IOException("down");
        }))
        .isEqualTo("unknown");
  }

  @Test
  void asynchronous_givesTheValue_andIsCancelledFromOutside() {
    ResultPipeline<String> prices = pipeline.withFallback(Fallback.of(Exception::getMessage));
    CompletableFuture<String> failed =
        prices.callAsync(() -> CompletableFuture.failedFuture(new IllegalStateException("bad")));
    assertThat(failed).isCompletedWithValue("bad");
    CompletableFuture<String> inner = new CompletableFuture<>();
    CompletableFuture<String> pending = prices.callAsync(() -> inner);
    pending.cancel(true);
    assertThat(inner).isCancelled();
    assertThat(prices.callAsync(() -> CompletableFuture.completedFuture("3.50")))
        .isCompletedWithValue("3.50");
    assertThat(prices.submit(() -> "never", task -> {
          throw new RejectedExecutionException("full");
        }))
        .isCompletedWithValue("full");
  }

  @Test
  void decorated_bodiesHaveItToo() throws Exception {
    ResultPipeline<Integer> lengths = pipeline.withFallback(Fallback.value(-1));
    CheckedFunction<String, Integer, IOException> length = lengths.decorateFunction(text -> {
      if (text.isEmpty()) {
        throw new IOException("empty");
      }
      return text.length();
    });
    assertThat(length.apply("four")).isEqualTo(4);
    assertThat(length.apply("")).isEqualTo(-1);
    assertThat(lengths.decorateCallable(() -> fail(new IOException("x"))).call())
        .isEqualTo(-1);
    assertThat(lengths
            .decorateSupplier(() -> {
              throw new IllegalStateException("x");
            })
            .get())
        .isEqualTo(-1);
    assertThat(lengths.decorateAsync(() -> null).get()).isCompletedWithValue(-1);
  }

  @Test
  void events_sayWhatTheCallFailedWith() throws Exception {
    ResultPipeline<String> prices = pipeline.withFallback(Fallback.value("unknown"));
    List<FallbackEvent> events = new ArrayList<>();
    prices.subscribe(events::add);
    IOException down = new IOException("down");
    prices.<Exception>call(() -> fail(down));
    time.runPending();
    assertThat(events).containsExactly(FallbackEvent.of("prices", FallbackEvent.Kind.USED, down));
  }

  @Test
  void rulesThatCannotBeReached_areRejected() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Fallback.<String>builder()
            .on(IOException.class, e -> "x")
            .on(FileNotFoundException.class, e -> "y"))
        .withMessageContaining("FileNotFoundException")
        .withMessageContaining("IOException");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Fallback.<String>builder().build())
        .withMessageContaining("at least one rule");
  }

  @Test
  void resultThatARuleMatches_isReplaced_andTheValueIsFinal() {
    ResultPipeline<String> prices = pipeline.withFallback(Fallback.<String>builder()
        .onResult(String::isEmpty, result -> "unknown")
        .onResult("unknown"::equals, result -> "never")
        .otherwise(failure -> "")
        .build());
    List<FallbackEvent> events = new ArrayList<>();
    prices.subscribe(events::add);

    assertThat(prices.<RuntimeException>call(() -> "3.50")).isEqualTo("3.50");
    assertThat(prices.<RuntimeException>call(() -> "")).isEqualTo("unknown");
    assertThat(prices.callAsync(() -> CompletableFuture.completedFuture("")))
        .isCompletedWithValue("unknown");
    assertThat(prices.callAsync(() -> CompletableFuture.completedFuture("3.50")))
        .isCompletedWithValue("3.50");
    assertThat(prices.<RuntimeException>call(() -> {
          throw new IllegalStateException("down");
        }))
        .as("the value for a failure is final, too")
        .isEmpty();
    time.runPending();
    assertThat(prices.totals().used()).isEqualTo(3);
    assertThat(events).extracting(FallbackEvent::result).containsExactly("", "", null);
    assertThat(events.get(0).failure()).isNull();
    assertThat(events.get(2).failure()).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void ruleForResults_whosePredicateThrows_leavesTheResult_whoseValueThrows_failsTheCall() {
    IllegalArgumentException thrown = new IllegalArgumentException("rule");
    ResultPipeline<String> predicate = pipeline.withFallback(Fallback.<String>builder()
        .onResult(
            result -> {
              throw thrown;
            },
            result -> "never")
        .build());
    ResultPipeline<String> value = pipeline.withFallback(Fallback.<String>builder()
        .onResult(result -> true, result -> {
          throw thrown;
        })
        .build());

    assertThat(predicate.<RuntimeException>call(() -> "")).isEmpty();
    assertThat(predicate.totals().failed()).isZero();
    assertThatThrownBy(() -> value.<RuntimeException>call(() -> "")).isSameAs(thrown);
    assertThatThrownBy(
            () -> value.callAsync(() -> CompletableFuture.completedFuture("")).join())
        .hasCause(thrown);
    assertThat(value.totals().failed()).isEqualTo(2);
  }

  @Test
  void rejectedResult_thatFails_isReplaced() {
    Retry rejecting = resilience.retry(
        "rejecting", c -> c.maxAttempts(1).retryResultIf(""::equals).failOnRetryableResult(true));
    ResultPipeline<String> prices = resilience
        .unregistered()
        .pipelineBuilder("rejecting")
        .add(rejecting)
        .build()
        .withFallback(Fallback.<String>builder()
            .on(RetryExhaustedException.class, failure -> "not '" + failure.result() + "'")
            .build());
    assertThat(prices.<RuntimeException>call(() -> "")).isEqualTo("not ''");
  }
}
