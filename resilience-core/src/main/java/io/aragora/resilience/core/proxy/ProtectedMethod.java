package io.aragora.resilience.core.proxy;

import io.aragora.resilience.Policy;
import io.aragora.resilience.ResilienceConfigurationException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** A method of a proxy: what it calls, and through which policy. Everything is looked up when it is made. */
@FunctionalInterface
interface ProtectedMethod {
  /** Calls the target. */
  @Nullable
  Object invoke(@Nullable Object[] args) throws Throwable;

  /**
   * Looks everything up.
   *
   * @param method the method of the interface
   * @param target what is called
   * @param lookup may see the interface
   * @param policy around it; null for none
   * @return the method
   * @throws ResilienceConfigurationException if the method cannot be seen, or its futures not be watched
   */
  @SuppressWarnings({
    "NullAway", // a method gives null where it may
    "FutureReturnValueIgnored" // the caller of the proxy has it
  })
  static ProtectedMethod of(
      Method method, Object target, MethodHandles.Lookup lookup, @Nullable Policy policy) {
    MethodHandle handle = handle(method, target, lookup);
    ProtectedMethod plain = args -> (@Nullable Object) handle.invokeExact(args);
    if (policy == null) {
      return plain;
    }
    Class<?> result = method.getReturnType();
    if (result == CompletionStage.class || result == CompletableFuture.class) {
      return args -> policy.<@Nullable Object>callAsync(() -> start(plain, args));
    }
    if (CompletionStage.class.isAssignableFrom(result) || Future.class.isAssignableFrom(result)) {
      throw new ResilienceConfigurationException(
          "an annotated method must return a CompletionStage or CompletableFuture to be watched, not a "
              + result.getSimpleName() + ": " + method);
    }
    // Where the method declares it, an interrupted wait of a policy is an InterruptedException,
    // too.
    return Arrays.asList(method.getExceptionTypes()).contains(InterruptedException.class)
        ? args -> policy.<@Nullable Object, Throwable>callInterruptibly(() -> plain.invoke(args))
        : args -> policy.<@Nullable Object, Throwable>call(() -> plain.invoke(args));
  }

  @SuppressWarnings({
    "unchecked", // a future of whatever the method gives
    "NullAway" // or null, which the policy takes for a failure
  })
  private static CompletionStage<@Nullable Object> start(
      ProtectedMethod method, @Nullable Object[] args) {
    try {
      return (CompletionStage<@Nullable Object>) method.invoke(args);
    } catch (Throwable e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static MethodHandle handle(Method method, Object target, MethodHandles.Lookup lookup) {
    try {
      return lookup
          .unreflect(method)
          .asFixedArity()
          .bindTo(target)
          .asSpreader(Object[].class, method.getParameterCount())
          .asType(MethodType.methodType(Object.class, Object[].class));
    } catch (IllegalAccessException e) {
      throw new ResilienceConfigurationException(
          "the interface of a proxy must be public and in an exported package, or be given with a lookup that sees"
              + " it, as in resilience.proxy(type, target, MethodHandles.lookup()): " + method,
          e);
    }
  }
}
