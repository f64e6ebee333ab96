package io.aragora.resilience.reactor;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.UnregisteredPolicies;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.chaos.ChaosConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** One policy of every kind that a runtime creates, found by its methods, and a pipeline of all of them. */
final class PolicyKinds {
  private static final List<Object> CONFIGS = List.of(
      CircuitBreakerConfig.defaults(),
      RetryConfig.builder()
          .maxAttempts(3)
          .backoff(Backoff.constant(Duration.ofMillis(100)))
          .retryIf(e -> true)
          .build(),
      TimeoutConfig.of(Duration.ofSeconds(10)),
      BulkheadConfig.of(1),
      ConcurrencyLimitConfig.builder().initial(1).least(1).most(1).build(),
      RateLimiterConfig.smooth(1000, Duration.ofSeconds(1)).build(),
      HedgeConfig.forIdempotentCalls().delay(Duration.ofSeconds(5)).build(),
      ChaosConfig.builder().fail(1, IllegalStateException::new).build());

  private PolicyKinds() {}

  static List<Policy> of(Resilience resilience) {
    List<Policy> policies = Arrays.stream(UnregisteredPolicies.class.getMethods())
        .filter(method -> Policy.class.isAssignableFrom(method.getReturnType()))
        .sorted(Comparator.comparing(Method::getName))
        .map(method -> create(resilience, method))
        .toList();
    Policy all = resilience
        .unregistered()
        .pipelineBuilder("all")
        .add(find(policies, Retry.class))
        .add(new Plain())
        .add(resilience
            .unregistered()
            .pipelineBuilder("inner")
            .add(find(policies, CircuitBreaker.class))
            .add(find(policies, RateLimiter.class))
            .add(find(policies, Timeout.class))
            .build())
        .build();
    return Stream.concat(policies.stream(), Stream.of(all, new Plain())).toList();
  }

  static <P extends Policy> P find(List<Policy> policies, Class<P> type) {
    return policies.stream()
        .filter(type::isInstance)
        .map(type::cast)
        .findFirst()
        .orElseThrow();
  }

  private static Policy create(Resilience resilience, Method method) {
    try {
      Object config = CONFIGS.stream()
          .filter(method.getParameterTypes()[1]::isInstance)
          .findFirst()
          .orElseThrow(() -> new AssertionError("no config for " + method));
      return (Policy) method.invoke(resilience.unregistered(), method.getName(), config);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(method.toString(), e);
    }
  }
}
