package io.aragora.resilience.core.fallback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.annotation.WithFallback;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.fallback.FallbackEvent;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.testing.ManualTime;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Asynchronous fallbacks: they run on the executor for attempts and are cancelled with their call. */
class AsyncFallbackTest {
  private final ManualTime time = ManualTime.create();
  private final Queue<Runnable> accepted = new ArrayDeque<>();
  private boolean rejects;
  private final Resilience resilience = Resilience.builder()
      .timeSource(time)
      .name("shop")
      .executor(task -> {
        if (rejects) {
          throw new RejectedExecutionException("full");
        }
        accepted.add(task);
      })
      .build();
  private final Pipeline pipeline = resilience
      .unregistered()
      .pipelineBuilder("prices")
      .add(resilience.retry("r", c -> c.maxAttempts(1)))
      .build();
  private final CompletableFuture<String> stage = new CompletableFuture<>();
  private final List<Throwable> seen = new ArrayList<>();
  private final ResultPipeline<String> prices = pipeline.withFallback(Fallback.ofAsync(failure -> {
    seen.add(failure);
    return stage;
  }));
  private final IOException down = new IOException("down");

  @AfterEach
  void close() {
    resilience.close();
  }

  private CompletableFuture<String> failing(ResultPipeline<String> of, Throwable failure) {
    return of.callAsync(() -> CompletableFuture.failedFuture(failure));
  }

  private void runAccepted() {
    for (Runnable task = accepted.poll(); task != null; task = accepted.poll()) {
      task.run();
    }
  }

  @Test
  void stage_replacesTheFailure_andStartsOnTheExecutor() {
    List<FallbackEvent> events = new ArrayList<>();
    prices.subscribe(events::add);
    CompletableFuture<String> call = failing(prices, down);
    assertThat(seen).as("not on the thread that failed").isEmpty();
    runAccepted();
    assertThat(seen).containsExactly(down);
    assertThat(call).isNotDone();
    assertThat(prices.totals().used()).isZero();
    stage.complete("unknown");

    assertThat(call).isCompletedWithValue("unknown");
    time.runPending();
    assertThat(prices.totals().used()).isEqualTo(1);
    assertThat(events).containsExactly(FallbackEvent.of("prices", FallbackEvent.Kind.USED, down));
    assertThat(prices.callAsync(() -> CompletableFuture.completedFuture("3.50")))
        .isCompletedWithValue("3.50");
  }

  @Test
  void stageThatFails_failsTheCall_withTheFailureSuppressed() {
    CompletableFuture<String> call = failing(prices, down);
    runAccepted();
    IllegalStateException thrown = new IllegalStateException("fallback");
    stage.completeExceptionally(thrown);

    assertThatThrownBy(call::join).hasCause(thrown);
    assertThat(thrown.getSuppressed()).containsExactly(down);
    assertThat(prices.totals().failed()).isEqualTo(1);
  }

  @Test
  void ruleThatThrowsOrReturnsNull_failsTheCall() {
    IllegalStateException thrown = new IllegalStateException("rule");
    CompletableFuture<String> first = failing(
        pipeline.withFallback(Fallback.ofAsync(failure -> {
          throw thrown;
        })),
        down);
    CompletableFuture<String> second =
        failing(pipeline.withFallback(Fallback.ofAsync(AsyncFallbackTest::nothing)), down);
    runAccepted();
    assertThatThrownBy(first::join).hasCause(thrown);
    assertThatThrownBy(second::join)
        .hasCauseInstanceOf(NullPointerException.class)
        .hasMessageContaining("the asynchronous fallback returned null, not a stage");
  }

  @SuppressWarnings("NullAway") // as code without null checks may
  private static CompletionStage<String> nothing(Exception failure) {
    return null;
  }

  @Test
  void cancelledCall_cancelsItsStage_orTheTaskBeforeIt() {
    CompletableFuture<String> waiting = failing(prices, down);
    waiting.cancel(true);
    runAccepted();
    assertThat(seen).isEmpty();

    CompletableFuture<String> running = failing(prices, down);
    runAccepted();
    assertThat(stage).isNotDone();
    running.cancel(true);
    assertThat(stage).isCancelled();
    assertThat(prices.totals().used() + prices.totals().failed()).isZero();
  }

  @Test
  void executorThatRejects_failsTheCall() {
    rejects = true;
    CompletableFuture<String> call = failing(prices, down);
    assertThatThrownBy(call::join)
        .hasCauseInstanceOf(RejectedExecutionException.class)
        .satisfies(e -> assertThat(e.getCause().getSuppressed()).containsExactly(down));
  }

  @Test
  void runtimeThatIsClosedBefore_endsTheCall() {
    CompletableFuture<String> call = failing(prices, down);
    resilience.close();
    time.runPending();
    assertThatThrownBy(call::join).hasCauseInstanceOf(ResilienceClosedException.class);
    runAccepted();
    assertThat(seen).isEmpty();
  }

  @Test
  void stoppedCallsAndUnnamedErrors_haveNone() {
    AssertionError error = new AssertionError("bug");
    assertThatThrownBy(failing(prices, new CancellationException())::join)
        .isInstanceOf(CancellationException.class);
    assertThatThrownBy(failing(prices, error)::join).hasCause(error);
    assertThat(accepted).isEmpty();
    ResultPipeline<String> named = pipeline.withFallback(Fallback.<String>builder()
        .onAsync(AssertionError.class, failure -> CompletableFuture.completedFuture("named"))
        .build());
    CompletableFuture<String> call = failing(named, error);
    runAccepted();
    assertThat(call).isCompletedWithValue("named");
  }

  @Test
  void synchronousCall_skipsAsynchronousRules() throws IOException {
    ResultPipeline<String> both = pipeline.withFallback(Fallback.<String>builder()
        .onAsync(FileNotFoundException.class, failure -> stage)
        .on(FileNotFoundException.class, failure -> "gone")
        .otherwiseAsync(failure -> stage)
        .build());
    String gone = both.<IOException>call(() -> {
      throw new FileNotFoundException("apples");
    });
    assertThat(gone).isEqualTo("gone");
    assertThatThrownBy(() -> both.<IOException>call(() -> {
          throw down;
        }))
        .isSameAs(down);
  }

  @Test
  void hiddenRule_isRejected() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Fallback.<String>builder()
            .on(IOException.class, failure -> "")
            .onAsync(FileNotFoundException.class, failure -> stage))
        .withMessageStartingWith("onAsync(FileNotFoundException) must come before the rule for");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Fallback.<String>builder()
            .otherwiseAsync(failure -> stage)
            .onAsync(IOException.class, failure -> stage));
  }

  interface Prices {
    @WithRetry(maxAttempts = 1)
    @WithFallback("lastKnown")
    CompletionStage<String> price(String article);

    default CompletionStage<String> lastKnown(String article, Exception failure) {
      return CompletableFuture.completedFuture("unknown " + article);
    }
  }

  @Test
  void annotatedMethod_mayReturnTheStageOfTheValue() {
    Prices proxy = resilience.proxy(
        Prices.class, article -> CompletableFuture.failedFuture(down), MethodHandles.lookup());
    CompletableFuture<String> call = proxy.price("apples").toCompletableFuture();
    assertThat(call).isNotDone();
    runAccepted();
    assertThat(call).isCompletedWithValue("unknown apples");
  }
}
