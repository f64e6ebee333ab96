package io.aragora.resilience.core.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.annotation.WithTimeout;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ProxyTest extends ProxyFixture {
  interface Prices {
    @WithCircuitBreaker("prices")
    @WithRetry(maxAttempts = 3, retryOn = IOException.class, abortOn = FileNotFoundException.class)
    String price(String item) throws IOException;

    @WithRetry(maxAttempts = 2)
    @WithTimeout("1s")
    CompletionStage<String> priceLater(String item);

    @WithRetry(maxAttempts = 2, retryOn = IOException.class)
    default String shout(String item) throws IOException {
      return price(item).toUpperCase(Locale.ROOT);
    }

    int plain(int... numbers);
  }

  static class Shop implements Prices {
    int calls;
    int failures;
    IOException failure = new IOException("down");

    @Override
    public String price(String item) throws IOException {
      calls++;
      if (calls <= failures) {
        throw failure;
      }
      return item + " 3.50";
    }

    @Override
    public CompletionStage<String> priceLater(String item) {
      calls++;
      return calls <= failures
          ? CompletableFuture.failedFuture(failure)
          : CompletableFuture.completedFuture(item);
    }

    @Override
    public int plain(int... numbers) {
      return numbers.length;
    }

    @Override
    public String toString() {
      return "shop";
    }
  }

  private final Shop shop = new Shop();

  @Test
  @Tag("DC-01")
  @Tag("DC-03")
  @DisplayName("success passes through; two failures, then success, are three calls")
  void retries_untilItSucceeds() throws IOException {
    Prices prices = proxy(Prices.class, shop);
    assertThat(prices.price("pear")).isEqualTo("pear 3.50");
    assertThat(shop.calls).isOne();
    shop.calls = 0;
    shop.failures = 2;
    assertThat(prices.price("pear")).isEqualTo("pear 3.50");
    assertThat(shop.calls).isEqualTo(3);
  }

  @Test
  @Tag("DC-04")
  @Tag("DC-06")
  @Tag("DC-09")
  @DisplayName("the body's own exception is thrown; the breaker counts one outcome for the call")
  void failsAfterAll_withTheBodysException() throws IOException {
    Prices prices = proxy(Prices.class, shop);
    shop.failures = 99;
    assertThatThrownBy(() -> prices.price("pear")).isSameAs(shop.failure);
    assertThat(shop.calls).isEqualTo(3);
    CircuitBreaker breaker = resilience.circuitBreaker("prices");
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(1);
    shop.failure = new FileNotFoundException("no such item");
    assertThatThrownBy(() -> prices.price("pear")).isSameAs(shop.failure);
    assertThat(shop.calls).isEqualTo(4);
  }

  @Test
  @Tag("DC-02")
  @Tag("DC-07")
  @DisplayName(
      "an open breaker rejects before the body; a breaker without a name has that of the method")
  void openBreaker_isHonoured() {
    resilience.circuitBreaker("prices", CircuitBreakerConfig.defaults()).forceOpen();
    Prices prices = proxy(Prices.class, shop);
    assertThatThrownBy(() -> prices.price("pear")).isInstanceOf(CallNotPermittedException.class);
    assertThat(shop.calls).isZero();
    proxy(Supplier.class, new Named());
    assertThat(resilience.policies().circuitBreakers())
        .extracting(CircuitBreaker::name)
        .contains("java.util.function.Supplier.get");
  }

  private static final class Named implements Supplier<Object> {
    @Override
    @WithCircuitBreaker
    public Object get() {
      return "named";
    }
  }

  @Test
  void asynchronousMethods_takeTheAsynchronousPath() {
    Prices prices = proxy(Prices.class, shop);
    shop.failures = 1;
    CompletableFuture<String> failing = prices.priceLater("pear").toCompletableFuture();
    time.advance(Duration.ofMinutes(1));
    assertThat(failing).isCompletedWithValue("pear");
    assertThat(shop.calls).isEqualTo(2);
    List<CompletableFuture<String>> never = new ArrayList<>();
    Prices slow = proxy(Prices.class, new Shop() {
      @Override
      public CompletionStage<String> priceLater(String item) {
        never.add(new CompletableFuture<>());
        return never.get(never.size() - 1);
      }
    });
    CompletableFuture<String> late = slow.priceLater("pear").toCompletableFuture();
    time.advance(Duration.ofMinutes(1));
    assertThat(never).hasSize(2).allMatch(CompletableFuture::isCancelled);
    assertThat(late)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(TimeoutExceededException.class);
  }

  @Test
  void defaultMethodsAreWrapped_selfCallsAreNot() throws IOException {
    Prices prices = proxy(Prices.class, shop);
    shop.failures = 1;
    assertThat(prices.shout("pear")).isEqualTo("PEAR 3.50");
    assertThat(shop.calls).isEqualTo(2);
    assertThat(resilience.circuitBreaker("prices").snapshot().totals().successes())
        .isZero();
    assertThat(prices.plain(1, 2, 3)).isEqualTo(3);
    assertThat(prices.plain()).isZero();
  }

  @Test
  void methodsOfObject_goToTheTarget() {
    Prices prices = proxy(Prices.class, shop);
    assertThat(prices).hasToString("shop").hasSameHashCodeAs(shop);
    assertThat(prices).isEqualTo(prices).isEqualTo(proxy(Prices.class, shop));
    assertThat(prices).isNotEqualTo(proxy(Prices.class, new Shop())).isNotEqualTo(null);
  }

  static final class Once implements Callable<String> {
    int calls;

    @Override
    @WithRetry(maxAttempts = 2, retryOn = IOException.class, delay = "100ms")
    public String call() throws Exception {
      calls++;
      if (calls == 1) {
        throw new IOException("down");
      }
      return "done";
    }
  }

  @Test
  void publicInterfaces_needNoLookup_othersAreToldHowToGiveOne() throws Exception {
    @SuppressWarnings("unchecked")
    Callable<String> callable = resilience.proxy(Callable.class, new Once());
    assertThat(callable.call()).isEqualTo("done");
    assertThatThrownBy(() -> resilience.proxy(Prices.class, shop))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("MethodHandles.lookup()")
        .hasMessageContaining("Prices");
  }

  interface Unwatchable {
    @WithRetry
    Future<String> later();
  }

  interface BadLimit {
    @WithTimeout("soon")
    void run();
  }

  interface BadAttempts {
    @WithRetry(maxAttempts = -1)
    void run();
  }

  interface Unannotated {
    void run();
  }

  @Test
  @Tag("DC-10")
  @DisplayName(
      "an annotation that cannot be applied is rejected when the proxy is created, with the "
          + "method's name")
  void wrongCombinations_failAtCreation() {
    assertThatThrownBy(() -> proxy(Unwatchable.class, () -> null))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("CompletionStage")
        .hasMessageContaining("later()");
    assertThatThrownBy(() -> proxy(BadLimit.class, () -> {}))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("@WithTimeout")
        .hasMessageContaining("soon")
        .hasMessageContaining("run()");
    assertThatThrownBy(() -> proxy(BadAttempts.class, () -> {}))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("maxAttempts")
        .hasMessageContaining("-1")
        .hasMessageContaining("run()");
    assertThatThrownBy(() -> proxy(Unannotated.class, () -> {}))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("must have at least one annotated method");
    assertThatThrownBy(() -> proxy(Shop.class, shop))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("must be an interface");
  }

  interface Waiting {
    @WithRetry(maxAttempts = 2, retryOn = IOException.class)
    void run() throws IOException, InterruptedException;
  }

  @Test
  void interruptedWait_isAnInterruptedException_whereTheMethodDeclaresIt() {
    Waiting waiting = proxy(Waiting.class, () -> {
      Thread.currentThread().interrupt();
      throw new IOException("down");
    });
    assertThatThrownBy(waiting::run).isInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isFalse();
  }

  interface Delayed {
    @WithRetry(maxAttempts = 4, delay = "1s", retryOn = IOException.class)
    void exponential() throws IOException;

    @WithRetry(maxAttempts = 4, delay = "1s", backoff = "linear", retryOn = IOException.class)
    void linear() throws IOException;

    @WithRetry(maxAttempts = 3, delay = "1s", backoff = "constant", retryOn = IOException.class)
    void constant() throws IOException;
  }

  private static final class Down implements Delayed {
    @Override
    public void exponential() throws IOException {
      throw new IOException("down");
    }

    @Override
    public void linear() throws IOException {
      throw new IOException("down");
    }

    @Override
    public void constant() throws IOException {
      throw new IOException("down");
    }
  }

  interface UnknownBackoff {
    @WithRetry(delay = "1s", backoff = "random")
    void run();
  }

  interface Shaped {
    @WithRetry(
        maxAttempts = 2,
        delay = "1s",
        backoffFactor = 3,
        maxDelay = "5s",
        jitterAmount = "200ms",
        maxDuration = "1m")
    void run();
  }

  interface TwoJitters {
    @WithRetry(jitter = "full", jitterAmount = "200ms")
    void run();
  }

  interface LinearFactor {
    @WithRetry(delay = "1s", backoff = "linear", backoffFactor = 3)
    void run();
  }

  @Test
  @DisplayName("an annotation sets factor, cap, jitter and longest duration")
  void delays_haveTheShapeOfTheAnnotation() {
    proxy(Shaped.class, () -> {}).run();
    assertThat(resilience.retry(Shaped.class.getName() + ".run").config())
        .asString()
        .contains("exponential(base=PT1S, factor=3.0, cap=PT5S, jitter=absolute PT0.2S)")
        .contains("maxDuration=PT1M");
    assertThatThrownBy(() -> proxy(TwoJitters.class, () -> {}))
        .hasMessageContaining("jitter must not be set if jitterAmount is set");
    assertThatThrownBy(() -> proxy(LinearFactor.class, () -> {}))
        .hasMessageContaining("backoffFactor must not be set unless backoff is exponential");
  }

  interface BackoffWithoutDelay {
    @WithRetry(backoff = "linear")
    void run();
  }

  @Test
  @Tag("DC-05")
  @DisplayName("delays grow by the backoff, which is one of four")
  void delays_areThoseOfTheBackoff() {
    Delayed down = proxy(Delayed.class, new Down());
    assertThatThrownBy(down::exponential).isInstanceOf(IOException.class);
    assertThat(delaysOf("exponential")).isEqualTo(List.of(1L, 2L, 4L));
    assertThat(delaysOf("linear")).isEqualTo(List.of(1L, 2L, 3L));
    assertThat(delaysOf("constant")).isEqualTo(List.of(1L, 1L));
    assertThatThrownBy(() -> proxy(UnknownBackoff.class, () -> {}))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("exponential, linear, constant, fibonacci")
        .hasMessageContaining("random");
    assertThatThrownBy(() -> proxy(BackoffWithoutDelay.class, () -> {}))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("delay must be set");
  }

  private List<Long> delaysOf(String method) {
    RetryConfig config =
        resilience.retry(Delayed.class.getName() + "." + method).config();
    return config
        .backoff()
        .withJitter(Jitter.NONE)
        .delays(() -> 0.5)
        .limit(config.maxAttempts() - 1L)
        .map(Duration::toSeconds)
        .toList();
  }

  @Test
  @Tag("DC-08")
  @DisplayName("without the annotation, the body runs and no breaker is created")
  void withoutABreaker_noneIsMade() {
    Delayed down = proxy(Delayed.class, new Down());
    assertThatThrownBy(down::constant).isInstanceOf(IOException.class);
    assertThat(resilience.policies().circuitBreakers()).isEmpty();
  }
}
