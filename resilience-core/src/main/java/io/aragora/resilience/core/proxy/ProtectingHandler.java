package io.aragora.resilience.core.proxy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Forwards the calls of a proxy to its target, through the policies that the annotations declare.
 */
public final class ProtectingHandler implements InvocationHandler {
  private static final @Nullable Object[] NOTHING = new Object[0];

  private final Object target;
  private final Map<Method, ProtectedMethod> methods;

  private ProtectingHandler(Object target, Map<Method, ProtectedMethod> methods) {
    this.target = target;
    this.methods = methods;
  }

  /**
   * Creates a proxy.
   *
   * @param resilience the runtime of the policies
   * @param declarations declares policies in that runtime
   * @param type the interface
   * @param target the object that is called
   * @param lookup a lookup that sees the interface
   * @param <T> the interface
   * @return the proxy
   * @throws ResilienceConfigurationException if an annotation cannot be applied
   */
  public static <T> T proxy(
      Resilience resilience,
      AnnotatedDeclarations declarations,
      Class<T> type,
      T target,
      MethodHandles.Lookup lookup) {
    Objects.requireNonNull(target, "target");
    Objects.requireNonNull(lookup, "lookup");
    if (!type.isInterface()) {
      throw new ResilienceConfigurationException(
          "the type of a proxy must be an interface: " + type.getName());
    }
    AnnotatedPolicies policies =
        new AnnotatedPolicies(resilience, declarations, type, target.getClass());
    Map<Method, ProtectedMethod> methods = new HashMap<>();
    boolean isAnnotated = false;
    for (Method method : type.getMethods()) {
      if (!Modifier.isStatic(method.getModifiers())) {
        ProtectedMethod plain = ProtectedMethod.plain(method, target, lookup);
        ProtectedMethod called = protect(policies, type, method, plain, target, lookup);
        methods.put(method, called);
        isAnnotated |= called != plain;
      }
    }
    if (!isAnnotated) {
      throw new ResilienceConfigurationException(
          "a proxy must have at least one annotated method: neither " + type.getName()
              + " nor " + target.getClass().getName()
              + " has @WithCircuitBreaker, @WithRetry, @WithRateLimiter, @WithBulkhead, @WithConcurrencyLimit, @WithTimeout or @WithPipeline");
    }
    return type.cast(Proxy.newProxyInstance(
        type.getClassLoader(), new Class<?>[] {type}, new ProtectingHandler(target, methods)));
  }

  private static ProtectedMethod protect(
      AnnotatedPolicies policies,
      Class<?> type,
      Method method,
      ProtectedMethod plain,
      Object target,
      MethodHandles.Lookup lookup) {
    try {
      FallbackMethod fallback = policies.fallback(method, type);
      if (fallback != null) {
        Pipeline pipeline = policies.pipeline(method);
        ProtectedMethod value = ProtectedMethod.plain(fallback.method(), target, lookup);
        return ProtectedMethod.throughFallback(
            policies.way(method), plain, args -> fallback.around(pipeline, value, args, null));
      }
      Policy policy = policies.policy(method);
      return policy == null ? plain : ProtectedMethod.through(policies.way(method), plain, policy);
    } catch (IllegalArgumentException | ResilienceConfigurationException e) {
      throw new ResilienceConfigurationException(
          "an annotation of " + method + " cannot be applied: " + e.getMessage(), e);
    }
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] args)
      throws Throwable {
    ProtectedMethod called = methods.get(method);
    if (called != null) {
      return called.invoke(args == null ? NOTHING : args);
    }
    return ofObject(method, args);
  }

  /**
   * Handles the methods of Object. A proxy equals another one around an equal target, and has the
   * target's text.
   */
  private Object ofObject(Method method, @Nullable Object @Nullable [] args) {
    return switch (method.getName()) {
      case "equals" -> isEqual(args == null ? null : args[0]);
      case "hashCode" -> target.hashCode();
      default -> target.toString();
    };
  }

  private boolean isEqual(@Nullable Object other) {
    return other != null
        && Proxy.isProxyClass(other.getClass())
        && Proxy.getInvocationHandler(other) instanceof ProtectingHandler handler
        && target.equals(handler.target);
  }
}
