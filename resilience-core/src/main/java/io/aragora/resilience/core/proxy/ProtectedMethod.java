package io.aragora.resilience.core.proxy;

import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A method of a proxy, with the method it calls and the policy around it. Both are looked up when
 * the proxy is created.
 */
@FunctionalInterface
interface ProtectedMethod {
  /** Calls the target. */
  @Nullable
  Object invoke(@Nullable Object[] args) throws Throwable;

  /** The form in which the policies around a method are called. */
  enum Way {
    /** The method returns its future at once. */
    ASYNC,
    /**
     * The method declares {@link InterruptedException}, so an interrupted wait of a policy throws
     * that.
     */
    INTERRUPTIBLE,
    /** The method returns its value. */
    PLAIN
  }

  /**
   * Creates a method that calls the target without a policy.
   *
   * @param method the method of the interface
   * @param target the object that is called
   * @param lookup a lookup that sees the interface
   * @return the method
   * @throws ResilienceConfigurationException if the lookup does not see the method
   */
  @SuppressWarnings("NullAway") // a method may return null
  static ProtectedMethod plain(Method method, Object target, MethodHandles.Lookup lookup) {
    MethodHandle handle = handle(method, target, lookup);
    return args -> (@Nullable Object) handle.invokeExact(args);
  }

  /**
   * Creates a method that calls the target through a policy.
   *
   * @param way how the policy is called
   * @param plain calls the target
   * @param policy the policy around the target
   * @return the method
   */
  @SuppressWarnings({
    "NullAway", // a method may return null
    "FutureReturnValueIgnored" // the caller of the proxy has it
  })
  static ProtectedMethod through(Way way, ProtectedMethod plain, Policy policy) {
    return switch (way) {
      case ASYNC -> args -> policy.<@Nullable Object>callAsync(() -> start(plain, args));
      case INTERRUPTIBLE ->
        args -> policy.<@Nullable Object, Throwable>callInterruptibly(() -> plain.invoke(args));
      case PLAIN -> args -> policy.<@Nullable Object, Throwable>call(() -> plain.invoke(args));
    };
  }

  /**
   * Creates a method that calls the target through a pipeline with a fallback.
   *
   * @param way how the pipeline is called
   * @param plain calls the target
   * @param pipeline returns the pipeline of a call, with the fallback around it
   * @return the method
   */
  @SuppressWarnings({
    "NullAway", // a method may return null
    "FutureReturnValueIgnored" // the caller of the proxy has it
  })
  static ProtectedMethod throughFallback(
      Way way,
      ProtectedMethod plain,
      Function<@Nullable Object[], ResultPipeline<@Nullable Object>> pipeline) {
    return switch (way) {
      case ASYNC -> args -> pipeline.apply(args).callAsync(() -> start(plain, args));
      case INTERRUPTIBLE ->
        args -> pipeline.apply(args).<Throwable>callInterruptibly(() -> plain.invoke(args));
      case PLAIN -> args -> pipeline.apply(args).<Throwable>call(() -> plain.invoke(args));
    };
  }

  /**
   * Returns how the policies around a method are called.
   *
   * @param method the method of the interface
   * @param result the type that it returns
   * @return the way to call them
   * @throws IllegalArgumentException if the type is a future that cannot be watched
   */
  static Way way(Method method, Class<?> result) {
    if (result == CompletionStage.class || result == CompletableFuture.class) {
      return Way.ASYNC;
    }
    if (CompletionStage.class.isAssignableFrom(result) || Future.class.isAssignableFrom(result)) {
      throw new IllegalArgumentException(
          "an annotated method must return a CompletionStage or CompletableFuture to be watched, not a "
              + result.getSimpleName());
    }
    return Arrays.asList(method.getExceptionTypes()).contains(InterruptedException.class)
        ? Way.INTERRUPTIBLE
        : Way.PLAIN;
  }

  @SuppressWarnings({
    "unchecked", // a future of the type that the method returns
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
          "the interface of a proxy must be public and in an exported package, or a lookup that sees it must be"
              + " passed, as in resilience.proxy(type, target, MethodHandles.lookup()): " + method,
          e);
    }
  }
}
