package io.aragora.resilience.resilience4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.timelimiter.TimeLimiter;
import io.github.resilience4j.timelimiter.TimeLimiterConfig;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every static method of the interfaces that takes a policy ({@code decorate…}, {@code waitForPermission}), on a policy of Resilience4j
 * and on a view: what it returns is called with a body that succeeds and one that fails, and while the policy rejects. Both have the
 * same end and the same metrics.
 */
class StaticsContractTest {
  private static final IllegalStateException FAILURE = new IllegalStateException("down");

  /** What a call meets. */
  private enum Case {
    SUCCESS,
    FAILURE,
    REJECTION
  }

  /** An interface, and one of its policies. */
  private record Kind<P>(Class<P> type, Function<Subject, P> policy, Rejection<P> rejection) {}

  /** Brings a policy to reject its next call. */
  private interface Rejection<P> {
    void of(P policy);
  }

  private static final List<Kind<?>> KINDS = List.of(
      new Kind<>(
          CircuitBreaker.class,
          subject -> subject.breaker(CircuitBreakerConfig.ofDefaults()),
          CircuitBreaker::transitionToForcedOpenState),
      new Kind<>(
          Retry.class,
          subject -> subject.retry(RetryConfig.custom()
              .waitDuration(Duration.ofMillis(1))
              .retryOnResult("busy"::equals)
              .build()),
          policy -> {}),
      new Kind<>(
          Bulkhead.class,
          subject ->
              subject.bulkhead(BulkheadConfig.custom().maxConcurrentCalls(1).build()),
          Bulkhead::acquirePermission),
      new Kind<>(
          RateLimiter.class,
          subject -> subject.rateLimiter(RateLimiterConfig.custom()
              .limitForPeriod(9)
              .limitRefreshPeriod(Duration.ofHours(1))
              .timeoutDuration(Duration.ZERO)
              .build()),
          RateLimiter::drainPermissions),
      new Kind<>(
          TimeLimiter.class,
          subject -> subject.timeLimiter(
              TimeLimiterConfig.custom().timeoutDuration(Duration.ofMinutes(1)).build()),
          policy -> {}));

  @TestFactory
  Stream<DynamicTest> everyStatic_endsAndCountsAsTheirs() {
    return KINDS.stream().flatMap(StaticsContractTest::tests);
  }

  private static <P> Stream<DynamicTest> tests(Kind<P> kind) {
    List<Method> statics = Arrays.stream(kind.type.getMethods())
        .filter(method -> Modifier.isStatic(method.getModifiers()))
        .filter(method -> List.of(method.getParameterTypes()).contains(kind.type))
        .sorted(Comparator.comparing(Method::toString))
        .toList();
    assertThat(statics).as(kind.type.toString()).isNotEmpty();
    return statics.stream()
        .flatMap(method -> Arrays.stream(Case.values())
            .map(each -> dynamicTest(
                kind.type.getSimpleName() + "." + method.getName() + "("
                    + method.getParameterCount() + "), " + each,
                () -> {
                  try (Subject theirs = new Subject.Theirs();
                      Subject ours = new Subject.Ours()) {
                    assertThat(seen(kind, method, each, ours))
                        .isEqualTo(seen(kind, method, each, theirs));
                  }
                })));
  }

  private static <P> Map<String, String> seen(
      Kind<P> kind, Method method, Case each, Subject subject) throws Exception {
    P policy = kind.policy.apply(subject);
    if (each == Case.REJECTION) {
      kind.rejection.of(policy);
    }
    Object[] arguments = new Object[method.getParameterCount()];
    for (int i = 0; i < arguments.length; i++) {
      Class<?> type = method.getParameterTypes()[i];
      boolean isPermits = method.getGenericParameterTypes()[i].getTypeName().contains("Integer");
      arguments[i] = type == kind.type
          ? policy
          : type == ScheduledExecutorService.class
              ? scheduler(kind.type == TimeLimiter.class)
              : argument(type, isPermits, method.getName(), each == Case.FAILURE);
    }
    Map<String, String> seen = new TreeMap<>();
    seen.put("end", end(() -> called(method.invoke(null, arguments))));
    subject.settle();
    for (Method accessor : kind.type.getMethods()) {
      if (accessor.getName().equals("getMetrics")) {
        Object metrics = accessor.invoke(policy);
        for (Method number : accessor.getReturnType().getMethods()) {
          seen.put(number.getName(), String.valueOf(number.invoke(metrics)));
        }
      }
    }
    return seen;
  }

  /** Runs what it is given at once, unless that is a limit of time, which is a minute away. */
  private static Object scheduler(boolean isOfLimits) {
    return proxy(ScheduledExecutorService.class, (proxy, method, arguments) -> {
      if (!isOfLimits) {
        ((Runnable) arguments[0]).run();
      }
      return proxy(ScheduledFuture.class, (future, asked, given) -> false);
    });
  }

  private static Object argument(Class<?> type, boolean isPermits, String name, boolean fails) {
    if (type == int.class) {
      return 1;
    }
    return proxy(type, (proxy, method, arguments) -> {
      if (method.isDefault()) {
        return InvocationHandler.invokeDefault(proxy, method, arguments);
      }
      if (isPermits) {
        return 1;
      }
      boolean isAsync = name.contains("Stage") || name.contains("Future");
      if (isAsync) {
        return fails
            ? CompletableFuture.failedFuture(FAILURE)
            : CompletableFuture.completedFuture("5");
      }
      if (fails) {
        throw FAILURE;
      }
      return method.getReturnType() == boolean.class ? true : "5";
    });
  }

  private static Object proxy(Class<?> type, InvocationHandler handler) {
    return Proxy.newProxyInstance(
        StaticsContractTest.class.getClassLoader(),
        new Class<?>[] {type},
        (proxy, method, arguments) -> {
          Object value = handler.invoke(proxy, method, arguments);
          return method.getReturnType() == void.class ? null : value;
        });
  }

  private interface Body {
    @Nullable
    Object run() throws Exception;
  }

  private static String end(Body body) {
    try {
      return "value " + body.run();
    } catch (Exception e) {
      Throwable own = e;
      while ((own instanceof InvocationTargetException
              || own instanceof ExecutionException
              || own instanceof CompletionException)
          && own.getCause() != null) {
        own = own.getCause();
      }
      return own.toString();
    }
  }

  /** Calls what a static method returned: a function, whose value may be a future. */
  private static @Nullable Object called(@Nullable Object function) throws Exception {
    if (function == null) {
      return "nothing";
    }
    List<Method> methods = new ArrayList<>();
    for (Class<?> type : function.getClass().getInterfaces()) {
      for (Method method : type.getMethods()) {
        if (Modifier.isAbstract(method.getModifiers())) {
          methods.add(method);
        }
      }
    }
    assertThat(methods).as("functions of %s", function).hasSize(1);
    Method method = methods.get(0);
    method.setAccessible(true);
    Object[] arguments = new Object[method.getParameterCount()];
    Arrays.fill(arguments, "x");
    Object value = method.invoke(function, arguments);
    if (value instanceof CompletionStage<?> stage) {
      return stage.toCompletableFuture().join();
    }
    return value instanceof Future<?> future ? future.get() : value;
  }
}
