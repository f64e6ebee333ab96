package io.aragora.resilience.core.proxy;

import io.aragora.resilience.CallObserver;
import io.aragora.resilience.MethodPolicy;
import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.core.pipeline.ObservedPipeline;
import io.aragora.resilience.core.proxy.ProtectedMethod.Way;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The policies of one method, for code that intercepts its calls. */
public final class AnnotatedMethod implements MethodPolicy {
  private final Method method;
  private final Policy policy;
  private final Way way;
  private final @Nullable FallbackMethod fallback;
  private final ObservedPipeline observed;
  private final MethodHandles.Lookup lookup;

  private AnnotatedMethod(
      Method method,
      Policy policy,
      Way way,
      @Nullable FallbackMethod fallback,
      ObservedPipeline observed,
      MethodHandles.Lookup lookup) {
    this.method = method;
    this.policy = policy;
    this.way = way;
    this.fallback = fallback;
    this.observed = observed;
    this.lookup = lookup;
  }

  /**
   * Reads the annotations of a method.
   *
   * @param resilience the runtime of the policies
   * @param declarations declares policies in that runtime
   * @param observed returns the observed twin of a policy
   * @param method the method
   * @param type the class of the objects whose method is called
   * @param lookup a lookup that sees the method of a fallback
   * @return its policies; empty if no annotation applies
   * @throws ResilienceConfigurationException if an annotation cannot be applied
   */
  public static Optional<MethodPolicy> of(
      Resilience resilience,
      AnnotatedDeclarations declarations,
      Function<Policy, ObservedPipeline> observed,
      Method method,
      Class<?> type,
      MethodHandles.Lookup lookup) {
    Objects.requireNonNull(lookup, "lookup");
    if (!method.getDeclaringClass().isAssignableFrom(type)) {
      throw new IllegalArgumentException(
          "the type of a method must have it: " + type.getName() + " has no " + method);
    }
    Class<?> named = method.getDeclaringClass().isInterface() ? method.getDeclaringClass() : type;
    AnnotatedPolicies policies = new AnnotatedPolicies(resilience, declarations, named, type);
    try {
      FallbackMethod fallback = policies.fallback(method, type);
      if (fallback != null) {
        fallback.handle(lookup);
      }
      Policy policy = fallback != null ? policies.pipeline(method) : policies.policy(method);
      return policy == null
          ? Optional.empty()
          : Optional.of(new AnnotatedMethod(
              method, policy, policies.way(method), fallback, observed.apply(policy), lookup));
    } catch (IllegalArgumentException | ResilienceConfigurationException e) {
      throw new ResilienceConfigurationException(
          "an annotation of " + method + " cannot be applied: " + e.getMessage(), e);
    }
  }

  @Override
  public Method method() {
    return method;
  }

  @Override
  public Policy policy() {
    return policy;
  }

  @Override
  public boolean isAsync() {
    return way == Way.ASYNC;
  }

  @Override
  public boolean hasFallback() {
    return fallback != null;
  }

  @Override
  public @Nullable Object call(
      Object target,
      @Nullable Object[] args,
      CheckedSupplier<? extends @Nullable Object, ?> body,
      @Nullable CallObserver observer)
      throws Throwable {
    ProtectedMethod plain = any -> body.get();
    Policy around = observer == null ? policy : observed.of(observer);
    if (fallback == null) {
      return ProtectedMethod.through(way, plain, around).invoke(args);
    }
    ProtectedMethod value = ProtectedMethod.plain(fallback.method(), target, lookup);
    return ProtectedMethod.throughFallback(
            way, plain, given -> fallback.around((Pipeline) around, value, given, used(observer)))
        .invoke(args);
  }

  @Override
  @SuppressWarnings("NullAway") // a method may return null
  public @Nullable Object fallback(Object target, @Nullable Object[] args, Throwable failure)
      throws Throwable {
    if (fallback == null) {
      throw failure;
    }
    ProtectedMethod value = ProtectedMethod.plain(fallback.method(), target, lookup);
    return fallback.after((Pipeline) policy, value, args, failure);
  }

  private @Nullable Consumer<Throwable> used(@Nullable CallObserver observer) {
    return observer == null
        ? null
        : failure -> {
          try {
            observer.onFallback(failure);
          } catch (Throwable e) {
            observed.log(e);
          }
        };
  }

  @Override
  public String toString() {
    return method + ": " + policy + (fallback == null ? "" : ", with a fallback");
  }
}
