package io.aragora.resilience.core.proxy;

import io.aragora.resilience.Policy;
import io.aragora.resilience.ResilienceConfigurationException;
import io.aragora.resilience.ResultPipeline;
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

/** A method of a proxy: what it calls, and through which policy. Everything is looked up when it is made. */
@FunctionalInterface
interface ProtectedMethod {
  /** Calls the target. */
  @Nullable
  Object invoke(@Nullable Object[] args) throws Throwable;

  /** How the policies around a method are called. */
  enum Way {
    /** It gives its future at once. */
    ASYNC,
    /** It may throw {@link InterruptedException}, and where it does, an interrupted wait of a policy is one, too. */
    INTERRUPTIBLE,
    /** It gives its value. */
    PLAIN
  }

  /**
   * Calls the target through nothing.
   *
   * @param method the method of the interface
   * @param target what is called
   * @param lookup may see the interface
   * @return the method
   * @throws ResilienceConfigurationException if the method cannot be seen
   */
  @SuppressWarnings("NullAway") // a method gives null where it may
  static ProtectedMethod plain(Method method, Object target, MethodHandles.Lookup lookup) {
    MethodHandle handle = handle(method, target, lookup);
    return args -> (@Nullable Object) handle.invokeExact(args);
  }

  /**
   * Calls the target through a policy.
   *
   * @param way how
   * @param plain calls the target
   * @param policy around it
   * @return the method
   */
  @SuppressWarnings({
    "NullAway", // a method gives null where it may
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
   * Calls the target through a pipeline that has a fallback.
   *
   * @param way how
   * @param plain calls the target
   * @param pipeline gives the pipeline of a call, with the fallback around it
   * @return the method
   */
  @SuppressWarnings({
    "NullAway", // a method gives null where it may
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
   * Tells how the policies around a method are called.
   *
   * @param method the method of the interface
   * @param result what it gives
   * @return how
   * @throws IllegalArgumentException if its futures cannot be watched
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
