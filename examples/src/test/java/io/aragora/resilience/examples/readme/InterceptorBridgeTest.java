package io.aragora.resilience.examples.readme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithFallback;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.annotation.WithTimeout;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a container does: it creates no proxy of this library, and calls the interceptor around each call of a bean. */
class InterceptorBridgeTest {
  static class Prices {
    private int failures;

    @WithRetry(maxAttempts = 3, delay = "10 ms")
    @WithCircuitBreaker
    String price(String article) throws IOException {
      if (failures-- > 0) {
        throw new IOException("down");
      }
      return article + ": 5";
    }

    @WithTimeout("1 s")
    @WithFallback(value = "later", on = TimeoutExceededException.class)
    CompletionStage<String> quote(String article) {
      return new CompletableFuture<>();
    }

    String later(String article, TimeoutExceededException failure) {
      return article + ": later";
    }

    String list() {
      return "apples";
    }
  }

  private final ManualTime time = ManualTime.create().autoAdvance(true);
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final InterceptorBridge bridge = new InterceptorBridge(resilience);
  private final Prices prices = new Prices();

  @AfterEach
  void close() {
    resilience.close();
  }

  private @Nullable Object call(String method, @Nullable Object... arguments) throws Throwable {
    Class<?>[] types = new Class<?>[arguments.length];
    java.util.Arrays.fill(types, String.class);
    Method called = Prices.class.getDeclaredMethod(method, types);
    return bridge.intercept(new InterceptorBridge.Invocation() {
      @Override
      public Method method() {
        return called;
      }

      @Override
      public Object target() {
        return prices;
      }

      @Override
      public @Nullable Object[] arguments() {
        return arguments;
      }

      @Override
      public @Nullable Object proceed() throws Exception {
        try {
          return called.invoke(prices, arguments);
        } catch (InvocationTargetException e) {
          throw (Exception) e.getCause();
        }
      }
    });
  }

  @Test
  void call_isRetried_andCounted() throws Throwable {
    prices.failures = 1;

    assertThat(call("price", "figs")).isEqualTo("figs: 5");

    assertThat(bridge.count("price ft.retry.retries.total")).isOne();
    assertThat(bridge.count("price ft.retry.calls.total{retried=true}")).isOne();
    assertThat(bridge.count("price ft.invocations.total{result=valueReturned}")).isOne();
    assertThat(bridge.count("price ft.circuitbreaker.calls.total{circuitBreakerResult=success}"))
        .as("the breaker is around the retry")
        .isOne();
  }

  @Test
  void rejection_isCounted() throws Throwable {
    call("price", "figs");
    resilience.policies().circuitBreakers().forEach(breaker -> breaker.forceOpen());

    assertThatExceptionOfType(CallNotPermittedException.class)
        .isThrownBy(() -> call("price", "figs"));

    assertThat(bridge.count(
            "price ft.circuitbreaker.calls.total{circuitBreakerResult=circuitBreakerOpen}"))
        .isOne();
  }

  @Test
  void stage_isTimed_andFallsBack() throws Throwable {
    CompletableFuture<?> quote = (CompletableFuture<?>) call("quote", "figs");
    assertThat(quote).isNotNull().isNotDone();

    time.advance(Duration.ofMillis(1010));

    assertThat(quote.join()).isEqualTo("figs: later");
    assertThat(bridge.count("quote ft.timeout.calls.total{timedOut=true}")).isOne();
    assertThat(bridge.count("quote ft.invocations.total{fallback=applied}")).isOne();
  }

  @Test
  void methodWithoutAnnotation_isCalledPlainly() throws Throwable {
    assertThat(call("list")).isEqualTo("apples");
    assertThat(resilience.policies().circuitBreakers()).isEmpty();
  }
}
