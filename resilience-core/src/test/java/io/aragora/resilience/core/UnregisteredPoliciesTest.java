package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Policies;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.UnregisteredPolicies;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.chaos.ChaosConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Policies that no registry knows. */
class UnregisteredPoliciesTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private static final Map<Class<?>, Object> CONFIGS = Map.of(
      CircuitBreakerConfig.class,
          CircuitBreakerConfig.builder().failureThreshold(3).build(),
      RetryConfig.class, RetryConfig.builder().maxAttempts(2).build(),
      TimeoutConfig.class, TimeoutConfig.builder().limit(SECOND).build(),
      BulkheadConfig.class, BulkheadConfig.of(3),
      ConcurrencyLimitConfig.class, ConcurrencyLimitConfig.builder().initial(7).build(),
      RateLimiterConfig.class, RateLimiterConfig.smooth(5, SECOND).build(),
      HedgeConfig.class, HedgeConfig.forIdempotentCalls().delay(SECOND).build(),
      ChaosConfig.class, ChaosConfig.builder().delay(1, Duration.ZERO, SECOND).build(),
      CoalescerConfig.class, CoalescerConfig.builder().maxFlights(4).build());

  private final Resilience resilience =
      Resilience.builder().timeSource(ManualTime.create()).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  /** The methods that create a policy of a kind; a new one appears here by itself. */
  static Stream<Method> kinds() {
    return Arrays.stream(UnregisteredPolicies.class.getMethods())
        .sorted(Comparator.comparing(Method::getName));
  }

  private Object create(Method kind) throws ReflectiveOperationException {
    UnregisteredPolicies unregistered = resilience.unregistered();
    if (kind.getParameterCount() == 1) {
      return ((Pipeline.Builder) kind.invoke(unregistered, "p"))
          .add(unregistered.bulkhead("inside", BulkheadConfig.of(3)))
          .build();
    }
    return kind.invoke(unregistered, "p", CONFIGS.get(kind.getParameterTypes()[1]));
  }

  private static Object read(Method kind, Object policy, String property)
      throws ReflectiveOperationException {
    Class<?> type = kind.getParameterCount() == 1 ? Pipeline.class : kind.getReturnType();
    return type.getMethod(property).invoke(policy);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void policy_hasItsNameAndConfig_works_andIsInNoRegistry(Method kind) throws Exception {
    Object policy = create(kind);

    assertThat(read(kind, policy, "name")).isEqualTo("p");
    if (kind.getParameterCount() == 2) {
      assertThat(read(kind, policy, "config")).isEqualTo(CONFIGS.get(kind.getParameterTypes()[1]));
    }
    assertThat(call(policy)).isEqualTo("value");
    assertThat(create(kind)).as("another one of the name").isNotSameAs(policy);
    for (Method list : Policies.class.getMethods()) {
      if (list.getParameterCount() == 0 && list.getReturnType() == Collection.class) {
        assertThat((Collection<?>) list.invoke(resilience.policies()))
            .as(list.getName())
            .isEmpty();
      }
    }
  }

  @SuppressWarnings("unchecked") // the key and the value are texts
  private static String call(Object policy) {
    return policy instanceof Policy plain
        ? plain.<String, RuntimeException>call(() -> "value")
        : ((Coalescer<String, String>) policy).<RuntimeException>call("key", () -> "value");
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void blankName_isRejected(Method kind) {
    Object[] arguments = kind.getParameterCount() == 1
        ? new Object[] {" "}
        : new Object[] {" ", CONFIGS.get(kind.getParameterTypes()[1])};
    assertThatThrownBy(() -> kind.invoke(resilience.unregistered(), arguments))
        .isInstanceOf(InvocationTargetException.class)
        .cause()
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("name must not be blank");
  }

  @Test
  void sharedRateLimiter_isRejected() {
    RateLimiterConfig shared = RateLimiterConfig.smooth(5, SECOND).shared().build();
    assertThatThrownBy(() -> resilience.unregistered().rateLimiter("p", shared))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("a shared rate limiter must be registered")
        .hasMessageEndingWith("create 'p' by rateLimiter");
  }
}
