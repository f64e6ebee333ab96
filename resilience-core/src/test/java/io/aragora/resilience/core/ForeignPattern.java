package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.chaos.ChaosConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.coalescing.ResultCache;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.core.ForeignCodeTest.Thrower;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A kind of policy beside breaker, retry and timeout, with each place where it takes code of the application. Kinds, setters and
 * listeners are found by reflection. A new kind fails until {@link #base} has a config for it, one with which calls ask its code.
 *
 * @param declare the method that declares a policy of the kind
 */
record ForeignPattern(Method declare) {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  /** ForeignCodeTest has them in each of its calls. */
  private static final List<Class<?>> COMMON = List.of(
      CircuitBreakerConfig.class,
      KeyedCircuitBreakerConfig.class,
      RetryConfig.class,
      TimeoutConfig.class);

  private static final Map<Class<?>, Supplier<Object>> BASES = Map.ofEntries(
      Map.entry(BulkheadConfig.class, () -> BulkheadConfig.builder().maxConcurrentCalls(1)),
      Map.entry(RateLimiterConfig.class, () -> RateLimiterConfig.smooth(1, MINUTE)),
      Map.entry(
          KeyedRateLimiterConfig.class,
          () -> KeyedRateLimiterConfig.builder()
              .limiter(RateLimiterConfig.smooth(1, MINUTE).build())
              .maxKeys(1)),
      Map.entry(
          ConcurrencyLimitConfig.class,
          () -> ConcurrencyLimitConfig.builder().least(1).initial(1)),
      Map.entry(
          HedgeConfig.class,
          () -> HedgeConfig.forIdempotentCalls().delay(MINUTE).hedgeOn(failure -> true)),
      Map.entry(
          KeyedCircuitBreakerConfig.class,
          () -> KeyedCircuitBreakerConfig.builder().maxKeys(1)),
      Map.entry(ChaosConfig.class, ChaosConfig::builder),
      Map.entry(
          CoalescerConfig.class,
          () -> CoalescerConfig.builder().staleIfError(ResultCache.of(new HashMap<>()), MINUTE)));

  /** Code of the application that a policy is given. */
  interface Code {
    String name();

    Policy declare(Resilience resilience, Thrower thrower);
  }

  private record NamedCode(String name, Declaration declaration) implements Code {
    @Override
    public Policy declare(Resilience resilience, Thrower thrower) {
      return declaration.declare(resilience, thrower);
    }
  }

  private interface Declaration {
    Policy declare(Resilience resilience, Thrower thrower);
  }

  static List<ForeignPattern> all() {
    List<ForeignPattern> all = new ArrayList<>();
    for (Method method : Resilience.class.getMethods()) {
      Class<?>[] types = method.getParameterTypes();
      if (types.length == 2
          && types[0] == String.class
          && types[1].getSimpleName().endsWith("Config")
          && !COMMON.contains(types[1])
          && hasCode(method)) {
        all.add(new ForeignPattern(method));
      }
    }
    all.sort(Comparator.comparing(pattern -> pattern.declare.getName()));
    assertThat(all).as("kinds that take code").hasSizeGreaterThan(6);
    return all;
  }

  private static boolean hasCode(Method declare) {
    return !listeners(declare.getReturnType()).isEmpty();
  }

  private static List<Method> listeners(Class<?> policy) {
    return Arrays.stream(policy.getMethods())
        .filter(method -> method.getName().startsWith("subscribe"))
        .sorted(Comparator.comparing(Method::getName))
        .toList();
  }

  private Class<?> config() {
    return declare.getParameterTypes()[1];
  }

  /** Its functions: each setter that takes one. */
  List<Code> functions() {
    List<Code> codes = new ArrayList<>();
    Object any = base(config());
    for (Method setter : any.getClass().getMethods()) {
      if (setter.getReturnType() == any.getClass()
          && Arrays.stream(setter.getParameterTypes()).anyMatch(ForeignPattern::isFunction)) {
        codes.add(new NamedCode(
            config().getSimpleName() + "." + setter.getName(), (resilience, thrower) -> {
              Object builder = base(config());
              thrower.tune(builder, setter.getName());
              Object[] arguments = Arrays.stream(setter.getParameterTypes())
                  .map(type -> argument(type, thrower))
                  .toArray();
              invoke(setter, builder, arguments);
              return policy(resilience, declared(resilience, builder));
            }));
      }
    }
    return codes;
  }

  /** The methods that subscribe a listener. */
  List<Method> listeners() {
    return listeners(declare.getReturnType());
  }

  /** Declares a policy that has none of the functions of {@link #functions}. */
  Object declared(Resilience resilience) {
    Object declared = declared(resilience, base(config()));
    policy(resilience, declared);
    return declared;
  }

  private Object declared(Resilience resilience, Object builder) {
    try {
      if (builder instanceof ChaosConfig.Builder chaos && !declaresChance(chaos)) {
        chaos.behave(100, () -> {});
      }
      Object config = builder.getClass().getMethod("build").invoke(builder);
      return invoke(declare, resilience, "pattern", config);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(builder.toString(), e);
    }
  }

  private static boolean declaresChance(ChaosConfig.Builder chaos) {
    try {
      chaos.build();
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  static @Nullable Object invoke(Method method, Object owner, Object... arguments) {
    try {
      return method.invoke(owner, arguments);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(method.toString(), e);
    }
  }

  private static boolean isFunction(Class<?> type) {
    return type.isInterface() && type != Executor.class && type != CharSequence.class;
  }

  private static Object argument(Class<?> type, Thrower thrower) {
    if (type == double.class) {
      return 100.0;
    }
    if (type == Duration.class) {
      return MINUTE;
    }
    return thrower.function(type);
  }

  /**
   * Returns a config of any type: that of a pattern, the default one, or one whose builder needs no value.
   *
   * @return the config; null if it cannot be built so
   */
  static @Nullable Object config(Class<?> type) {
    try {
      if (BASES.containsKey(type)) {
        Object builder = base(type);
        if (builder instanceof ChaosConfig.Builder chaos) {
          chaos.behave(100, () -> {});
        }
        return builder.getClass().getMethod("build").invoke(builder);
      }
      for (String name : List.of("defaults", "of", "builder")) {
        for (Method factory : type.getMethods()) {
          if (factory.getName().equals(name) && Modifier.isStatic(factory.getModifiers())) {
            if (factory.getParameterCount() == 0) {
              Object made = factory.invoke(null);
              return type.isInstance(made)
                  ? made
                  : made.getClass().getMethod("build").invoke(made);
            }
            if (factory.getParameterCount() == 1
                && factory.getParameterTypes()[0] == Duration.class) {
              return factory.invoke(null, MINUTE);
            }
          }
        }
      }
      return null;
    } catch (ReflectiveOperationException e) {
      return null;
    }
  }

  /** A config with which the calls of {@link ForeignCodeTest} succeed and fail as their bodies do. */
  private static Object base(Class<?> config) {
    Supplier<Object> base = BASES.get(config);
    if (base == null) {
      throw new AssertionError("say here how a " + config.getSimpleName() + " is built");
    }
    return base.get();
  }

  static Policy policy(Resilience resilience, Object declared) {
    if (declared instanceof KeyedRateLimiter keys) {
      return keys.forKey("a");
    }
    if (declared instanceof Coalescer<?, ?> coalescer) {
      @SuppressWarnings("unchecked") // keys and values are any objects
      Coalescer<String, Object> any = (Coalescer<String, Object>) coalescer;
      return new CoalescedCalls(any);
    }
    if (declared instanceof Chaos) {
      resilience.chaos().start(Duration.ofHours(1));
    }
    return (Policy) declared;
  }
}
