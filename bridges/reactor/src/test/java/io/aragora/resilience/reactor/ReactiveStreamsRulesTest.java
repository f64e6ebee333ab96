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
        .newPipeline("rules")
        .add(PolicyKinds.find(policies, Retry.class))
        .add(PolicyKinds.find(policies, Timeout.class))
        .build();
  }

  @AfterAll
  static void close() {
    RESILIENCE.close();
  }

  @TestFactory
  Stream<DynamicTest> flux_isProtected_keepsTheRules() {
    return rules(
        Long.MAX_VALUE, elements -> Flux.range(0, (int) Math.min(elements, Integer.MAX_VALUE)));
  }

  @TestFactory
  Stream<DynamicTest> mono_isProtected_keepsTheRules() {
    return rules(1, elements -> elements == 0 ? Mono.empty() : Mono.just(0));
  }

  private interface Source {
    Publisher<Integer> of(long elements);
  }

  private static Stream<DynamicTest> rules(long most, Source source) {
    List<Method> rules = Arrays.stream(PublisherVerification.class.getMethods())
        .filter(method -> method.isAnnotationPresent(org.testng.annotations.Test.class))
        .sorted(Comparator.comparing(Method::getName))
        .toList();
    assertThat(rules).hasSizeGreaterThan(30);
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
