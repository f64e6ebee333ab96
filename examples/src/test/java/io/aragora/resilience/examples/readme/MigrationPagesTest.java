package io.aragora.resilience.examples.readme;

import static org.assertj.core.api.Assertions.assertThat;

import dev.failsafe.Call;
import dev.failsafe.CircuitBreakerBuilder;
import dev.failsafe.DelayablePolicyBuilder;
import dev.failsafe.ExecutionContext;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.FailurePolicyBuilder;
import dev.failsafe.Fallback;
import dev.failsafe.FallbackBuilder;
import dev.failsafe.PolicyBuilder;
import dev.failsafe.RetryPolicyBuilder;
import dev.failsafe.TimeoutBuilder;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.core.Registry;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.RetryRegistry;
import io.github.resilience4j.timelimiter.TimeLimiter;
import io.github.resilience4j.timelimiter.TimeLimiterConfig;
import io.github.resilience4j.timelimiter.TimeLimiterRegistry;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The pages for those who come from another library name each of its methods and settings. */
class MigrationPagesTest {
  private static final Pattern BLOCK = Pattern.compile("(?s)```.*?```");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");
  private static final Pattern WORD = Pattern.compile("[A-Za-z][A-Za-z0-9]*…?");

  /** Ways to create the builder of something, and to build it. */
  private static final Set<String> FACTORIES =
      Set.of("of", "ofDefaults", "custom", "builder", "build");

  private static final List<Class<?>> RESILIENCE4J = List.of(
      CircuitBreaker.class,
      CircuitBreaker.Metrics.class,
      CircuitBreaker.EventPublisher.class,
      CircuitBreakerConfig.Builder.class,
      CircuitBreakerRegistry.class,
      Retry.class,
      Retry.Metrics.class,
      Retry.EventPublisher.class,
      RetryConfig.Builder.class,
      RetryRegistry.class,
      IntervalFunction.class,
      Registry.class,
      io.github.resilience4j.bulkhead.Bulkhead.class,
      io.github.resilience4j.bulkhead.Bulkhead.Metrics.class,
      io.github.resilience4j.bulkhead.Bulkhead.EventPublisher.class,
      io.github.resilience4j.bulkhead.BulkheadConfig.Builder.class,
      io.github.resilience4j.bulkhead.BulkheadRegistry.class,
      io.github.resilience4j.ratelimiter.RateLimiter.class,
      io.github.resilience4j.ratelimiter.RateLimiter.Metrics.class,
      io.github.resilience4j.ratelimiter.RateLimiter.EventPublisher.class,
      io.github.resilience4j.ratelimiter.RateLimiterConfig.Builder.class,
      io.github.resilience4j.ratelimiter.RateLimiterRegistry.class,
      TimeLimiter.class,
      TimeLimiter.EventPublisher.class,
      TimeLimiterConfig.Builder.class,
      TimeLimiterRegistry.class);

  private static final List<Class<?>> FAILSAFE = List.of(
      dev.failsafe.CircuitBreaker.class,
      CircuitBreakerBuilder.class,
      RetryPolicyBuilder.class,
      TimeoutBuilder.class,
      dev.failsafe.Bulkhead.class,
      dev.failsafe.BulkheadBuilder.class,
      dev.failsafe.RateLimiter.class,
      dev.failsafe.RateLimiterBuilder.class,
      Fallback.class,
      FallbackBuilder.class,
      PolicyBuilder.class,
      DelayablePolicyBuilder.class,
      FailurePolicyBuilder.class,
      Failsafe.class,
      FailsafeExecutor.class,
      ExecutionContext.class,
      Call.class);

  private static final List<Class<?>> MICROPROFILE = List.of(
      org.eclipse.microprofile.faulttolerance.CircuitBreaker.class,
      org.eclipse.microprofile.faulttolerance.Retry.class,
      org.eclipse.microprofile.faulttolerance.Timeout.class,
      org.eclipse.microprofile.faulttolerance.Fallback.class,
      org.eclipse.microprofile.faulttolerance.Bulkhead.class,
      org.eclipse.microprofile.faulttolerance.ExecutionContext.class);

  @Test
  void resilience4j_eachMethod_isNamed() {
    assertThat(missing("resilience4j", RESILIENCE4J)).isEmpty();
  }

  @Test
  void failsafe_eachMethod_isNamed() {
    assertThat(missing("failsafe", FAILSAFE)).isEmpty();
  }

  @Test
  void microProfile_eachMember_isNamed() {
    assertThat(missing("microprofile", MICROPROFILE)).isEmpty();
  }

  /** Returns the methods without a row that says what their counterpart is, or why there is none. */
  private static Set<String> missing(String library, List<Class<?>> types) {
    Set<String> named = words(Pages.page("migrating-from-" + library));
    Set<String> missing = new TreeSet<>();
    for (Class<?> type : types) {
      for (String method : methodsOf(type)) {
        if (!named.contains(method)
            && named.stream()
                .noneMatch(word -> word.endsWith("…")
                    && method.startsWith(word.substring(0, word.length() - 1)))) {
          missing.add(type.getSimpleName() + "." + method);
        }
      }
    }
    return missing;
  }

  private static Set<String> words(String page) {
    return CODE.matcher(BLOCK.matcher(page).replaceAll(""))
        .results()
        .flatMap(code -> WORD.matcher(code.group(1)).results())
        .map(word -> word.group())
        .collect(Collectors.toSet());
  }

  private static Set<String> methodsOf(Class<?> type) {
    return Arrays.stream(type.getDeclaredMethods())
        .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic())
        .map(Method::getName)
        .filter(name -> !FACTORIES.contains(name))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
