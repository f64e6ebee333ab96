package io.aragora.resilience.jmh.benchmark;

import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithFallback;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.lang.invoke.MethodHandles;
import java.util.function.Function;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/** The cost of an annotation compared with the same policy in code: a proxy passes its arguments as an array. */
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

  /** Creates the proxies. */
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
