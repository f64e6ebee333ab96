package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CallOutcome;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.policy.CheckedFunction;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Bodies that run under a breaker: {@code call}, {@code callAsync}, {@code tryCall} and what is
 * decorated.
 */
class GuardTest extends BreakerFixture {
  private final IOException down = new IOException("down");

  private int failures(CircuitBreaker breaker) {
    return breaker.snapshot().consecutiveFailures();
  }

  private static Throwable failureOf(CompletableFuture<?> future) {
    assertThat(future).isCompletedExceptionally();
    return future.handle((value, failure) -> failure).join();
  }

  @Test
  @Tag("CB-38")
  @DisplayName("an asynchronous body that completes ends the consecutive failures")
  void async_success() {
    CircuitBreaker breaker = opensAfter(3);
    fail(breaker);
    CompletableFuture<String> inner = new CompletableFuture<>();
    CompletableFuture<String> outer = breaker.callAsync(() -> inner);
    assertThat(failures(breaker)).as("not before it ends").isEqualTo(1);
    inner.complete("done");
    assertThat(outer).isCompletedWithValue("done");
    assertThat(failures(breaker)).isZero();
  }

  @Test
  @Tag("CB-39")
  @DisplayName("an asynchronous body that fails counts once, and its own exception is thrown")
  void async_failure() {
    CircuitBreaker breaker = opensAfter(5);
    assertThat(failureOf(breaker.callAsync(() -> CompletableFuture.failedFuture(down))))
        .isSameAs(down);
    assertThat(failures(breaker)).isEqualTo(1);
    assertThat(failureOf(
            breaker.callAsync(() -> CompletableFuture.failedFuture(new CompletionException(down)))))
        .isSameAs(down);
    assertThat(failures(breaker)).isEqualTo(2);
    IllegalStateException thrown = new IllegalStateException("thrown, not completed with");
    assertThat(failureOf(breaker.callAsync(() -> {
          throw thrown;
        })))
        .isSameAs(thrown);
    assertThat(failures(breaker)).isEqualTo(3);
  }

  @Test
  @Tag("CB-40")
  @Tag("CB-42")
  @Tag("fault-13")
  @DisplayName(
      "the rejection of an asynchronous call is a failed future that names the breaker, and "
          + "the key if there is one")
  void async_open_isRejected() {
    CircuitBreaker breaker = breaker(config().failureThreshold(1).cooldown(Duration.ofSeconds(10)));
    fail(breaker);
    time.advance(Duration.ofMillis(100));
    AtomicInteger started = new AtomicInteger();
    CompletableFuture<String> rejected = breaker.callAsync(() -> {
      started.incrementAndGet();
      return CompletableFuture.completedFuture("x");
    });
    assertThat(failureOf(rejected)).isInstanceOfSatisfying(CallNotPermittedException.class, e -> {
      assertThat(e.breaker()).isEqualTo("b");
      assertThat(e.remainingCooldown())
          .as("by the coarse clock")
          .isBetween(Duration.ofMillis(9_900), Duration.ofMillis(9_921));
    });
    assertThat(started).hasValue(0);
    KeyedCircuitBreaker keyed = keyed(config().failureThreshold(1));
    fail(keyed.forKey("agent-1"));
    assertThat(failureOf(
            keyed.forKey("agent-1").callAsync(() -> CompletableFuture.completedFuture("x"))))
        .isInstanceOfSatisfying(
            CallNotPermittedException.class,
            e -> assertThat(e.breaker()).isEqualTo("agents:agent-1"));
  }

  @Test
  @Tag("CB-41")
  @DisplayName("cancellation and interruption are neither success nor failure")
  void stopped_isNeutral() {
    CircuitBreaker breaker = opensAfter(1);
    CompletableFuture<String> inner = new CompletableFuture<>();
    CompletableFuture<String> outer = breaker.callAsync(() -> inner);
    outer.cancel(true);
    assertThat(inner).as("what runs inside is cancelled").isCancelled();
    CompletableFuture<String> cancelledInside = new CompletableFuture<>();
    CompletableFuture<String> failing = breaker.callAsync(() -> cancelledInside);
    cancelledInside.cancel(true);
    assertThat(failing).isCompletedExceptionally();
    assertThatThrownBy(() -> breaker.run(() -> {
          throw new CancellationException("from outside");
        }))
        .isInstanceOf(CancellationException.class);
    assertThatThrownBy(() -> breaker.callInterruptibly(() -> {
          throw new InterruptedException("from outside");
        }))
        .isInstanceOf(InterruptedException.class);
    assertThatThrownBy(() -> breaker.run(() -> {
          Thread.currentThread().interrupt();
          throw new CancellationException("with the flag set");
        }))
        .isInstanceOf(CancellationException.class);
    assertThat(Thread.interrupted()).as("the flag is left alone").isTrue();
    assertThat(failures(breaker)).isZero();
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(breaker.snapshot().totals().ignored()).isEqualTo(5);
  }

  @Test
  @Tag("CB-42")
  @DisplayName(
      "a synchronous body is counted, fails with its own exception, and is rejected when the "
          + "breaker is open")
  void sync_guard() throws Exception {
    CircuitBreaker breaker = opensAfter(2);
    fail(breaker);
    assertThat(breaker.<String, IOException>call(() -> "fine")).isEqualTo("fine");
    assertThat(failures(breaker)).isZero();
    for (int i = 1; i <= 2; i++) {
      assertThatThrownBy(() -> breaker.<String, IOException>call(() -> {
            throw down;
          }))
          .isSameAs(down);
      assertThat(failures(breaker)).isEqualTo(i);
    }
    assertThatThrownBy(() -> breaker.call(() -> "x")).isInstanceOf(CallNotPermittedException.class);
    CircuitBreaker key = keyed(config().failureThreshold(1)).forKey("agent-1");
    assertThatThrownBy(() -> key.<String, IOException>call(() -> {
          throw down;
        }))
        .isSameAs(down);
    assertThatThrownBy(() -> key.call(() -> "x")).hasMessageContaining("agents:agent-1");
  }

  @Test
  @Tag("CB-43")
  @Tag("V2-31")
  @DisplayName("a decorated function passes its argument and returns the result")
  void decoratedFunction_passesArguments() throws Exception {
    CircuitBreaker breaker = opensAfter(1);
    CheckedFunction<Integer, Integer, IOException> doubled = breaker.decorateFunction(number -> {
      if (number < 0) {
        throw down;
      }
      return number * 2;
    });
    assertThat(doubled.apply(5)).isEqualTo(10);
    assertThatThrownBy(() -> doubled.apply(-1)).isSameAs(down);
    assertThat(failures(breaker)).isEqualTo(1);
    assertThatThrownBy(() -> doubled.apply(5)).isInstanceOf(CallNotPermittedException.class);
  }

  @Test
  @Tag("CB-43")
  @DisplayName("a rejected call does not run its body, and as a value it carries the rejection")
  void rejected_doesNotRun() throws Exception {
    CircuitBreaker breaker = opensAfter(1);
    assertThat(breaker.<String, IOException>tryCall(() -> "fine").value()).isEqualTo("fine");
    fail(breaker);
    AtomicInteger ran = new AtomicInteger();
    CallOutcome<Integer> outcome = breaker.<Integer, RuntimeException>tryCall(ran::incrementAndGet);
    assertThat(outcome.isRejected()).isTrue();
    assertThat(outcome.orElse(-1)).isEqualTo(-1);
    assertThat(outcome.rejection())
        .isInstanceOfSatisfying(
            CallNotPermittedException.class,
            e -> assertThat(e.remainingCooldown()).isEqualTo(COOLDOWN));
    assertThat(ran).hasValue(0);
  }

  @Test
  @Tag("V2-31")
  @DisplayName("every kind of decoration passes result and exception through, and counts once")
  void decorations_passEverythingThrough() throws Exception {
    CircuitBreaker breaker = opensAfter(100);
    assertThat(breaker.decorateSupplier(() -> "supplied").get()).isEqualTo("supplied");
    assertThat(breaker.<String>decorateCallable(() -> "called").call()).isEqualTo("called");
    AtomicInteger ran = new AtomicInteger();
    breaker.decorateRunnable(ran::incrementAndGet).run();
    assertThat(ran).hasValue(1);
    Supplier<CompletableFuture<String>> async =
        breaker.decorateAsync(() -> CompletableFuture.completedFuture("later"));
    assertThat(async.get()).isCompletedWithValue("later");
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(4);

    IllegalStateException broken = new IllegalStateException("broken");
    Supplier<String> supplier = breaker.decorateSupplier(() -> {
      throw broken;
    });
    Callable<String> callable = breaker.decorateCallable(() -> {
      throw down;
    });
    assertThatThrownBy(supplier::get).isSameAs(broken);
    assertThatThrownBy(callable::call).isSameAs(down);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(2);
  }

  @Test
  @Tag("CB-47")
  @Tag("V2-32")
  @DisplayName("guarded failures reach the threshold, and the rejection names the breaker and the "
      + "remaining time")
  void guardedFailures_open() {
    CircuitBreaker breaker = opensAfter(2);
    Callable<String> failing = breaker.decorateCallable(() -> {
      throw down;
    });
    assertThatThrownBy(failing::call).isSameAs(down);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThatThrownBy(failing::call).isSameAs(down);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThatThrownBy(failing::call).isInstanceOfSatisfying(CallNotPermittedException.class, e -> {
      assertThat(e.breaker()).isEqualTo("b");
      assertThat(e.remainingCooldown()).isPositive();
    });
  }

  @Test
  @Tag("CB-48")
  @DisplayName("with a threshold of three, two of five failing calls are rejected")
  void fiveFailingCalls_twoAreRejected() {
    CircuitBreaker breaker = opensAfter(3);
    List<Class<?>> thrown = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      thrown.add(failureOf(breaker.callAsync(() -> CompletableFuture.failedFuture(down)))
          .getClass());
    }
    assertThat(thrown)
        .containsExactly(
            IOException.class,
            IOException.class,
            IOException.class,
            CallNotPermittedException.class,
            CallNotPermittedException.class);
  }

  @Test
  @Tag("CB-53")
  @DisplayName("a failure that a body recorded before it was cancelled is the only one")
  void cancelledAfterAFailure_countsOnce() {
    CircuitBreaker breaker = opensAfter(5);
    CompletableFuture<String> inner = new CompletableFuture<>();
    CompletableFuture<String> outer = breaker.callAsync(() -> {
      fail(breaker);
      return inner;
    });
    outer.cancel(true);
    assertThat(failures(breaker)).isEqualTo(1);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(1);
  }

  @Test
  @Tag("V2-33")
  @DisplayName(
      "a decoration uses the config of its breaker, whose threshold of one rejects the second "
          + "call")
  void thresholdOfOne_rejectsTheSecondCall() {
    Callable<String> failing = opensAfter(1).decorateCallable(() -> {
      throw down;
    });
    assertThatThrownBy(failing::call).isSameAs(down);
    assertThatThrownBy(failing::call).isInstanceOf(CallNotPermittedException.class);
  }

  @Test
  @Tag("V2-34")
  @DisplayName("calls that fail with ignored exceptions are never rejected")
  void ignoredFailures_areNeverRejected() {
    CircuitBreaker breaker =
        breaker(config().failureThreshold(1).ignoreIf(e -> e instanceof IllegalArgumentException));
    IllegalArgumentException badArgument = new IllegalArgumentException("the caller's fault");
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> breaker.run(() -> {
            throw badArgument;
          }))
          .isSameAs(badArgument);
    }
    assertThat(breaker.snapshot().totals().ignored()).isEqualTo(3);
  }
}
