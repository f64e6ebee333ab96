package io.aragora.resilience.core.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithFallback;
import io.aragora.resilience.annotation.WithPipeline;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.annotation.WithTimeout;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Annotations that name a pipeline or a fallback method. */
class NamedProtectionTest {
  private final ManualTime time = ManualTime.create().autoAdvance(true);
  private final Resilience resilience =
      Resilience.builder().timeSource(time).name("test").build();
  private int calls;

  @AfterEach
  void close() {
    resilience.close();
  }

  private <T> T proxy(Class<T> type, T target) {
    return resilience.proxy(type, target, MethodHandles.lookup());
  }

  private Pipeline register(String name) {
    return resilience.pipeline(name, p -> p.add(resilience.retry(name, r -> r.maxAttempts(2))));
  }

  private <T> void assertRejected(Class<T> type, T target, String... parts) {
    assertRejected(type, type, target, parts);
  }

  private <T> void assertRejected(Class<T> type, Class<?> declaring, T target, String... parts) {
    assertThatThrownBy(() -> proxy(type, target))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageStartingWith("an annotation of ")
        .hasMessageContaining(declaring.getName() + ".")
        .hasMessageContainingAll(parts);
  }

  private String fail() throws IOException {
    calls++;
    throw new IOException("down");
  }

  // ---- pipelines

  interface Piped {
    @WithPipeline("prices")
    String price() throws IOException;
  }

  @WithPipeline("all")
  interface PipedType {
    String first() throws IOException;

    @WithPipeline("prices")
    String second() throws IOException;
  }

  @Test
  void aPipeline_isFoundByItsName() {
    Pipeline unused = register("prices");
    assertThatThrownBy(proxy(Piped.class, this::fail)::price).isInstanceOf(IOException.class);
    assertThat(calls).isEqualTo(2);
  }

  @Test
  void aPipelineOfTheType_isForItsMethods_exceptThoseThatNameAnother() {
    Pipeline all = register("all");
    Pipeline prices = register("prices");
    PipedType target = new PipedType() {
      @Override
      public String first() throws IOException {
        return fail();
      }

      @Override
      public String second() throws IOException {
        return fail();
      }
    };
    PipedType proxy = proxy(PipedType.class, target);
    assertThatThrownBy(proxy::first).isInstanceOf(IOException.class);
    assertThat(resilience.retry("all").totals().retries()).isOne();
    assertThat(resilience.retry("prices").totals().retries()).isZero();
    assertThatThrownBy(proxy::second).isInstanceOf(IOException.class);
    assertThat(resilience.retry("prices").totals().retries()).isOne();
    assertThat(all).isNotSameAs(prices);
  }

  @Test
  void pipeline_undeclared_isRejectedWithTheMethod() {
    assertRejected(Piped.class, this::fail, "price()", "pipeline 'prices' is not declared");
  }

  interface Both {
    @WithPipeline("prices")
    @WithTimeout("1s")
    String price() throws IOException;
  }

  @WithPipeline("prices")
  interface PipelineAndRetry {
    @WithRetry
    String price() throws IOException;
  }

  @Test
  void pipeline_besideAPolicy_isRejected() {
    assertRejected(
        Both.class,
        this::fail,
        "@WithPipeline(\"prices\") must be the only policy annotation of the method",
        "Remove @WithTimeout");
    assertRejected(PipelineAndRetry.class, this::fail, "Remove @WithRetry");
  }

  interface Conflict {
    @WithRetry(value = "taken", maxAttempts = 7)
    String price() throws IOException;
  }

  @Test
  void policy_declaredDifferently_isRejectedWithTheMethod() {
    resilience.retry("taken", RetryConfig.builder().maxAttempts(3).build());
    assertRejected(Conflict.class, this::fail, "price()", "'taken' is already declared");
  }

  // ---- fallbacks

  interface Prices {
    @WithCircuitBreaker("prices")
    @WithFallback("lastKnown")
    String price(String article) throws IOException;

    @WithRetry(maxAttempts = 2)
    @WithFallback("none")
    int count(long key) throws IOException;

    @WithTimeout("1s")
    @WithFallback(
        value = "lastKnown",
        on = {FileNotFoundException.class, IOException.class})
    CompletionStage<String> later(String article);

    @WithTimeout("1s")
    @WithFallback("lastKnown")
    String patient(String article) throws InterruptedException;

    default String lastKnown(String article, Exception failure) {
      return article + " after " + failure.getMessage();
    }

    default int none(long key) {
      return -1;
    }
  }

  private class Shop implements Prices {
    private Throwable failure = new IOException("down");

    @Override
    public String price(String article) throws IOException {
      return fail();
    }

    @Override
    public int count(long key) throws IOException {
      calls++;
      throw new IOException("down");
    }

    @Override
    public CompletionStage<String> later(String article) {
      return CompletableFuture.failedFuture(failure);
    }

    @Override
    public String patient(String article) throws InterruptedException {
      throw new InterruptedException("enough");
    }
  }

  @Test
  void aMethod_fallsBackToAnother() throws IOException {
    Prices prices = proxy(Prices.class, new Shop());
    assertThat(prices.price("pear")).isEqualTo("pear after down");
    assertThat(prices.count(3)).isEqualTo(-1);
    assertThat(calls).isEqualTo(3);
    resilience.circuitBreaker("prices").forceOpen();
    assertThat(prices.price("pear")).contains("pear after", "open");
    assertThat(resilience
            .status()
            .fallbacks()
            .get(Prices.class.getName() + ".price")
            .used())
        .isEqualTo(2);
  }

  @Test
  void anAsynchronousMethod_fallsBackToAValue() {
    Shop shop = new Shop();
    Prices prices = proxy(Prices.class, shop);
    assertThat(prices.later("pear").toCompletableFuture()).isCompletedWithValue("pear after down");
    shop.failure = new IllegalStateException("mistake");
    assertThat(prices.later("pear").toCompletableFuture()).isCompletedExceptionally();
  }

  @Test
  void anInterruptedMethod_hasNoFallback() {
    Prices prices = proxy(Prices.class, new Shop());
    assertThatThrownBy(() -> prices.patient("pear")).isInstanceOf(InterruptedException.class);
  }

  interface NoPolicy {
    @WithFallback("other")
    String price() throws IOException;

    default String other() {
      return "";
    }
  }

  interface NoMethod {
    @WithTimeout("1s")
    @WithFallback("other")
    String price(String article) throws IOException;

    default String other(Integer article) {
      return "";
    }
  }

  interface WrongResult {
    @WithTimeout("1s")
    @WithFallback("other")
    CompletionStage<List<String>> price();

    default String other() {
      return "";
    }
  }

  interface WrongNumber {
    @WithTimeout("1s")
    @WithFallback("other")
    int price();

    default long other() {
      return 0;
    }
  }

  interface WrongFailure {
    @WithTimeout("1s")
    @WithFallback("other")
    Integer price();

    default int other(IOException failure) {
      return 0;
    }
  }

  interface Generic<T> {
    @WithTimeout("1s")
    @WithFallback("other")
    T price();

    default Integer other() {
      return 0;
    }
  }

  interface WrongGeneric extends Generic<String> {}

  interface RightGeneric extends Generic<Integer> {}

  interface NarrowFailure {
    @WithCircuitBreaker
    @WithFallback(value = "other", on = CallNotPermittedException.class)
    int price();

    default Integer other(CallNotPermittedException failure) {
      return 0;
    }
  }

  interface NoType {
    @WithCircuitBreaker
    @WithFallback(
        value = "other",
        on = {})
    void price();

    default void other() {}
  }

  @Test
  void fallback_thatDoesNotFit_isRejectedWithTheMethod() {
    assertRejected(
        NoPolicy.class,
        this::fail,
        "price()",
        "@WithFallback must stand beside a policy annotation");
    assertRejected(NoMethod.class, article -> fail(), "with the same parameters", ": other");
    assertRejected(
        WrongResult.class,
        () -> CompletableFuture.completedFuture(List.of()),
        "must return a java.util.List",
        "other()");
    assertRejected(WrongNumber.class, () -> 1, "must return a int", "other()");
    assertRejected(WrongFailure.class, () -> 1, "must take a java.lang.Exception", "other(");
    assertRejected(
        WrongGeneric.class, Generic.class, () -> "1", "must return a java.lang.String", "other()");
    assertThat(proxy(RightGeneric.class, () -> {
              throw new IllegalStateException("down");
            })
            .price())
        .isZero();
    assertRejected(NoType.class, () -> {}, "@WithFallback on must contain a type: []");
  }

  @Test
  void fallback_forOneType_leavesOthers() {
    NarrowFailure prices = proxy(NarrowFailure.class, () -> {
      throw new CallInterruptedException("p");
    });
    assertThatThrownBy(prices::price).isInstanceOf(CallInterruptedException.class);
    resilience.circuitBreaker(NarrowFailure.class.getName() + ".price").forceOpen();
    assertThat(prices.price()).isZero();
  }
}
