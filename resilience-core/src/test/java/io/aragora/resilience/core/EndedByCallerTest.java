package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.aragora.resilience.CallObserver;
import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.circuitbreaker.CallOutcome;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.Policy;
import java.io.IOException;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The application ends the future of a call, and a continuation of its own blocks then. Before that continuation runs, all permits are
 * given back and the body is cancelled. The kinds of policies are found by reflection.
 */
class EndedByCallerTest {
  /** The longest wait for what must happen at once: no measurement, a wait that fails. */
  private static final long SECONDS = 30;

  /** Each way in which an application ends a future. */
  private static final Map<String, Consumer<CompletableFuture<?>>> WAYS = new TreeMap<>(Map.of(
      "cancel", future -> future.cancel(true),
      "complete", future -> future.complete(null),
      "completeExceptionally", future -> future.completeExceptionally(new IOException("gone")),
      "completeAsync", future -> future.completeAsync(() -> null, Runnable::run),
      "obtrudeValue", future -> future.obtrudeValue(null),
      "obtrudeException", future -> future.obtrudeException(new IOException("gone"))));

  private interface Call {
    CompletableFuture<?> start(
        Resilience resilience, Pipeline around, Supplier<CompletableFuture<String>> body);
  }

  /** Each kind of call inside a bulkhead. */
  private static Map<String, Call> calls() {
    Map<String, Call> calls = new TreeMap<>();
    for (Method declare : NestedCallsTest.declarations()) {
      calls.put(
          declare.getName(),
          (resilience, around, body) -> resilience
              .pipeline("all", p -> p.add(around).add(NestedCallsTest.policy(resilience, declare)))
              .callAsync(body));
    }
    calls.put(
        "fallback that has begun",
        (resilience, around, body) -> around
            .withFallback(Fallback.<String>builder()
                .onAsync(IOException.class, failure -> body.get())
                .build())
            .callAsync(() -> CompletableFuture.failedFuture(new IOException("down"))));
    calls.put(
        "observed call",
        (resilience, around, body) ->
            resilience.observed(around, () -> new CallObserver() {}).callAsync(body));
    calls.put(
        "outcome of a breaker",
        (resilience, around, body) ->
            resilience.circuitBreaker("outcome").tryCallAsync(() -> around.callAsync(body)));
    calls.put(
        "outcome of a future",
        (resilience, around, body) -> CallOutcome.ofFuture(around.callAsync(body)));
    calls.put(
        "body that asked for its call",
        (resilience, around, body) -> around.callAsync(() -> {
          assertThat(CallContext.current().isCancelled()).isFalse();
          return body.get();
        }));
    calls.put(
        "call that returns the future of a call",
        (resilience, around, body) -> around.callAsync(
            () -> resilience.bulkhead("further", BulkheadConfig.of(1)).callAsync(body)));
    return calls;
  }

  @TestFactory
  Stream<DynamicTest> endedByTheCaller_isEndedBeforeItsContinuationsRun() {
    return calls().entrySet().stream()
        .flatMap(call -> WAYS.entrySet().stream()
            .map(way -> dynamicTest(
                call.getKey() + ", " + way.getKey(),
                () -> check(call.getValue(), way.getValue()))));
  }

  private static void check(Call call, Consumer<CompletableFuture<?>> way) throws Exception {
    CompletableFuture<String> body = new CompletableFuture<>();
    CountDownLatch begun = new CountDownLatch(1);
    try (Resilience resilience =
        Resilience.builder().property("resilience.chaos.enabled", "true").build()) {
      Bulkhead bulkhead = resilience.bulkhead("around", BulkheadConfig.of(1));
      CompletableFuture<?> future =
          call.start(resilience, resilience.pipeline("around", p -> p.add(bulkhead)), () -> {
            begun.countDown();
            return body;
          });
      assertThat(begun.await(SECONDS, TimeUnit.SECONDS)).as("the body began").isTrue();
      assertThat(future).isNotDone();
      endHeld(future, way, () -> {
        // The thread of a fallback may not have its stage yet, and cancels it then.
        assertThat(body)
            .as("the body")
            .failsWithin(SECONDS, TimeUnit.SECONDS)
            .withThrowableOfType(CancellationException.class);
        assertThat(bulkhead.snapshot().inUse()).as("permits in use").isZero();
      });
    }
  }

  /** Ends a future whose continuation blocks, and checks what holds meanwhile. */
  private static void endHeld(
      CompletableFuture<?> future, Consumer<CompletableFuture<?>> way, Runnable check)
      throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    var unused = future.whenComplete((value, failure) -> {
      entered.countDown();
      awaitQuietly(release);
    });
    AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
    Thread caller = new Thread(() -> way.accept(future), "caller");
    caller.setUncaughtExceptionHandler((thread, e) -> thrown.set(e));
    caller.start();
    try {
      assertThat(entered.await(SECONDS, TimeUnit.SECONDS)).as("continuation").isTrue();
      check.run();
    } finally {
      release.countDown();
      caller.join();
    }
    assertThat(thrown.get()).isNull();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void blockingBodyThatIsCancelled_isInterruptedBeforeTheContinuationsRun() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try (Resilience resilience = Resilience.create()) {
      Policy policy = resilience.circuitBreaker("breaker");
      CompletableFuture<String> future = policy.submit(
          () -> {
            begun.countDown();
            try {
              new CountDownLatch(1).await();
            } catch (InterruptedException e) {
              interrupted.countDown();
            }
            return "late";
          },
          executor);
      assertThat(begun.await(SECONDS, TimeUnit.SECONDS)).isTrue();
      endHeld(
          future,
          ended -> ended.cancel(true),
          () -> assertThat(interrupted)
              .satisfies(latch -> assertThat(latch.await(SECONDS, TimeUnit.SECONDS))
                  .as("interrupted")
                  .isTrue()));
    } finally {
      executor.shutdownNow();
    }
  }

  /** Then the cancellation may block as well, so neither holds up the permits. */
  @Test
  void bodyWithContinuationsOfItsOwn_isCancelledAfterThoseOfTheCall() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    CompletableFuture<String> body = new CompletableFuture<>();
    var unused = body.whenComplete((value, failure) -> {
      entered.countDown();
      awaitQuietly(release);
    });
    try (Resilience resilience = Resilience.create()) {
      Bulkhead bulkhead = resilience.bulkhead("bulkhead", BulkheadConfig.of(1));
      CompletableFuture<String> future = bulkhead.callAsync(() -> body);
      Thread caller = new Thread(() -> future.cancel(true), "caller");
      caller.start();
      try {
        assertThat(entered.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(future).isCancelled();
        assertThat(bulkhead.snapshot().inUse()).isZero();
      } finally {
        release.countDown();
        caller.join();
      }
    }
  }
}
