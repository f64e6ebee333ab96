package io.aragora.resilience.core.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a body on another thread is told of the end of its call. */
class CancelledBodyTest {
  private final ManualTime time = ManualTime.create().autoAdvance(true);
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final Timeout timeout = resilience.timeout("timeout", Duration.ofSeconds(1));
  private final Retry retry = resilience.retry("retry", c -> c.maxAttempts(2));
  private final CircuitBreaker breaker = resilience.circuitBreaker("breaker");
  private final AtomicReference<CallContext> seen = new AtomicReference<>();
  private final List<String> ran = new ArrayList<>();
  private final List<Runnable> tasks = new ArrayList<>();

  @AfterEach
  void close() {
    resilience.close();
  }

  /** A call whose body has asked for its context and waits for its stage. */
  private CompletableFuture<String> started(Policy policy) {
    return policy.callAsync(() -> {
      seen.set(CallContext.current());
      return new CompletableFuture<>();
    });
  }

  private void registerTwo() {
    assertThat(seen.get().onCancel(() -> ran.add("first"))).isTrue();
    assertThat(seen.get().onCancel(() -> ran.add("second"))).isTrue();
  }

  @Test
  void timeout_isHeard_asynchronously() {
    CompletableFuture<String> call = started(timeout);
    registerTwo();
    assertThat(seen.get().isCancelled()).isFalse();

    time.advance(Duration.ofMillis(1010));

    assertThat(call).isCompletedExceptionally();
    assertThat(seen.get().isCancelled()).isTrue();
    assertThat(ran).containsExactly("first", "second");
  }

  @Test
  void cancellationByTheCaller_isHeard() {
    CompletableFuture<String> call = started(retry);
    registerTwo();

    call.cancel(true);

    assertThat(seen.get().isCancelled()).isTrue();
    assertThat(ran).containsExactly("first", "second");
    assertThat(seen.get().onCancel(() -> ran.add("late"))).as("runs at once").isTrue();
    assertThat(ran).containsExactly("first", "second", "late");
  }

  @Test
  void closing_isHeard() {
    CompletableFuture<String> call = started(timeout);
    registerTwo();

    resilience.close();
    time.advance(Duration.ofMillis(1));

    assertThat(call).isCompletedExceptionally();
    assertThat(seen.get().isCancelled()).isTrue();
    assertThat(ran).containsExactly("first", "second");
  }

  @Test
  void endOfTheCallItself_dropsTheHandlers() {
    AtomicReference<CompletableFuture<String>> stage = new AtomicReference<>();
    CompletableFuture<String> call = timeout.callAsync(() -> {
      seen.set(CallContext.current());
      stage.set(new CompletableFuture<>());
      return stage.get();
    });
    registerTwo();

    stage.get().complete("done");
    call.cancel(true);

    assertThat(call).isCompletedWithValue("done");
    assertThat(seen.get().isCancelled()).isFalse();
    assertThat(seen.get().onCancel(() -> ran.add("late"))).isFalse();
    assertThat(ran).isEmpty();
  }

  @Test
  void eachAttempt_isToldOfItsOwnEnd() {
    Policy pipeline =
        resilience.unregistered().pipelineBuilder("p").add(retry).add(timeout).build();
    List<CallContext> contexts = new ArrayList<>();
    CompletableFuture<String> call = pipeline.callAsync(() -> {
      contexts.add(CallContext.current());
      return new CompletableFuture<>();
    });

    time.advance(Duration.ofMillis(1010));
    for (int i = 0; i < 100 && contexts.size() < 2; i++) {
      time.advance(Duration.ofMillis(100));
    }

    assertThat(contexts).hasSize(2);
    assertThat(contexts.get(0).isCancelled()).isTrue();
    assertThat(contexts.get(1).isCancelled()).isFalse();
    call.cancel(true);
    assertThat(contexts.get(1).isCancelled()).isTrue();
  }

  @Test
  void handlerThatThrows_keepsNoOtherFromRunning() {
    CompletableFuture<String> call = started(retry);
    assertThat(seen.get().onCancel(() -> {
          throw new AssertionError("handler");
        }))
        .isTrue();
    registerTwo();

    call.cancel(true);

    assertThat(ran).containsExactly("first", "second");
  }

  @Test
  void handlers_areBounded() {
    started(retry);
    for (int i = 0; i < 64; i++) {
      assertThat(seen.get().onCancel(() -> {})).isTrue();
    }

    assertThatThrownBy(() -> seen.get().onCancel(() -> {}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("at most 64 handlers");
  }

  @Test
  void submittedBody_isTold_underEachPolicy() {
    for (Policy policy : List.of(breaker, retry, timeout)) {
      ran.clear();
      tasks.clear();
      CompletableFuture<String> call = policy.submit(
          () -> {
            CallContext context = CallContext.current();
            seen.set(context);
            registerTwo();
            assertThat(context.isCancelled()).isFalse();
            // The caller cancels while the body runs.
            cancelling.get().cancel(true);
            assertThat(context.isCancelled()).isTrue();
            assertThat(Thread.interrupted()).isTrue();
            assertThat(context.onCancel(() -> ran.add("late"))).isTrue();
            return "unheard";
          },
          tasks::add);
      cancelling.set(call);

      tasks.forEach(Runnable::run);

      assertThat(ran).as(policy.name()).containsExactly("first", "second", "late");
    }
  }

  private final AtomicReference<CompletableFuture<String>> cancelling = new AtomicReference<>();

  @Test
  void submittedBodyThatEnded_isToldNothingMore() {
    CompletableFuture<String> call = breaker.submit(
        () -> {
          seen.set(CallContext.current());
          registerTwo();
          return "done";
        },
        Runnable::run);

    call.cancel(true);

    assertThat(call).isCompletedWithValue("done");
    assertThat(seen.get().isCancelled()).isFalse();
    assertThat(seen.get().onCancel(() -> ran.add("late"))).isFalse();
    assertThat(ran).isEmpty();
  }

  @Test
  void synchronousPolicyInsideASubmittedBody_isToldOfTheCallAround() {
    CompletableFuture<Boolean> call = breaker.submit(
        () -> retry.call(() -> {
          CallContext context = CallContext.current();
          return context.onCancel(() -> {}) && context.attempt() == 1;
        }),
        Runnable::run);

    assertThat(call).isCompletedWithValue(true);
  }

  @Test
  void contextOnAnotherThread_isThatOfTheCall() {
    CompletableFuture<String> call = started(retry);

    seen.get()
        .run(
            () -> assertThat(CallContext.current().onCancel(() -> ran.add("a"))).isTrue());
    call.cancel(true);

    assertThat(ran).containsExactly("a");
    seen.get().run(() -> assertThat(CallContext.current().isCancelled()).isTrue());
    assertThat(CallContext.current().isCancelled()).isFalse();
  }

  @Test
  void synchronousCall_hasADeadline_andNoHandlers() {
    timeout.run(() -> {
      CallContext context = CallContext.current();
      assertThat(context.isCancelled()).isFalse();
      assertThat(context.onCancel(() -> ran.add("never"))).isFalse();
    });
    assertThatThrownBy(() -> timeout.run(() -> {
          time.advance(Duration.ofSeconds(2));
          assertThat(CallContext.current().isCancelled()).isTrue();
        }))
        .hasMessageContaining("timeout");
    Thread.interrupted();
    assertThat(CallContext.current().onCancel(() -> ran.add("never"))).isFalse();
    assertThat(ran).isEmpty();
  }

  @Test
  void callAfterAnAsynchronousOne_onTheSameThread_isNoPartOfIt() {
    CompletableFuture<String> call = started(timeout);
    registerTwo();
    call.cancel(true);
    assertThat(seen.get().isCancelled()).isTrue();

    timeout.run(() -> {
      assertThat(CallContext.current().isCancelled()).isFalse();
      assertThat(CallContext.current().onCancel(() -> ran.add("of another call")))
          .isFalse();
    });

    assertThat(ran).containsExactly("first", "second");
  }

  @Test
  void handler_afterTheBodyHasReturnedItsValue_isNotAccepted() {
    timeout.callAsync(() -> {
      seen.set(CallContext.current());
      assertThat(seen.get().onCancel(() -> ran.add("never"))).isTrue();
      return CompletableFuture.completedFuture("done");
    });
    assertThat(seen.get().onCancel(() -> ran.add("never"))).isFalse();
    assertThat(seen.get().isCancelled()).isFalse();
    assertThat(ran).isEmpty();
  }
}
