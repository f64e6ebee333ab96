package io.aragora.resilience.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PipelineTest {
  /** The three ways to run a body. */
  enum Way {
    SYNC,
    ASYNC,
    SUBMITTED
  }

  private final ManualTime time = ManualTime.create().autoAdvance(true);
  private final Resilience resilience =
      Resilience.builder().timeSource(time).name("test").build();
  private final CircuitBreaker breaker = resilience.circuitBreaker("breaker");
  private final Retry retry = resilience.retry(
      "retry",
      RetryConfig.builder()
          .maxAttempts(3)
          .backoff(Backoff.constant(Duration.ofSeconds(1)).withJitter(Jitter.NONE))
          .build());
  private final Timeout timeout = resilience.timeout("timeout", Duration.ofSeconds(5));
  private final List<String> log = new ArrayList<>();

  @AfterEach
  void close() {
    resilience.close();
  }

  private Pipeline pipeline(Policy... policies) {
    Pipeline.Builder pipeline = resilience.unregistered().pipelineBuilder("p");
    for (Policy policy : policies) {
      pipeline.add(policy);
    }
    return pipeline.build();
  }

  private <T> T run(Way way, Policy policy, CheckedSupplier<T, IOException> body) throws Exception {
    if (way == Way.SYNC) {
      return policy.<T, IOException>call(body);
    }
    CompletableFuture<T> future = way == Way.SUBMITTED
        ? policy.<T>submit(body, time.executor())
        : policy.callAsync(() -> {
          try {
            return CompletableFuture.completedFuture(body.get());
          } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
          }
        });
    for (int i = 0; i < 100 && !future.isDone(); i++) {
      time.advance(Duration.ofMillis(100));
    }
    try {
      return future.getNow(null);
    } catch (java.util.concurrent.CompletionException e) {
      throw (Exception) e.getCause();
    }
  }

  private void fail(Way way, Pipeline pipeline) {
    assertThatThrownBy(() -> run(way, pipeline, () -> {
          throw new IOException("down");
        }))
        .isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @EnumSource
  void retryAroundBreaker_countsAttempts(Way way) {
    fail(way, pipeline(retry, breaker, timeout));
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(3);
  }

  @ParameterizedTest
  @EnumSource
  void breakerAroundRetry_countsCalls(Way way) {
    fail(way, pipeline(breaker, retry, timeout));
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void nestedPipelines_areOneChain(Way way) throws Exception {
    Pipeline inner = pipeline(breaker, timeout);
    Pipeline outer = pipeline(retry, inner);
    assertThat(run(way, outer, () -> 7)).isEqualTo(7);
    fail(way, outer);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(3);
    assertThat(outer).hasToString("p: retry 'retry' → p: breaker 'breaker' → timeout 'timeout'");
  }

  /** Logs when a call enters and leaves it. */
  private class Logging implements Policy {
    @Override
    public String name() {
      return "logging";
    }

    @Override
    public <T, X extends Throwable> T call(CheckedSupplier<? extends T, X> body) throws X {
      log.add("in");
      try {
        return body.get();
      } finally {
        log.add("out");
      }
    }

    @Override
    public <T> CompletableFuture<T> callAsync(Supplier<? extends CompletionStage<T>> body) {
      log.add("in");
      return body.get().toCompletableFuture().whenComplete((value, failure) -> log.add("out"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPolicyOfOnesOwn_standsWhereItWasAdded(Way way) throws Exception {
    Pipeline pipeline = pipeline(retry, new Logging(), breaker);
    List<Integer> calls = new ArrayList<>();
    int result = run(way, pipeline, () -> {
      calls.add(calls.size());
      if (calls.size() == 1) {
        throw new IOException("down");
      }
      return calls.size();
    });
    assertThat(result).isEqualTo(2);
    assertThat(log).containsExactly("in", "out", "in", "out");
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(1);
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(1);
  }

  @Test
  @Tag("CH-01")
  void chaosThatIsNotEnabled_isNoLinkOfTheChain() {
    Chaos chaos = resilience.chaos("x", c -> c.fail(1, () -> new IOException("chaos")));
    CorePipeline without = (CorePipeline)
        resilience.unregistered().pipelineBuilder("p").add(retry).add(breaker).build();
    CorePipeline with = (CorePipeline) resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(retry)
        .add(breaker)
        .add(chaos)
        .build();
    CorePipeline around = (CorePipeline)
        resilience.unregistered().pipelineBuilder("q").add(timeout).add(with).build();
    assertThat(with.observedLinks().length()).isEqualTo(without.observedLinks().length());
    assertThat(around.observedLinks().length()).isEqualTo(with.observedLinks().length() + 1);
    assertThat(with.policies()).containsExactly(retry, breaker, chaos);
  }

  @Test
  void aPolicyOfOnesOwn_isNoObstacleToACancellation() {
    CompletableFuture<String> inner = new CompletableFuture<>();
    CompletableFuture<String> outer =
        pipeline(retry, new Logging(), breaker, timeout).callAsync(() -> inner);
    assertThat(outer.cancel(true)).isTrue();
    assertThat(inner).isCancelled();
    assertThat(breaker.snapshot().totals().failures()).isZero();
    time.advance(Duration.ofMinutes(1));
    assertThat(timeout.totals().fired()).isZero();
  }

  @Test
  void aPolicyOfOnesOwn_isNoObstacleToALimit_andHidesNoFailureFromABreakerInsideIt() {
    CompletableFuture<String> inner = new CompletableFuture<>();
    CompletableFuture<String> outer =
        pipeline(timeout, new Logging(), breaker).callAsync(() -> inner);
    time.advance(Duration.ofSeconds(6));
    assertThat(outer).isCompletedExceptionally();
    assertThat(inner).isCancelled();
    assertThat(breaker.snapshot().totals().failures()).isOne();
  }

  /** Starts cancelled work again, since it does not learn that the call has ended. */
  @Test
  void aPolicyOfOnesOwn_startsNothingOnceTheCallIsOver() {
    List<CompletableFuture<String>> started = new ArrayList<>();
    Policy again = new Logging() {
      @Override
      public <T> CompletableFuture<T> callAsync(Supplier<? extends CompletionStage<T>> body) {
        return body.get()
            .handle((value, failure) -> body.get())
            .thenCompose(stage -> stage)
            .toCompletableFuture();
      }
    };
    CompletableFuture<String> outer = pipeline(timeout, again, breaker).callAsync(() -> {
      started.add(new CompletableFuture<>());
      return started.get(started.size() - 1);
    });
    outer.cancel(true);
    assertThat(started).hasSize(1).allMatch(CompletableFuture::isCancelled);
  }

  @ParameterizedTest
  @EnumSource
  void aFailure_comesOutAsItIs_withEarlierOnesSuppressed(Way way) {
    List<IOException> thrown = new ArrayList<>();
    assertThatThrownBy(() -> run(way, pipeline(retry, breaker, timeout), () -> {
          thrown.add(new IOException("no " + thrown.size()));
          throw thrown.get(thrown.size() - 1);
        }))
        .satisfies(e -> {
          assertThat(e).isSameAs(thrown.get(2));
          assertThat(e.getSuppressed()).containsExactly(thrown.get(0), thrown.get(1));
        });
  }

  @Test
  void cancellingTheOuterFuture_cancelsTheCall_itsTimerAndItsPermit() {
    CompletableFuture<String> inner = new CompletableFuture<>();
    CircuitBreaker probing = resilience.circuitBreaker(
        "probing",
        io.aragora.resilience.circuitbreaker.CircuitBreakerConfig.builder()
            .failureThreshold(1)
            .halfOpenMaxCalls(1)
            .cooldown(Duration.ofSeconds(1))
            .build());
    probing.recordFailure(probing.acquirePermit(), new IOException("down"));
    time.advance(Duration.ofSeconds(1));
    CompletableFuture<String> outer = pipeline(retry, probing, timeout).callAsync(() -> inner);
    assertThat(probing.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    assertThat(outer.cancel(true)).isTrue();
    assertThat(inner).isCancelled();
    long permit = probing.tryAcquirePermit();
    assertThat(permit).isNotEqualTo(CircuitBreaker.REJECTED);
    probing.releasePermit(permit);
    time.advance(Duration.ofMinutes(1));
    assertThat(timeout.totals().fired()).isZero();
  }

  @Test
  void aBodyThatALimitInterrupts_isAFailureOfTheBreakersInIt() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch left = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    Thread[] runner = new Thread[1];
    CompletableFuture<Integer> call = timeout.submit(
        () -> {
          try {
            return breaker.<Integer, InterruptedException>call(() -> {
              inside.countDown();
              never.await();
              return 1;
            });
          } finally {
            left.countDown();
          }
        },
        task -> {
          runner[0] = new Thread(task, "submitted");
          runner[0].start();
        });
    assertThat(inside.await(30, TimeUnit.SECONDS)).isTrue();
    time.advance(Duration.ofSeconds(6));
    assertThat(left.await(30, TimeUnit.SECONDS)).isTrue();
    runner[0].join();
    assertThat(call).isCompletedExceptionally();
    assertThat(breaker.snapshot().totals().failures()).isOne();
  }

  @Test
  void cancellingASubmittedBody_interruptsIt_andCountsForNothing() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    Thread[] runner = new Thread[1];
    CompletableFuture<Integer> call = pipeline(retry, breaker, timeout)
        .submit(
            () -> {
              inside.countDown();
              try {
                never.await();
                return 1;
              } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
              }
            },
            task -> {
              runner[0] = new Thread(task, "submitted");
              runner[0].start();
            });
    assertThat(inside.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(call.cancel(true)).isTrue();
    assertThat(interrupted.await(30, TimeUnit.SECONDS)).isTrue();
    runner[0].join();
    assertThat(breaker.snapshot().totals().failures()).isZero();
    assertThat(breaker.snapshot().totals().successes()).isZero();
    time.advance(Duration.ofMinutes(1));
    assertThat(timeout.totals().fired()).isZero();
  }

  @Test
  void aLimitInsideARetry_isThatOfOneAttempt_andLeavesNothingBehind() throws IOException {
    List<Duration> inside = new ArrayList<>();
    List<Duration> between = new ArrayList<>();
    Retry watched = resilience.retry(
        "watched",
        retry.config().toBuilder()
            .retryIf(failure -> {
              between.add(CallContext.current().remaining().orElseThrow());
              return failure instanceof IOException;
            })
            .build());
    Pipeline pipeline =
        pipeline(resilience.timeout("whole", Duration.ofMillis(7_500)), watched, breaker, timeout);
    String value = pipeline.call(() -> {
      inside.add(CallContext.current().remaining().orElseThrow());
      time.advance(Duration.ofSeconds(1));
      if (inside.size() < 3) {
        throw new IOException("down");
      }
      return "up";
    });
    assertThat(value).isEqualTo("up");
    assertThat(inside)
        .containsExactly(Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofMillis(3_500));
    assertThat(between).containsExactly(Duration.ofMillis(6_500), Duration.ofMillis(4_500));
    assertThat(CallContext.current().remaining()).isEmpty();
    assertThat(timeout.totals().inTime()).isEqualTo(3);
  }

  @Test
  void anAttemptThatTakesTooLong_isInterrupted_andTheNextOneIsNot() throws IOException {
    List<Boolean> interrupted = new ArrayList<>();
    int result = pipeline(
            resilience.retry(
                "r", retry.config().toBuilder().retryIf(failure -> true).build()),
            breaker,
            timeout)
        .call(() -> {
          if (interrupted.isEmpty()) {
            time.parkUntil(this, time.nanoTime() + Duration.ofSeconds(60).toNanos());
          }
          interrupted.add(Thread.currentThread().isInterrupted());
          return interrupted.size();
        });
    assertThat(result).isEqualTo(2);
    assertThat(interrupted).containsExactly(true, false);
    assertThat(timeout.totals().late()).isEqualTo(1);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(1);
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void twoLimitsInsideARetry_bothHold() {
    Timeout shorter = resilience.timeout("shorter", Duration.ofSeconds(2));
    RetryConfig once = RetryConfig.builder().maxAttempts(1).build();
    Pipeline pipeline = pipeline(resilience.retry("once", once), timeout, shorter);
    assertThatThrownBy(() -> pipeline.run(
            () -> time.parkUntil(this, time.nanoTime() + Duration.ofSeconds(3).toNanos())))
        .isInstanceOfSatisfying(
            TimeoutExceededException.class, e -> assertThat(e.timeout()).isEqualTo("shorter"));
    assertThat(timeout.totals().inTime()).isEqualTo(1);
  }

  @Test
  void orders_thatDefeatThemselves_areWarnedOfWithTheReason() {
    Timeout longer = resilience.timeout("longer", Duration.ofSeconds(9));
    assertThat(pipeline(timeout, longer).warnings())
        .singleElement()
        .asString()
        .contains("'longer' (PT9S) never fires inside timeout 'timeout' (PT5S)");
    Retry second = resilience.retry("second");
    assertThat(pipeline(retry, breaker, second).warnings())
        .singleElement()
        .asString()
        .contains("retry 'second' is inside retry 'retry' and makes one attempt only");
    assertThat(pipeline(retry, pipeline(breaker, second)).warnings()).hasSize(1);
    Retry stubborn = resilience.retry(
        "stubborn", retry.config().toBuilder().retryRejections(true).build());
    assertThat(pipeline(stubborn, breaker).warnings())
        .singleElement()
        .asString()
        .contains("'stubborn' retries the rejections of breaker 'breaker'", "the retry only waits");
    assertThat(pipeline(breaker, stubborn).warnings()).isEmpty();
    assertThat(pipeline(retry, breaker, timeout).warnings()).isEmpty();
    assertThat(pipeline(breaker, retry, timeout).warnings()).isEmpty();
  }

  @Test
  void invalidPipeline_isRejected() {
    assertThatThrownBy(() -> resilience.unregistered().pipelineBuilder("p").build())
        .hasMessage("pipeline must contain at least one policy: []");
    assertThatThrownBy(() -> pipeline(retry, retry))
        .hasMessage("pipeline must contain each policy only once: retry");
  }
}
