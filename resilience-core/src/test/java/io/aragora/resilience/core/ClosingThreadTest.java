package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.retry.Backoff;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whichever thread closes a runtime, and whatever interrupts it: all state is saved. */
@Timeout(120)
class ClosingThreadTest {
  private static final long SAVE_MILLIS = 100;

  /** Runs the closing, later or at once. */
  private interface Place {
    void run(Resilience resilience, Runnable closing);
  }

  private static final Map<String, Place> PLACES = Map.ofEntries(
      Map.entry("a plain thread", (resilience, closing) -> closing.run()),
      Map.entry("an interrupted thread", (resilience, closing) -> {
        Thread.currentThread().interrupt();
        closing.run();
        assertThat(Thread.interrupted()).isTrue();
      }),
      Map.entry("a call with a limit", (resilience, closing) -> {
        resilience.timeout("limit", Duration.ofHours(1)).run(closing::run);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
      }),
      Map.entry(
          "a call with two limits",
          (resilience, closing) -> resilience
              .timeout("outer", Duration.ofHours(1))
              .run(() -> resilience.timeout("inner", Duration.ofHours(1)).run(closing::run))),
      Map.entry(
          "an asynchronous body",
          (resilience, closing) -> resilience
              .timeout("limit", Duration.ofHours(1))
              .callAsync(() -> {
                closing.run();
                return CompletableFuture.completedFuture("closed");
              })),
      Map.entry(
          "a body on an executor",
          (resilience, closing) -> resilience
              .timeout("limit", Duration.ofHours(1))
              .submit(
                  () -> {
                    closing.run();
                    return "closed";
                  },
                  ForkJoinPool.commonPool())),
      Map.entry(
          "a second attempt",
          (resilience, closing) -> resilience
              .retry("again", c -> c.backoff(Backoff.constant(Duration.ofMillis(1))))
              .callAsync(
                  atSecondAttempt(closing, CompletableFuture.failedFuture(new IOException())))),
      Map.entry(
          "a hedge",
          (resilience, closing) -> resilience
              .hedge(
                  "hedge",
                  HedgeConfig.forIdempotentCalls().delay(Duration.ofMillis(1)).build())
              .callAsync(atSecondAttempt(closing, new CompletableFuture<>()))),
      Map.entry("a health check", (resilience, closing) -> {
        resilience
            .health()
            .register(
                "closing",
                () -> {
                  closing.run();
                  return HealthResult.healthy();
                },
                HealthCheckOptions.defaults());
        resilience.health().checkAllAsync();
      }),
      Map.entry("a listener", (resilience, closing) -> {
        resilience.circuitBreaker("heard").subscribe(transition -> closing.run());
        resilience.circuitBreaker("heard").forceOpen();
      }),
      Map.entry(
          "a continuation",
          (resilience, closing) -> resilience
              .timeout("limit", Duration.ofMillis(1))
              .callAsync(CompletableFuture::new)
              .whenComplete((value, failure) -> closing.run())));

  static Stream<String> places() {
    return PLACES.keySet().stream().sorted();
  }

  /** The first attempt ends as the future does. */
  private static Supplier<CompletableFuture<String>> atSecondAttempt(
      Runnable closing, CompletableFuture<String> first) {
    AtomicInteger attempts = new AtomicInteger();
    return () -> {
      if (attempts.incrementAndGet() == 1) {
        return first;
      }
      closing.run();
      return CompletableFuture.completedFuture("closed");
    };
  }

  /** A store that takes some time to save, and fails if it is interrupted. */
  private static StateStore slow(Queue<SavedBreaker> rows) {
    return (StateStore) Proxy.newProxyInstance(
        StateStore.class.getClassLoader(),
        new Class<?>[] {StateStore.class},
        (self, method, arguments) -> switch (method.getName()) {
          case "load" -> StateStore.Loaded.of(List.of(), List.of());
          case "save" -> {
            new CountDownLatch(1).await(SAVE_MILLIS, TimeUnit.MILLISECONDS);
            Collection<?> states = (Collection<?>) arguments[0];
            states.forEach(state -> rows.add((SavedBreaker) state));
            yield states.size();
          }
          case "purgeSavedBefore", "remove" -> 0;
          default -> null;
        });
  }

  @ParameterizedTest
  @MethodSource("places")
  void close_anywhere_savesTheState(String place) throws Exception {
    Queue<SavedBreaker> rows = new ConcurrentLinkedQueue<>();
    Resilience resilience =
        Resilience.builder().name("closing").stateStore(slow(rows)).build();
    CompletableFuture<Void> closed = new CompletableFuture<>();
    resilience.circuitBreaker("saved").forceOpen();
    PLACES.get(place).run(resilience, () -> {
      try {
        resilience.close();
        closed.complete(null);
      } catch (RuntimeException | Error e) {
        closed.completeExceptionally(e);
        throw e;
      }
    });
    closed.get(1, TimeUnit.MINUTES);
    assertThat(rows).anySatisfy(row -> {
      assertThat(row.name()).isEqualTo("saved");
      assertThat(row.state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
    });
  }
}
