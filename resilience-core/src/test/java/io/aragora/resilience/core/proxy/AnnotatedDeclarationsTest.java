package io.aragora.resilience.core.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.annotation.WithBulkhead;
import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithConcurrencyLimit;
import io.aragora.resilience.annotation.WithFallback;
import io.aragora.resilience.annotation.WithPipeline;
import io.aragora.resilience.annotation.WithRateLimiter;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.annotation.WithTimeout;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.module.ModuleReader;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Annotations declare a whole policy, and a second, different declaration of its name is an error.
 */
class AnnotatedDeclarationsTest extends ProxyFixture {

  // ---- overloads

  interface Overloaded {
    @WithRetry(maxAttempts = 3, retryOn = IllegalStateException.class)
    String price(String article);

    @WithRetry(maxAttempts = 3, retryOn = IllegalArgumentException.class)
    String price(int number);

    @WithRetry(maxAttempts = 3)
    String stock(String article) throws IOException;
  }

  private static final class Failing implements Overloaded {
    final AtomicInteger calls = new AtomicInteger();

    @Override
    public String price(String article) {
      calls.incrementAndGet();
      throw new IllegalStateException(article);
    }

    @Override
    public String price(int number) {
      calls.incrementAndGet();
      throw new IllegalArgumentException();
    }

    @Override
    public String stock(String article) throws IOException {
      calls.incrementAndGet();
      throw new IOException();
    }
  }

  @Test
  void overloads_haveRetriesOfTheirOwn() {
    Failing target = new Failing();
    Overloaded proxy = proxy(Overloaded.class, target);
    assertThatThrownBy(() -> proxy.price("a")).isInstanceOf(IllegalStateException.class);
    assertThat(target.calls).hasValue(3);
    assertThatThrownBy(() -> proxy.price(1)).isInstanceOf(IllegalArgumentException.class);
    assertThat(target.calls).hasValue(6);
    assertThat(resilience.policies().retries())
        .extracting(Retry::name)
        .containsExactlyInAnyOrder(
            Overloaded.class.getName() + ".price(String)",
            Overloaded.class.getName() + ".price(int)",
            Overloaded.class.getName() + ".stock");
  }

  /** Has the simple name of {@link Map.Entry}. */
  interface Entry {}

  interface AlikeParameters {
    @WithTimeout("1s")
    String price(Entry entry, int[] numbers);

    @WithTimeout("2s")
    String price(Map.Entry<String, String> entry, int[] numbers);

    @WithTimeout("3s")
    String price();
  }

  @Test
  void overloads_whoseParametersHaveTheSameSimpleNames_haveTheFullOnes() {
    assertThat(names(AlikeParameters.class))
        .containsExactlyInAnyOrder(
            AlikeParameters.class.getName() + ".price(" + Entry.class.getName() + ",int[])",
            AlikeParameters.class.getName() + ".price(java.util.Map$Entry,int[])",
            AlikeParameters.class.getName() + ".price()");
  }

  interface Source<T> {
    String price(T article);

    static String price(long number) {
      return "not a method of its proxies: " + number;
    }
  }

  interface TextSource extends Source<String> {
    @Override
    String price(String article);
  }

  interface NumberSource extends Source<Integer> {}

  @Test
  void oneMethod_isNotOverloadedByItsBridges() {
    assertThat(names(TextSource.class)).containsOnly(TextSource.class.getName() + ".price");
    assertThat(names(NumberSource.class)).containsOnly(NumberSource.class.getName() + ".price");
  }

  private static List<String> names(Class<?> type) {
    MethodNames names = new MethodNames(type);
    return Arrays.stream(type.getMethods()).map(names::of).distinct().toList();
  }

  static final class Here {
    interface Prices {
      @WithTimeout("1s")
      String price();
    }
  }

  static final class There {
    interface Prices {
      @WithTimeout("2s")
      String price();
    }
  }

  @Test
  void interfacesOfTheSameSimpleName_haveDifferentPolicies() {
    assertThat(proxy(Here.Prices.class, () -> "here").price()).isEqualTo("here");
    assertThat(proxy(There.Prices.class, () -> "there").price()).isEqualTo("there");
    assertThat(resilience.policies().timeouts())
        .extracting(timeout -> timeout.config().limit())
        .containsExactlyInAnyOrder(Duration.ofSeconds(1), Duration.ofSeconds(2));
  }

  interface OverloadedWithFallback {
    @WithRetry(maxAttempts = 1)
    @WithFallback("none")
    String price(String article);

    @WithRetry(maxAttempts = 1)
    @WithFallback("none")
    String price(int number);

    default String none(String article) {
      return "no text";
    }

    default String none(int number) {
      return "no number";
    }
  }

  @Test
  void overloads_haveFallbacksAndTotalsOfTheirOwn() {
    OverloadedWithFallback proxy =
        proxy(OverloadedWithFallback.class, new OverloadedWithFallback() {
          @Override
          public String price(String article) {
            throw new IllegalStateException();
          }

          @Override
          public String price(int number) {
            throw new IllegalStateException();
          }
        });
    assertThat(proxy.price("a")).isEqualTo("no text");
    assertThat(proxy.price(1)).isEqualTo("no number");
    String name = OverloadedWithFallback.class.getName();
    assertThat(resilience.status().fallbacks())
        .containsOnlyKeys(name + ".price(String)", name + ".price(int)");
  }

  interface TwoFallbacks {
    @WithRetry(maxAttempts = 1)
    @WithFallback("none")
    String price(String article);

    default String none(String article) {
      return "no failure";
    }

    default String none(String article, Exception failure) {
      return "a failure";
    }
  }

  @Test
  void aFallbackThatNamesTwoMethods_isAnError() {
    assertThatThrownBy(() -> proxy(TwoFallbacks.class, article -> article))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContainingAll("@WithFallback must name one method", "2 methods fit: none");
  }

  // ---- two declarations of one name

  interface Provider1 {
    @WithCircuitBreaker(value = "shared", provider = "openai")
    String call();
  }

  interface Provider2 {
    @WithCircuitBreaker(value = "shared", provider = "anthropic")
    String call();
  }

  interface Limit1 {
    @WithTimeout(name = "shared", value = "1s")
    String call();
  }

  interface Limit2 {
    @WithTimeout(name = "shared", value = "2s")
    String call();
  }

  interface Retry1 {
    @WithRetry(value = "shared", delay = "1s", retryOn = IOException.class)
    String call();
  }

  interface OtherProvider {
    @WithRetry(value = "shared", delay = "1s", retryOn = IOException.class, provider = "anthropic")
    String call();
  }

  interface OtherAttempts {
    @WithRetry(value = "shared", delay = "1s", retryOn = IOException.class, maxAttempts = 9)
    String call();
  }

  interface OtherDelay {
    @WithRetry(value = "shared", delay = "2s", retryOn = IOException.class)
    String call();
  }

  interface OtherFactor {
    @WithRetry(value = "shared", delay = "1s", retryOn = IOException.class, backoffFactor = 3)
    String call();
  }

  interface OtherMaxDelay {
    @WithRetry(value = "shared", delay = "1s", retryOn = IOException.class, maxDelay = "5s")
    String call();
  }

  interface OtherJitter {
    @WithRetry(value = "shared", delay = "1s", retryOn = IOException.class, jitter = "full")
    String call();
  }

  interface OtherJitterAmount {
    @WithRetry(value = "shared", delay = "1s", retryOn = IOException.class, jitterAmount = "1s")
    String call();
  }

  interface OtherMaxDuration {
    @WithRetry(value = "shared", delay = "1s", retryOn = IOException.class, maxDuration = "1m")
    String call();
  }

  interface OtherBackoff {
    @WithRetry(value = "shared", delay = "1s", retryOn = IOException.class, backoff = "constant")
    String call();
  }

  interface OtherRetryOn {
    @WithRetry(value = "shared", delay = "1s", retryOn = FileNotFoundException.class)
    String call();
  }

  interface OtherAbortOn {
    @WithRetry(
        value = "shared",
        delay = "1s",
        retryOn = IOException.class,
        abortOn = FileNotFoundException.class)
    String call();
  }

  interface Bulkhead1 {
    @WithBulkhead(value = "shared", maxConcurrentCalls = 5)
    String call();
  }

  interface OtherConcurrentCalls {
    @WithBulkhead(value = "shared", maxConcurrentCalls = 6)
    String call();
  }

  interface OtherBulkheadWait {
    @WithBulkhead(value = "shared", maxConcurrentCalls = 5, maxWait = "1s")
    String call();
  }

  interface ConcurrencyLimit1 {
    @WithConcurrencyLimit(value = "shared", most = 50)
    String call();
  }

  interface OtherMost {
    @WithConcurrencyLimit(value = "shared", most = 60)
    String call();
  }

  interface OtherHealthyLatency {
    @WithConcurrencyLimit(value = "shared", most = 50, healthyLatency = "300ms")
    String call();
  }

  interface Limiter1 {
    @WithRateLimiter(value = "shared", limit = 5, period = "1s")
    String call();
  }

  interface OtherLimit {
    @WithRateLimiter(value = "shared", limit = 6, period = "1s")
    String call();
  }

  interface OtherPeriod {
    @WithRateLimiter(value = "shared", limit = 5, period = "2s")
    String call();
  }

  interface OtherLimiterWait {
    @WithRateLimiter(value = "shared", limit = 5, period = "1s", maxWait = "1s")
    String call();
  }

  /** Two interfaces whose annotations differ in one element. */
  record Pair(Class<?> first, Class<?> second) {
    String element() throws ReflectiveOperationException {
      Annotation one = annotation(first);
      Annotation other = annotation(second);
      List<String> differing = new ArrayList<>();
      for (Method element : one.annotationType().getDeclaredMethods()) {
        if (!Objects.deepEquals(element.invoke(one), element.invoke(other))) {
          differing.add(element.getName());
        }
      }
      assertThat(differing).hasSize(1);
      return one.annotationType().getSimpleName() + "." + differing.get(0);
    }

    private static Annotation annotation(Class<?> type) {
      return type.getDeclaredMethods()[0].getAnnotations()[0];
    }
  }

  static Stream<Pair> pairs() {
    return Stream.concat(
        Stream.of(
            new Pair(Provider1.class, Provider2.class),
            new Pair(Limit1.class, Limit2.class),
            new Pair(Bulkhead1.class, OtherConcurrentCalls.class),
            new Pair(Bulkhead1.class, OtherBulkheadWait.class),
            new Pair(ConcurrencyLimit1.class, OtherMost.class),
            new Pair(ConcurrencyLimit1.class, OtherHealthyLatency.class),
            new Pair(Limiter1.class, OtherLimit.class),
            new Pair(Limiter1.class, OtherPeriod.class),
            new Pair(Limiter1.class, OtherLimiterWait.class)),
        Stream.of(
                OtherProvider.class,
                OtherAttempts.class,
                OtherDelay.class,
                OtherBackoff.class,
                OtherFactor.class,
                OtherMaxDelay.class,
                OtherJitter.class,
                OtherJitterAmount.class,
                OtherMaxDuration.class,
                OtherRetryOn.class,
                OtherAbortOn.class)
            .map(other -> new Pair(Retry1.class, other)));
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void sameName_withAnotherElement_isAnErrorThatNamesThePolicy(Pair pair) {
    make(pair.first);
    make(pair.first);
    assertThatThrownBy(() -> make(pair.second))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContainingAll(
            pair.second.getSimpleName() + ".call()", "'shared' is already declared with ");
  }

  private <T> void make(Class<T> type) {
    assertThat(proxy(
            type,
            type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, args) -> "called"))))
        .isNotNull();
  }

  @Test
  void everyElement_thatDeclaresSomething_isInAPair() throws Exception {
    Set<String> elements = new TreeSet<>();
    for (Class<?> annotation : annotations()) {
      for (Method element : annotation.getDeclaredMethods()) {
        elements.add(annotation.getSimpleName() + "." + element.getName());
      }
    }
    // Names of policies, and of what belongs to one proxy alone.
    Set<String> names = Set.of(
        "WithCircuitBreaker.value",
        "WithRetry.value",
        "WithTimeout.name",
        "WithBulkhead.value",
        "WithConcurrencyLimit.value",
        "WithConcurrencyLimit.priority",
        "WithRateLimiter.value",
        "WithPipeline.value",
        "WithFallback.value",
        "WithFallback.on");
    assertThat(elements).containsAll(names);
    elements.removeAll(names);
    Set<String> compared = new TreeSet<>();
    for (Pair pair : pairs().toList()) {
      compared.add(pair.element());
    }
    assertThat(compared).isEqualTo(elements);
  }

  private static List<Class<?>> annotations() throws IOException, ClassNotFoundException {
    Module api = WithPipeline.class.getModule();
    assumeThat(api.isNamed()).as("on the module path, which lists its content").isTrue();
    List<Class<?>> annotations = new ArrayList<>();
    try (ModuleReader reader = api.getLayer()
            .configuration()
            .findModule(api.getName())
            .orElseThrow()
            .reference()
            .open();
        Stream<String> files = reader.list()) {
      for (String file : files.filter(f -> f.contains("/annotation/With")).toList()) {
        annotations.add(Class.forName(file.replace('/', '.').replace(".class", "")));
      }
    }
    return annotations;
  }

  interface TypesInOneOrder {
    @WithRetry(
        value = "shared",
        retryOn = {IOException.class, IllegalStateException.class})
    String call();
  }

  interface TypesInAnother {
    @WithRetry(
        value = "shared",
        retryOn = {IllegalStateException.class, IOException.class})
    String call();
  }

  @Test
  void theSameTypes_inAnotherOrder_areTheSameDeclaration() {
    make(TypesInOneOrder.class);
    make(TypesInAnother.class);
    assertThat(resilience.policies().retries()).hasSize(1);
  }

  @Test
  void anError_showsTheTypesOfBoth() {
    make(Retry1.class);
    assertThatThrownBy(() -> make(OtherRetryOn.class))
        .hasMessageContainingAll(
            "retry 'shared' is already declared with retryIf=[java.io.IOException] (at @WithRetry",
            "; this declaration has retryIf=[java.io.FileNotFoundException] (at @WithRetry");
  }

  @Test
  void codeThatDeclaresTheName_otherwise_isAnError() {
    make(Retry1.class);
    RetryConfig other = RetryConfig.builder().retryIf(failure -> true).build();
    assertThatThrownBy(() -> resilience.retry("shared", other))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContainingAll(
            "retry 'shared' is already declared with ",
            "retryIf=[java.io.IOException]",
            "retryIf=a lambda in " + AnnotatedDeclarationsTest.class.getName());
  }

  @Test
  void aPipelineOutsideTheCode_mayNameThePoliciesOfAnOverload() {
    String method = Overloaded.class.getName() + ".price(String,int)";
    try (Resilience described = Resilience.builder()
        .config(Map.of(
            "resilience.pipeline.prices.policies",
            "retry:" + method + ", circuitbreaker",
            "resilience.retry." + method + ".maxAttempts",
            "7"))
        .build()) {
      Pipeline pipeline = described.pipeline("prices");
      assertThat(pipeline.policies())
          .extracting(policy -> policy.name())
          .containsExactly(method, "prices");
      assertThat(described.retry(method).config().maxAttempts()).isEqualTo(7);
    }
  }
}
