package io.aragora.resilience.core.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.timeout.Timeout;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Retries inside and around other policies. */
class RetryInPipelineTest extends RetryFixture {
  @Test
  @DisplayName(
      "with the retry outside, the breaker counts attempts; with the breaker outside, logical "
          + "calls")
  void order_decidesWhatTheBreakerCounts() {
    CircuitBreaker attempts = resilience.circuitBreaker("attempts");
    CircuitBreaker calls = resilience.circuitBreaker("calls");
    Retry retry = resilience.retry("r", everySecond(3).build());
    Pipeline inside =
        resilience.unregistered().pipelineBuilder("in").add(retry).add(attempts).build();
    Pipeline outside =
        resilience.unregistered().pipelineBuilder("out").add(calls).add(retry).build();
    for (Pipeline pipeline : List.of(inside, outside)) {
      assertThatThrownBy(() -> pipeline.run(() -> {
            throw new IOException("down");
          }))
          .isInstanceOf(IOException.class);
    }
    assertThat(attempts.snapshot().totals().failures()).isEqualTo(3);
    assertThat(calls.snapshot().totals().failures()).isEqualTo(1);
  }

  @Test
  @Tag("HT-22")
  @Tag("DC-09")
  @Tag("fault-46")
  @DisplayName("a breaker around the retry that opens meanwhile ends the attempts")
  void breakerAround_endsTheAttempts() {
    CircuitBreaker breaker = resilience.circuitBreaker(
        "b", CircuitBreakerConfig.builder().failureThreshold(2).build());
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(breaker)
        .add(resilience.retry("r", everySecond(5).build()))
        .build();
    AtomicInteger calls = new AtomicInteger();
    assertThatThrownBy(() -> pipeline.run(() -> {
          if (calls.incrementAndGet() == 2) {
            breaker.forceOpen();
          }
          throw new IOException("down");
        }))
        .isInstanceOf(IOException.class);
    assertThat(calls).hasValue(2);
  }

  @Test
  void openBreakerInside_isNotRetriedUnlessAsked() {
    CircuitBreaker breaker = resilience.circuitBreaker("b");
    breaker.forceOpen();
    Retry plain = resilience.retry("plain", everySecond(3).retryIf(e -> true).build());
    Retry asked = resilience.retry(
        "asked", everySecond(3).retryIf(e -> true).retryRejections(true).build());
    Pipeline warned =
        resilience.unregistered().pipelineBuilder("w").add(asked).add(breaker).build();
    assertThat(warned.warnings())
        .singleElement()
        .asString()
        .contains("'asked' retries the rejections of breaker 'b'");
    assertThatThrownBy(() -> resilience
            .unregistered()
            .pipelineBuilder("p")
            .add(plain)
            .add(breaker)
            .build()
            .run(() -> {}))
        .isInstanceOf(CallNotPermittedException.class);
    assertThat(plain.totals().retries()).isZero();
    assertThatThrownBy(() -> warned.run(() -> {})).isInstanceOf(CallNotPermittedException.class);
    assertThat(asked.totals().retries()).isEqualTo(2);
  }

  @Test
  void nestedRetry_standsDownWithAnEvent() {
    Retry outer = resilience.retry("outer", everySecond(2).build());
    Retry inner = resilience.retry("inner", everySecond(5).build());
    List<RetryEvent.Kind> events = new ArrayList<>();
    inner.subscribe(event -> events.add(event.kind()));
    AtomicInteger calls = new AtomicInteger();
    assertThatThrownBy(() -> outer.run(() -> inner.run(() -> {
          calls.incrementAndGet();
          throw new IOException("down");
        })))
        .isInstanceOf(IOException.class);
    time.runPending();
    assertThat(calls).hasValue(2);
    assertThat(events).containsExactly(RetryEvent.Kind.STOOD_DOWN, RetryEvent.Kind.STOOD_DOWN);
  }

  @Test
  void enclosingDeadline_leavesNoTimeForAnotherAttempt() {
    Timeout timeout = resilience.timeout("t", Duration.ofMillis(1500));
    Retry retry = resilience.retry("r", everySecond(5).build());
    Pipeline pipeline =
        resilience.unregistered().pipelineBuilder("p").add(timeout).add(retry).build();
    AtomicInteger calls = new AtomicInteger();
    assertThatThrownBy(() -> pipeline.run(() -> {
          calls.incrementAndGet();
          throw new IOException("down");
        }))
        .isInstanceOf(IOException.class);
    assertThat(calls).hasValue(2);
  }

  @Test
  void foreignPolicy_takesPartInAPipeline() throws Exception {
    AtomicInteger entered = new AtomicInteger();
    Policy foreign = new Policy() {
      @Override
      public String name() {
        return "foreign";
      }

      @Override
      public <T, X extends Throwable> T call(CheckedSupplier<? extends T, X> body) throws X {
        entered.incrementAndGet();
        return body.get();
      }

      @Override
      public <T> CompletableFuture<T> callAsync(Supplier<? extends CompletionStage<T>> body) {
        entered.incrementAndGet();
        return body.get().toCompletableFuture();
      }
    };
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(resilience.retry("r", everySecond(2).build()))
        .add(foreign)
        .add(resilience.circuitBreaker("b"))
        .build();
    assertThat(pipeline.<String, Exception>call(() -> "sync")).isEqualTo("sync");
    assertThat(pipeline.callAsync(() -> CompletableFuture.completedFuture("async")))
        .isCompletedWithValue("async");
    assertThat(entered).hasValue(2);
    assertThatThrownBy(() -> resilience.unregistered().pipelineBuilder("p").build())
        .hasMessageContaining("at least one policy");
    assertThatThrownBy(
            () -> resilience.unregistered().pipelineBuilder("p").add(foreign).add(foreign))
        .hasMessageContaining("each policy only once");
  }
}
