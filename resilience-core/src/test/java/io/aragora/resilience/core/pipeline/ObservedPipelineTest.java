package io.aragora.resilience.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.aragora.resilience.CallObserver;
import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.bulkhead.BulkheadFullException;
import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.chaos.ChaosConfig;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.core.persistence.RecordedLog;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.CallRejectedException;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ObservedPipelineTest {
  /** The ways to run a body. */
  enum Way {
    SYNC,
    ASYNC
  }

  private final ManualTime time = ManualTime.create().autoAdvance(true);
  private final Resilience resilience = Resilience.builder()
      .timeSource(time)
      .name("test")
      .property("resilience.chaos.enabled", "true")
      .build();
  private final CircuitBreaker breaker =
      resilience.circuitBreaker("breaker", c -> c.failureThreshold(2));
  private final Retry retry = resilience.retry(
      "retry",
      RetryConfig.builder()
          .maxAttempts(3)
          .abortIf(failure -> failure instanceof IllegalStateException)
          .backoff(Backoff.constant(Duration.ofSeconds(1)).withJitter(Jitter.NONE))
          .build());
  private final Timeout timeout = resilience.timeout("timeout", Duration.ofSeconds(5));
  private final Pipeline plain = resilience
      .unregistered()
      .pipelineBuilder("p")
      .add(retry)
      .add(breaker)
      .add(timeout)
      .build();
  private final List<String> heard = new ArrayList<>();
  private final Pipeline observed = resilience.observed(plain, Listening::new);

  private final class Listening implements CallObserver {
    @Override
    public void onAttempt(String policy, int attempt) {
      heard.add(policy + " attempt " + attempt);
    }

    @Override
    public void onRetry(String policy, int attempt, long delayNanos, @Nullable Throwable failure) {
      heard.add(policy + " retries after " + attempt + " in " + Duration.ofNanos(delayNanos));
    }

    @Override
    public void onGivenUp(String policy, int attempt, RetryEvent.Kind why) {
      heard.add(policy + " gives up after " + attempt + ": " + why);
    }

    @Override
    public void onNotRetried(String policy, int attempt, Throwable failure) {
      heard.add(policy + " does not retry " + failure.getMessage());
    }

    @Override
    public void onRejected(String kind, String policy) {
      heard.add(kind + " " + policy + " rejects");
    }

    @Override
    public void onCounted(String policy, boolean success, long durationNanos) {
      heard.add(policy + (success ? " counts a success" : " counts a failure") + " of "
          + shown(durationNanos));
    }

    @Override
    public void onTimed(String policy, long durationNanos, boolean exceeded) {
      heard.add(policy + (exceeded ? " ends it after " : " times ") + shown(durationNanos));
    }

    @Override
    public void onHedge(String policy, int number) {
      heard.add(policy + " starts " + number);
    }

    @Override
    public void onEnd(End end, int bodies, long durationNanos, @Nullable Throwable failure) {
      heard.add(end + " after " + bodies + " in " + shown(durationNanos)
          + (failure == null ? "" : ": " + failure.getClass().getSimpleName()));
    }
  }

  /** To the tenth of a second, since a timer fires a little later. */
  private static Duration shown(long nanos) {
    return Duration.ofMillis(nanos / 1_000_000 / 100 * 100);
  }

  @AfterEach
  void close() {
    resilience.close();
  }

  private <T> T run(Way way, Policy policy, CheckedSupplier<T, Exception> body) throws Exception {
    if (way == Way.SYNC) {
      return policy.<T, Exception>call(body);
    }
    CompletableFuture<T> future = policy.callAsync(() -> {
      try {
        return CompletableFuture.completedFuture(body.get());
      } catch (Exception e) {
        return CompletableFuture.failedFuture(e);
      }
    });
    for (int i = 0; i < 100 && !future.isDone(); i++) {
      time.advance(Duration.ofMillis(100));
    }
    try {
      return future.join();
    } catch (java.util.concurrent.CompletionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void rejectionsOfLimits_areHeard_andThoseOfABodyAreFailures(Way way) {
    RateLimiter limiter = resilience.rateLimiter(
        "rate", RateLimiterConfig.smooth(1, Duration.ofHours(1)).build());
    limiter.run(() -> {});
    ConcurrencyLimit limit =
        resilience.concurrencyLimit("calls", c -> c.initial(1).least(1).most(1));
    limit.tryAcquirePermit();
    for (Policy full : List.of(limiter, limit)) {
      heard.clear();
      assertThatThrownBy(() -> run(way, resilience.observed(full, Listening::new), () -> "never"))
          .isInstanceOf(CallRejectedException.class);
      assertThat(heard.get(0)).endsWith(" " + full.name() + " rejects");
      assertThat(heard.get(1)).startsWith("REJECTED after 0 in PT0S");

      heard.clear();
      assertThatThrownBy(() -> run(
              way,
              resilience.observed(retry, Listening::new),
              () -> full.<String, Exception>call(() -> "never")))
          .isInstanceOf(CallRejectedException.class);
      assertThat(heard).noneMatch(line -> line.endsWith(" rejects"));
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void rejectionOfABulkhead_isHeard_alsoAfterAWait(Way way) {
    for (Duration maxWait : List.of(Duration.ZERO, Duration.ofMillis(200))) {
      heard.clear();
      Bulkhead bulkhead = resilience
          .unregistered()
          .bulkhead(
              "places",
              BulkheadConfig.builder().maxConcurrentCalls(1).maxWait(maxWait).build());
      bulkhead.tryAcquirePermit();

      assertThatThrownBy(
              () -> run(way, resilience.observed(bulkhead, Listening::new), () -> "never"))
          .isInstanceOf(BulkheadFullException.class);
      assertThat(heard)
          .containsExactly(
              "bulkhead places rejects",
              "REJECTED after 0 in " + maxWait + ": BulkheadFullException");
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void success_isHeardWithItsDuration(Way way) throws Exception {
    String result = run(way, observed, () -> {
      time.advance(Duration.ofMillis(300));
      return "ok";
    });

    assertThat(result).isEqualTo("ok");
    assertThat(heard)
        .containsExactly(
            "retry attempt 1",
            "timeout times PT0.3S",
            "breaker counts a success of PT0.3S",
            "RETURNED after 1 in PT0.3S");
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void retry_isHeardAttemptByAttempt(Way way) throws Exception {
    AtomicInteger calls = new AtomicInteger();

    run(way, observed, () -> {
      if (calls.incrementAndGet() == 1) {
        throw new IOException("once");
      }
      return "ok";
    });

    assertThat(heard)
        .containsExactly(
            "retry attempt 1",
            "timeout times PT0S",
            "breaker counts a failure of PT0S",
            "retry retries after 1 in PT1S",
            "retry attempt 2",
            "timeout times PT0S",
            "breaker counts a success of PT0S",
            "RETURNED after 2 in PT1S");
    assertThat(breaker.snapshot().totals().successes()).isOne();
    assertThat(retry.totals().succeededAfterRetry()).isOne();
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void giveUp_hasItsReason(Way way) {
    assertThatThrownBy(() -> run(way, observed, () -> {
          throw new IOException("down");
        }))
        .isInstanceOf(IOException.class);

    assertThat(heard)
        .contains("breaker counts a failure of PT0S")
        .anyMatch(each -> each.startsWith("retry gives up after 2"))
        .last()
        .asString()
        .startsWith("FAILED after 2 in ");
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void failureThatIsNotRetried_isHeard(Way way) {
    assertThatThrownBy(() -> run(way, observed, () -> {
          throw new IllegalStateException("bug");
        }))
        .isInstanceOf(IllegalStateException.class);

    assertThat(heard)
        .contains("retry does not retry bug")
        .endsWith("FAILED after 1 in PT0S: IllegalStateException");
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void rejection_isHeard_andTheBodyNeverBegan(Way way) {
    breaker.forceOpen();

    assertThatThrownBy(() -> run(way, observed, () -> "never"))
        .isInstanceOf(CallNotPermittedException.class);

    assertThat(heard)
        .containsExactly(
            "retry attempt 1",
            "circuitbreaker breaker rejects",
            "retry does not retry " + heardRejection(),
            "REJECTED after 0 in PT0S: CallNotPermittedException");
  }

  private String heardRejection() {
    return java.util.Objects.requireNonNull(breaker.tryCall(() -> "never").rejection())
        .getMessage();
  }

  @Test
  void rejectionOfAnotherBreakerInTheBody_isAFailure() {
    CircuitBreaker other = resilience.circuitBreaker("other");
    other.forceOpen();

    assertThatThrownBy(() -> observed.call(() -> other.call(() -> "never")))
        .isInstanceOf(CallNotPermittedException.class);

    assertThat(heard)
        .doesNotContain("circuitbreaker breaker rejects")
        .endsWith("FAILED after 1 in PT0S: CallNotPermittedException");
  }

  /** The policy that is observed did admit the call, in a hedged attempt as well. */
  @ParameterizedTest
  @EnumSource(Way.class)
  void rejectionOfAnotherBulkheadInTheBody_isAFailure(Way way) {
    Bulkhead full = resilience.bulkhead("full", BulkheadConfig.of(1));
    full.tryAcquirePermit();
    Bulkhead places = resilience.bulkhead("places", BulkheadConfig.of(2));
    Pipeline hedged = resilience
        .unregistered()
        .pipelineBuilder("hedged")
        .add(resilience.hedge(
            "hedge", c -> c.delay(Duration.ofSeconds(5)).hedgeOn(failure -> false)))
        .add(places)
        .build();
    for (Policy policy : List.of(places, hedged)) {
      heard.clear();
      assertThatThrownBy(() -> run(
              way,
              resilience.observed(policy, Listening::new),
              () -> full.<String, Exception>call(() -> "never")))
          .isInstanceOf(BulkheadFullException.class);
      assertThat(heard)
          .as("%s", policy)
          .containsExactly("FAILED after 1 in PT0S: BulkheadFullException");
    }
  }

  /** Also if it is the failure of a policy that rejects calls. */
  @ParameterizedTest
  @EnumSource(Way.class)
  void failureThatChaosInjects_isNoRejection(Way way) {
    Bulkhead full = resilience.bulkhead("full", BulkheadConfig.of(1));
    full.tryAcquirePermit();
    Throwable rejection = catchThrowable(() -> full.run(() -> {}));
    resilience.chaos().start(Duration.ofMinutes(1));
    for (Throwable failure : List.of(new IOException("injected"), rejection)) {
      heard.clear();
      Chaos chaos = resilience
          .unregistered()
          .chaos("chaos", ChaosConfig.builder().fail(100, () -> failure).build());
      assertThatThrownBy(() -> run(way, resilience.observed(chaos, Listening::new), () -> "never"))
          .isSameAs(failure);
      assertThat(heard).noneMatch(line -> line.endsWith(" rejects"));
    }
  }

  @Test
  void timeout_isHeard_synchronously() {
    Pipeline limited = resilience.observed(timeout, Listening::new);

    assertThatThrownBy(() -> limited.call(() -> {
          time.advance(Duration.ofSeconds(6));
          return "late";
        }))
        .isInstanceOf(TimeoutExceededException.class);

    assertThat(heard)
        .containsExactly(
            "timeout ends it after PT6S", "TIMED_OUT after 1 in PT6S: TimeoutExceededException");
    Thread.interrupted();
  }

  @Test
  void timeout_isHeard_asynchronously_beforeTheCallerSeesTheEnd() {
    Pipeline limited = resilience.observed(timeout, Listening::new);
    CompletableFuture<String> future = limited.callAsync(CompletableFuture::new);
    CompletableFuture<List<String>> atEnd = future.handle((value, failure) -> List.copyOf(heard));

    time.advance(Duration.ofMillis(5010));

    assertThat(atEnd)
        .isCompletedWithValue(List.of(
            "timeout ends it after PT5S", "TIMED_OUT after 1 in PT5S: TimeoutExceededException"));
  }

  @Test
  void timeoutWithItsOwnException_isHeardAsTimedOut() {
    Timeout mapped = resilience.timeout(
        "mapped",
        c -> c.limit(Duration.ofSeconds(1)).mapException(e -> new IllegalStateException("slow")));
    CompletableFuture<String> future =
        resilience.observed(mapped, Listening::new).callAsync(CompletableFuture::new);

    time.advance(Duration.ofMillis(1010));

    assertThat(future).isCompletedExceptionally();
    assertThat(heard).endsWith("TIMED_OUT after 1 in PT1S: IllegalStateException");
  }

  @Test
  void cancelledCall_isHeard_andReachesTheBody() {
    CompletableFuture<String> body = new CompletableFuture<>();
    CompletableFuture<String> future = observed.callAsync(() -> body);

    future.cancel(true);

    assertThat(body).isCancelled();
    assertThat(heard)
        .contains("CANCELLED after 1 in PT0S: CancellationException")
        .doesNotContain("breaker counts a failure of PT0S");
    assertThat(heard.stream().filter(each -> each.contains(" after 1 in "))).hasSize(1);
  }

  @Test
  void bodyThatAnExecutorDoesNotAccept_isRejected() {
    CompletableFuture<String> future = resilience
        .observed(breaker, Listening::new)
        .submit(() -> "never", task -> {
          throw new RejectedExecutionException("full");
        });

    assertThat(future).isCompletedExceptionally();
    assertThat(heard).last().asString().startsWith("REJECTED after 1");
  }

  @Test
  void bodyThatCancelsItself_isCancelled() {
    assertThatThrownBy(() -> observed.call(() -> {
          throw new CancellationException("by the body");
        }))
        .isInstanceOf(CancellationException.class);

    assertThat(heard).last().asString().startsWith("CANCELLED after 1");
  }

  @Test
  void noObserver_leavesTheCallUnobserved() {
    Pipeline sampled = resilience.observed(plain, () -> null);

    assertThat(sampled.call(() -> "ok")).isEqualTo("ok");
    assertThat(sampled.callAsync(() -> CompletableFuture.completedFuture("ok")))
        .isCompletedWithValue("ok");
    assertThat(retry.totals().succeededAtOnce()).isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void observerThatThrows_neverReachesTheCall(Way way) throws Exception {
    CallObserver broken = (CallObserver) java.lang.reflect.Proxy.newProxyInstance(
        getClass().getClassLoader(), new Class<?>[] {CallObserver.class}, (p, m, a) -> {
          throw new AssertionError(m.getName());
        });
    AtomicInteger calls = new AtomicInteger();
    String once = "WARNING an observer of the calls of 'p' failed; the calls are not affected"
        + " (logged once)";

    try (RecordedLog log = RecordedLog.of(CallObserver.class)) {
      String result = run(way, resilience.observed(plain, () -> broken), () -> {
        if (calls.incrementAndGet() == 1) {
          throw new IOException("once");
        }
        return "ok";
      });
      assertThat(result).isEqualTo("ok");
      assertThat(log.messages()).containsExactly(once);
    }
    try (RecordedLog log = RecordedLog.of(CallObserver.class)) {
      assertThat(run(
              way,
              resilience.observed(plain, () -> {
                throw new AssertionError("no observer");
              }),
              () -> "ok"))
          .isEqualTo("ok");
      assertThat(log.messages()).containsExactly(once);
    }
  }

  @Test
  void policyOfTheApplication_isObservedFromOutside() {
    Policy foreign = new Policy() {
      @Override
      public String name() {
        return "foreign";
      }

      @Override
      public <T extends @Nullable Object, X extends Throwable> T call(
          CheckedSupplier<? extends T, X> body) throws X {
        return body.get();
      }

      @Override
      public <T extends @Nullable Object> CompletableFuture<T> callAsync(
          Supplier<? extends CompletionStage<T>> body) {
        return body.get().toCompletableFuture();
      }
    };
    Pipeline around = resilience
        .unregistered()
        .pipelineBuilder("around")
        .add(retry)
        .add(foreign)
        .add(breaker)
        .build();

    resilience.observed(around, Listening::new).run(() -> {});
    resilience
        .observed(around, Listening::new)
        .callAsync(() -> CompletableFuture.completedFuture("ok"))
        .join();

    List<String> once =
        List.of("retry attempt 1", "breaker counts a success of PT0S", "RETURNED after 1 in PT0S");
    assertThat(heard.subList(0, 3)).isEqualTo(once);
    assertThat(heard.subList(3, 6)).isEqualTo(once);
  }

  @Test
  void observedPipeline_takesAFallback_andAPlaceInAnother() {
    breaker.forceOpen();

    assertThat(observed.withFallback(Fallback.value("sold out")).call(() -> "never"))
        .isEqualTo("sold out");
    assertThat(heard).last().asString().startsWith("REJECTED");

    breaker.reset();
    heard.clear();
    Pipeline outer = resilience
        .unregistered()
        .pipelineBuilder("outer")
        .add(resilience.timeout("outer", Duration.ofMinutes(1)))
        .add(observed)
        .build();
    assertThat(outer.call(() -> "ok")).isEqualTo("ok");
    assertThat(outer.callAsync(() -> CompletableFuture.completedFuture("ok")))
        .isCompletedWithValue("ok");
    assertThat(heard.stream().filter(each -> each.startsWith("RETURNED"))).hasSize(2);
    assertThat(observed.policies()).isEqualTo(plain.policies());
    assertThat(observed).hasToString(plain + ", observed");
  }

  @Test
  void onHedge_calledBeforeTheBodyOfTheHedge() {
    Pipeline hedged = resilience.observed(
        resilience.hedge("hedge", c -> c.delay(Duration.ofMillis(50)).maxHedges(2)),
        Listening::new);

    CompletableFuture<String> call = hedged.callAsync(() -> {
      heard.add("body");
      return CallContext.current().isHedge() && heard.contains("hedge starts 2")
          ? CompletableFuture.completedFuture("x")
          : new CompletableFuture<>();
    });
    time.advance(Duration.ofMillis(110));

    assertThat(call).isCompletedWithValue("x");
    assertThat(heard)
        .containsExactly(
            "body",
            "hedge starts 1",
            "body",
            "hedge starts 2",
            "body",
            "RETURNED after 3 in " + shown(Duration.ofMillis(100).toNanos()));
  }

  @Test
  void onTimed_anotherAttemptExceededItsLimit_isOfTheAttemptItself() {
    Pipeline hedged = resilience.observed(
        resilience
            .unregistered()
            .pipelineBuilder("p")
            .add(resilience.hedge(
                "hedge", c -> c.delay(Duration.ofMillis(150)).hedgeOn(failure -> true)))
            .add(resilience.timeout("limit", Duration.ofMillis(200)))
            .build(),
        Listening::new);
    List<CompletableFuture<String>> attempts = new ArrayList<>();
    CompletableFuture<String> call = hedged.callAsync(() -> {
      CompletableFuture<String> attempt = new CompletableFuture<>();
      attempts.add(attempt);
      return attempt;
    });
    time.advance(Duration.ofMillis(260)); // the first attempt is over, and the second one is not

    attempts.get(1).complete("x");

    assertThat(call).isCompletedWithValue("x");
    assertThat(heard).contains("limit ends it after PT0.2S", "limit times PT0.1S");
  }

  @Test
  void onAttempt_twoAttemptsOfAHedge_areCountedApart() {
    Pipeline hedged = resilience.observed(
        resilience
            .unregistered()
            .pipelineBuilder("p")
            .add(resilience.hedge(
                "hedge", c -> c.delay(Duration.ofMillis(500)).hedgeOn(failure -> false)))
            .add(retry)
            .build(),
        Listening::new);
    hedged.callAsync(() -> CompletableFuture.failedFuture(new IOException("down")));
    time.advance(Duration.ofSeconds(5));

    assertThat(heard.stream().filter(each -> each.startsWith("retry attempt")))
        .containsExactly(
            "retry attempt 1",
            "retry attempt 1",
            "retry attempt 2",
            "retry attempt 2",
            "retry attempt 3");
  }

  @Test
  void bodyThatOutstaysALimitAround_isAFailureOfTheBreaker_observedOrNot() {
    Pipeline limited = resilience
        .unregistered()
        .pipelineBuilder("limited")
        .add(timeout)
        .add(breaker)
        .build();
    for (Pipeline pipeline : List.of(limited, resilience.observed(limited, Listening::new))) {
      breaker.reset();
      assertThatThrownBy(() -> pipeline.call(() -> {
            time.advance(Duration.ofSeconds(6));
            return "late";
          }))
          .isInstanceOf(TimeoutExceededException.class);
      Thread.interrupted();
      assertThat(breaker.snapshot().consecutiveFailures()).as("%s", pipeline).isEqualTo(1);
    }
    assertThat(heard).contains("breaker counts a failure of PT6S");
  }

  @Test
  void bodyInsideNoLimit_isASuccessOfTheBreaker_observedOrNot() {
    Pipeline around = resilience
        .unregistered()
        .pipelineBuilder("around")
        .add(retry)
        .add(breaker)
        .add(timeout)
        .build();
    for (Pipeline pipeline : List.of(around, resilience.observed(around, Listening::new))) {
      Timeout outside = resilience.timeout("outside", Duration.ofSeconds(1));
      assertThatThrownBy(() -> outside.call(() -> pipeline.call(() -> {
            time.advance(Duration.ofSeconds(2));
            return "late";
          })))
          .isInstanceOf(TimeoutExceededException.class);
      Thread.interrupted();
    }
    assertThat(breaker.snapshot().totals().successes())
        .as("the limit is not one of the pipeline")
        .isEqualTo(2);
  }

  @Test
  void hedge_aroundABreakerThatProbes_startsNone_observedOrNot() {
    Pipeline hedged = resilience
        .unregistered()
        .pipelineBuilder("hedged")
        .add(resilience.hedge("hedge", c -> c.delay(Duration.ofMillis(50))))
        .add(breaker)
        .build();
    for (Pipeline pipeline : List.of(hedged, resilience.observed(hedged, Listening::new))) {
      breaker.reset();
      breaker.halfOpen();
      AtomicInteger bodies = new AtomicInteger();
      CompletableFuture<String> call = pipeline.callAsync(() -> {
        bodies.incrementAndGet();
        return new CompletableFuture<>();
      });
      time.advance(Duration.ofMillis(200));
      assertThat(bodies).as("%s", pipeline).hasValue(1);
      call.cancel(true);
    }
    assertThat(heard).noneMatch(line -> line.startsWith("hedge starts"));
  }
}
