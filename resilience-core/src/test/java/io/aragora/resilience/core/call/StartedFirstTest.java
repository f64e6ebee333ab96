package io.aragora.resilience.core.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** An asynchronous body starts before its policy creates a future. */
class StartedFirstTest {
  private static final Duration LIMIT = Duration.ofSeconds(1);

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience =
      Resilience.builder().timeSource(time).name("test").build();

  @AfterEach
  void close() {
    resilience.close();
  }

  /** A way to start an asynchronous body under policies. */
  @FunctionalInterface
  interface Start
      extends Function<
          Supplier<CompletionStage<@Nullable String>>, CompletableFuture<@Nullable String>> {}

  static Stream<Arguments> ways() {
    return Stream.of(
        way("retry", runtime -> runtime.retry("r")::callAsync),
        way(
            "retry of results",
            runtime -> runtime.retry(
                "r", RetryConfig.builder().retryResultIf(result -> false).build())::callAsync),
        way("timeout", runtime -> runtime.timeout("t", LIMIT)::callAsync),
        way("breaker", runtime -> runtime.circuitBreaker("b")::callAsync),
        way(
            "pipeline",
            runtime -> runtime
                .unregistered()
                .pipelineBuilder("p")
                .add(runtime.retry("r"))
                .add(runtime.circuitBreaker("b"))
                .add(runtime.timeout("t", LIMIT))
                .build()::callAsync),
        way(
            "fallback",
            runtime -> runtime
                .unregistered()
                .pipelineBuilder("p")
                .add(runtime.retry("r"))
                .build()
                .<@Nullable String>withFallback(Fallback.of(failure -> "fallback"))::callAsync));
  }

  private static Arguments way(String name, Function<Resilience, Start> start) {
    return Arguments.of(name, start);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("ways")
  void futureOfACompleteStage_isNotTheBodysOwn(String name, Function<Resilience, Start> of) {
    Start start = of.apply(resilience);
    CompletableFuture<@Nullable String> cached = CompletableFuture.completedFuture("good");
    CompletableFuture<@Nullable String> first = start.apply(() -> cached);
    assertThat(first).as(name).isCompletedWithValue("good");
    first.obtrudeValue("mine");
    assertThat(cached).isCompletedWithValue("good");
    CompletableFuture<@Nullable String> second = start.apply(() -> cached);
    assertThat(second.cancel(true)).isFalse();
    cached.obtrudeValue("another");
    assertThat(second).isCompletedWithValue("good");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("ways")
  void completeStageWithoutAValue_isSuccessful(String name, Function<Resilience, Start> of) {
    CompletableFuture<@Nullable String> none = CompletableFuture.completedFuture(null);
    assertThat(of.apply(resilience).apply(() -> none)).as(name).isCompletedWithValue(null);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("ways")
  void futureOfAPendingStage_cancelsIt(String name, Function<Resilience, Start> of) {
    CompletableFuture<@Nullable String> pending = new CompletableFuture<>();
    CompletableFuture<@Nullable String> future = of.apply(resilience).apply(() -> pending);
    assertThat(future).as(name).isNotDone();
    future.cancel(true);
    assertThat(pending).isCancelled();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("ways")
  void futureOfTheApplicationsClass_isAskedUnderGuard(String name, Function<Resilience, Start> of) {
    CompletableFuture<@Nullable String> hostile = new CompletableFuture<>() {
      @Override
      public boolean isDone() {
        throw new LinkageError("hostile");
      }
    };
    CompletableFuture<@Nullable String> future = of.apply(resilience).apply(() -> hostile);
    time.advance(Duration.ofMinutes(1));
    assertThat(future).as(name).isDone();
  }

  private Timeout timeout(List<Object> late) {
    return resilience.timeout(
        "t", TimeoutConfig.builder().limit(LIMIT).onLateResult(late::add).build());
  }

  private <T> T late(T value) {
    time.advance(LIMIT.multipliedBy(2));
    return value;
  }

  @Test
  void stageThatIsCompleteAfterTheLimit_isLate() {
    List<Object> late = new ArrayList<>();
    Timeout timeout = timeout(late);
    CompletableFuture<String> future =
        timeout.callAsync(() -> late(CompletableFuture.completedFuture("late")));
    assertThatThrownBy(future::join).hasCauseInstanceOf(TimeoutExceededException.class);
    assertThat(late).containsExactly("late");
    assertThat(timeout.totals().fired()).isEqualTo(1);
    assertThat(timeout.totals().inTime()).isZero();
  }

  @Test
  void limitThatPassesBeforeTheStageIsReturned_endsTheCall() {
    Timeout timeout = timeout(new ArrayList<>());
    CompletableFuture<String> pending = new CompletableFuture<>();
    CompletableFuture<String> future = timeout.callAsync(() -> late(pending));
    time.advance(LIMIT);
    assertThat(future).isDone();
    assertThatThrownBy(future::join).hasCauseInstanceOf(TimeoutExceededException.class);
    assertThat(pending).isCancelled();
    assertThat(timeout.totals().fired()).isEqualTo(1);
  }

  @Test
  void closedRuntime_startsNoLimitedBody() {
    Timeout timeout = timeout(new ArrayList<>());
    AtomicInteger calls = new AtomicInteger();
    resilience.close();
    CompletableFuture<Integer> future =
        timeout.callAsync(() -> CompletableFuture.completedFuture(calls.incrementAndGet()));
    assertThat(future).isDone();
    assertThatThrownBy(future::join).hasCauseInstanceOf(ResilienceClosedException.class);
    assertThat(calls).hasValue(0);
  }

  @Test
  void runtimeThatIsClosedWhileTheBodyStarts_endsTheCall() {
    Timeout timeout = timeout(new ArrayList<>());
    CompletableFuture<String> pending = new CompletableFuture<>();
    CompletableFuture<String> future = timeout.callAsync(() -> {
      resilience.close();
      return pending;
    });
    time.runPending();
    assertThat(future).isDone();
    assertThatThrownBy(future::join).hasCauseInstanceOf(ResilienceClosedException.class);
    assertThat(pending).isCancelled();
    assertThat(timeout.totals().fired()).isZero();
  }
}
