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
abstract class ProtectedMethod {
  private static final MethodType SPREAD = MethodType.methodType(Object.class, Object[].class);

  final MethodHandle handle;

  private ProtectedMethod(MethodHandle handle) {
    this.handle = handle;
  }

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
  static ProtectedMethod of(
      Method method, Object target, MethodHandles.Lookup lookup, @Nullable Policy policy) {
    MethodHandle handle = handle(method, target, lookup);
    if (policy == null) {
      return new Plain(handle);
    }
    Class<?> result = method.getReturnType();
    if (result == CompletionStage.class || result == CompletableFuture.class) {
      return new Asynchronous(handle, policy);
    }
    if (CompletionStage.class.isAssignableFrom(result) || Future.class.isAssignableFrom(result)) {
      throw new ResilienceConfigurationException(
          "an annotated method must return a CompletionStage or CompletableFuture to be watched, not a "
              + result.getSimpleName() + ": " + method);
    }
    return Arrays.asList(method.getExceptionTypes()).contains(InterruptedException.class)
        ? new Interruptible(handle, policy)
        : new Synchronous(handle, policy);
  }

  private static MethodHandle handle(Method method, Object target, MethodHandles.Lookup lookup) {
    try {
      return lookup
          .unreflect(method)
          .asFixedArity()
          .bindTo(target)
          .asSpreader(Object[].class, method.getParameterCount())
          .asType(SPREAD);
    } catch (IllegalAccessException e) {
      throw new ResilienceConfigurationException(
          "the interface of a proxy must be public and in an exported package, or be given with a lookup that sees"
              + " it, as in resilience.proxy(type, target, MethodHandles.lookup()): " + method,
          e);
    }
  }

  abstract @Nullable Object invoke(@Nullable Object[] args) throws Throwable;

  private static final class Plain extends ProtectedMethod {
    Plain(MethodHandle handle) {
      super(handle);
    }

    @Override
    @Nullable
    Object invoke(@Nullable Object[] args) throws Throwable {
      return (@Nullable Object) handle.invokeExact(args);
    }
  }

  private static final class Synchronous extends ProtectedMethod {
    private final Policy policy;

    Synchronous(MethodHandle handle, Policy policy) {
      super(handle);
      this.policy = policy;
    }

    @Override
    @Nullable
    Object invoke(@Nullable Object[] args) throws Throwable {
      return policy.<@Nullable Object, Throwable>call(
          () -> (@Nullable Object) handle.invokeExact(args));
    }
  }

  /** Declares InterruptedException: an interrupted wait of a policy is one, too. */
  private static final class Interruptible extends ProtectedMethod {
    private final Policy policy;

    Interruptible(MethodHandle handle, Policy policy) {
      super(handle);
      this.policy = policy;
    }

    @Override
    @Nullable
    Object invoke(@Nullable Object[] args) throws Throwable {
      return policy.<@Nullable Object, Throwable>callInterruptibly(
          () -> (@Nullable Object) handle.invokeExact(args));
    }
  }

  private static final class Asynchronous extends ProtectedMethod {
    private final Policy policy;

    Asynchronous(MethodHandle handle, Policy policy) {
      super(handle);
      this.policy = policy;
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the caller of the proxy has it
    Object invoke(@Nullable Object[] args) {
      return policy.<@Nullable Object>callAsync(() -> start(args));
    }

    @SuppressWarnings("unchecked") // a future of whatever the method gives
    private CompletionStage<@Nullable Object> start(@Nullable Object[] args) {
      try {
        return (CompletionStage<@Nullable Object>) (Object) handle.invokeExact(args);
      } catch (Throwable e) {
        return CompletableFuture.failedFuture(e);
      }
    }
  }
}
