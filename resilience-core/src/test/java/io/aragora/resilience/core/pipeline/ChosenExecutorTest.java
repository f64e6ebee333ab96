package io.aragora.resilience.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.CallObserver;
import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Where further attempts and late completions run. */
class ChosenExecutorTest {
  /** An executor whose tasks a test runs, such as an event loop. */
  private static final class Loop implements Executor {
    final List<Runnable> tasks = new ArrayList<>();

    @Override
    public void execute(Runnable task) {
      tasks.add(task);
    }

    void runAll() {
      List<Runnable> due = List.copyOf(tasks);
      tasks.clear();
      due.forEach(Runnable::run);
    }
  }

  private final ManualTime time = ManualTime.create().autoAdvance(true);
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final Loop ofPolicy = new Loop();
  private final Loop ofCall = new Loop();
  private final Retry retry = resilience.retry(
      "retry",
      RetryConfig.builder()
          .maxAttempts(2)
          .backoff(Backoff.constant(Duration.ofMillis(10)).withJitter(Jitter.NONE))
          .executor(ofPolicy)
          .build());
  private final Timeout timeout = resilience.timeout(
      "timeout",
      TimeoutConfig.builder().limit(Duration.ofSeconds(1)).executor(ofPolicy).build());
  private int bodies;

  @AfterEach
  void close() {
    resilience.close();
  }

  private CompletableFuture<String> failedOnce() {
    return bodies++ == 0
        ? CompletableFuture.failedFuture(new IOException("down"))
        : CompletableFuture.completedFuture("ok");
  }

  @Test
  void furtherAttempts_runOnTheExecutorOfTheRetry() {
    CompletableFuture<String> call = retry.callAsync(this::failedOnce);
    time.advance(Duration.ofMillis(20));
    assertThat(bodies).isOne();

    ofPolicy.runAll();

    assertThat(call).isCompletedWithValue("ok");
  }

  @Test
  void furtherAttempts_runOnTheExecutorOfTheCall_first() {
    Pipeline pipeline =
        resilience.unregistered().pipelineBuilder("p").add(retry).build();
    CompletableFuture<String> call = pipeline.on(ofCall).callAsync(this::failedOnce);
    time.advance(Duration.ofMillis(20));
    assertThat(ofPolicy.tasks).isEmpty();

    ofCall.runAll();

    assertThat(call).isCompletedWithValue("ok");
    assertThat(pipeline.on(ofCall).policies()).containsExactly(retry);
  }

  @Test
  void observedPipeline_hasAnExecutor_too() {
    Pipeline pipeline = resilience.observed(
        resilience.unregistered().pipelineBuilder("p").add(retry).build(),
        () -> new CallObserver() {});
    CompletableFuture<String> call = pipeline.on(ofCall).callAsync(this::failedOnce);
    time.advance(Duration.ofMillis(20));

    ofCall.runAll();

    assertThat(call).isCompletedWithValue("ok");
  }

  @Test
  void lateCompletion_runsOnTheExecutor_andTheBodyIsCancelledBefore() {
    CompletableFuture<String> body = new CompletableFuture<>();
    CompletableFuture<String> call = timeout.callAsync(() -> body);

    time.advance(Duration.ofMillis(1010));
    assertThat(body).isCancelled();
    assertThat(call).isNotDone();
    ofPolicy.runAll();

    assertThat(call)
        .isCompletedExceptionally()
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(TimeoutExceededException.class);
    assertThat(timeout.totals().fired()).isOne();
  }

  @Test
  void lateCompletion_runsOnTheExecutorOfTheCall_first() {
    CompletableFuture<String> call = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(timeout)
        .build()
        .on(ofCall)
        .callAsync(CompletableFuture::new);

    time.advance(Duration.ofMillis(1010));
    assertThat(ofPolicy.tasks).isEmpty();
    ofCall.runAll();

    assertThat(call).isCompletedExceptionally();
  }

  @Test
  void executorThatThrows_delaysNoCompletion() {
    CompletableFuture<String> call = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(timeout)
        .build()
        .on(task -> {
          throw new RejectedExecutionException("full");
        })
        .callAsync(CompletableFuture::new);

    time.advance(Duration.ofMillis(1010));

    assertThat(call)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(TimeoutExceededException.class);
  }

  @Test
  void executorThatRejectsAnAttempt_failsTheCall() {
    CompletableFuture<String> call = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(retry)
        .build()
        .on(task -> {
          throw new RejectedExecutionException("full");
        })
        .callAsync(this::failedOnce);

    time.advance(Duration.ofMillis(20));

    assertThat(call)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(RejectedExecutionException.class);
  }

  @Test
  void executorThatDropsACompletion_isMadeUpForAtClosing() {
    CompletableFuture<String> call = timeout.callAsync(CompletableFuture::new);
    time.advance(Duration.ofMillis(1010));
    assertThat(call).isNotDone();

    resilience.close();
    time.advance(Duration.ofMillis(1));

    assertThat(call).isCompletedExceptionally();
    ofPolicy.runAll();
    assertThat(call.handle((value, failure) -> failure instanceof CompletionException)
            .join())
        .isFalse();
  }

  @Test
  void callThatIsCancelledMeanwhile_staysCancelled() {
    CompletableFuture<String> call = timeout.callAsync(CompletableFuture::new);
    time.advance(Duration.ofMillis(1010));

    call.cancel(true);
    ofPolicy.runAll();

    assertThat(call).isCancelled();
  }
}
