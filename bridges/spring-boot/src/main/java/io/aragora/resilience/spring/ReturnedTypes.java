package io.aragora.resilience.spring;

import java.lang.reflect.Method;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.springframework.core.KotlinDetector;
import org.springframework.core.MethodParameter;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.util.ClassUtils;

/** The types of results that end after the return of their method. A type that is unknown here is a value. */
final class ReturnedTypes {
  private static final Set<String> PUBLISHERS =
      Set.of("reactor.core.publisher.Mono", "reactor.core.publisher.Flux");
  private static final Set<String> OTHERS = Set.of(
      "org.reactivestreams.Publisher",
      "java.util.concurrent.Flow$Publisher",
      "kotlinx.coroutines.flow.Flow");
  private static final boolean HAS_OPERATOR = ClassUtils.isPresent(
      "io.aragora.resilience.reactor.ResilienceOperator", ReturnedTypes.class.getClassLoader());
  private static final boolean HAS_COROUTINES = ClassUtils.isPresent(
          "kotlinx.coroutines.reactor.MonoKt", ReturnedTypes.class.getClassLoader())
      && ClassUtils.isPresent("kotlin.reflect.full.KClasses", ReturnedTypes.class.getClassLoader());

  private ReturnedTypes() {}

  static boolean isPublisher(Class<?> type) {
    return PUBLISHERS.contains(type.getName());
  }

  /** Returns why a method cannot be protected because of what it returns; null if it can. */
  static @Nullable String whyNot(Method method) {
    Class<?> type = method.getReturnType();
    if (isSuspending(method)) {
      return whyNotSuspending(method);
    }
    if (isPublisher(type)) {
      return HAS_OPERATOR
          ? null
          : "it returns a " + type.getSimpleName() + ". Add io.aragora:resilience-reactor";
    }
    return isPromise(type)
        ? "it returns a " + type.getName()
            + ", whose end is not the end of the method. Return a Mono, a Flux or a CompletionStage"
        : null;
  }

  /** Returns whether a method is a suspending function of Kotlin, which Spring calls as a {@code Mono}. */
  static boolean isSuspending(Method method) {
    return KotlinDetector.isSuspendingFunction(method);
  }

  private static @Nullable String whyNotSuspending(Method method) {
    if (!HAS_OPERATOR || !HAS_COROUTINES) {
      return "it is a suspending function. Add io.aragora:resilience-reactor, org.jetbrains.kotlin:kotlin-reflect"
          + " and org.jetbrains.kotlinx:kotlinx-coroutines-reactor";
    }
    Class<?> type = new MethodParameter(method, -1).getParameterType();
    return isPublisher(type) || isPromise(type) || CompletionStage.class.isAssignableFrom(type)
        ? "it is a suspending function that returns a " + type.getName()
            + ", whose end is not the end of the function. Return the value, or do not suspend"
        : null;
  }

  private static boolean isPromise(Class<?> type) {
    if (type == CompletionStage.class || type == CompletableFuture.class) {
      return false;
    }
    for (Class<?> each : ClassUtils.getAllInterfacesForClassAsSet(type)) {
      if (OTHERS.contains(each.getName())) {
        return true;
      }
    }
    return type != Object.class
        && ReactiveAdapterRegistry.getSharedInstance().getAdapter(type) != null;
  }
}
