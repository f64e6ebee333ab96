package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.aragora.resilience.CallObserver;
import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.annotation.WithFallback;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.circuitbreaker.CallOutcome;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.health.HealthCheck;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Each place that takes a stage of the application, with a stage of which one method throws: the call ends, with the outcome of the stage or
 * with what was thrown, and the policy admits the next call.
 */
class HostileStagesTest {
  private static final String VALUE = "value";
  private static final IOException FAILURE = new IOException("of the stage");

  /** The methods of the API with a stage among what they take, or what a function that they take returns. */
  private static final Set<String> TAKE_STAGES = Set.of(
      "CallOutcome.ofFuture",
      "CircuitBreaker.tryCallAsync",
      "Coalescer.callAsync",
      "Fallback.Builder.onAsync",
      "Fallback.Builder.otherwiseAsync",
      "Fallback.ofAsync",
      "HealthCheck.async",
      "Policy.callAsync",
      "Policy.decorateAsync",
      "ResultPipeline.callAsync",
      "ResultPipeline.decorateAsync",
      "ResultPipeline.tryCallAsync");

  /** A way to pass a stage to the library. */
  private interface Entry {
    CompletableFuture<?> call(Resilience resilience, Supplier<CompletionStage<String>> stage)
        throws Exception;
  }

  @BeforeAll
  static void logLess() {
    ForeignCodeTest.logLess();
  }

  @AfterAll
  static void logAgain() {
    ForeignCodeTest.logAgain();
  }

  /** An interface with a fallback that is a stage. */
  interface Shop {
    @WithRetry(maxAttempts = 1)
    @WithFallback("instead")
    CompletionStage<String> price();

    CompletionStage<String> instead();
  }

  private static Shop shop(Supplier<CompletionStage<String>> stage, boolean isFallback) {
    return new Shop() {
      @Override
      public CompletionStage<String> price() {
        return isFallback ? failed() : stage.get();
      }

      @Override
      public CompletionStage<String> instead() {
        return stage.get();
      }
    };
  }

  private static CompletableFuture<String> failed() {
    return CompletableFuture.failedFuture(new IllegalStateException("no price"));
  }

  private static Map<String, Entry> entries() {
    Map<String, Entry> all = new TreeMap<>();
    for (Method declare : Resilience.class.getMethods()) {
      Class<?>[] types = declare.getParameterTypes();
      if (types.length == 2
          && types[0] == String.class
          && types[1].getSimpleName().endsWith("Config")
          && !declare.getName().equals("retryBudget")) {
        all.put(
            declare.getName(),
            (resilience, stage) -> policy(resilience, declare).callAsync(stage));
        all.put(
            declare.getName() + ", decorated",
            (resilience, stage) ->
                policy(resilience, declare).decorateAsync(stage).get());
        all.put(
            declare.getName() + ", observed",
            (resilience, stage) ->
                observed(resilience, policy(resilience, declare)).callAsync(stage));
        all.put(
            declare.getName() + " around a policy of the application",
            (resilience, stage) -> resilience
                .pipeline("p", p -> p.add(policy(resilience, declare)).add(foreign(stage)))
                .callAsync(HostileStagesTest::failed));
        all.put(
            declare.getName() + " with a body that asks for its context",
            (resilience, stage) -> policy(resilience, declare).callAsync(() -> {
              CallContext.current().onCancel(() -> {});
              return stage.get();
            }));
      }
    }
    assertThat(all).as("kinds of policies").hasSizeGreaterThan(40);
    all.put(
        "tryCallAsync", (resilience, stage) -> resilience.circuitBreaker("b").tryCallAsync(stage));
    all.put(
        "ofFuture",
        (resilience, stage) -> CallOutcome.ofFuture((CompletableFuture<String>) stage.get()));
    all.put("coalescer", (resilience, stage) -> coalescer(resilience).callAsync("k", stage));
    all.put(
        "coalescer with a policy",
        (resilience, stage) ->
            coalescer(resilience).callAsync("k", resilience.circuitBreaker("b"), stage));
    all.put("health check", HostileStagesTest::checked);
    all.put(
        "fallback for any",
        (resilience, stage) -> resilience
            .pipeline("p", p -> p.add(resilience.circuitBreaker("b")))
            .withFallback(Fallback.<String>ofAsync(failure -> stage.get()))
            .callAsync(HostileStagesTest::failed));
    for (boolean isObserved : new boolean[] {true, false}) {
      String suffix = isObserved ? ", observed" : "";
      all.put(
          "pipeline of results" + suffix,
          (resilience, stage) -> pipeline(resilience, isObserved, stage).callAsync(stage));
      all.put(
          "pipeline of results, outcome" + suffix,
          (resilience, stage) -> pipeline(resilience, isObserved, stage).tryCallAsync(stage));
      all.put(
          "pipeline of results, decorated" + suffix,
          (resilience, stage) ->
              pipeline(resilience, isObserved, stage).decorateAsync(stage).get());
      all.put(
          "fallback" + suffix,
          (resilience, stage) ->
              pipeline(resilience, isObserved, stage).callAsync(HostileStagesTest::failed));
      all.put(
          "fallback for any, of submit" + suffix,
          (resilience, stage) -> resilience
              .pipeline("p", p -> p.add(resilience.circuitBreaker("b")))
              .withFallback(Fallback.<String>builder()
                  .otherwiseAsync(failure -> stage.get())
                  .build())
              .submit(
                  () -> {
                    throw new IllegalStateException("no price");
                  },
                  Runnable::run));
      for (boolean isFallback : new boolean[] {true, false}) {
        all.put(
            "annotated " + (isFallback ? "fallback" : "method") + suffix,
            (resilience, stage) ->
                annotated(resilience, isObserved, shop(stage, isFallback), isFallback));
      }
    }
    all.put(
        "proxy",
        (resilience, stage) -> resilience
            .proxy(Shop.class, shop(stage, false), MethodHandles.lookup())
            .price()
            .toCompletableFuture());
    all.put(
        "fallback of a proxy",
        (resilience, stage) -> resilience
            .proxy(Shop.class, shop(stage, true), MethodHandles.lookup())
            .price()
            .toCompletableFuture());
    return all;
  }

  private static Policy observed(Resilience resilience, Policy policy) {
    return resilience.observed(policy, () -> new CallObserver() {});
  }

  /** Returns a policy of the application, which returns a stage of its own. */
  private static Policy foreign(Supplier<CompletionStage<String>> stage) {
    return new Policy() {
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
      @SuppressWarnings("unchecked")
      public <T extends @Nullable Object> CompletableFuture<T> callAsync(
          Supplier<? extends CompletionStage<T>> body) {
        return (CompletableFuture<T>) stage.get();
      }
    };
  }

  private static Policy policy(Resilience resilience, Method declare) {
    Object declared = ForeignPattern.invoke(
        declare,
        resilience,
        "inside",
        Objects.requireNonNull(ForeignPattern.config(declare.getParameterTypes()[1])));
    return declared instanceof KeyedCircuitBreaker keys
        ? keys.forKey("a")
        : ForeignPattern.policy(resilience, declared);
  }

  private static Coalescer<String, String> coalescer(Resilience resilience) {
    return resilience.coalescer("c");
  }

  private static ResultPipeline<String> pipeline(
      Resilience resilience, boolean isObserved, Supplier<CompletionStage<String>> stage) {
    var plain = resilience.pipeline("p", p -> p.add(resilience.circuitBreaker("b")));
    var pipeline = isObserved ? (Pipeline) observed(resilience, plain) : plain;
    return pipeline.withFallback(Fallback.<String>builder()
        .onAsync(IllegalStateException.class, failure -> stage.get())
        .build());
  }

  private static CompletableFuture<?> annotated(
      Resilience resilience, boolean isObserved, Shop target, boolean isFallback) throws Exception {
    List<Throwable> replaced = new ArrayList<>();
    CallObserver observer = new CallObserver() {
      @Override
      public void onFallback(Throwable failure) {
        replaced.add(failure);
      }
    };
    CompletionStage<?> call;
    try {
      call = (CompletionStage<?>) Objects.requireNonNull(resilience
          .policies()
          .forMethod(Shop.class.getMethod("price"), Shop.class, MethodHandles.lookup())
          .orElseThrow()
          .call(target, new Object[0], target::price, isObserved ? observer : null));
    } catch (Throwable e) {
      throw new AssertionError("it throws", e);
    }
    return call.toCompletableFuture().thenApply(value -> {
      assertThat(replaced)
          .as("what the observer received")
          .hasSize(isObserved && isFallback ? 1 : 0);
      return value;
    });
  }

  @SuppressWarnings("unchecked") // the check ends as unhealthy
  private static CompletableFuture<?> checked(
      Resilience resilience, Supplier<CompletionStage<String>> stage) {
    resilience.health().register("c", HealthCheck.async(() -> {
      CompletableFuture<HealthResult> answer = new CompletableFuture<>() {
        @Override
        public CompletableFuture<HealthResult> toCompletableFuture() {
          HostileStage<String> given = (HostileStage<String>) stage.get();
          given.end(VALUE, null); // the thread of the check waits
          return (CompletableFuture<HealthResult>)
              (CompletableFuture<?>) given.toCompletableFuture();
        }
      };
      return answer;
    }));
    return resilience.health().checkAllAsync();
  }

  @Test
  void methodsOfTheApi_thatTakeStages_haveAnEntry() throws Exception {
    Set<String> found = new TreeSet<>();
    for (Class<?> type : ForeignPointsTest.exported()) {
      for (Method method : type.getDeclaredMethods()) {
        if (Modifier.isPublic(method.getModifiers())
            && !method.isSynthetic()
            && Arrays.stream(method.getGenericParameterTypes())
                .map(Type::getTypeName)
                .anyMatch(
                    name -> name.matches(".*(CompletionStage|CompletableFuture|\\.Future)\\b.*"))) {
          found.add(
              type.getName().replaceAll(".*\\.", "").replace('$', '.') + "." + method.getName());
        }
      }
    }
    assertThat(found).isEqualTo(new TreeSet<>(TAKE_STAGES));
  }

  @TestFactory
  Stream<DynamicTest> stage_ofWhichAMethodThrows_endsTheCall() {
    return entries().entrySet().stream()
        .map(entry -> dynamicTest(entry.getKey(), () -> {
          List<String> wrong = new ArrayList<>();
          for (String method : HostileStage.METHODS) {
            for (String state : List.of("complete", "failed", "complete later", "failed later")) {
              check(entry.getValue(), method, state, wrong);
            }
          }
          assertThat(wrong).as(entry.getKey()).isEmpty();
        }));
  }

  private static void check(Entry entry, String method, String state, List<String> wrong) {
    ManualTime time = ManualTime.create().autoAdvance(true);
    AssertionError thrown = new AssertionError("thrown by " + method);
    List<HostileStage<String>> stages = new ArrayList<>();
    try (Resilience resilience = Resilience.builder()
        .timeSource(time)
        .property("resilience.chaos.enabled", "true")
        .build()) {
      CompletableFuture<?> call = entry.call(resilience, () -> {
        HostileStage<String> stage = new HostileStage<>(method, thrown);
        stages.add(stage);
        if (!state.endsWith("later")) {
          stage.end(VALUE, state.startsWith("failed") ? FAILURE : null);
        }
        return stage;
      });
      for (int i = 0; i < 5; i++) {
        // A retry or a hedge starts another one.
        List.copyOf(stages)
            .forEach(stage -> stage.end(VALUE, state.startsWith("failed") ? FAILURE : null));
        time.advance(Duration.ofSeconds(5));
      }
      String end = end(call, thrown);
      if (!end.matches("value|failed|thrown")
          || (end.equals("thrown") && stages.get(0).calls.get() == 0)) {
        wrong.add(state + ", " + method + ": " + end);
      }
    } catch (Throwable e) {
      wrong.add(state + ", " + method + " throws " + e);
    }
  }

  private static String end(CompletableFuture<?> call, Throwable thrown) {
    if (call instanceof HostileStage<?>) {
      return "value"; // a policy that needs no end returns what the body returned
    }
    if (!call.isDone()) {
      return "does not end";
    }
    try {
      call.join();
      return "value";
    } catch (CompletionException e) {
      return e.getCause() == thrown
          ? "thrown"
          : e.getCause() == FAILURE ? "failed" : String.valueOf(e.getCause());
    }
  }
}
