package io.aragora.resilience.core.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.timeout.Deadline;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Injected delays, and what ends them. */
class ChaosDelayTest extends ChaosFixture {
  private Chaos slow(long millis) {
    return chaos(c -> c.delay(100, millis(millis), millis(millis)));
  }

  private CompletableFuture<String> start(io.aragora.resilience.policy.Policy policy) {
    return policy.callAsync(() -> CompletableFuture.completedFuture(body()));
  }

  @Test
  @Tag("CH-05")
  void delay_waitsInTheTimeSource_thenTheBodyRuns() throws Exception {
    Chaos chaos = slow(200);
    resilience.chaos().start(HOUR);
    Caller caller = new Caller(() -> chaos.call(this::body));
    time.awaitSleepers(1);
    time.advance(millis(199));
    assertThat(bodies).hasValue(0);
    time.advance(millis(1));
    assertThat(caller.result()).isEqualTo("result");
    assertThat(chaos.totals().delayed()).isEqualTo(1);
  }

  @Test
  @Tag("CH-05")
  void interruptedDelay_endsTheCall() throws Exception {
    Chaos chaos = slow(200);
    resilience.chaos().start(HOUR);
    Caller caller = new Caller(() -> {
      try {
        return chaos.call(this::body);
      } catch (CallInterruptedException e) {
        return Thread.interrupted() + " " + e.getMessage();
      }
    });
    time.awaitSleepers(1);
    caller.thread.interrupt();
    assertThat(caller.result()).startsWith("true ");
    Caller checked = new Caller(() -> chaos.callInterruptibly(this::body));
    time.awaitSleepers(1);
    checked.thread.interrupt();
    assertThat(checked.failure()).isInstanceOf(InterruptedException.class);
    assertThat(bodies).hasValue(0);
  }

  @Test
  @Tag("CH-05")
  void timeoutAround_fires_andTheBreakerCountsAFailure() throws Exception {
    CircuitBreaker breaker = resilience.circuitBreaker("b", c -> c.failureThreshold(1));
    Timeout timeout = resilience.timeout("t", millis(100));
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(breaker)
        .add(timeout)
        .add(slow(300))
        .build();
    resilience.chaos().start(HOUR);
    Caller caller = new Caller(() -> pipeline.call(this::body));
    time.awaitSleepers(1);
    time.advance(millis(103));
    assertThat(caller.failure()).isInstanceOf(TimeoutExceededException.class);
    assertThat(bodies).hasValue(0);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(1);
  }

  @Test
  @Tag("CH-05")
  void deadlineThatInterruptsNoThread_cutsTheDelay() throws Exception {
    Chaos chaos = slow(300);
    resilience.chaos().start(HOUR);
    Caller caller = new Caller(() -> {
      try (Deadline deadline = resilience.deadline("d", millis(100))) {
        assertThat(deadline).isNotNull();
        return chaos.call(() -> CallContext.current().remaining().orElseThrow() + body());
      }
    });
    time.awaitSleepers(1);
    time.advance(millis(100));
    assertThat(caller.result()).isEqualTo("PT0Sresult");
  }

  @Test
  @Tag("CH-05")
  @Tag("CH-08")
  void deadlineThatEndsNoFuture_cutsTheDelay() {
    Chaos chaos = slow(300);
    resilience.chaos().start(HOUR);
    CompletableFuture<String> call;
    try (Deadline deadline = resilience.deadline("d", millis(100))) {
      assertThat(deadline).isNotNull();
      call = start(chaos);
    }
    at(97);
    assertThat(call).isNotDone();
    at(100);
    assertThat(call).isCompletedWithValue("result");
  }

  @Test
  @Tag("CH-08")
  void delay_async_blocksNoThread() {
    Chaos chaos = slow(200);
    resilience.chaos().start(HOUR);
    CompletableFuture<String> call = start(chaos);
    at(197);
    assertThat(bodies).hasValue(0);
    at(200);
    assertThat(call).isCompletedWithValue("result");
    time.advance(HOUR);
  }

  @Test
  @Tag("CH-08")
  void cancelledDelay_startsNoBody() {
    Chaos chaos = slow(200);
    resilience.chaos().start(HOUR);
    CompletableFuture<String> call = start(chaos);
    call.cancel(true);
    at(300);
    assertThat(bodies).hasValue(0);
    resilience.chaos().stop();
    time.runPending();
    assertThat(bodies).hasValue(0);
  }

  @Test
  @Tag("CH-08")
  void timeoutAroundAFuture_fires_andStartsNoBody() {
    CircuitBreaker breaker = resilience.circuitBreaker("b", c -> c.failureThreshold(5));
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(resilience.timeout("t", millis(100)))
        .add(breaker)
        .add(slow(300))
        .build();
    resilience.chaos().start(HOUR);
    CompletableFuture<String> call = start(pipeline);
    at(101);
    assertThatThrownBy(call::join).hasCauseInstanceOf(TimeoutExceededException.class);
    at(400);
    assertThat(bodies).hasValue(0);
    assertThat(breaker.snapshot().totals().failures()).as("as with a slow body").isEqualTo(1);
  }

  @Test
  @Tag("CH-08")
  void failureOfTheBody_andExecutorThatRejects_comeOut() {
    Chaos chaos = slow(200);
    resilience.chaos().start(HOUR);
    CompletableFuture<String> failed = chaos.callAsync(() -> {
      throw new IllegalStateException("own");
    });
    Pipeline rejecting = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(chaos)
        .build()
        .on(task -> {
          throw new RejectedExecutionException("full");
        });
    CompletableFuture<String> rejected = start(rejecting);
    at(200);
    assertThatThrownBy(failed::join).hasRootCauseMessage("own");
    assertThatThrownBy(rejected::join).hasRootCauseMessage("full");
  }

  /** However a delay ends, nothing of it stays. */
  @Test
  @Tag("CH-05")
  @Tag("CH-08")
  void delayThatIsOver_isForgotten() throws Exception {
    Chaos chaos = slow(200);
    ChaosSwitch control = (ChaosSwitch) resilience.chaos();
    control.start(HOUR);
    Caller caller = new Caller(() -> chaos.call(this::body));
    time.awaitSleepers(1);
    CompletableFuture<String> call = start(chaos);
    start(chaos).cancel(true);
    assertThat(control.delays()).as("without the cancelled one").isEqualTo(2);
    at(200);
    assertThat(caller.result()).isEqualTo("result");
    assertThat(call).isCompletedWithValue("result");
    assertThat(control.delays()).isZero();
    assertThat(resilience.status().timer().fired()).as("entries of the timer").isEqualTo(1);
    call = start(chaos);
    control.stop();
    time.runPending();
    assertThat(call).isCompletedWithValue("result");
    assertThat(control.delays()).isZero();
  }

  @Test
  @Tag("CH-10")
  void stop_endsDelays_andTheirBodiesRun() throws Exception {
    Chaos chaos = slow(60_000);
    resilience.chaos().start(HOUR);
    Caller caller = new Caller(() -> chaos.call(this::body));
    CompletableFuture<String> call = start(chaos);
    time.awaitSleepers(1);
    resilience.chaos().stop();
    assertThat(caller.result()).isEqualTo("result");
    time.runPending();
    assertThat(call).isCompletedWithValue("result");
    assertThat(bodies).hasValue(2);
    assertThat(chaos.totals().delayed()).isEqualTo(2);
    assertThat(chaos.call(this::body)).isEqualTo("result");
  }

  @Test
  @Tag("CH-10")
  void endByItself_endsDelays() throws Exception {
    Chaos chaos = slow(60_000);
    resilience.chaos().start(Duration.ofSeconds(10));
    Caller caller = new Caller(() -> chaos.call(this::body));
    CompletableFuture<String> call = start(chaos);
    time.awaitSleepers(1);
    time.advance(Duration.ofSeconds(11));
    assertThat(caller.result()).isEqualTo("result");
    assertThat(call).isCompletedWithValue("result");
  }

  @Test
  @Tag("CH-10")
  void injectionThatWasDrawnBeforeStop_doesNotBegin() {
    Chaos chaos = chaos(c -> c.fail(50, () -> {
          // Between the draw and the beginning of the injection.
          resilience.chaos().stop();
          return new IllegalStateException("chaos");
        })
        .delay(50, millis(100), millis(100))
        .onlyIf(context -> {
          resilience.chaos().stop();
          return true;
        }));
    for (int i = 0; i < 20; i++) {
      resilience.chaos().start(HOUR);
      assertThat(chaos.call(this::body)).isEqualTo("result");
      resilience.chaos().start(HOUR);
      assertThat(start(chaos)).isCompletedWithValue("result");
    }
    assertThat(chaos.totals().calls()).isEqualTo(40);
    assertThat(chaos.totals().injections()).isZero();
  }

  @Test
  @Tag("CH-10")
  void closingTheRuntime_endsDelays() throws Exception {
    Chaos chaos = slow(60_000);
    resilience.chaos().start(HOUR);
    Caller caller = new Caller(() -> chaos.call(this::body));
    CompletableFuture<String> call = start(chaos);
    time.awaitSleepers(1);
    resilience.close();
    assertThat(caller.result()).isEqualTo("result");
    time.runPending();
    assertThat(call).isDone();
    if (call.isCompletedExceptionally()) {
      assertThatThrownBy(() -> call.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(ResilienceClosedException.class);
    }
  }
}
