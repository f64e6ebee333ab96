package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.chaos.ChaosConfig;
import io.aragora.resilience.core.ForeignCodeTest.Foreign;
import io.aragora.resilience.core.ForeignCodeTest.Setup;
import io.aragora.resilience.core.time.SystemTimeSource;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every function of the application that has no say in the outcome of its call blocks for ever, and the call that it is called for
 * ends. Functions are found by reflection, one test for each method of an interface. One that is not listed in {@link #HAS_A_SAY} must
 * have none.
 */
class OwnCallTest {
  private static final Duration LIMIT = Duration.ofMillis(20);
  private static final String UNWANTED = "unwanted";

  /** The longest wait for what must happen at once: no measurement, a wait that fails. */
  private static final long SECONDS = 30;

  /** They decide whether a call begins, how it ends, what it waits for, or as what it counts, so the call waits for them. */
  private static final Set<String> HAS_A_SAY = Set.of(
      "ChaosConfig.behave",
      "ChaosConfig.fail",
      "ChaosConfig.failAfter",
      "ChaosConfig.onlyIf",
      "CircuitBreakerConfig.cooldownFrom",
      "CircuitBreakerConfig.ignoreIf",
      "CircuitBreakerConfig.mapException",
      "CircuitBreakerConfig.recordIf",
      "CircuitBreakerConfig.recordResultIf",
      "CoalescerConfig.copyFor",
      "CoalescerConfig.staleIf",
      "CoalescerConfig.staleIfError, get",
      "ConcurrencyLimitConfig.overloadIf",
      "HedgeConfig.acceptResult",
      "HedgeConfig.budget, tryTake",
      "HedgeConfig.hedgeOn",
      "RetryConfig.abortIf",
      "RetryConfig.backoff",
      "RetryConfig.budget, tryTake",
      "RetryConfig.retryAfter",
      "RetryConfig.retryAfterResult",
      "RetryConfig.retryIf",
      "RetryConfig.retryResultIf",
      "TimeoutConfig.mapException");

  /** They are plug-ins that must not block, by their documentation: each call asks them on its own thread. */
  static final Set<String> MUST_NOT_BLOCK = Set.of(
      "ContextPropagator.capture",
      "ContextPropagator.restore",
      "ContextPropagator.close",
      "ContextPropagator that gives null",
      "a consumer of durations");

  /** They block the thread that builds the runtime or declares a policy. */
  static final Set<String> BEFORE_CALLS =
      Set.of("ResilienceExtension.attach", "StateStore", "DurationRecorder.of");

  @BeforeAll
  static void logLess() {
    ForeignCodeTest.logLess();
  }

  @AfterAll
  static void logAgain() {
    ForeignCodeTest.logAgain();
  }

  /** Code of which one method blocks until the test is over, and the others do as little as possible. */
  static class Blocker extends BlockingCode {
    /** Null for each method. */
    private final @Nullable String method;

    final Set<Class<?>> types = new LinkedHashSet<>();

    Blocker(@Nullable String method) {
      this.method = method;
    }

    @Override
    Object function(Class<?> type) {
      types.add(type);
      if (type == Backoff.class) {
        return super.function(type);
      }
      return Proxy.newProxyInstance(
          type.getClassLoader(), new Class<?>[] {type}, (proxy, called, arguments) -> {
            String name = called.getName();
            if (name.equals(method)) {
              return go();
            }
            return switch (name) {
              case "hashCode" -> System.identityHashCode(proxy);
              case "equals" -> proxy == arguments[0];
              case "toString", "name" -> "own " + type.getSimpleName();
              case "config" -> RetryBudgetConfig.builder().build();
              default -> nothing(called.getReturnType());
            };
          });
    }

    private static @Nullable Object nothing(Class<?> type) {
      if (type == boolean.class) {
        return true;
      }
      if (type == double.class) {
        return 0.0;
      }
      return type == long.class ? (Object) 0L : null;
    }

    /** So that a hedge has losers, and chaos loses results. */
    @Override
    void tune(Object builder, String setter) {
      if (builder instanceof HedgeConfig.Builder hedge) {
        hedge.acceptResult(result -> !UNWANTED.equals(result)).delay(LIMIT.dividedBy(4));
      } else if (builder instanceof ChaosConfig.Builder chaos && setter.equals("onLost")) {
        chaos.failAfter(100, IOException::new);
      }
    }
  }

  /** One method of the code that a place takes. */
  record Point(String name, Foreign foreign, @Nullable String method, boolean isListener) {}

  private static List<Point> points() {
    return points(name -> !MUST_NOT_BLOCK.contains(name)
        && !BEFORE_CALLS.contains(name)
        && !name.endsWith(ForeignCodeTest.INSIDE));
  }

  /** Returns the functions and listeners of the places with some names. */
  static List<Point> points(Predicate<String> isWanted) {
    List<Point> points = new ArrayList<>();
    for (Foreign foreign : ForeignCodeTest.foreign()) {
      String name = foreign.name();
      if (!isWanted.test(name)) {
        continue;
      }
      if (name.contains(".subscribe")) {
        points.add(new Point(name, foreign, null, true));
        continue;
      }
      for (Class<?> type : typesOf(foreign)) {
        List<String> methods = methodsOf(type);
        for (String method : methods) {
          String full = methods.size() == 1 ? name : name + ", " + method;
          points.add(new Point(full, foreign, method, false));
        }
      }
    }
    for (ForeignPattern pattern : ForeignPattern.all()) {
      for (Method listener : pattern.listeners()) {
        String name = listener.getDeclaringClass().getSimpleName() + "." + listener.getName();
        points.add(new Point(
            name,
            new Foreign(
                name,
                (setup, blocker) -> setup.pattern = resilience -> {
                  Object policy = pattern.declared(resilience);
                  ForeignPattern.invoke(
                      listener,
                      policy,
                      ForeignCodeTest.throwingProxy(listener.getParameterTypes()[0], blocker));
                  return ForeignPattern.policy(resilience, policy);
                }),
            null,
            true));
      }
    }
    return points;
  }

  private static Set<Class<?>> typesOf(Foreign foreign) {
    Blocker probe = new Blocker("none");
    Setup setup = new Setup();
    foreign.given().accept(setup, probe);
    try (Resilience resilience = setup.runtime.build()) {
      setup.build(resilience, true);
    }
    return probe.types;
  }

  /** The methods that the library may call. Those that answer questions about the object itself are called by none of its calls. */
  private static List<String> methodsOf(Class<?> type) {
    if (type == Backoff.class) {
      return List.of("delay");
    }
    return Arrays.stream(type.getMethods())
        .filter(method -> Modifier.isAbstract(method.getModifiers()))
        .filter(method -> method.getParameterCount() > 0
            || method.getReturnType() == void.class
            || method.getReturnType() == boolean.class
            || type.getName().startsWith("java."))
        .map(Method::getName)
        .filter(name -> !name.equals("equals"))
        .distinct()
        .sorted(Comparator.naturalOrder())
        .toList();
  }

  @Test
  void everyFunctionThatHasASay_exists() {
    Set<String> unknown = new TreeSet<>(HAS_A_SAY);
    points().forEach(point -> unknown.remove(point.name()));
    assertThat(unknown).as("listed, and not in the API").isEmpty();
  }

  @TestFactory
  Stream<DynamicTest> everyFunctionWithoutASay_blocks_itsOwnCallEnds() {
    List<Point> all =
        points().stream().filter(point -> !HAS_A_SAY.contains(point.name())).toList();
    assertThat(all).as("functions and listeners").hasSizeGreaterThan(20);
    return all.stream().map(point -> dynamicTest(point.name(), () -> check(point)));
  }

  private static void check(Point point) throws Exception {
    List<Blocker> blockers = new ArrayList<>();
    List<Resilience> runtimes = new ArrayList<>();
    try {
      for (Way way : Way.values()) {
        for (boolean isRetried : way.isLate ? new boolean[] {false} : new boolean[] {false, true}) {
          Blocker blocker = new Blocker(point.method());
          blockers.add(blocker);
          check(point, way, isRetried, blocker, runtimes);
        }
      }
      // It may begin a little later than its call ends.
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
      while (!point.isListener()
          && blockers.stream().noneMatch(blocker -> blocker.entered.getCount() == 0)) {
        assertThat(System.nanoTime()).as("a call asks the function").isLessThan(until);
        LockSupport.parkNanos(1_000_000);
      }
    } finally {
      blockers.forEach(blocker -> blocker.release.countDown());
      runtimes.forEach(Resilience::close);
    }
  }

  private static void check(
      Point point, Way way, boolean isRetried, Blocker blocker, List<Resilience> runtimes) {
    Setup setup = new Setup();
    if (way.isLate) {
      setup.timeout.limit(LIMIT);
    }
    setup.retry.backoff(Backoff.constant(Duration.ofMillis(1)));
    setup.breaker.failureThreshold(1_000);
    point.foreign().given().accept(setup, blocker);
    Resilience resilience = setup.runtime.build();
    runtimes.add(resilience);
    Policy policy = setup.build(resilience, isRetried).pipeline();
    CompletableFuture<@Nullable String> ended = new CompletableFuture<>();
    Thread caller = new Thread(() -> {
      try {
        way.body.call(policy);
      } catch (Throwable e) {
        // However it ends.
      }
      ended.complete(null);
    });
    caller.setDaemon(true);
    caller.start();
    assertThat(ended)
        .as(point.name() + " blocks, and its own call ends: " + way)
        .succeedsWithin(Duration.ofSeconds(SECONDS));
  }

  /** As after a suspension of the process: the clock has passed the limit, and the timer's thread has not seen it. */
  @Test
  void consumerOfLateResults_blocks_aLimitThatTheTimerHasNotSeen_ends() throws Exception {
    AtomicLong suspendedNanos = new AtomicLong();
    Blocker blocker = new Blocker("accept");
    CompletableFuture<String> body = new CompletableFuture<>();
    try (Resilience resilience = Resilience.builder()
        .timeSource(new ForwardingTime(SystemTimeSource.INSTANCE) {
          @Override
          public long nanoTime() {
            return super.nanoTime() + suspendedNanos.get();
          }
        })
        .build()) {
      CompletableFuture<String> call = resilience
          .timeout(
              "t", c -> c.limit(Duration.ofHours(1)).onLateResult(result -> blocker.<Void>go()))
          .callAsync(() -> body);
      suspendedNanos.set(TimeUnit.HOURS.toNanos(2));
      new Thread(() -> body.complete("late")).start();
      assertThat(call)
          .failsWithin(Duration.ofSeconds(SECONDS))
          .withThrowableThat()
          .withCauseInstanceOf(TimeoutExceededException.class);
      assertThat(blocker.entered.await(SECONDS, TimeUnit.SECONDS)).isTrue();
      blocker.release.countDown();
    } finally {
      blocker.release.countDown();
    }
  }

  interface Body {
    void call(Policy policy) throws Exception;
  }

  /** What the body of a call does, each time that it runs. */
  enum Way {
    VALUE(false, policy -> policy.call(() -> "well")),
    FAILURE(
        false,
        policy -> policy.call(() -> {
          throw new IOException("down");
        })),
    SECOND_ATTEMPT(false, policy -> {
      AtomicInteger attempts = new AtomicInteger();
      policy.call(() -> {
        if (attempts.getAndIncrement() == 0) {
          throw new IOException("down");
        }
        return "well";
      });
    }),
    UNWANTED_FIRST(false, policy -> {
      AtomicInteger attempts = new AtomicInteger();
      policy.call(() -> attempts.getAndIncrement() == 0 ? UNWANTED : "well");
    }),
    UNWANTED_HEDGE(false, policy -> {
      AtomicInteger attempts = new AtomicInteger();
      policy.call(() -> {
        if (attempts.getAndIncrement() == 0) {
          throw new IOException("down");
        }
        return UNWANTED;
      });
    }),
    INTERRUPTED_FIRST(
        true,
        policy -> policy.call(() -> {
          awaitInterrupt();
          return "late";
        })),
    SLOW_FIRST(true, policy -> {
      AtomicInteger attempts = new AtomicInteger();
      policy.call(() -> {
        if (attempts.getAndIncrement() == 0) {
          awaitInterrupt();
        }
        return "late";
      });
    }),
    VALUE_LATER(false, policy -> {
      CompletableFuture<String> pending = new CompletableFuture<>();
      CompletableFuture<String> call = policy.callAsync(() -> pending);
      new Thread(() -> pending.complete("well")).start();
      await(call);
    }),
    FAILURE_LATER(false, policy -> {
      CompletableFuture<String> pending = new CompletableFuture<>();
      CompletableFuture<String> call = policy.callAsync(() -> pending);
      new Thread(() -> pending.completeExceptionally(new IOException("down"))).start();
      await(call);
    }),
    VALUE_AT_ONCE(
        false, policy -> await(policy.callAsync(() -> CompletableFuture.completedFuture("well")))),
    UNWANTED_FIRST_LATER(false, policy -> {
      AtomicInteger attempts = new AtomicInteger();
      await(policy.callAsync(() ->
          CompletableFuture.completedFuture(attempts.getAndIncrement() == 0 ? UNWANTED : "well")));
    }),
    UNWANTED_HEDGE_LATER(false, policy -> {
      AtomicInteger attempts = new AtomicInteger();
      await(policy.callAsync(() -> attempts.getAndIncrement() == 0
          ? CompletableFuture.failedFuture(new IOException("down"))
          : CompletableFuture.completedFuture(UNWANTED)));
    }),
    STUBBORN(true, policy -> {
      Stubborn pending = new Stubborn();
      CompletableFuture<String> call = policy.callAsync(() -> pending);
      call.whenComplete((value, failure) -> new Thread(() -> pending.complete("late")).start());
      await(call);
    });

    /** Whether the body waits for the end of its limit. */
    final boolean isLate;

    final Body body;

    Way(boolean isLate, Body body) {
      this.isLate = isLate;
      this.body = body;
    }
  }

  /** A future that no cancellation stops. */
  private static final class Stubborn extends CompletableFuture<String> {
    @Override
    public boolean cancel(boolean mayInterrupt) {
      return false;
    }
  }

  /** Ends at its interrupt by a limit or a hedge that has won, and returns a value all the same. */
  private static void awaitInterrupt() {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    while (!Thread.interrupted() && System.nanoTime() < until) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static void await(CompletableFuture<String> call) {
    try {
      call.get(SECONDS + 10, TimeUnit.SECONDS);
    } catch (Exception e) {
      assertThat(call).as("it has ended, however").isDone();
    }
  }
}
