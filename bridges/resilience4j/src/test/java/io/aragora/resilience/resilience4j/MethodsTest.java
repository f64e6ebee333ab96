package io.aragora.resilience.resilience4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.timelimiter.TimeLimiter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Every method of every interface: it works, and the page has it. */
class MethodsTest {
  private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();

  /** A fresh view for each method, since some of them close the door for the next. */
  private static Map<Class<?>, Object> views(Resilience resilience) {
    Map<Class<?>, Object> views = new LinkedHashMap<>();
    CircuitBreaker breaker = Resilience4j.circuitBreaker(resilience, "prices");
    Retry retry = Resilience4j.retry(resilience, "prices");
    Bulkhead bulkhead = Resilience4j.bulkhead(resilience, "prices");
    RateLimiter limiter = Resilience4j.rateLimiter(
        resilience.rateLimiter("prices", c -> c.limit(100).period(Duration.ofSeconds(1))));
    TimeLimiter timeLimiter =
        Resilience4j.timeLimiter(resilience.timeout("prices", Duration.ofMinutes(1)));
    views.put(CircuitBreaker.class, breaker);
    views.put(CircuitBreaker.Metrics.class, breaker.getMetrics());
    views.put(CircuitBreaker.EventPublisher.class, breaker.getEventPublisher());
    views.put(Retry.class, retry);
    views.put(Retry.Metrics.class, retry.getMetrics());
    views.put(Retry.EventPublisher.class, retry.getEventPublisher());
    views.put(Retry.Context.class, retry.context());
    views.put(Retry.AsyncContext.class, retry.asyncContext());
    views.put(Bulkhead.class, bulkhead);
    views.put(Bulkhead.Metrics.class, bulkhead.getMetrics());
    views.put(Bulkhead.EventPublisher.class, bulkhead.getEventPublisher());
    views.put(RateLimiter.class, limiter);
    views.put(RateLimiter.Metrics.class, limiter.getMetrics());
    views.put(RateLimiter.EventPublisher.class, limiter.getEventPublisher());
    views.put(TimeLimiter.class, timeLimiter);
    views.put(TimeLimiter.EventPublisher.class, timeLimiter.getEventPublisher());
    return views;
  }

  @Test
  void everyMethod_works_andIsOnThePage() throws Exception {
    String page = Files.readString(Path.of("../../docs/resilience4j.md"));
    TreeSet<String> missing = new TreeSet<>();
    int called = 0;
    try (Resilience probe = Resilience.create()) {
      for (Class<?> type : views(probe).keySet()) {
        for (Method method : type.getMethods()) {
          if (Modifier.isStatic(method.getModifiers())) {
            continue;
          }
          if (!page.contains("`" + method.getName() + "`")) {
            missing.add(type.getSimpleName() + "." + method.getName());
          }
          try (Resilience resilience = Resilience.create()) {
            call(method, views(resilience).get(type));
          }
          called++;
        }
      }
    } finally {
      scheduler.shutdownNow();
    }

    assertThat(missing).isEmpty();
    assertThat(called).isGreaterThan(120);
  }

  private void call(Method method, @Nullable Object view) throws Exception {
    Object[] arguments = new Object[method.getParameterCount()];
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = argument(method, method.getParameterTypes()[i]);
    }
    try {
      method.invoke(view, arguments);
    } catch (InvocationTargetException e) {
      // A retry throws what it was told, and that is all that may be thrown.
      assertThat(e.getCause()).as(method.toString()).isSameAs(FAILURE);
    }
  }

  private static final IllegalStateException FAILURE = new IllegalStateException("down");

  private Object argument(Method method, Class<?> type) {
    if (type == ScheduledExecutorService.class) {
      return scheduler;
    }
    if (type == Supplier.class) {
      Supplier<Object> value = () -> "5";
      Supplier<Object> future = () -> CompletableFuture.completedFuture("5");
      boolean isAsync = method.getName().contains("Future") || method.getName().contains("Stage");
      return isAsync ? future : value;
    }
    if (type.isInterface()) {
      return Proxy.newProxyInstance(
          type.getClassLoader(), new Class<?>[] {type}, (proxy, called, given) -> null);
    }
    return Map.<Class<?>, Object>ofEntries(
            Map.entry(long.class, 1L),
            Map.entry(int.class, 1),
            Map.entry(Duration.class, Duration.ofSeconds(1)),
            Map.entry(Instant.class, Instant.now().plusSeconds(60)),
            Map.entry(TimeUnit.class, TimeUnit.NANOSECONDS),
            Map.entry(Object.class, "5"),
            Map.entry(Throwable.class, FAILURE),
            Map.entry(Exception.class, FAILURE),
            Map.entry(RuntimeException.class, FAILURE),
            Map.entry(
                io.github.resilience4j.bulkhead.BulkheadConfig.class,
                io.github.resilience4j.bulkhead.BulkheadConfig.ofDefaults()),
            Map.entry(
                io.github.resilience4j.core.functions.Either.class,
                io.github.resilience4j.core.functions.Either.right("5")))
        .get(type);
  }
}
