package io.aragora.resilience.core.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.spi.ContextPropagator;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ContextTest {
  private final ThreadLocal<@Nullable String> tenant = new ThreadLocal<>();
  private final ManualTime time = ManualTime.create();
  private final Deque<Runnable> tasks = new ArrayDeque<>();
  private final Executor executor = tasks::add;
  private final List<Optional<String>> seen = new ArrayList<>();

  @AfterEach
  void forget() {
    tenant.remove();
  }

  private Resilience runtime(ContextPropagator... propagators) {
    var builder = Resilience.builder().timeSource(time).executor(executor);
    for (ContextPropagator propagator : propagators) {
      builder.contextPropagator(propagator);
    }
    return builder.build();
  }

  private static Retry retry(Resilience resilience) {
    return resilience.retry("r", RetryConfig.builder().retryIf(failure -> true).build());
  }

  /** Runs the task on a thread that has its own context. */
  private void runTasks() {
    tenant.set("of the pool");
    Runnable task = tasks.pollFirst();
    while (task != null) {
      task.run();
      assertThat(tenant.get()).isEqualTo("of the pool");
      task = tasks.pollFirst();
    }
    tenant.remove();
  }

  private void look() {
    seen.add(Optional.ofNullable(tenant.get()));
  }

  @Test
  void furtherAttempts_haveWhatTheCallerHad() {
    try (Resilience resilience = runtime(ContextPropagator.of(tenant))) {
      tenant.set("shop");
      CompletableFuture<Integer> future = retry(resilience).callAsync(() -> {
        look();
        return CompletableFuture.failedFuture(new IOException("down"));
      });
      tenant.set("another");
      for (int i = 0; i < 3; i++) {
        time.advance(Duration.ofMinutes(1));
        runTasks();
      }
      assertThat(future).isCompletedExceptionally();
      assertThat(seen)
          .containsExactly(Optional.of("shop"), Optional.of("shop"), Optional.of("shop"));
    }
  }

  @Test
  void furtherAttempts_haveNotWhatTheFirstOneLeft() {
    try (Resilience resilience = runtime(ContextPropagator.of(tenant))) {
      tenant.set("shop");
      CompletableFuture<Integer> future = retry(resilience).callAsync(() -> {
        look();
        tenant.set("of the body");
        return CompletableFuture.failedFuture(new IOException("down"));
      });
      time.advance(Duration.ofMinutes(1));
      runTasks();
      assertThat(seen).containsExactly(Optional.of("shop"), Optional.of("shop"));
      future.cancel(true);
    }
  }

  @Test
  void submittedBodies_haveWhatTheCallerHad_nothingWhereItHadNothing() {
    try (Resilience resilience = runtime(ContextPropagator.of(tenant))) {
      Timeout timeout = resilience.timeout("t", Duration.ofSeconds(5));
      tenant.set("shop");
      timeout.submit(this::lookAndGive, executor);
      resilience
          .unregistered()
          .pipelineBuilder("p")
          .add(timeout)
          .build()
          .submit(this::lookAndGive, executor);
      tenant.remove();
      resilience.circuitBreaker("b").submit(this::lookAndGive, executor);
      runTasks();
      assertThat(seen).containsExactly(Optional.of("shop"), Optional.of("shop"), Optional.empty());
    }
  }

  private int lookAndGive() {
    look();
    return 1;
  }

  @Test
  void fallbacksOfAsynchronousCalls_haveWhatTheCallerHad() {
    try (Resilience resilience = runtime(ContextPropagator.of(tenant))) {
      tenant.set("shop");
      CompletableFuture<String> call = new CompletableFuture<>();
      CompletableFuture<String> answer = resilience
          .unregistered()
          .pipelineBuilder("p")
          .add(resilience.circuitBreaker("b"))
          .build()
          .withFallback(Fallback.of(failure -> "fallback of " + tenant.get()))
          .callAsync(() -> call);
      tenant.set("another");
      call.completeExceptionally(new IOException("down"));
      assertThat(answer).isCompletedWithValue("fallback of shop");
      assertThat(tenant.get()).isEqualTo("another");
    }
  }

  @Test
  void submittedBodies_seeTheContextOfTheCall() {
    try (Resilience resilience = runtime()) {
      List<Duration> remaining = new ArrayList<>();
      resilience
          .timeout("t", Duration.ofSeconds(5))
          .submit(() -> remaining.add(CallContext.current().remaining().orElseThrow()), executor);
      time.advance(Duration.ofSeconds(2));
      runTasks();
      assertThat(remaining).containsExactly(Duration.ofSeconds(3));
    }
  }

  @Test
  void aPropagatorThatFails_harmsNeitherTheCallNorTheOthers() {
    ContextPropagator noCapture = () -> {
      throw new IllegalStateException("capture");
    };
    ContextPropagator noRestore = () -> () -> {
      throw new IllegalStateException("restore");
    };
    ContextPropagator noEnd = () -> () -> () -> {
      throw new IllegalStateException("close");
    };
    try (Resilience resilience =
        runtime(noCapture, noRestore, noEnd, ContextPropagator.of(tenant))) {
      tenant.set("shop");
      CompletableFuture<Integer> future =
          resilience.circuitBreaker("b").submit(this::lookAndGive, executor);
      runTasks();
      assertThat(future).isCompletedWithValue(1);
      assertThat(seen).containsExactly(Optional.of("shop"));
    }
  }

  @Test
  void bodiesSubmittedInsideACall_seeItsContext() {
    try (Resilience resilience = runtime()) {
      List<Duration> remaining = new ArrayList<>();
      CompletableFuture<Boolean> submitted = resilience
          .timeout("t", Duration.ofSeconds(5))
          .call(() -> resilience
              .circuitBreaker("b")
              .submit(
                  () -> remaining.add(CallContext.current().remaining().orElseThrow()), executor));
      time.advance(Duration.ofSeconds(2));
      runTasks();
      assertThat(submitted).isCompletedWithValue(true);
      assertThat(remaining).containsExactly(Duration.ofSeconds(3));
    }
  }
}
