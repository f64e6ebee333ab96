package io.aragora.resilience.core.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.reference.RetryPresets;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryAfter;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The cases of the reference and the defects of peers; most of them synchronously and
 * asynchronously.
 */
class RetryReferenceTest {
  private final ManualTime time = ManualTime.create().autoAdvance(true).fixedRandom(0.5);
  private final Resilience resilience =
      Resilience.builder().timeSource(time).name("test").build();
  private final AtomicInteger calls = new AtomicInteger();
  private final List<RetryEvent> events = new ArrayList<>();
  private long began;

  @AfterEach
  void close() {
    resilience.close();
  }

  private static RetryConfig.Builder everySecond(int attempts) {
    return RetryConfig.builder()
        .maxAttempts(attempts)
        .backoff(Backoff.constant(Duration.ofSeconds(1)).withJitter(Jitter.NONE));
  }

  private Retry retry(RetryConfig.Builder config) {
    Retry retry =
        resilience.retry("retry " + resilience.policies().retries().size(), config.build());
    retry.subscribe(events::add);
    return retry;
  }

  /** Fails a given number of times, then succeeds. */
  private <X extends Exception> CheckedSupplier<Integer, X> failing(
      int times, Supplier<? extends X> failure) {
    return () -> {
      if (calls.incrementAndGet() <= times) {
        throw failure.get();
      }
      return calls.get();
    };
  }

  /**
   * Runs a body synchronously or asynchronously, and throws its failure; {@link #waited} has the
   * duration.
   */
  private <X extends Exception> Integer run(
      boolean async, io.aragora.resilience.policy.Policy policy, CheckedSupplier<Integer, X> body)
      throws Exception {
    began = time.nanoTime();
    if (!async) {
      return policy.<Integer, Exception>call(body::get);
    }
    CompletableFuture<Integer> future = policy.callAsync(() -> {
      try {
        return CompletableFuture.completedFuture(body.get());
      } catch (Exception e) {
        return CompletableFuture.failedFuture(e);
      }
    });
    while (!future.isDone()) {
      time.advance(Duration.ofMillis(100));
    }
    try {
      return future.join();
    } catch (java.util.concurrent.CompletionException e) {
      throw (Exception) e.getCause();
    }
  }

  private Duration waited() {
    return Duration.ofNanos(time.nanoTime() - began);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("RT-21")
  @Tag("R10")
  @DisplayName("a call that succeeds at once does not wait")
  void call_succeedsAtOnce_doesNotWait(boolean async) throws Exception {
    Retry retry = retry(everySecond(3));
    assertThat(run(async, retry, failing(0, IOException::new))).isEqualTo(1);
    assertThat(waited()).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("RT-21")
  @DisplayName("a call that fails twice succeeds at the third attempt")
  void call_failsTwice_succeedsAtTheThirdAttempt(boolean async) throws Exception {
    Retry retry = retry(everySecond(3));
    assertThat(run(async, retry, failing(2, IOException::new))).isEqualTo(3);
    assertThat(waited()).isBetween(Duration.ofSeconds(2), Duration.ofMillis(2_100));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("RT-21")
  @Tag("R10")
  @DisplayName("a call that always fails throws its last failure, also if that is checked")
  void call_failsAlways_throwsTheLastFailure(boolean async) {
    Retry retry = retry(everySecond(3));
    List<IOException> thrown = new ArrayList<>();
    assertThatThrownBy(() -> run(async, retry, failing(9, () -> {
          thrown.add(new IOException("no " + thrown.size()));
          return thrown.get(thrown.size() - 1);
        })))
        .isSameAs(thrown.get(2));
    assertThat(calls).hasValue(3);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("RT-21")
  @DisplayName("a failure that is not transient is not retried")
  void call_permanentFailure_isNotRetried(boolean async) {
    Retry retry = retry(everySecond(3));
    assertThatThrownBy(() -> run(async, retry, failing(9, IllegalArgumentException::new)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(calls).hasValue(1);
    assertThat(waited()).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("RT-11")
  @Tag("RT-25")
  @Tag("RT-28")
  @Tag("fault-35")
  @DisplayName("a predicate that is always false prevents every retry")
  void predicate_false_preventsEveryRetry(boolean async) {
    Retry never = retry(everySecond(3).retryIf(e -> false));
    assertThatThrownBy(() -> run(async, never, failing(9, IOException::new)))
        .isInstanceOf(IOException.class);
    assertThat(calls).hasValue(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("RT-25")
  @DisplayName("the predicate of a preset retries rate limits")
  void predicate_ofAPreset_retriesRateLimits(boolean async) throws Exception {
    Retry rateLimits = retry(RetryPresets.named("openai").toBuilder());
    assertThat(run(async, rateLimits, failing(1, () -> new Exception("429 rate limit"))))
        .isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("RT-28")
  @DisplayName("the predicate judges each failure by itself")
  void predicate_judgesEachFailure(boolean async) {
    Retry some = retry(everySecond(3).retryIf(IllegalArgumentException.class::isInstance));
    assertThatThrownBy(() -> run(async, some, () -> {
          throw calls.incrementAndGet() == 1
              ? new IllegalArgumentException()
              : new IllegalStateException("second");
        }))
        .hasMessage("second");
    assertThat(calls).hasValue(2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void abortIf_winsOverRetryIf_andOneThatThrowsAborts(boolean async) {
    Retry retry =
        retry(everySecond(3).retryIf(e -> true).abortIf(e -> e.getMessage().equals("fatal")));
    assertThatThrownBy(() -> run(async, retry, failing(9, () -> new IOException("fatal"))))
        .hasMessage("fatal");
    assertThat(calls).hasValue(1);
    assertThatThrownBy(() -> run(async, retry, failing(9, IOException::new)))
        .as("the predicate meets a null message")
        .isInstanceOf(IOException.class);
    assertThat(calls).hasValue(2);
    assertThat(retry.totals().aborted()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("RT-23")
  @DisplayName("each retry is an event with attempt, failure and delay")
  void retry_isAnEvent(boolean async) {
    Retry retry = retry(RetryConfig.builder()
        .maxAttempts(5)
        .backoff(Backoff.linear(Duration.ofMillis(500)).withJitter(Jitter.NONE)));
    IOException failure = new IOException("down");
    assertThatThrownBy(() -> run(async, retry, failing(9, () -> failure))).isSameAs(failure);
    time.runPending();
    assertThat(events)
        .extracting(RetryEvent::kind, RetryEvent::attempt, e -> e.delay().toMillis())
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(RetryEvent.Kind.RETRY, 1, 500L),
            org.assertj.core.groups.Tuple.tuple(RetryEvent.Kind.RETRY, 2, 1000L),
            org.assertj.core.groups.Tuple.tuple(RetryEvent.Kind.RETRY, 3, 1500L),
            org.assertj.core.groups.Tuple.tuple(RetryEvent.Kind.RETRY, 4, 2000L),
            org.assertj.core.groups.Tuple.tuple(RetryEvent.Kind.EXHAUSTED, 5, 0L));
    assertThat(events).extracting(RetryEvent::failure).containsOnly(failure);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("RT-32")
  @Tag("fault-41")
  @DisplayName(
      "a listener that throws affects neither the call, nor its breaker, nor other listeners")
  void listener_throws_affectsNothing(boolean async) throws Exception {
    CircuitBreaker breaker = resilience.circuitBreaker("b");
    Retry retry = resilience.retry("r", everySecond(3).build());
    retry.subscribe(event -> {
      throw new IllegalStateException("listener");
    });
    retry.subscribe(events::add);
    Pipeline pipeline =
        resilience.unregistered().pipelineBuilder("p").add(breaker).add(retry).build();
    assertThat(run(async, pipeline, failing(2, IOException::new))).isEqualTo(3);
    time.runPending();
    assertThat(events).hasSize(3);
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("RT-12")
  @Tag("RT-22")
  @Tag("RT-27")
  @Tag("RT-33")
  @Tag("fault-42")
  @DisplayName("a breaker around a retry counts one outcome per call")
  void breakerAround_countsOneOutcomePerCall(boolean async) throws Exception {
    CircuitBreaker breaker = resilience.circuitBreaker("b");
    Retry retry = retry(RetryPresets.named("memory").toBuilder());
    Pipeline pipeline =
        resilience.unregistered().pipelineBuilder("p").add(breaker).add(retry).build();
    assertThat(run(async, pipeline, failing(1, IOException::new))).isEqualTo(2);
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(1);
    assertThat(breaker.snapshot().totals().failures()).isZero();
    calls.set(0);
    assertThatThrownBy(() -> run(async, pipeline, failing(9, IOException::new)))
        .isInstanceOf(IOException.class);
    assertThat(calls).hasValue(4);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("RT-22")
  @Tag("fault-42")
  @DisplayName("an open breaker around a retry rejects before the first attempt")
  void breakerAround_open_rejectsBeforeTheRetry(boolean async) throws Exception {
    CircuitBreaker breaker = resilience.circuitBreaker("b");
    Retry retry = retry(RetryPresets.named("memory").toBuilder());
    Pipeline pipeline =
        resilience.unregistered().pipelineBuilder("p").add(breaker).add(retry).build();
    breaker.forceOpen();
    assertThatThrownBy(() -> run(async, pipeline, failing(0, IOException::new)))
        .isInstanceOf(CallNotPermittedException.class);
    assertThat(calls).hasValue(0);
    breaker.reset();
    assertThat(run(async, pipeline, failing(0, IOException::new))).isEqualTo(1);
    assertThat(run(async, retry, failing(0, IOException::new)))
        .as("without a breaker")
        .isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("RT-30")
  @Tag("fault-36")
  @DisplayName("a failure that is not retried need not be a breaker's failure: each has its own "
      + "predicate")
  void callerErrors_haveTheirOwnPredicates(boolean async) {
    CircuitBreaker breaker = resilience.circuitBreaker(
        "b",
        CircuitBreakerConfig.builder()
            .ignoreIf(IllegalArgumentException.class::isInstance)
            .build());
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(retry(everySecond(3)))
        .add(breaker)
        .build();
    assertThatThrownBy(() -> run(async, pipeline, failing(9, IllegalArgumentException::new)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(calls).hasValue(1);
    assertThat(breaker.snapshot().totals().failures()).isZero();
    assertThat(breaker.snapshot().totals().ignored()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("RT-20")
  @Tag("fault-42")
  @DisplayName("the rejection names the breaker and the remaining time")
  void rejection_namesBreakerAndRemainingTime(boolean async) {
    CircuitBreaker breaker = resilience.circuitBreaker(
        "prices", CircuitBreakerConfig.builder().failureThreshold(1).build());
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(breaker)
        .add(retry(everySecond(1)))
        .build();
    assertThatThrownBy(() -> run(async, pipeline, failing(9, IOException::new)))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> run(async, pipeline, failing(0, IOException::new)))
        .isInstanceOfSatisfying(CallNotPermittedException.class, rejected -> {
          assertThat(rejected).hasMessageContaining("prices");
          assertThat(rejected.remainingCooldown())
              .isBetween(Duration.ofSeconds(58), Duration.ofSeconds(60));
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("R11")
  @Tag("fault-42")
  @DisplayName(
      "there is no wait for an attempt that an inner breaker, opened by the last one, would "
          + "certainly reject")
  void openBreakerInside_noWaitInVain(boolean async) {
    CircuitBreaker breaker = resilience.circuitBreaker(
        "b", CircuitBreakerConfig.builder().failureThreshold(2).build());
    Retry retry = retry(everySecond(5));
    Pipeline pipeline =
        resilience.unregistered().pipelineBuilder("p").add(retry).add(breaker).build();
    assertThatThrownBy(() -> run(async, pipeline, failing(9, () -> new IOException("down"))))
        .hasMessage("down");
    assertThat(calls).hasValue(2);
    assertThat(waited()).isBetween(Duration.ofSeconds(1), Duration.ofMillis(1_100));
    assertThat(retry.totals().rejected()).isEqualTo(1);
    assertThat(breaker.snapshot().totals().rejected()).isZero();
  }

  @Test
  void openBreakerInside_thatIsReadyToProbeByThen_isTried() throws Exception {
    CircuitBreaker breaker = resilience.circuitBreaker(
        "b",
        CircuitBreakerConfig.builder()
            .failureThreshold(1)
            .cooldown(Duration.ofSeconds(5))
            .build());
    Retry retry = retry(RetryConfig.builder()
        .backoff(Backoff.constant(Duration.ofSeconds(6)).withJitter(Jitter.NONE)));
    Pipeline pipeline =
        resilience.unregistered().pipelineBuilder("p").add(retry).add(breaker).build();
    assertThat(run(false, pipeline, failing(1, IOException::new))).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("R11")
  @DisplayName("there is no wait for an attempt that an enclosing deadline leaves no time for; the "
      + "event says so")
  void deadlineAround_noWaitInVain(boolean async) {
    Timeout timeout = resilience.timeout("t", Duration.ofMillis(2_500));
    Retry retry = retry(everySecond(9));
    Pipeline pipeline =
        resilience.unregistered().pipelineBuilder("p").add(timeout).add(retry).build();
    assertThatThrownBy(() -> run(async, pipeline, failing(9, () -> new IOException("down"))))
        .hasMessage("down");
    assertThat(calls).hasValue(3);
    assertThat(waited()).isBetween(Duration.ofSeconds(2), Duration.ofMillis(2_200));
    time.runPending();
    assertThat(events.get(events.size() - 1).kind()).isEqualTo(RetryEvent.Kind.OUT_OF_TIME);
    assertThat(timeout.totals().fired()).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("RT-26")
  @Tag("F5")
  @DisplayName("a thousand waits of 0.9 ms take 0.9 s at least, not none")
  void delays_belowAMillisecond_areKept(boolean async) throws Exception {
    Retry retry = retry(RetryConfig.builder()
        .maxAttempts(1_001)
        .backoff(Backoff.constant(Duration.ofNanos(900_000)).withJitter(Jitter.NONE)));
    assertThat(run(async, retry, failing(1_000, IOException::new))).isEqualTo(1_001);
    assertThat(waited()).isGreaterThanOrEqualTo(Duration.ofMillis(900));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("S1")
  @DisplayName("with a cap of ten seconds, attempts 57 to 68 wait that long, too")
  void delays_manyAttempts_stayAtTheCap(boolean async) throws Exception {
    Retry retry = retry(RetryConfig.builder()
        .maxAttempts(71)
        .backoff(Backoff.exponential(Duration.ofSeconds(1))
            .cappedAt(Duration.ofSeconds(10))
            .withJitter(Jitter.NONE)));
    assertThat(run(async, retry, failing(70, IOException::new))).isEqualTo(71);
    assertThat(waited())
        .isBetween(Duration.ofSeconds(1 + 2 + 4 + 8 + 66 * 10), Duration.ofSeconds(15 + 668));
    time.runPending();
    assertThat(events)
        .filteredOn(e -> e.kind() == RetryEvent.Kind.RETRY && e.attempt() > 4)
        .hasSize(66)
        .allMatch(e -> e.delay().toSeconds() == 10);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("R15")
  @DisplayName(
      "a custom strategy that returns a negative delay does not end the call with an internal "
          + "error")
  void delay_negative_isNoInternalError(boolean async) throws Exception {
    Retry retry = retry(RetryConfig.builder()
        .backoff(Backoff.custom(n -> -5))
        .retryResultIf(result -> Integer.valueOf(1).equals(result)));
    assertThat(run(async, retry, failing(0, IOException::new))).isEqualTo(2);
    Retry never =
        retry(RetryConfig.builder().backoff(Backoff.custom(n -> -5)).retryResultIf(r -> true));
    calls.set(0);
    assertThat(run(async, never, failing(0, IOException::new))).isEqualTo(3);
  }

  private static final class Busy extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient RetryAfter retryAfter;

    Busy(RetryAfter retryAfter) {
      super("busy");
      this.retryAfter = retryAfter;
    }
  }

  private Retry heeding(Duration cap) {
    Function<Throwable, RetryAfter> reader = e -> e instanceof Busy busy ? busy.retryAfter : null;
    return retry(RetryConfig.builder()
        .backoff(
            Backoff.constant(Duration.ofMillis(100)).withJitter(Jitter.NONE).cappedAt(cap))
        .retryAfter(reader));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("fault-38")
  @Tag("fault-48")
  @Tag("HT-17")
  @Tag("HT-25")
  @DisplayName("the wait is the delay that the failure requests")
  void retryAfter_delay_isWaitedFor(boolean async) throws Exception {
    Retry retry = heeding(Duration.ofSeconds(30));
    RetryAfter ten = RetryAfter.of(Duration.ofSeconds(10));
    assertThat(run(async, retry, failing(1, () -> new Busy(ten)))).isEqualTo(2);
    assertThat(waited()).isBetween(Duration.ofSeconds(10), Duration.ofMillis(10_100));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("HT-17")
  @DisplayName("the wait ends at the time that the failure requests")
  void retryAfter_time_isWaitedFor(boolean async) throws Exception {
    Retry retry = heeding(Duration.ofSeconds(30));
    Instant at = time.wallTime().plusSeconds(7);
    assertThat(run(async, retry, failing(1, () -> new Busy(RetryAfter.at(at))))).isEqualTo(2);
    assertThat(waited()).isBetween(Duration.ofSeconds(7), Duration.ofMillis(7_100));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("fault-48")
  @Tag("HT-25")
  @DisplayName("a requested delay is capped")
  void retryAfter_tooLong_isCapped(boolean async) throws Exception {
    Retry retry = heeding(Duration.ofSeconds(30));
    RetryAfter month = RetryAfter.of(Duration.ofDays(30));
    assertThat(run(async, retry, failing(1, () -> new Busy(month)))).isEqualTo(2);
    assertThat(waited()).isBetween(Duration.ofSeconds(30), Duration.ofMillis(30_100));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("HT-25")
  @DisplayName("the wait is never shorter than the backoff")
  void retryAfter_shorterThanTheBackoff_waitsForTheBackoff(boolean async) throws Exception {
    Retry retry = heeding(Duration.ofSeconds(30));
    RetryAfter now = RetryAfter.of(Duration.ZERO);
    assertThat(run(async, retry, failing(1, () -> new Busy(now)))).isEqualTo(2);
    assertThat(waited()).isBetween(Duration.ofMillis(100), Duration.ofMillis(200));
    calls.set(0);
    assertThat(run(async, retry, failing(1, IOException::new))).isEqualTo(2);
    assertThat(waited()).isBetween(Duration.ofMillis(100), Duration.ofMillis(200));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void retryAfter_ofAResult_andAReaderThatThrows(boolean async) throws Exception {
    Retry retry = retry(everySecond(2)
        .retryResultIf(result -> Integer.valueOf(1).equals(result))
        .retryAfterResult(result -> RetryAfter.of(Duration.ofSeconds(5))));
    assertThat(run(async, retry, failing(0, IOException::new))).isEqualTo(2);
    assertThat(waited()).isBetween(Duration.ofSeconds(5), Duration.ofMillis(5_100));
    calls.set(0);
    Retry broken = retry(everySecond(2).retryAfter(failure -> {
      throw new IllegalStateException("reader");
    }));
    assertThat(run(async, broken, failing(1, IOException::new))).isEqualTo(2);
    assertThat(waited()).isBetween(Duration.ofSeconds(1), Duration.ofMillis(1_100));
  }

  @Test
  @Tag("RT-24")
  @DisplayName("a decorated function takes its arguments, and runs again each time")
  void decorated_takesArguments_andRunsAgain() throws Exception {
    Retry retry = retry(everySecond(2));
    Supplier<String> supplier = retry.decorateSupplier(() -> {
      if (calls.incrementAndGet() % 2 == 1) {
        throw new java.io.UncheckedIOException(new IOException("once"));
      }
      return "value " + calls.get();
    });
    assertThat(supplier.get()).isEqualTo("value 2");
    assertThat(supplier.get()).isEqualTo("value 4");
    assertThat(retry
            .<String, String, RuntimeException>decorateFunction(name -> "hello " + name)
            .apply("you"))
        .isEqualTo("hello you");
    assertThat(retry.name()).isEqualTo("retry 0");
  }

  @Test
  @Tag("RT-31")
  @Tag("fault-43")
  @DisplayName("a missing file is not looked for again")
  void missingFile_isNotRetried() {
    Retry retry = retry(everySecond(3));
    assertThatThrownBy(() -> run(false, retry, failing(9, FileNotFoundException::new)))
        .isInstanceOf(FileNotFoundException.class);
    assertThat(calls).hasValue(1);
  }

  @Test
  @Tag("fault-45")
  @DisplayName(
      "a body can read attempt, last failure and elapsed time; a deadline bounds all attempts")
  void body_readsAttemptContext() throws Exception {
    List<String> seen = new ArrayList<>();
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(resilience.timeout("t", Duration.ofSeconds(10)))
        .add(retry(everySecond(3)))
        .build();
    pipeline.<Object, Exception>call(() -> {
      var context = io.aragora.resilience.policy.CallContext.current();
      seen.add(context.attempt() + " "
          + context.lastFailure().map(Throwable::getMessage).orElse("-") + " "
          + context.elapsed().toSeconds() + " "
          + context.remaining().orElseThrow().toSeconds());
      if (context.attempt() < 3) {
        throw new IOException("no " + context.attempt());
      }
      return "";
    });
    assertThat(seen).containsExactly("1 - 0 10", "2 no 1 1 9", "3 no 2 2 8");
  }

  @Test
  @Tag("RT-07")
  @DisplayName("with a seeded random source, the schedule of waits is the same each time")
  void schedule_seededRandom_isTheSame() {
    assertThat(schedule(11)).hasSize(5).isEqualTo(schedule(11)).isNotEqualTo(schedule(12));
  }

  private static List<Duration> schedule(long seed) {
    List<Duration> delays = new ArrayList<>();
    ManualTime seeded = ManualTime.seeded(seed).autoAdvance(true);
    try (Resilience runtime =
        Resilience.builder().timeSource(seeded).name("seeded").build()) {
      Retry retry = runtime.retry(
          "r",
          RetryConfig.builder()
              .maxAttempts(6)
              .backoff(Backoff.exponential(Duration.ofMillis(10)).withJitter(Jitter.DECORRELATED))
              .build());
      retry.subscribe(event -> {
        if (event.kind() == RetryEvent.Kind.RETRY) {
          delays.add(event.delay());
        }
      });
      assertThatThrownBy(() -> retry.run(() -> {
            throw new IOException("down");
          }))
          .isInstanceOf(IOException.class);
      seeded.runPending();
    }
    return delays;
  }
}
