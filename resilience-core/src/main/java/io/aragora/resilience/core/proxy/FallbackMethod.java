package io.aragora.resilience.core.proxy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.annotation.WithFallback;
import io.aragora.resilience.core.fallback.FallbackPipeline;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A method that returns a value if another one failed.
 *
 * @param method the method
 * @param takesFailure whether the failure is an argument
 * @param at where the failure is an argument: after all others, but before a continuation
 * @param isAsync whether it returns the stage of the value, as the method that failed does
 * @param failures the classes of failures that it handles
 */
record FallbackMethod(
    Method method,
    boolean takesFailure,
    int at,
    boolean isAsync,
    List<Class<? extends Throwable>> failures) {

  /** The last parameter of a suspending function of Kotlin, in byte code. Code that intercepts such functions supplies it. */
  private static final String CONTINUATION = "kotlin.coroutines.Continuation";

  /**
   * Returns the method that an annotation names.
   *
   * @throws IllegalArgumentException if no method or more than one fits, or if its types do not fit
   */
  static FallbackMethod of(
      WithFallback annotation, Class<?> type, Method failing, TypeArguments arguments) {
    List<Class<?>> parameters = List.of(failing.getParameterTypes());
    int at = parameters.size();
    if (at > 0 && parameters.get(at - 1).getName().equals(CONTINUATION)) {
      at--;
    }
    Map<List<Class<?>>, FallbackMethod> fitting = new LinkedHashMap<>();
    for (Method candidate : TypeMethods.of(type)) {
      if (!candidate.getName().equals(annotation.value())
          || Modifier.isStatic(candidate.getModifiers())
          || candidate.isBridge()) {
        continue;
      }
      List<Class<?>> own = List.of(candidate.getParameterTypes());
      boolean takesFailure = own.size() == parameters.size() + 1;
      List<Class<?>> others = new ArrayList<>(own);
      if (takesFailure) {
        others.remove(at);
      }
      if (others.equals(parameters)) {
        boolean isAsync =
            isStage(arguments.resultOf(failing)) && isStage(arguments.resultOf(candidate));
        fitting.putIfAbsent(
            own,
            new FallbackMethod(candidate, takesFailure, at, isAsync, List.of(annotation.on())));
      }
    }
    if (fitting.size() != 1) {
      throw new IllegalArgumentException("@WithFallback must name one method of " + type.getName()
          + " with the same parameters, optionally followed by the failure; "
          + fitting.size() + " methods fit: " + annotation.value());
    }
    FallbackMethod found = fitting.values().iterator().next();
    Class<?> given =
        found.isAsync ? arguments.valueOf(found.method) : arguments.resultOf(found.method);
    found.check(arguments.valueOf(failing), given);
    return found;
  }

  private static boolean isStage(Class<?> type) {
    return CompletionStage.class.isAssignableFrom(type);
  }

  private void check(Class<?> wanted, Class<?> given) {
    if (!boxed(wanted).isAssignableFrom(boxed(given))) {
      throw new IllegalArgumentException(
          "the method that @WithFallback names must return a " + wanted.getName() + ": " + method);
    }
    if (failures.isEmpty()) {
      throw new IllegalArgumentException("@WithFallback on must contain a type: []");
    }
    if (takesFailure) {
      Class<?> last = method.getParameterTypes()[at];
      for (Class<?> failure : failures) {
        if (!last.isAssignableFrom(failure)) {
          throw new IllegalArgumentException("the last parameter of the method that @WithFallback"
              + " names must take a " + failure.getName() + ": " + method);
        }
      }
    }
  }

  private static Class<?> boxed(Class<?> type) {
    return MethodType.methodType(type).wrap().returnType();
  }

  /**
   * Checks that a lookup sees the method.
   *
   * @throws ResilienceConfigurationException if it does not
   */
  void handle(MethodHandles.Lookup lookup) {
    try {
      lookup.unreflect(method);
    } catch (IllegalAccessException e) {
      throw new ResilienceConfigurationException(
          "the method that @WithFallback names must be public and in an exported package, or a lookup that sees it"
              + " must be passed, as in resilience.policies().forMethod(method, type, MethodHandles.lookup()): "
              + method,
          e);
    }
  }

  /**
   * Adds the fallback of one call, which has the call's arguments, to a pipeline.
   *
   * @param used receives the failure that a value replaces; must not throw; null for none
   */
  ResultPipeline<@Nullable Object> around(
      Pipeline pipeline,
      ProtectedMethod called,
      @Nullable Object[] args,
      @Nullable Consumer<Throwable> used) {
    Fallback.Builder<@Nullable Object> fallback = Fallback.builder();
    for (Class<? extends Throwable> type : failures) {
      if (isAsync) {
        fallback.onAsync(type, failure -> stage(called, args, failure, used));
      } else {
        fallback.on(type, failure -> call(called, args, failure, used));
      }
    }
    return pipeline.withFallback(fallback.build());
  }

  /**
   * Returns what the method returns for a call that failed elsewhere, and counts it for a pipeline.
   *
   * @throws Throwable the failure, if the method does not handle it; else what the method throws
   */
  @Nullable
  Object after(
      Pipeline pipeline, ProtectedMethod called, @Nullable Object[] args, Throwable failure)
      throws Throwable {
    Fallback.Builder<@Nullable Object> fallback = Fallback.builder();
    for (Class<? extends Throwable> type : failures) {
      fallback.on(type, own -> call(called, args, own, null));
    }
    return ((FallbackPipeline<@Nullable Object>) pipeline.withFallback(fallback.build()))
        .after(failure);
  }

  @SuppressWarnings({
    "unchecked", // the types were checked
    "NullAway" // a null is reported by the caller
  })
  private CompletionStage<@Nullable Object> stage(
      ProtectedMethod called,
      @Nullable Object[] args,
      Throwable failure,
      @Nullable Consumer<Throwable> used) {
    CompletionStage<@Nullable Object> stage =
        (CompletionStage<@Nullable Object>) call(called, args, failure, null);
    return used == null || stage == null ? stage : WatchedFallback.of(stage, failure, used);
  }

  private @Nullable Object call(
      ProtectedMethod called,
      @Nullable Object[] args,
      Throwable failure,
      @Nullable Consumer<Throwable> used) {
    @Nullable Object[] all = args;
    if (takesFailure) {
      all = Arrays.copyOf(args, args.length + 1);
      System.arraycopy(args, at, all, at + 1, args.length - at);
      all[at] = failure;
    }
    try {
      Object value = called.invoke(all);
      if (used != null) {
        used.accept(failure);
      }
      return value;
    } catch (Throwable e) {
      throw FallbackMethod.<RuntimeException>sneaky(e);
    }
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <X extends Throwable> X sneaky(Throwable e) throws X {
    throw (X) e;
  }
}
