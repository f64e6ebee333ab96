package io.aragora.resilience.spring;

import io.aragora.resilience.annotation.WithBulkhead;
import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithConcurrencyLimit;
import io.aragora.resilience.annotation.WithFallback;
import io.aragora.resilience.annotation.WithPipeline;
import io.aragora.resilience.annotation.WithRateLimiter;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.annotation.WithTimeout;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.Advised;
import org.springframework.aop.support.AopUtils;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/**
 * Where the annotations of the library stand in a class: on it, on a class or an interface above it, on their methods. Needs no
 * runtime, so proxies can be chosen before there is one, and while an image is built.
 */
final class AnnotatedMethods {
  /** All annotations. */
  static final List<Class<? extends Annotation>> ALL = List.of(
      WithCircuitBreaker.class,
      WithRetry.class,
      WithRateLimiter.class,
      WithConcurrencyLimit.class,
      WithBulkhead.class,
      WithTimeout.class,
      WithPipeline.class,
      WithFallback.class);

  private AnnotatedMethods() {}

  /**
   * Returns the class whose methods a bean has: the one behind the proxy that has the policies. It may be a proxy for interfaces
   * itself, such as a repository, whose target is not what applications have annotated.
   */
  static Class<?> typeOf(Object bean) {
    Class<?> type = bean instanceof Advised proxy && ResilienceInterceptor.isAround(bean)
        ? proxy.getTargetClass()
        : bean.getClass();
    return type == null ? bean.getClass() : userClass(type);
  }

  /** Returns a class without what Spring generates below it; a proxy for interfaces is a class of its own. */
  static Class<?> userClass(Class<?> type) {
    return Proxy.isProxyClass(type) ? type : ClassUtils.getUserClass(type);
  }

  /** Returns the method that a call runs, with its own parameter types, or that of the interface of a proxy of others. */
  static Method specific(Method method, Class<?> type) {
    return Proxy.isProxyClass(type) ? method : AopUtils.getMostSpecificMethod(method, type);
  }

  /** Returns a class and what is above it. */
  static Set<Class<?>> hierarchy(Class<?> type) {
    Set<Class<?>> all = new LinkedHashSet<>();
    for (Class<?> c = type; c != null && c != Object.class; c = c.getSuperclass()) {
      all.add(c);
    }
    all.addAll(ClassUtils.getAllInterfacesForClassAsSet(type));
    return all;
  }

  /** Returns whether an annotation stands anywhere in a class or above it. */
  static boolean isIn(Class<?> type) {
    if (!AnnotationUtils.isCandidateClass(type, ALL)) {
      return false;
    }
    for (Class<?> holder : hierarchy(type)) {
      if (AnnotationUtils.isCandidateClass(holder, ALL)
          && (annotation(holder) != null || !annotated(holder).isEmpty())) {
        return true;
      }
    }
    return false;
  }

  /** Returns the methods of a class or interface itself that have an annotation. */
  static List<Method> annotated(Class<?> holder) {
    List<Method> methods = new ArrayList<>();
    for (Method method : ReflectionUtils.getDeclaredMethods(holder)) {
      if (!method.isSynthetic() && annotation(method) != null) {
        methods.add(method);
      }
    }
    return methods;
  }

  /** Returns the first annotation of a class or method; null if it has none. */
  static @Nullable String annotation(AnnotatedElement element) {
    for (Class<? extends Annotation> each : ALL) {
      if (element.getDeclaredAnnotation(each) != null) {
        return "@" + each.getSimpleName();
      }
    }
    return null;
  }

  /** Returns whether an annotation on a method, on one that it overrides, or on a class applies to the method. */
  static boolean applyTo(Method method, Class<?> type) {
    if (method.getDeclaringClass() == Object.class || method.isBridge()) {
      return false;
    }
    return standOn(method, type)
        || (canBeMeantByType(method)
            && hierarchy(type).stream().anyMatch(holder -> annotation(holder) != null));
  }

  /** Returns whether an annotation is on a method itself, or on one that it overrides. */
  static boolean standOn(Method method, Class<?> type) {
    return hierarchy(type).stream()
        .flatMap(holder -> annotated(holder).stream())
        .anyMatch(candidate -> isSame(candidate, method, type));
  }

  private static boolean isSame(Method candidate, Method method, Class<?> type) {
    return candidate.equals(method)
        || (candidate.getName().equals(method.getName())
            && candidate.getParameterCount() == method.getParameterCount()
            && !Modifier.isPrivate(candidate.getModifiers())
            && !Modifier.isStatic(candidate.getModifiers())
            && (specific(candidate, type).equals(method)
                || List.of(candidate.getParameterTypes())
                    .equals(List.of(method.getParameterTypes()))));
  }

  /** An annotation of a class means its public methods, and not those that every object has. */
  private static boolean canBeMeantByType(Method method) {
    return Modifier.isPublic(method.getModifiers())
        && !Modifier.isStatic(method.getModifiers())
        && !ReflectionUtils.isObjectMethod(method);
  }

  /** Returns the methods of a class to which an annotation applies. */
  static Set<Method> of(Class<?> type) {
    if (!Proxy.isProxyClass(type)) {
      return MethodIntrospector.selectMethods(
          type, (ReflectionUtils.MethodFilter) method -> applyTo(method, type));
    }
    Set<Method> methods = new LinkedHashSet<>();
    for (Class<?> each : ClassUtils.getAllInterfacesForClassAsSet(type)) {
      for (Method method : each.getMethods()) {
        if (!Modifier.isStatic(method.getModifiers()) && applyTo(method, type)) {
          methods.add(method);
        }
      }
    }
    return methods;
  }
}
