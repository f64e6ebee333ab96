package io.aragora.resilience.core.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.CallObserver;
import io.aragora.resilience.MethodPolicy;
import io.aragora.resilience.Pipeline;
import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithFallback;
import io.aragora.resilience.annotation.WithPipeline;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.annotation.WithTimeout;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.retry.Retry;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AnnotatedMethodTest extends ProxyFixture {
  interface Prices {
    @WithCircuitBreaker
    String price(String article) throws IOException;
  }

  @WithTimeout("1 s")
  static class Shop implements Prices {
    @Override
    @WithRetry(maxAttempts = 2, delay = "1 ms")
    @WithFallback("none")
    public String price(String article) throws IOException {
      throw new IOException(article);
    }

    String none(String article, Throwable failure) {
      return "no " + article + " (" + failure.getMessage() + ")";
    }

    @WithRetry(maxAttempts = 2, delay = "1 ms")
    @WithFallback("noneLater")
    CompletionStage<String> later(String article) {
      return CompletableFuture.failedFuture(new IOException(article));
    }

    String noneLater(String article) {
      return "no " + article;
    }

    @WithRetry
    Future<String> unwatched() {
      return new CompletableFuture<>();
    }
  }

  static class Corner extends Shop {}

  static class Plain {
    String price() {
      return "free";
    }
  }

  private final List<String> heard = new ArrayList<>();
  private final CallObserver observer = new CallObserver() {
    @Override
    public void onAttempt(String retry, int attempt) {
      heard.add("attempt " + attempt);
    }

    @Override
    public void onEnd(End end, int bodies, long durationNanos, @Nullable Throwable failure) {
      heard.add(end + " after " + bodies);
    }

    @Override
    public void onFallback(Throwable failure) {
      heard.add("fallback for " + failure.getMessage());
    }
  };

  private MethodPolicy forMethod(Method method, Class<?> type) {
    return resilience.policies().forMethod(method, type, MethodHandles.lookup()).orElseThrow();
  }

  private static Method method(Class<?> type, String name) {
    return Arrays.stream(type.getDeclaredMethods())
        .filter(each -> each.getName().equals(name) && !each.isBridge())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void methodOfAClass_hasThePoliciesOfItsAnnotations_andOfItsInterfaces() {
    MethodPolicy policy = forMethod(method(Shop.class, "price"), Shop.class);

    String name = Shop.class.getName() + ".price";
    assertThat(((Pipeline) policy.policy()).policies())
        .containsExactly(
            resilience.circuitBreaker(name),
            resilience.retry(name),
            resilience.timeout(Shop.class.getName()));
    assertThat(policy.isAsync()).isFalse();
    assertThat(policy.hasFallback()).isTrue();
    assertThat(policy.method().getName()).isEqualTo("price");
    assertThat(policy).asString().contains("price").endsWith("with a fallback");
  }

  @Test
  void methodOfAnInterface_hasThePoliciesOfAProxy() throws Exception {
    MethodPolicy policy = forMethod(method(Prices.class, "price"), Shop.class);

    String name = Prices.class.getName() + ".price";
    assertThat(((Pipeline) policy.policy()).policies())
        .contains(resilience.circuitBreaker(name), resilience.retry(name));
  }

  interface Store<T> {
    @WithRetry
    void save(T item);

    void save(T item, int count);
  }

  static class Articles implements Store<String> {
    @Override
    @WithTimeout("1 s")
    public void save(String item) {}

    public void save(Integer other) {}

    @Override
    public void save(String item, int count) {}
  }

  @Test
  void methodOfAClass_genericInterface_hasItsAnnotationsToo() throws Exception {
    MethodPolicy policy = forMethod(Articles.class.getMethod("save", String.class), Articles.class);

    String name = Articles.class.getName() + ".save(String)";
    assertThat(((Pipeline) policy.policy()).policies())
        .containsExactly(resilience.retry(name), resilience.timeout(name));
    assertThat(resilience
            .policies()
            .forMethod(
                Articles.class.getMethod("save", String.class, int.class),
                Articles.class,
                MethodHandles.lookup()))
        .isEmpty();
  }

  @Test
  void fallbackAlone_failureOfACallMadeElsewhere_returnsItsValueAndCounts() throws Throwable {
    MethodPolicy policy = forMethod(method(Shop.class, "price"), Shop.class);

    Object value = policy.fallback(new Shop(), new Object[] {"apples"}, new IOException("no shop"));

    assertThat(value).isEqualTo("no apples (no shop)");
    assertThat(resilience.status().fallbacks().get(policy.policy().name()).used())
        .isEqualTo(1);
  }

  @Test
  void fallbackAlone_cancelledOrNone_throwsTheFailureItself() {
    MethodPolicy policy = forMethod(method(Shop.class, "price"), Shop.class);
    MethodPolicy without = forMethod(method(Prices.class, "price"), Other.class);
    CancellationException cancelled = new CancellationException();
    IOException failure = new IOException();

    assertThatThrownBy(() -> policy.fallback(new Shop(), new Object[] {"apples"}, cancelled))
        .isSameAs(cancelled);
    assertThatThrownBy(() -> without.fallback(new Other(), new Object[] {"apples"}, failure))
        .isSameAs(failure);
  }

  static class Other implements Prices {
    @Override
    public String price(String article) {
      return article;
    }
  }

  @Test
  void inheritedMethod_isNamedAfterTheClassOfItsObjects() {
    MethodPolicy policy = forMethod(method(Shop.class, "price"), Corner.class);

    assertThat(policy.policy().name()).isEqualTo(Corner.class.getName() + ".price");
  }

  @Test
  void call_isRetried_andFallsBackOnTheTarget() throws Throwable {
    MethodPolicy policy = forMethod(method(Shop.class, "price"), Shop.class);
    Shop shop = new Shop();

    assertThat(policy.call(shop, new Object[] {"figs"}, () -> shop.price("figs"), observer))
        .isEqualTo("no figs (figs)");
    assertThat(heard)
        .containsExactly("attempt 1", "attempt 2", "FAILED after 2", "fallback for figs");
    assertThat(policy.call(shop, new Object[] {"nuts"}, () -> shop.price("nuts")))
        .isEqualTo("no nuts (nuts)");
  }

  @Test
  void asynchronousCall_isRetried_andFallsBackOnTheTarget() throws Throwable {
    MethodPolicy policy = forMethod(method(Shop.class, "later"), Shop.class);
    Shop shop = new Shop();
    assertThat(policy.isAsync()).isTrue();

    CompletableFuture<?> called = (CompletableFuture<?>)
        policy.call(shop, new Object[] {"figs"}, () -> shop.later("figs"), observer);
    assertThat(called).isNotNull();
    for (int i = 0; i < 100 && !called.isDone(); i++) {
      time.advance(Duration.ofMillis(1));
    }

    assertThat(called.join()).isEqualTo("no figs");
    assertThat(heard)
        .containsExactly("attempt 1", "attempt 2", "FAILED after 2", "fallback for figs");
  }

  @Test
  void observerThatThrowsOfAFallback_doesNotReplaceItsValue() throws Throwable {
    MethodPolicy policy = forMethod(method(Shop.class, "price"), Shop.class);
    Shop shop = new Shop();

    assertThat(
            policy.call(shop, new Object[] {"figs"}, () -> shop.price("figs"), new CallObserver() {
              @Override
              public void onFallback(Throwable failure) {
                throw new AssertionError(failure);
              }
            }))
        .isEqualTo("no figs (figs)");
  }

  @Test
  void methodWithoutAnAnnotation_hasNone() {
    assertThat(resilience.policies().forMethod(method(Plain.class, "price"), Plain.class))
        .isEmpty();
  }

  @Test
  void methodThatDoesNotFit_saysWhy() {
    assertThatThrownBy(() -> forMethod(method(Shop.class, "unwatched"), Shop.class))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("unwatched")
        .hasMessageContaining("must return a CompletionStage");
    assertThatThrownBy(() -> forMethod(method(Shop.class, "price"), Plain.class))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has no");
    assertThatThrownBy(
            () -> resilience.policies().forMethod(method(Shop.class, "price"), Shop.class))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("MethodHandles.lookup()");
  }

  @WithTimeout("1 s")
  static class Stock {
    @WithRetry("stock")
    @WithFallback("noneLater")
    CompletionStage<Integer> countLater(String article) {
      return CompletableFuture.failedFuture(new IOException(article));
    }

    CompletionStage<Integer> noneLater(String article, Throwable failure) {
      return article.isEmpty()
          ? CompletableFuture.failedFuture(failure)
          : CompletableFuture.completedFuture(0);
    }

    @WithPipeline("stock")
    @WithFallback("none")
    int count(String article) {
      return article.length();
    }

    int none(String article) {
      return 0;
    }

    @WithRetry("stock")
    @WithFallback("none")
    int await(String article) throws InterruptedException {
      return article.length();
    }

    @WithRetry("stock")
    int take(String article) throws InterruptedException {
      return article.length();
    }
  }

  private Object call(String name, String article, int value) throws Throwable {
    return forMethod(method(Stock.class, name), Stock.class)
        .call(new Stock(), new Object[] {article}, () -> value, observer);
  }

  @Test
  void annotationWithoutSettings_isTheDeclaredPolicy() {
    Retry declared = resilience.retry("stock", c -> c.maxAttempts(7));
    MethodPolicy policy = forMethod(method(Stock.class, "take"), Stock.class);
    assertThat(((Pipeline) policy.policy()).policies()).contains(declared);
    assertThat(declared.config().maxAttempts()).isEqualTo(7);
    assertThat(policy.hasFallback()).isFalse();
  }

  @Test
  void call_thatSucceeds_returnsItsValue_whateverItsForm() throws Throwable {
    resilience.pipeline("stock", p -> p.add(resilience.circuitBreaker("stock")));
    assertThat(call("count", "figs", 4)).isEqualTo(4);
    assertThat(call("await", "figs", 5)).isEqualTo(5);
    assertThat(call("take", "figs", 6)).isEqualTo(6);
    assertThat(heard).contains("RETURNED after 1").noneMatch(each -> each.startsWith("fallback"));
  }

  @Test
  void pipelineOfAMethod_standsAloneBesidePoliciesOfItsType() {
    Pipeline declared =
        resilience.pipeline("stock", p -> p.add(resilience.circuitBreaker("stock")));
    assertThat(forMethod(method(Stock.class, "count"), Stock.class).policy()).isSameAs(declared);
  }

  @Test
  void interruptedWait_isAnInterruptedException_withAFallbackToo() throws Throwable {
    MethodPolicy policy = forMethod(method(Stock.class, "await"), Stock.class);
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> policy.call(new Stock(), new Object[] {"figs"}, () -> {
            throw new IOException("down");
          }))
          .isInstanceOf(InterruptedException.class);
    } finally {
      Thread.interrupted();
    }
  }

  @Test
  void fallbackThatReturnsAFuture_isHeardOnceItHasItsValue() throws Throwable {
    Stock stock = new Stock();
    MethodPolicy policy = forMethod(method(Stock.class, "countLater"), Stock.class);
    CompletableFuture<?> figs = (CompletableFuture<?>)
        policy.call(stock, new Object[] {"figs"}, () -> stock.countLater("figs"), observer);
    CompletableFuture<?> unnamed = (CompletableFuture<?>)
        policy.call(stock, new Object[] {""}, () -> stock.countLater(""), observer);
    time.advance(Duration.ofMinutes(1));
    assertThat(figs.join()).isEqualTo(0);
    assertThat(unnamed).isCompletedExceptionally();
    assertThat(heard).containsOnlyOnce("fallback for figs").doesNotContain("fallback for ");
  }
}
