package io.aragora.resilience.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.CallObserver;
import io.aragora.resilience.MethodPolicy;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.testing.ManualTime;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.enterprise.inject.se.SeContainer;
import jakarta.enterprise.inject.se.SeContainerInitializer;
import jakarta.inject.Inject;
import jakarta.interceptor.AroundInvoke;
import jakarta.interceptor.Interceptor;
import jakarta.interceptor.InterceptorBinding;
import jakarta.interceptor.InvocationContext;
import java.io.IOException;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.RepeatedTest;

class CdiSnippetsTest {
  // readme: recipe cdi
  @InterceptorBinding
  @Retention(RetentionPolicy.RUNTIME)
  @interface Protected {}

  @Protected
  @Interceptor
  @Priority(Interceptor.Priority.LIBRARY_BEFORE)
  static class ResilienceInterceptor {
    private static final CallObserver NO_OBSERVER = new CallObserver() {};

    @Inject
    Policies policies;

    @AroundInvoke
    Object around(InvocationContext call) throws Throwable {
      Optional<MethodPolicy> policy = policies.of(call.getMethod());
      return policy.isEmpty()
          ? call.proceed()
          : policy.get().call(call.getTarget(), call.getParameters(), call::proceed, NO_OBSERVER);
    }
  }

  /** A bean and not static: the policies belong to the runtime, which ends with the application. */
  @ApplicationScoped
  static class Policies {
    private final Map<Method, Optional<MethodPolicy>> policies = new ConcurrentHashMap<>();

    @Inject
    Resilience resilience;

    Optional<MethodPolicy> of(Method key) {
      return policies.computeIfAbsent(
          key,
          method -> resilience
              .policies()
              .forMethod(method, method.getDeclaringClass(), MethodHandles.lookup()));
    }
  }

  // end

  // readme: recipe cdi bean
  @Protected
  @ApplicationScoped
  static class Prices {
    @WithRetry(maxAttempts = 3, delay = "10 ms")
    @WithCircuitBreaker
    String price(String article) throws IOException {
      return ask(article);
    }
    // end

    private int failures;

    String ask(String article) throws IOException {
      if (failures-- > 0) {
        throw new IOException("down");
      }
      return article + ": 5";
    }

    void failNext(int number) {
      failures = number;
    }
  }

  @ApplicationScoped
  static class Runtimes {
    private final Resilience resilience =
        Resilience.builder().timeSource(ManualTime.create().autoAdvance(true)).build();

    @Produces
    Resilience resilience() {
      return resilience;
    }
  }

  @RepeatedTest(2) // the second application in this JVM has a runtime of its own
  void bean_isProtectedByItsAnnotations() throws IOException {
    try (SeContainer container = SeContainerInitializer.newInstance()
        .disableDiscovery()
        .addBeanClasses(Runtimes.class, Policies.class, Prices.class, ResilienceInterceptor.class)
        .enableInterceptors(ResilienceInterceptor.class)
        .initialize()) {
      Prices prices = container.select(Prices.class).get();
      Resilience resilience = container.select(Resilience.class).get();
      prices.failNext(2);
      assertThat(prices.price("apples")).isEqualTo("apples: 5");

      resilience.policies().circuitBreakers().forEach(breaker -> breaker.forceOpen());
      assertThatThrownBy(() -> prices.price("apples"))
          .isInstanceOf(CallNotPermittedException.class);
      resilience.close();
    }
  }
}
