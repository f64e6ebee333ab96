package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.ForeignCodeTest.Thrower;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.health.HealthCheck;
import io.aragora.resilience.health.HealthReport;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.io.IOException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Code of the application whose failure is the outcome of the call: bodies, stages, executors,
 * foreign policies, fallbacks, checks. Whatever it throws, the call ends once, with that failure,
 * and no permit or slot stays taken.
 */
class ForeignOutcomesTest {
  private static final Duration COOLDOWN = Duration.ofSeconds(10);

  /** A breaker whose next call is its only probe. */
  private static final class Probe implements AutoCloseable {
    final ManualTime time = ManualTime.create().autoAdvance(true);
    final Resilience resilience;
    final CircuitBreaker breaker;

    Probe(@Nullable Thrower executor) {
      var builder = Resilience.builder().timeSource(time);
      if (executor != null) {
        builder.executor(task -> executor.go());
      }
      resilience = builder.build();
      breaker = resilience.circuitBreaker(
          "b",
          CircuitBreakerConfig.builder()
              .failureThreshold(1)
              .cooldown(COOLDOWN)
              .halfOpenMaxCalls(1)
              .halfOpenMaxDuration(Duration.ofHours(1))
              .build());
      breaker.recordFailure(breaker.acquirePermit(), null);
      time.advance(COOLDOWN);
    }

    long outcomes() {
      var totals = breaker.snapshot().totals();
      return totals.successes() + totals.failures() + totals.ignored();
    }

    void checkOneMore(long before) {
      assertThat(outcomes()).as("the call is counted once").isEqualTo(before + 1);
      time.advance(COOLDOWN);
      assertThat(breaker.tryAcquirePermit())
          .as("the slot is free")
          .isNotEqualTo(CircuitBreaker.REJECTED);
    }

    @Nullable
    Throwable failureOf(CompletableFuture<?> call) {
      time.advance(Duration.ofSeconds(5));
      assertThat(call).as("the future ends").isDone();
      return call.handle((value, failure) -> failure).join();
    }

    @Override
    public void close() {
      resilience.close();
    }
  }

  @AfterAll
  static void noCode_ranUnderALock() {
    HeldLocks.requireNone();
  }

  /** The runtime's executor for attempts throws, too. */
  private static Stream<DynamicTest> each(String name, BiConsumer<Throwable, Probe> check) {
    return each(name, Thrower::new, check);
  }

  private static Stream<DynamicTest> each(
      String name,
      Function<Throwable, @Nullable Thrower> executor,
      BiConsumer<Throwable, Probe> check) {
    return ForeignCodeTest.THROWABLES.stream()
        .map(thrown -> dynamicTest(name + ": " + thrown.getClass().getSimpleName(), () -> {
          try (Probe probe = new Probe(executor.apply(thrown))) {
            check.accept(thrown, probe);
          }
        }));
  }

  private static @Nullable Throwable failureOf(CheckedSupplier<?, ?> call) {
    try {
      call.get();
      return null;
    } catch (Throwable e) {
      return e;
    } finally {
      Thread.interrupted();
    }
  }

  private static List<Function<Probe, Policy>> policies() {
    return List.of(
        probe -> probe.breaker,
        probe -> probe
            .resilience
            .unregistered()
            .pipelineBuilder("p")
            .add(probe.resilience.timeout("t", TimeoutConfig.of(Duration.ofMinutes(1))))
            .add(probe.breaker)
            .build());
  }

  @TestFactory
  Stream<DynamicTest> body_thatThrows_endsTheCallWithThat() {
    return policies().stream()
        .flatMap(policy -> each("body", (thrown, probe) -> {
          long before = probe.outcomes();
          assertThat(failureOf(() -> policy.apply(probe).call(new Thrower(thrown)::go)))
              .isSameAs(thrown);
          probe.checkOneMore(before);
        }));
  }

  /** A stage, every method of which may throw. */
  private static List<Function<Thrower, Supplier<CompletionStage<String>>>> stages() {
    return List.of(
        thrower -> thrower::go,
        thrower -> () -> new CompletableFuture<String>() {
          @Override
          public CompletableFuture<String> toCompletableFuture() {
            return thrower.go();
          }
        },
        thrower -> () -> new CompletableFuture<String>() {
          @Override
          public boolean isDone() {
            return thrower.go();
          }
        },
        thrower -> () -> new CompletableFuture<String>() {
          @Override
          public <U> CompletableFuture<U> handle(
              java.util.function.BiFunction<? super String, Throwable, ? extends U> end) {
            return thrower.go();
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> stage_thatThrows_endsTheCallWithThat() {
    return policies().stream()
        .flatMap(policy -> stages().stream()
            .flatMap(stage -> each("stage", (thrown, probe) -> {
              long before = probe.outcomes();
              CompletableFuture<String> call =
                  policy.apply(probe).callAsync(stage.apply(new Thrower(thrown)));
              assertThat(probe.failureOf(call)).isSameAs(thrown);
              probe.checkOneMore(before);
            })));
  }

  @TestFactory
  Stream<DynamicTest> stage_thatIsNoFuture_endsTheCall() {
    CompletableFuture<String> none = new CompletableFuture<>() {
      @Override
      @SuppressWarnings("NullAway") // what must not be
      public CompletableFuture<String> toCompletableFuture() {
        return null;
      }
    };
    return policies().stream()
        .flatMap(policy -> each("null", (thrown, probe) -> {
          long before = probe.outcomes();
          assertThat(probe.failureOf(policy.apply(probe).callAsync(() -> none)))
              .isInstanceOf(NullPointerException.class);
          probe.checkOneMore(before);
        }));
  }

  @TestFactory
  Stream<DynamicTest> cancelOfAStage_thatThrows_leavesTheLimitAlone() {
    return each("cancel", (thrown, probe) -> {
      long before = probe.outcomes();
      Thrower thrower = new Thrower(thrown);
      CompletableFuture<String> call = policies()
          .get(1)
          .apply(probe)
          .callAsync(() -> new CompletableFuture<>() {
            @Override
            public boolean cancel(boolean mayInterrupt) {
              return thrower.go();
            }
          });
      probe.time.advance(Duration.ofMinutes(2));
      assertThat(call).isCompletedExceptionally();
      assertThat(thrower.called).hasValue(1);
      probe.checkOneMore(before);
    });
  }

  @TestFactory
  Stream<DynamicTest> executorOfSubmit_thatThrows_isNoFailure() {
    return policies().stream()
        .flatMap(policy -> each("executor", (thrown, probe) -> {
          long before = probe.outcomes();
          CompletableFuture<String> call =
              policy.apply(probe).submit(() -> "never", task -> new Thrower(thrown).go());
          assertThat(probe.failureOf(call))
              .isInstanceOf(RejectedExecutionException.class)
              .hasCause(thrown);
          probe.checkOneMore(before);
        }));
  }

  @TestFactory
  Stream<DynamicTest> executorForAttempts_thatThrows_endsTheCall() {
    return each("executor", (thrown, probe) -> {
      CompletableFuture<String> call = probe
          .resilience
          .retry(
              "r",
              RetryConfig.builder()
                  .maxAttempts(3)
                  .backoff(Backoff.constant(Duration.ofSeconds(1)))
                  .build())
          .callAsync(() -> CompletableFuture.failedFuture(new IOException("down")));
      assertThat(probe.failureOf(call))
          .isInstanceOf(RejectedExecutionException.class)
          .hasCause(thrown);
    });
  }

  /** A function of a rule: a method of the builder, and which of its parameters throws. */
  private record RuleFunction(Method method, int throwing) {
    static List<RuleFunction> all() {
      List<RuleFunction> all = new ArrayList<>();
      for (Method method : Fallback.Builder.class.getMethods()) {
        for (int i = 0; i < method.getParameterCount(); i++) {
          if (isFunction(method.getParameterTypes()[i])) {
            all.add(new RuleFunction(method, i));
          }
        }
      }
      assertThat(all).as("functions of a fallback").hasSizeGreaterThan(5);
      return all;
    }

    private static boolean isFunction(Class<?> type) {
      return type.getName().startsWith("java.util.function.");
    }

    boolean isForResults() {
      return method.getName().contains("Result");
    }

    boolean isAsync() {
      return method.getName().contains("Async");
    }

    /** A rule whose condition throws does not match. */
    boolean isCondition() {
      return method.getParameterTypes()[throwing] == Predicate.class;
    }

    @SuppressWarnings("unchecked")
    Fallback<String> fallback(Thrower thrower) {
      Fallback.Builder<String> builder = Fallback.builder();
      Object[] arguments = new Object[method.getParameterCount()];
      for (int i = 0; i < arguments.length; i++) {
        Class<?> type = method.getParameterTypes()[i];
        if (i == throwing) {
          arguments[i] = ForeignCodeTest.throwingProxy(type, thrower);
        } else if (type == Class.class) {
          arguments[i] = IOException.class;
        } else {
          Predicate<String> any = value -> true;
          Function<String, String> never = value -> "never";
          arguments[i] = type == Predicate.class ? any : never;
        }
      }
      return ((Fallback.Builder<String>)
              Objects.requireNonNull(ForeignPattern.invoke(method, builder, arguments)))
          .build();
    }
  }

  private interface ResultEntry {
    Throwable enter(Probe probe, ResultPipeline<String> pipeline, Body body) throws Throwable;
  }

  private interface Body extends CheckedSupplier<String, IOException> {}

  /** Each returns how the call failed. The caller is told of a value by {@link #VALUE}. */
  private static final Throwable VALUE = new Throwable("the value of the body");

  private static Throwable end(@Nullable String value) {
    assertThat(value).isEqualTo("well");
    return VALUE;
  }

  private static final Map<String, ResultEntry> RESULT_ENTRIES = Map.of(
      "call", (probe, pipeline, body) -> end(pipeline.call(body)),
      "callInterruptibly", (probe, pipeline, body) -> end(pipeline.callInterruptibly(body::get)),
      "decorateCallable",
          (probe, pipeline, body) -> end(pipeline.decorateCallable(body::get).call()),
      "callAsync",
          (probe, pipeline, body) ->
              end(probe, pipeline.callAsync(() -> ForeignCodeTest.stage(body))),
      "submit",
          (probe, pipeline, body) -> end(probe, pipeline.submit(body, probe.time.executor())));

  private static Throwable end(Probe probe, CompletableFuture<String> call) {
    Throwable failure = probe.failureOf(call);
    return failure == null ? end(call.join()) : failure;
  }

  @TestFactory
  Stream<DynamicTest> everyFunctionOfAFallback_thatThrows_endsTheCallOnce() {
    List<DynamicTest> all = new ArrayList<>();
    for (RuleFunction function : RuleFunction.all()) {
      RESULT_ENTRIES.forEach((name, entry) -> each(
              function.method.getName() + " " + function.throwing + ", " + name,
              thrown -> null,
              (thrown, probe) -> {
                long before = probe.outcomes();
                IOException down = new IOException("down");
                Thrower thrower = new Thrower(thrown);
                var pipeline = probe
                    .resilience
                    .unregistered()
                    .pipelineBuilder("p")
                    .add(probe.breaker)
                    .build()
                    .withFallback(function.fallback(thrower));
                Throwable end = endOf(() -> entry.enter(probe, pipeline, () -> {
                  if (function.isForResults()) {
                    return "well";
                  }
                  throw down;
                }));

                boolean isSkipped = function.isAsync() && !name.matches("callAsync|submit");
                if (isSkipped) {
                  assertThat(end).isSameAs(down);
                } else {
                  assertThat(thrower.called).hasValue(1);
                  assertThat(end).isSameAs(function.isCondition() ? VALUE : thrown);
                  assertThat(pipeline.totals().failed()).isEqualTo(function.isCondition() ? 0 : 1);
                }
                probe.checkOneMore(before);
              })
          .forEach(all::add));
    }
    return all.stream();
  }

  private static Throwable endOf(CheckedSupplier<Throwable, ?> call) {
    try {
      return call.get();
    } catch (Throwable e) {
      return e;
    } finally {
      Thread.interrupted();
    }
  }

  @TestFactory
  Stream<DynamicTest> foreignPolicy_thatThrows_endsTheCallWithThat() {
    return each("policy", (thrown, probe) -> {
      Thrower thrower = new Thrower(thrown);
      Policy foreign = new Policy() {
        @Override
        public String name() {
          return "foreign";
        }

        @Override
        public <T extends @Nullable Object, X extends Throwable> T call(
            CheckedSupplier<? extends T, X> body) {
          return thrower.go();
        }

        @Override
        public <T extends @Nullable Object> CompletableFuture<T> callAsync(
            Supplier<? extends CompletionStage<T>> body) {
          return thrower.go();
        }
      };
      var pipeline = probe
          .resilience
          .unregistered()
          .pipelineBuilder("p")
          .add(probe.breaker)
          .add(foreign)
          .build();
      long before = probe.outcomes();
      assertThat(failureOf(() -> pipeline.call(() -> "never"))).isSameAs(thrown);
      assertThat(probe.outcomes()).isEqualTo(before + 1);
      probe.breaker.reset();
      probe.breaker.recordFailure(probe.breaker.acquirePermit(), null);
      probe.time.advance(COOLDOWN);
      before = probe.outcomes();
      assertThat(
              probe.failureOf(pipeline.callAsync(() -> CompletableFuture.completedFuture("never"))))
          .isSameAs(thrown);
      probe.checkOneMore(before);
    });
  }

  @TestFactory
  Stream<DynamicTest> healthCheck_thatThrows_isUnhealthy() {
    List<Function<Thrower, HealthCheck>> checks = List.of(
        thrower -> thrower::go,
        thrower -> HealthCheck.async(thrower::go),
        thrower -> HealthCheck.async(() -> CompletableFuture.failedFuture(thrower.thrown)));
    return checks.stream()
        .flatMap(check -> each("check", (thrown, probe) -> {
          probe.resilience.health().register("c", check.apply(new Thrower(thrown)));
          Thrower listener = new Thrower(thrown);
          probe.resilience.health().subscribe(transition -> listener.go());
          HealthReport report = probe.resilience.health().checkAll();
          Thread.interrupted();
          assertThat(report.status()).isNotEqualTo(HealthStatus.HEALTHY);
          assertThat(report.checks()).containsKey("c");
          probe.time.runPending();
          assertThat(probe.resilience.health().report().checks()).containsKey("c");
        }));
  }
}
