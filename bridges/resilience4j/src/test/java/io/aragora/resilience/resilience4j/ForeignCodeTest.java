package io.aragora.resilience.resilience4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.TimeoutConfig;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.core.EventConsumer;
import io.github.resilience4j.core.EventPublisher;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.timelimiter.TimeLimiter;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every function that a view calls, with every kind of throwable, at every entry, while the log handler throws as well: the call ends
 * once, as its body did, is counted, and its permit is returned. Settings of both libraries, and consumers of events, are found by
 * reflection, so that a new one is covered.
 */
class ForeignCodeTest {
  private static final Duration COOLDOWN = Duration.ofSeconds(10);

  private static final List<Throwable> THROWABLES = List.of(
      new IllegalStateException("foreign"),
      new NoClassDefFoundError("foreign"),
      new AssertionError("foreign"),
      new StackOverflowError("foreign"),
      new OutOfMemoryError("foreign"),
      new InterruptedException("foreign"),
      new Exception("foreign, sneaked past the compiler"));

  /** Held, since an unreferenced logger is collected with its level. */
  private static final Logger LOG = Logger.getLogger("io.aragora.resilience");

  private static final Handler BROKEN = new Handler() {
    @Override
    public void publish(LogRecord line) {
      throw new NoClassDefFoundError("a log handler");
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  };

  @BeforeAll
  static void breakTheLog() {
    LOG.setUseParentHandlers(false);
    LOG.addHandler(BROKEN);
  }

  @AfterAll
  static void mendTheLog() {
    LOG.removeHandler(BROKEN);
    LOG.setUseParentHandlers(true);
  }

  /** A function of the application, which counts its calls and throws. */
  private static final class Thrower {
    final Throwable thrown;
    final AtomicInteger called = new AtomicInteger();

    Thrower(Throwable thrown) {
      this.thrown = thrown;
    }

    @SuppressWarnings("TypeParameterUnusedInFormals")
    <T> T go() {
      called.incrementAndGet();
      throw ForeignCodeTest.<RuntimeException>sneak(thrown);
    }
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <X extends Throwable> X sneak(Throwable thrown) throws X {
    throw (X) thrown;
  }

  /** Throws from each method that has no body. */
  private static Object throwing(Class<?> type, Thrower thrower) {
    if (type == Backoff.class) {
      return Backoff.custom(retry -> thrower.<Long>go());
    }
    return Proxy.newProxyInstance(
        type.getClassLoader(),
        new Class<?>[] {type},
        (proxy, method, arguments) -> switch (method.getName()) {
          case "hashCode" -> System.identityHashCode(proxy);
          case "equals" -> proxy == arguments[0];
          case "toString", "name" -> "throwing " + type.getSimpleName();
          default ->
            method.isDefault()
                ? InvocationHandler.invokeDefault(proxy, method, arguments)
                : thrower.go();
        });
  }

  /** Sets one function of a builder. */
  private record Setting(Method setter) {
    /** Those of a builder that take one function. An executor ends an attempt otherwise than its body. */
    static List<Setting> of(Class<?> builder) {
      return Arrays.stream(builder.getMethods())
          .filter(
              method -> method.getDeclaringClass() == builder && method.getParameterCount() == 1)
          .filter(method -> isFunction(method.getParameterTypes()[0]))
          // Called once, when the config is translated.
          .filter(method -> !method.getName().equals("waitIntervalFunctionInOpenState"))
          .sorted(Comparator.comparing(Method::getName).thenComparing(Method::toString))
          .map(Setting::new)
          .toList();
    }

    private static boolean isFunction(Class<?> type) {
      return type == Backoff.class
          || type == RetryBudget.class
          || (type.isInterface() && type != Executor.class);
    }

    void set(Object builder, Thrower thrower) {
      invoke(setter, builder, throwing(setter.getParameterTypes()[0], thrower));
    }

    String name() {
      String declaring = setter.getDeclaringClass().getName();
      return (declaring.startsWith("io.github") ? "their " : "our ")
          + setter.getDeclaringClass().getEnclosingClass().getSimpleName() + "."
          + setter.getName();
    }
  }

  private static void invoke(Method method, Object owner, Object... arguments) {
    try {
      method.setAccessible(true);
      method.invoke(owner, arguments);
    } catch (InvocationTargetException e) {
      throw new AssertionError(method.toString(), e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(method.toString(), e);
    }
  }

  /** Registers a consumer that throws for each kind of event, and one that counts behind it. */
  private static AtomicInteger consume(EventPublisher<?> publisher, Thrower thrower) {
    AtomicInteger seen = new AtomicInteger();
    EventConsumer<?> counting = event -> seen.incrementAndGet();
    for (Method method : publisher.getClass().getMethods()) {
      if (method.getName().startsWith("on")
          && !method.isBridge()
          && method.getParameterCount() == 1
          && method.getParameterTypes()[0] == EventConsumer.class) {
        invoke(method, publisher, throwing(EventConsumer.class, thrower));
        invoke(method, publisher, counting);
      }
    }
    return seen;
  }

  /** What one test needs. */
  private static final class Setup {
    final ManualTime time = ManualTime.create().autoAdvance(true);
    final Resilience resilience = Resilience.builder().timeSource(time).build();
  }

  private interface Case<V> {
    V view(Setup setup, Thrower thrower);
  }

  private static Map<String, Case<CircuitBreaker>> breakers() {
    Map<String, Case<CircuitBreaker>> all = new TreeMap<>();
    for (Setting setting : Setting.of(CircuitBreakerConfig.Builder.class)) {
      all.put(setting.name(), (setup, thrower) -> {
        CircuitBreakerConfig.Builder config = CircuitBreakerConfig.builder()
            .failureThreshold(1)
            .successThreshold(1)
            .cooldown(COOLDOWN)
            .halfOpenMaxCalls(1)
            .halfOpenMaxDuration(Duration.ofHours(1));
        setting.set(config, thrower);
        return consumed(
            Resilience4j.circuitBreaker(
                setup.resilience, setup.resilience.circuitBreaker("b", config.build())),
            new Thrower(thrower.thrown));
      });
    }
    var builder = io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.Builder.class;
    for (Setting setting : Setting.of(builder)) {
      all.put(setting.name(), (setup, thrower) -> {
        var config = theirs();
        setting.set(config, thrower);
        return consumed(
            Resilience4j.circuitBreakers(setup.resilience).circuitBreaker("b", config.build()),
            new Thrower(thrower.thrown));
      });
    }
    all.put(
        "consumers",
        (setup, thrower) -> consumed(
            Resilience4j.circuitBreakers(setup.resilience)
                .circuitBreaker("b", theirs().build()),
            thrower));
    return all;
  }

  private static io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.Builder theirs() {
    return io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.custom()
        .slidingWindowSize(1)
        .minimumNumberOfCalls(1)
        .permittedNumberOfCallsInHalfOpenState(1)
        .waitDurationInOpenState(COOLDOWN);
  }

  private static CircuitBreaker consumed(CircuitBreaker view, Thrower thrower) {
    consume(view.getEventPublisher(), thrower);
    return view;
  }

  private static Map<String, Case<Retry>> retries() {
    Map<String, Case<Retry>> all = new TreeMap<>();
    for (Setting setting : Setting.of(RetryConfig.Builder.class)) {
      all.put(setting.name(), (setup, thrower) -> {
        RetryConfig.Builder config =
            RetryConfig.builder().maxAttempts(2).backoff(Backoff.constant(Duration.ofSeconds(1)));
        setting.set(config, thrower);
        if (setting.setter.getName().equals("retryAfterResult")) {
          config.retryResultIf(value -> true);
        }
        return consumed(
            Resilience4j.retry(setup.resilience.retry("r", config.build())),
            new Thrower(thrower.thrown));
      });
    }
    for (Setting setting : Setting.of(io.github.resilience4j.retry.RetryConfig.Builder.class)) {
      all.put(setting.name(), (setup, thrower) -> {
        var config = io.github.resilience4j.retry.RetryConfig.custom().maxAttempts(2);
        setting.set(config, thrower);
        if (setting.setter.getName().startsWith("consumeResult")) {
          config.retryOnResult(value -> true);
        }
        return consumed(
            Resilience4j.retries(setup.resilience).retry("r", config.build()),
            new Thrower(thrower.thrown));
      });
    }
    all.put(
        "consumers",
        (setup, thrower) -> consumed(
            Resilience4j.retries(setup.resilience)
                .retry(
                    "r",
                    io.github.resilience4j.retry.RetryConfig.custom()
                        .maxAttempts(2)
                        .build()),
            thrower));
    return all;
  }

  private static Retry consumed(Retry view, Thrower thrower) {
    consume(view.getEventPublisher(), thrower);
    return view;
  }

  /** How a call ended: its value, or its failure. */
  private record Ending(@Nullable Object value, @Nullable Throwable failure) {
    static Ending of(Callable<?> call) {
      try {
        return new Ending(call.call(), null);
      } catch (Throwable e) {
        return new Ending(null, e);
      }
    }

    static Ending of(CompletionStage<?> stage) {
      CompletableFuture<?> future = stage.toCompletableFuture();
      assertThat(future).as("the future ends").isDone();
      return future
          .handle((value, failure) -> new Ending(
              value, failure instanceof CompletionException ? failure.getCause() : failure))
          .join();
    }
  }

  private interface Entry<V> {
    Ending enter(V view, Callable<String> body);
  }

  private static CompletionStage<String> stage(Callable<String> body) {
    try {
      return CompletableFuture.completedFuture(body.call());
    } catch (Exception e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static Map<String, Entry<CircuitBreaker>> breakerEntries() {
    return Map.of(
        "executeCallable",
        (view, body) -> Ending.of(() -> view.executeCallable(body)),
        "executeCheckedSupplier",
        (view, body) -> Ending.of(() -> {
          try {
            return view.executeCheckedSupplier(body::call);
          } catch (Throwable e) {
            throw ForeignCodeTest.<RuntimeException>sneak(e);
          }
        }),
        "executeCompletionStage",
        (view, body) -> Ending.of(view.executeCompletionStage(() -> stage(body))),
        "executeCompletionStage, completed later",
        (view, body) -> {
          CompletableFuture<String> later = new CompletableFuture<>();
          CompletionStage<String> call = view.executeCompletionStage(() -> later);
          stage(body).whenComplete((value, failure) -> {
            if (failure == null) {
              later.complete(value);
            } else {
              later.completeExceptionally(failure);
            }
          });
          return Ending.of(call);
        });
  }

  private static Map<String, Entry<Retry>> retryEntries() {
    return Map.of(
        "executeCallable",
        (view, body) -> Ending.of(() -> view.executeCallable(body)),
        "executeCheckedSupplier",
        (view, body) -> Ending.of(() -> {
          try {
            return view.executeCheckedSupplier(body::call);
          } catch (Throwable e) {
            throw ForeignCodeTest.<RuntimeException>sneak(e);
          }
        }),
        "executeCompletionStage",
        (view, body) -> Ending.of(view.executeCompletionStage(atOnce(), () -> stage(body))));
  }

  /** A scheduler that runs what it is given at once. */
  private static ScheduledExecutorService atOnce() {
    return (ScheduledExecutorService) Proxy.newProxyInstance(
        ForeignCodeTest.class.getClassLoader(),
        new Class<?>[] {ScheduledExecutorService.class},
        (proxy, method, arguments) -> {
          assertThat(method.getName()).isEqualTo("schedule");
          ((Runnable) arguments[0]).run();
          return null;
        });
  }

  private static Callable<String> body(IOException down, boolean fails) {
    return () -> {
      if (fails) {
        throw down;
      }
      return "well";
    };
  }

  private static void assertEnding(Ending ending, IOException down, boolean fails) {
    if (fails) {
      assertThat(ending.failure()).as("the body's own failure").isSameAs(down);
    } else {
      assertThat(ending).as("the body's own value").isEqualTo(new Ending("well", null));
    }
  }

  @TestFactory
  Stream<DynamicTest> breaker_everyFunction_everyThrowable_everyEntry() {
    List<DynamicTest> tests = new ArrayList<>();
    breakers()
        .forEach((name, each) -> breakerEntries()
            .forEach((entry, enter) -> tests.add(dynamicTest(name + ", " + entry, () -> {
              for (Throwable thrown : THROWABLES) {
                checkProbe(each, new Thrower(thrown), enter, false);
                checkProbe(each, new Thrower(thrown), enter, true);
              }
            }))));
    return tests.stream();
  }

  /** The call is the one probe of a breaker. */
  private static void checkProbe(
      Case<CircuitBreaker> given, Thrower thrower, Entry<CircuitBreaker> entry, boolean fails) {
    Setup setup = new Setup();
    try (Resilience resilience = setup.resilience) {
      CircuitBreaker view = given.view(setup, thrower);
      var breaker = resilience.circuitBreaker("b");
      view.transitionToOpenState();
      setup.time.advance(COOLDOWN);
      IOException down = new IOException("down");

      Ending ending = entry.enter(view, body(down, fails));

      assertEnding(ending, down, fails);
      var totals = breaker.snapshot().totals();
      assertThat(totals.successes() + totals.failures() + totals.ignored())
          .as("the call is counted once")
          .isOne();
      setup.time.advance(COOLDOWN);
      assertThat(view.tryAcquirePermission()).as("the slot is free").isTrue();
    }
  }

  @TestFactory
  Stream<DynamicTest> retry_everyFunction_everyThrowable_everyEntry() {
    List<DynamicTest> tests = new ArrayList<>();
    retries()
        .forEach((name, each) -> retryEntries()
            .forEach((entry, enter) -> tests.add(dynamicTest(name + ", " + entry, () -> {
              for (Throwable thrown : THROWABLES) {
                checkRetry(each, new Thrower(thrown), enter, false);
                checkRetry(each, new Thrower(thrown), enter, true);
              }
            }))));
    return tests.stream();
  }

  private static void checkRetry(
      Case<Retry> given, Thrower thrower, Entry<Retry> entry, boolean fails) {
    Setup setup = new Setup();
    try (Resilience resilience = setup.resilience) {
      assertThat(resilience.isClosed()).isFalse();
      Retry view = given.view(setup, thrower);
      IOException down = new IOException("down");

      Ending ending = entry.enter(view, body(down, fails));

      assertEnding(ending, down, fails);
      Retry.Metrics numbers = view.getMetrics();
      assertThat(numbers.getNumberOfSuccessfulCallsWithoutRetryAttempt()
              + numbers.getNumberOfSuccessfulCallsWithRetryAttempt()
              + numbers.getNumberOfFailedCallsWithoutRetryAttempt()
              + numbers.getNumberOfFailedCallsWithRetryAttempt())
          .as("the call is counted once")
          .isOne();
    }
  }

  @Test
  void everyFunction_isReallyCalled() {
    Set<String> never = new TreeSet<>();
    breakers().forEach((name, each) -> {
      Thrower thrower = new Thrower(new IllegalStateException("foreign"));
      breakerEntries().values().forEach(entry -> {
        checkProbe(each, thrower, entry, false);
        checkProbe(each, thrower, entry, true);
      });
      if (thrower.called.get() == 0) {
        never.add(name);
      }
    });
    retries().forEach((name, each) -> {
      Thrower thrower = new Thrower(new IllegalStateException("foreign"));
      retryEntries().values().forEach(entry -> {
        checkRetry(each, thrower, entry, false);
        checkRetry(each, thrower, entry, true);
      });
      if (thrower.called.get() == 0) {
        never.add(name);
      }
    });

    assertThat(never)
        .as("a view has an exception of its own for rejected calls")
        .containsExactlyInAnyOrder("our CircuitBreakerConfig.mapException");
  }

  @TestFactory
  Stream<DynamicTest> timeLimiter_everyFunction_everyThrowable() {
    return THROWABLES.stream()
        .map(thrown -> dynamicTest(thrown.getClass().getSimpleName(), () -> {
          Setup setup = new Setup();
          try (Resilience resilience = setup.resilience) {
            Thrower thrower = new Thrower(thrown);
            TimeoutConfig.Builder config = TimeoutConfig.builder().limit(Duration.ofSeconds(1));
            Setting.of(TimeoutConfig.Builder.class).forEach(each -> each.set(config, thrower));
            resilience.timeout("t", config.build());
            TimeLimiter view = Resilience4j.timeLimiter(resilience, "t");
            AtomicInteger seen = consume(view.getEventPublisher(), thrower);
            for (boolean fails : new boolean[] {false, true}) {
              IOException down = new IOException("down");
              Callable<String> body = body(down, fails);
              assertEnding(
                  Ending.of(
                      () -> view.executeFutureSupplier(() -> uncancellable(stage(body), thrower))),
                  down,
                  fails);
              assertEnding(
                  Ending.of(view.executeCompletionStage(atOnce(), () -> stage(body))), down, fails);
            }
            CompletionStage<String> late =
                view.executeCompletionStage(atOnce(), CompletableFuture<String>::new);
            setup.time.advance(Duration.ofSeconds(2));
            assertThat(late.toCompletableFuture()).isCompletedExceptionally();
            assertThat(thrower.called).hasPositiveValue();
            assertThat(seen).as("two consumers for each of five calls").hasValue(10);
          }
        }));
  }

  /** The future of a stage, whose cancel throws. */
  @SuppressWarnings("unchecked")
  private static Future<String> uncancellable(CompletionStage<String> stage, Thrower thrower) {
    return (Future<String>) Proxy.newProxyInstance(
        ForeignCodeTest.class.getClassLoader(),
        new Class<?>[] {Future.class},
        (proxy, method, args) -> {
          if (method.getName().equals("cancel")) {
            return thrower.go();
          }
          try {
            return method.invoke(stage.toCompletableFuture(), args);
          } catch (InvocationTargetException e) {
            throw Objects.requireNonNull(e.getCause());
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> bulkheadAndRateLimiter_consumers_everyThrowable() {
    return THROWABLES.stream()
        .map(thrown -> dynamicTest(thrown.getClass().getSimpleName(), () -> {
          Setup setup = new Setup();
          try (Resilience resilience = setup.resilience) {
            Thrower thrower = new Thrower(thrown);
            Bulkhead bulkhead = Resilience4j.bulkheads(resilience)
                .bulkhead("b", BulkheadConfig.custom().maxConcurrentCalls(1).build());
            AtomicInteger ofBulkhead = consume(bulkhead.getEventPublisher(), thrower);
            RateLimiter limiter = Resilience4j.rateLimiters(resilience)
                .rateLimiter(
                    "l",
                    RateLimiterConfig.custom()
                        .limitForPeriod(10)
                        .limitRefreshPeriod(Duration.ofSeconds(1))
                        .build());
            AtomicInteger ofLimiter = consume(limiter.getEventPublisher(), thrower);

            for (int i = 0; i < 2; i++) {
              assertThat(bulkhead.executeCallable(() -> {
                    assertThat(bulkhead.tryAcquirePermission()).isFalse();
                    return "well";
                  }))
                  .isEqualTo("well");
              assertThat(limiter.executeCallable(() -> "well")).isEqualTo("well");
            }
            assertThat(bulkhead.getMetrics().getAvailableConcurrentCalls()).isOne();
            assertThat(thrower.called).hasPositiveValue();
            assertThat(ofBulkhead).as("permitted, rejected, finished").hasValue(12);
            assertThat(ofLimiter).hasValue(4);
          }
        }));
  }
}
