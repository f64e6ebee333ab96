package io.aragora.resilience.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.timeout.Timeout;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.SkipException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The rules of Reactive Streams for publishers, of its TCK. */
class ReactiveStreamsRulesTest {
  private static final Resilience RESILIENCE = Resilience.create();
  private static final Policy PIPELINE = pipeline();

  private static Policy pipeline() {
    List<Policy> policies = PolicyKinds.of(RESILIENCE);
    return RESILIENCE
        .unregistered()
        .pipelineBuilder("rules")
        .add(PolicyKinds.find(policies, Retry.class))
        .add(PolicyKinds.find(policies, Timeout.class))
        .build();
  }

  @AfterAll
  static void close() {
    RESILIENCE.close();
  }

  /** The rules that need more elements than a test can produce. Long.MAX_VALUE stands for a publisher that never completes. */
  @TestFactory
  Stream<DynamicTest> endlessFlux_isProtected_keepsTheRulesOfDemand() {
    return rules("spec317", Long.MAX_VALUE, ReactiveStreamsRulesTest::range);
  }

  @TestFactory
  Stream<DynamicTest> finiteFlux_isProtected_keepsTheRules() {
    return rules("spec", 10_000, ReactiveStreamsRulesTest::range);
  }

  private static Flux<Integer> range(long elements) {
    return Flux.range(0, (int) Math.min(elements, Integer.MAX_VALUE));
  }

  @TestFactory
  Stream<DynamicTest> mono_isProtected_keepsTheRules() {
    return rules("spec", 1, elements -> elements == 0 ? Mono.empty() : Mono.just(0));
  }

  private interface Source {
    Publisher<Integer> of(long elements);
  }

  private static Stream<DynamicTest> rules(String name, long most, Source source) {
    List<Method> rules = Arrays.stream(PublisherVerification.class.getMethods())
        .filter(method -> method.isAnnotationPresent(org.testng.annotations.Test.class))
        .filter(method -> method.getName().contains(name))
        // what the TCK names but does not verify
        .filter(method -> !method.getName().startsWith("untested"))
        .sorted(Comparator.comparing(Method::getName))
        .toList();
    assertThat(rules).hasSizeGreaterThan(2);
    return rules.stream()
        .map(rule -> DynamicTest.dynamicTest(rule.getName(), () -> {
          Verification verification = new Verification(most, source);
          verification.setUp();
          try {
            rule.invoke(verification);
          } catch (InvocationTargetException e) {
            Assumptions.assumeFalse(
                e.getCause() instanceof SkipException, "not for this publisher: " + e.getCause());
            throw e.getCause();
          }
        }));
  }

  private static final class Verification extends PublisherVerification<Integer> {
    private final long most;
    private final Source source;
    private final UnaryOperator<Publisher<Integer>> operator = ResilienceOperator.of(PIPELINE);

    Verification(long most, Source source) {
      // It waits that long for signals that must not come; they would come at once.
      super(new TestEnvironment(2000, 50));
      this.most = most;
      this.source = source;
    }

    @Override
    public long maxElementsFromPublisher() {
      return most;
    }

    @Override
    public Publisher<Integer> createPublisher(long elements) {
      return operator.apply(source.of(elements));
    }

    @Override
    public Publisher<Integer> createFailedPublisher() {
      return operator.apply(Flux.error(new AssertionError("an Error is not retried")));
    }
  }
}
