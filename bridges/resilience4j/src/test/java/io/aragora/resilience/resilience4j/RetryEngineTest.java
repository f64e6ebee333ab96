package io.aragora.resilience.resilience4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryAfter;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.retry.RetryEvent.Kind;
import io.aragora.resilience.retry.RetryExhaustedException;
import io.aragora.resilience.testing.ManualTime;
import io.github.resilience4j.retry.MaxRetriesExceededException;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * A loop of Resilience4j on a view, beside the same calls of our retry: whatever happens in three attempts, under each setting,
 * alone or inside another policy, both have the same end, the same events, the same totals, and wait as long.
 */
class RetryEngineTest {
  /** What an attempt does. */
  private enum Outcome {
    OK,
    BUSY,
    DOWN,
    WRAPPED,
    FATAL,
    REJECTED,
    INTERRUPTED,
    CANCELLED
  }

  /** What is around the call. */
  private enum Around {
    NOTHING {
      @Override
      Policy policy(Resilience resilience) {
        return resilience.bulkhead("around");
      }
    },
    RETRY {
      @Override
      Policy policy(Resilience resilience) {
        return resilience.retry("around", c -> c.maxAttempts(1));
      }
    },
    TIMEOUT {
      @Override
      Policy policy(Resilience resilience) {
        return resilience.timeout("around", Duration.ofMillis(150));
      }
    };

    abstract Policy policy(Resilience resilience);
  }

  /** The same for both sides, so that failures can be compared. */
  private static final Map<Outcome, Exception> FAILURES = failures();

  /** Its delays are no whole milliseconds, for which schedulers wait. */
  private static final String JITTER = "jitter";

  private static final Map<String, BiFunction<Resilience, RetryConfig.Builder, RetryConfig.Builder>>
      SETTINGS = settings();

  private static Map<Outcome, Exception> failures() {
    Map<Outcome, Exception> all = new EnumMap<>(Outcome.class);
    all.put(Outcome.DOWN, new IOException("down"));
    all.put(Outcome.WRAPPED, new CompletionException(new IOException("wrapped")));
    all.put(Outcome.FATAL, new IllegalStateException("fatal"));
    all.put(Outcome.INTERRUPTED, new InterruptedException("interrupted"));
    all.put(Outcome.CANCELLED, new CancellationException("cancelled"));
    try (Resilience resilience = Resilience.create()) {
      var open = resilience.circuitBreaker("open");
      open.forceOpen();
      open.run(() -> {});
    } catch (CallNotPermittedException e) {
      all.put(Outcome.REJECTED, e);
    }
    return all;
  }

  private static Backoff exponential() {
    return Backoff.exponential(Duration.ofMillis(60)).withJitter(Jitter.NONE);
  }

  @SuppressWarnings("unchecked") // an array of classes
  private static Map<String, BiFunction<Resilience, RetryConfig.Builder, RetryConfig.Builder>>
      settings() {
    Map<String, BiFunction<Resilience, RetryConfig.Builder, RetryConfig.Builder>> all =
        new TreeMap<>();
    all.put("maxAttempts", (resilience, c) -> c.maxAttempts(2));
    all.put("backoff", (resilience, c) -> c.backoff(exponential()));
    all.put(JITTER, (resilience, c) -> c.backoff(exponential().withJitter(Jitter.DECORRELATED)));
    all.put("maxDuration", (resilience, c) -> c.maxDuration(Duration.ofMillis(150)));
    all.put("retryIf", (resilience, c) -> c.retryIf(IOException.class::isInstance));
    all.put("retryOn", (resilience, c) -> c.retryOn(IOException.class));
    all.put("retryResultIf", (resilience, c) -> c.retryResultIf("5"::equals));
    all.put("abortIf", (resilience, c) -> c.abortIf(IOException.class::isInstance));
    all.put("abortOn", (resilience, c) -> c.abortOn(IOException.class));
    all.put(
        "retryAfter",
        (resilience, c) -> c.retryAfter(failure ->
            failure instanceof IOException ? RetryAfter.of(Duration.ofMillis(120)) : null));
    all.put(
        "retryAfterResult",
        (resilience, c) -> c.retryAfterResult(result -> RetryAfter.of(Duration.ofHours(1))));
    all.put("executor", (resilience, c) -> c.executor(Runnable::run));
    all.put(
        "budget",
        (resilience, c) -> c.budget(
            resilience.retryBudget("prices", b -> b.capacity(3).ratio(0.5).perSecond(0))));
    all.put("failOnRetryableResult", (resilience, c) -> c.failOnRetryableResult(true));
    all.put("retryRejections", (resilience, c) -> c.retryRejections(true));
    all.put("retryInterrupted", (resilience, c) -> c.retryInterrupted(true));
    all.put("retryCancelled", (resilience, c) -> c.retryCancelled(true));
    all.put("retryWhenNested", (resilience, c) -> c.retryWhenNested(true));
    all.put("ignoreExternalConfig", (resilience, c) -> c.ignoreExternalConfig());
    all.put("nothing", (resilience, c) -> c);
    all.put(
        "a backoff that ends",
        (resilience, c) ->
            c.backoff(Backoff.custom(retry -> retry == 1 ? 1_000_000 : Backoff.STOP)));
    return all;
  }

  /** What both sides must agree on. */
  private record Seen(
      Object end, List<RetryEvent> events, Map<Kind, Long> totals, String attempts, long nanos) {}

  /** A runtime with the retry, and what its calls go through. */
  private abstract static class Side implements AutoCloseable {
    final ManualTime time = ManualTime.create().autoAdvance(true);
    final Resilience resilience = Resilience.builder().timeSource(time).build();
    final Retry retry;
    private final Policy around;
    private final List<RetryEvent> events = new ArrayList<>();

    Side(String setting, Around around) {
      RetryConfig.Builder config = RetryConfig.builder()
          .maxAttempts(3)
          .backoff(Backoff.constant(Duration.ofMillis(100)).withJitter(Jitter.NONE))
          .retryIf(failure -> !(failure instanceof IllegalStateException))
          .retryResultIf("busy"::equals);
      this.retry = resilience.retry(
          "prices",
          Objects.requireNonNull(SETTINGS.get(setting))
              .apply(resilience, config)
              .build());
      this.around = around.policy(resilience);
      retry.subscribe(EnumSet.allOf(Kind.class), events::add);
    }

    abstract String onThread(Callable<String> body) throws Exception;

    abstract CompletionStage<String> async(Callable<String> body);

    final Seen seen(List<Outcome> script, boolean isAsync) {
      long start = time.nanoTime();
      events.clear();
      Callable<String> body = body(script);
      Object end = isAsync
          ? endOf(around.callAsync(() -> async(body)))
          : endOf(() -> around.<String, Exception>call(() -> onThread(body)));
      time.runPending();
      Map<Kind, Long> totals = new EnumMap<>(Kind.class);
      for (Kind kind : Kind.values()) {
        totals.put(kind, retry.totals().count(kind));
      }
      long nanos = isAsync ? 0 : time.nanoTime() - start;
      return new Seen(end, List.copyOf(events), totals, retry.attempts().toString(), nanos);
    }

    private Object endOf(CompletableFuture<String> future) {
      while (!future.isDone()) {
        time.advance(Duration.ofSeconds(1));
      }
      return endOf(future::join);
    }

    private static Object endOf(Callable<String> call) {
      try {
        return call.call();
      } catch (Exception e) {
        Throwable own = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
        return own instanceof RetryExhaustedException || own instanceof MaxRetriesExceededException
            ? "rejected"
            : own;
      }
    }

    @Override
    public void close() {
      resilience.close();
    }
  }

  private static final class OwnCalls extends Side {
    OwnCalls(String setting, Around around) {
      super(setting, around);
    }

    @Override
    String onThread(Callable<String> body) throws Exception {
      return retry.<String, Exception>call(body::call);
    }

    @Override
    CompletionStage<String> async(Callable<String> body) {
      return retry.callAsync(() -> stage(body));
    }
  }

  private static final class Loops extends Side {
    private final io.github.resilience4j.retry.Retry view = Resilience4j.retry(retry);

    Loops(String setting, Around around) {
      super(setting, around);
    }

    @Override
    String onThread(Callable<String> body) throws Exception {
      return view.executeCallable(body);
    }

    @Override
    CompletionStage<String> async(Callable<String> body) {
      return view.executeCompletionStage(scheduler(time), () -> stage(body));
    }
  }

  /** A scheduler that waits by advancing the time. */
  private static ScheduledExecutorService scheduler(ManualTime time) {
    return (ScheduledExecutorService) Proxy.newProxyInstance(
        RetryEngineTest.class.getClassLoader(),
        new Class<?>[] {ScheduledExecutorService.class},
        (proxy, method, arguments) -> {
          assertThat(method.getName()).isEqualTo("schedule");
          long delay = (Long) arguments[1];
          time.advance(Duration.of(delay, ((TimeUnit) arguments[2]).toChronoUnit()));
          ((Runnable) arguments[0]).run();
          return null;
        });
  }

  private static CompletionStage<String> stage(Callable<String> body) {
    try {
      return CompletableFuture.completedFuture(body.call());
    } catch (Exception e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** After the last outcome every attempt succeeds. */
  private static Callable<String> body(List<Outcome> script) {
    Iterator<Outcome> next = script.iterator();
    return () -> {
      Outcome outcome = next.hasNext() ? next.next() : Outcome.OK;
      Exception failure = FAILURES.get(outcome);
      if (failure != null) {
        throw failure;
      }
      return outcome == Outcome.BUSY ? "busy" : "5";
    };
  }

  private static List<List<Outcome>> scripts() {
    List<List<Outcome>> all = new ArrayList<>();
    for (Outcome first : Outcome.values()) {
      for (Outcome second : Outcome.values()) {
        for (Outcome third : Outcome.values()) {
          all.add(List.of(first, second, third));
        }
      }
    }
    return all;
  }

  @Test
  void settings_areAllTried() {
    TreeSet<String> setters = new TreeSet<>();
    for (Method method : RetryConfig.Builder.class.getMethods()) {
      if (method.getReturnType() == RetryConfig.Builder.class) {
        setters.add(method.getName());
      }
    }

    assertThat(SETTINGS).containsKeys(setters.toArray(new String[0]));
  }

  @TestFactory
  Stream<DynamicTest> loop_endsAsTheCallOfItsRetry() {
    return SETTINGS.keySet().stream()
        .flatMap(setting -> Arrays.stream(Around.values())
            .map(around -> dynamicTest(setting + ", inside " + around, () -> {
              compare(setting, around, false);
              if (!setting.equals(JITTER)) {
                compare(setting, around, true);
              }
            })));
  }

  private static void compare(String setting, Around around, boolean isAsync) {
    try (Side calls = new OwnCalls(setting, around);
        Side loops = new Loops(setting, around)) {
      for (List<Outcome> script : scripts()) {
        assertThat(loops.seen(script, isAsync))
            .as("%s, async %s", script, isAsync)
            .isEqualTo(calls.seen(script, isAsync));
      }
    }
  }

  @Test
  void metrics_areThoseOfTheRetry() throws Exception {
    try (Loops loops = new Loops("nothing", Around.NOTHING)) {
      for (List<Outcome> script : scripts()) {
        loops.seen(script, false);
      }
      var totals = loops.retry.totals();
      var metrics = loops.view.getMetrics();

      assertThat(metrics.getNumberOfSuccessfulCallsWithoutRetryAttempt())
          .isEqualTo(totals.succeededAtOnce());
      assertThat(metrics.getNumberOfSuccessfulCallsWithRetryAttempt())
          .isEqualTo(totals.succeededAfterRetry());
      assertThat(metrics.getNumberOfFailedCallsWithRetryAttempt())
          .isEqualTo(totals.count(Kind.EXHAUSTED))
          .isPositive();
      assertThat(metrics.getNumberOfFailedCallsWithoutRetryAttempt())
          .isEqualTo(totals.count(Kind.NOT_RETRIED)
              + totals.count(Kind.REJECTED)
              + totals.count(Kind.STOPPED));
      assertThat(metrics.getNumberOfTotalCalls())
          .as("attempts")
          .isEqualTo(totals.calls() + totals.count(Kind.RETRY));

      loops.retry.run(() -> {});

      assertThat(metrics.getNumberOfSuccessfulCallsWithoutRetryAttempt())
          .as("a call that no view sees")
          .isEqualTo(totals.succeededAtOnce() + 1);
    }
  }

  @Test
  void rejectedResult_thatFailsTheCall_isCountedOnce() {
    try (Loops loops = new Loops("failOnRetryableResult", Around.NOTHING)) {
      List<String> events = new ArrayList<>();
      loops
          .view
          .getEventPublisher()
          .onEvent(event -> events.add(event.getEventType().name()));

      assertThatThrownBy(() -> loops.view.executeSupplier(() -> "busy"))
          .isInstanceOf(MaxRetriesExceededException.class);

      assertThat(loops.view.getMetrics().getNumberOfFailedCallsWithRetryAttempt())
          .isOne();
      assertThat(events).containsExactly("RETRY", "RETRY", "ERROR");
    }
  }

  @Test
  void stream_thatGoesOnAfterItsEnd_isCountedOnce() {
    try (Loops loops = new Loops("nothing", Around.NOTHING)) {
      io.github.resilience4j.retry.Retry.AsyncContext<String> call = loops.view.asyncContext();
      assertThat(call.onResult("5")).isEqualTo(-1);
      assertThat(call.onResult("busy")).isEqualTo(100);
      assertThat(call.onResult("busy")).isEqualTo(100);
      assertThat(call.onResult("busy")).isEqualTo(-1);
      assertThat(call.onResult("busy")).isEqualTo(-1);
      assertThat(call.onError(new IOException("down"))).isEqualTo(-1);
      call.onComplete();

      assertThat(loops.retry.totals().calls()).isOne();
      assertThat(loops.retry.totals().count(Kind.EXHAUSTED)).isOne();
    }
  }

  @Test
  void wait_whenTheRuntimeCloses_ends() {
    try (Loops loops = new Loops("nothing", Around.NOTHING)) {
      assertThatThrownBy(() -> loops.view.executeCallable(() -> {
            loops.resilience.close();
            throw new IOException("down");
          }))
          .isInstanceOf(ResilienceClosedException.class)
          .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));

      assertThat(loops.retry.totals().count(Kind.STOPPED)).isOne();
    }
  }

  @Test
  void failures_thatWereRetried_areSuppressedInTheLast() {
    try (Loops loops = new Loops("nothing", Around.NOTHING)) {
      List<Integer> attempts = new ArrayList<>();

      assertThatThrownBy(() -> loops.view.executeCallable(() -> {
            attempts.add(attempts.size() + 1);
            throw new IOException("down " + attempts.size());
          }))
          .hasMessage("down 3")
          .satisfies(e -> assertThat(e.getSuppressed())
              .extracting(Throwable::getMessage)
              .containsExactly("down 1", "down 2"));
    }
  }

  @Test
  void rejectionOfAView_isARejection() {
    try (Loops loops = new Loops("nothing", Around.NOTHING)) {
      var breaker = Resilience4j.circuitBreaker(loops.resilience, "prices");
      breaker.transitionToForcedOpenState();

      assertThatThrownBy(() -> loops.view.executeCallable(breaker.decorateCallable(() -> "5")))
          .hasMessageContaining("FORCED_OPEN");

      assertThat(loops.retry.totals().count(Kind.REJECTED)).isOne();
    }
  }

  @Test
  void retry_ofAnotherLibrary_isRejectedByName() {
    Retry foreign = (Retry) Proxy.newProxyInstance(
        Retry.class.getClassLoader(),
        new Class<?>[] {Retry.class},
        (proxy, method, arguments) -> method.getName().equals("name") ? "theirs" : null);

    assertThatThrownBy(() -> Resilience4j.retry(foreign))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("retry 'theirs' must be a retry of a runtime")
        .hasMessageContaining("Resilience.retry(name)");
  }
}
