package io.aragora.resilience.jmh;

import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithFallback;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.lang.invoke.MethodHandles;
import java.util.function.Function;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/** What an annotation costs beside the same policy in code: a proxy's arguments are an array, and so is what it calls. */
public class ProxyBenchmark extends PolicyBenchmark {
  /** What is annotated. */
  interface Prices {
    @WithCircuitBreaker("annotated")
    Integer price(Integer article);

    @WithCircuitBreaker("annotated")
    @WithFallback("none")
    Integer priceOrNone(Integer article);

    default Integer none(Integer article) {
      return article;
    }
  }

  /** Answers at once. */
  static final class Shop implements Prices {
    @Override
    public Integer price(Integer article) {
      return article;
    }

    @Override
    public Integer priceOrNone(Integer article) {
      return article;
    }
  }

  private final Shop shop = new Shop();
  private final Integer article = 7;
  private Prices annotated;
  private io.aragora.resilience.circuitbreaker.CircuitBreaker breaker;
  private Function<Integer, Integer> resilience4j;

  /** Makes the proxies. */
  @Setup
  public void setUp() {
    annotated = resilience.proxy(Prices.class, shop, MethodHandles.lookup());
    breaker = resilience.circuitBreaker("code");
    CircuitBreaker peer = Peers.countLocked();
    resilience4j = CircuitBreaker.decorateFunction(peer, shop::price);
  }

  @Benchmark
  public Integer emptyCall() {
    return shop.price(article);
  }

  @Benchmark
  public Integer oursInCode() {
    return breaker.call(() -> shop.price(article));
  }

  @Benchmark
  public Integer oursAnnotated() {
    return annotated.price(article);
  }

  @Benchmark
  public Integer oursAnnotatedFallback() {
    return annotated.priceOrNone(article);
  }

  @Benchmark
  public Integer resilience4jDecorated() {
    return resilience4j.apply(article);
  }
}
