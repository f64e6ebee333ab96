package io.aragora.resilience.core.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.retry.RetryEvent.Kind;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each call ends with one event, which says why, and with one count of the same kind. */
class RetryEventsTest extends RetryFixture {
  private final List<RetryEvent> events = new ArrayList<>();

  private Retry heard(RetryConfig.Builder config) {
    Retry retry = resilience.retry("r", config.build());
    retry.subscribe(EnumSet.allOf(Kind.class), events::add);
    return retry;
  }

  /** Fails some times, then succeeds. */
  private Object run(boolean async, Policy policy, int failures, Throwable failure)
      throws Throwable {
    AtomicInteger calls = new AtomicInteger();
    if (!async) {
      return policy.<Object, Throwable>call(() -> {
        if (calls.incrementAndGet() <= failures) {
          throw failure;
        }
        return "good";
      });
    }
    CompletableFuture<Object> future = policy.callAsync(() -> calls.incrementAndGet() <= failures
        ? CompletableFuture.failedFuture(failure)
        : CompletableFuture.completedFuture("good"));
    time.advance(Duration.ofSeconds(30));
    assertThat(future).isDone();
    // Not by join alone, which makes a new exception of a cancellation since JDK 23.
    Throwable[] thrown = new Throwable[1];
    Object value = future
        .handle((good, bad) -> {
          thrown[0] = bad;
          return good;
        })
        .join();
    if (thrown[0] != null) {
      throw thrown[0];
    }
    return value;
  }

  private void failing(boolean async, Policy policy, Throwable failure) {
    assertThatThrownBy(() -> run(async, policy, 99, failure)).isSameAs(failure);
  }

  private List<Kind> kinds() {
    time.runPending();
    return events.stream().map(RetryEvent::kind).toList();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void success_atOnceAndAfterARetry_areKeptApart(boolean async) throws Throwable {
    Retry retry = heard(everySecond(3));
    run(async, retry, 0, new IOException());
    run(async, retry, 2, new IOException("down"));

    assertThat(kinds())
        .containsExactly(
            Kind.SUCCEEDED_AT_ONCE, Kind.RETRY, Kind.RETRY, Kind.SUCCEEDED_AFTER_RETRY);
    assertThat(events).extracting(RetryEvent::attempt).containsExactly(1, 1, 2, 3);
    assertThat(events).extracting(RetryEvent::call).containsExactly(0L, 1L, 1L, 1L);
    assertThat(events.get(3).failure()).isNull();
    assertThat(retry.totals().succeededAtOnce()).isEqualTo(1);
    assertThat(retry.totals().succeededAfterRetry()).isEqualTo(1);
    assertThat(retry.totals().calls()).isEqualTo(2);
    assertThat(retry.totals().gaveUp()).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void gaveUp_saysWhy(boolean async) {
    Retry attempts = heard(everySecond(2));
    failing(async, attempts, new IOException());
    assertThat(kinds()).containsExactly(Kind.RETRY, Kind.EXHAUSTED);
    assertThat(attempts.totals().exhausted()).isEqualTo(1);

    check(async, everySecond(9).maxDuration(Duration.ofMillis(10)), Kind.OUT_OF_TIME);
    check(
        async,
        everySecond(9)
            .budget(resilience.retryBudget("none", c -> c.capacity(1).ratio(0).perSecond(0))),
        Kind.RETRY,
        Kind.OUT_OF_BUDGET);
    check(async, everySecond(9).abortOn(IOException.class), Kind.ABORTED);
    check(async, everySecond(9).retryOn(FileNotFoundException.class), Kind.NOT_RETRIED);
    check(
        async,
        everySecond(9).backoff(Backoff.custom(n -> {
          throw new IllegalStateException("no delay");
        })),
        Kind.BACKOFF_STOPPED);
  }

  private void check(boolean async, RetryConfig.Builder config, Kind... expected) {
    events.clear();
    Kind end = expected[expected.length - 1];
    Retry retry = resilience.retry(end.name(), config.build());
    retry.subscribe(events::add);
    failing(async, retry, new IOException());
    assertThat(kinds()).containsExactly(expected);
    assertThat(retry.totals().count(end)).isEqualTo(1);
    assertThat(retry.totals().calls()).isEqualTo(1);
    assertThat(retry.totals().gaveUp()).isEqualTo(end.isGivenUp() ? 1 : 0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("an attempt that a breaker rejected, or would reject, is neither exhausted nor "
      + "not retried")
  void rejection_isAKindOfItsOwn(boolean async) {
    Retry retry = heard(everySecond(9));
    CircuitBreaker breaker = resilience.circuitBreaker("b", c -> c.failureThreshold(2));
    Pipeline pipeline =
        resilience.unregistered().pipelineBuilder("p").add(retry).add(breaker).build();
    failing(async, pipeline, new IOException());
    assertThatThrownBy(() -> run(async, pipeline, 9, new IOException()))
        .isInstanceOf(CallNotPermittedException.class);

    assertThat(kinds()).containsExactly(Kind.RETRY, Kind.REJECTED, Kind.REJECTED);
    assertThat(events).extracting(RetryEvent::call).containsExactly(1L, 1L, 2L);
    assertThat(events.get(2).failure()).isInstanceOf(CallNotPermittedException.class);
    assertThat(retry.totals().rejected()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void rejectedResult_isInTheEvents(boolean async) throws Throwable {
    Retry retry = heard(everySecond(2).retryResultIf("good"::equals));
    assertThat(run(async, retry, 0, new IOException())).isEqualTo("good");

    assertThat(kinds()).containsExactly(Kind.RETRY, Kind.EXHAUSTED);
    assertThat(events).extracting(RetryEvent::result).containsOnly("good");
    assertThat(events).extracting(RetryEvent::failure).containsOnly((Throwable) null);
    assertThat(events.get(0).toString()).doesNotContain("good").endsWith("call=1]");
  }

  @Test
  void stoppedCalls_areCounted() {
    Retry retry = heard(everySecond(9));
    failing(false, retry, new CancellationException());
    failing(true, retry, new CancellationException());
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> run(false, retry, 9, new IOException()));
    assertThat(Thread.interrupted()).isTrue();

    assertThat(kinds()).containsExactly(Kind.STOPPED, Kind.STOPPED, Kind.RETRY, Kind.STOPPED);
    assertThat(retry.totals().count(Kind.STOPPED)).isEqualTo(3);
    assertThat(retry.totals().notRetried()).isZero();
    assertThat(retry.totals().calls()).isEqualTo(3);
  }

  @Test
  void asynchronousCall_endedFromOutside_isStopped_orOutOfTime() {
    ManualTime still = ManualTime.create();
    try (Resilience runtime = Resilience.builder().timeSource(still).build()) {
      Retry retry = runtime.retry("r", everySecond(9).build());
      retry.subscribe(events::add);
      CompletableFuture<String> running = retry.callAsync(CompletableFuture::new);
      running.cancel(true);
      CompletableFuture<String> waiting =
          retry.callAsync(() -> CompletableFuture.failedFuture(new IOException()));
      waiting.cancel(true);
      Timeout timeout = runtime.timeout("t", Duration.ofSeconds(5));
      CompletableFuture<String> late = runtime
          .unregistered()
          .pipelineBuilder("p")
          .add(timeout)
          .add(retry)
          .build()
          .callAsync(CompletableFuture::new);
      still.advance(Duration.ofSeconds(6));
      assertThat(late).isCompletedExceptionally();
      still.runPending();

      assertThat(events)
          .extracting(RetryEvent::kind)
          .containsExactly(Kind.STOPPED, Kind.RETRY, Kind.STOPPED, Kind.OUT_OF_TIME);
      assertThat(events).extracting(RetryEvent::call).containsExactly(0L, 1L, 1L, 0L);
      assertThat(retry.totals().calls()).isEqualTo(3);
    }
  }

  @Test
  @DisplayName("a synchronous call whose enclosing deadline has passed is out of time")
  void deadlinePassed_isOutOfTime() {
    Retry retry = heard(everySecond(9));
    Timeout timeout = resilience.timeout("t", Duration.ofSeconds(5));
    Pipeline pipeline =
        resilience.unregistered().pipelineBuilder("p").add(timeout).add(retry).build();
    assertThatThrownBy(() -> pipeline.<@Nullable Object, IOException>call(() -> {
      time.advance(Duration.ofSeconds(6));
      throw new IOException("late");
    }));
    assertThat(kinds()).containsExactly(Kind.OUT_OF_TIME);
    assertThat(retry.totals().outOfTime()).isEqualTo(1);
  }

  @Test
  void subscription_toKinds_receivesThese_untilItIsClosed() throws Throwable {
    Retry retry = resilience.retry("r", everySecond(2).build());
    List<Kind> some = new ArrayList<>();
    List<Kind> decisions = new ArrayList<>();
    Subscription subscription =
        retry.subscribe(Set.of(Kind.SUCCEEDED_AT_ONCE), event -> some.add(event.kind()));
    retry.subscribe(event -> decisions.add(event.kind()));
    run(false, retry, 0, new IOException());
    run(false, retry, 1, new IOException());
    time.runPending();
    subscription.close();
    run(false, retry, 0, new IOException());
    time.runPending();

    assertThat(some).containsExactly(Kind.SUCCEEDED_AT_ONCE);
    assertThat(decisions).containsExactly(Kind.RETRY, Kind.SUCCEEDED_AFTER_RETRY);
    assertThat(retry.totals().succeededAtOnce()).isEqualTo(2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> retry.subscribe(Set.of(), event -> {}))
        .withMessageStartingWith("kinds must name at least one");
  }

  @Test
  void totals_asText_nameEveryKind() {
    Retry retry = heard(everySecond(2));
    failing(false, retry, new IOException());
    assertThat(retry.totals())
        .hasToString("RetryTotals[retry=1, succeeded_at_once=0, succeeded_after_retry=0,"
            + " exhausted=1, out_of_time=0, out_of_budget=0, rejected=0, backoff_stopped=0,"
            + " stood_down=0, aborted=0, not_retried=0, stopped=0]");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void stopsOfTheBody_areRetriedIfTheConfigSaysSo(boolean async) throws Throwable {
    Retry retry =
        heard(everySecond(2).retryIf(failure -> true).retryInterrupted(true).retryCancelled(true));
    assertThat(run(async, retry, 1, new CancellationException())).isEqualTo("good");
    assertThat(run(async, retry, 1, new InterruptedException())).isEqualTo("good");
    failing(async, retry, new IllegalStateException(new InterruptedException()));
    assertThat(retry.totals().succeededAfterRetry()).isEqualTo(2);
    assertThat(retry.totals().exhausted()).isEqualTo(1);

    Retry types = resilience.retry(
        "types", everySecond(2).retryInterrupted(true).retryCancelled(true).build());
    failing(async, types, new CancellationException());
    assertThat(types.totals().notRetried()).as("retryIf still decides").isEqualTo(1);
  }

  @Test
  void stopOfTheCaller_isNeverRetried() {
    Retry retry =
        heard(everySecond(3).retryIf(failure -> true).retryInterrupted(true).retryCancelled(true));
    Thread.currentThread().interrupt();
    InterruptedException flagged = new InterruptedException();
    failing(false, retry, flagged);
    assertThat(Thread.interrupted()).isTrue();
    CompletableFuture<String> call = retry.callAsync(CompletableFuture::new);
    call.cancel(true);

    assertThat(kinds()).containsExactly(Kind.STOPPED, Kind.STOPPED);
  }

  @Test
  @DisplayName("a subscription that ends while the config changes leaves the new config")
  @org.junit.jupiter.api.Timeout(60)
  @SuppressWarnings("ThreadPriorityCheck") // waits for a state of the thread that nothing announces
  void close_configIsSetMeanwhile_keepsIt() throws Exception {
    CoreRetry retry = (CoreRetry) resilience.retry("r", everySecond(2).build());
    Subscription subscription = retry.subscribe(EnumSet.of(Kind.SUCCEEDED_AT_ONCE), event -> {});
    Thread closing = new Thread(subscription::close);
    synchronized (retry) {
      closing.start();
      while (closing.getState() != Thread.State.BLOCKED) {
        Thread.yield();
      }
      retry.configure(everySecond(7).build());
    }
    closing.join();

    assertThat(retry.config().maxAttempts()).isEqualTo(7);
  }
}
