package io.aragora.resilience.core.proxy;

import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the annotations of the methods of an interface: the nearest of each kind. */
final class AnnotationSearch {
  private final List<Class<?>> types;
  private final TypeArguments arguments;

  /**
   * Creates a search.
   *
   * @param type the interface; or the class itself, whose interfaces are then looked at after it
   * @param target the class that implements it
   */
  AnnotationSearch(Class<?> type, Class<?> target) {
    Set<Class<?>> found = new LinkedHashSet<>();
    for (Class<?> c = target; c != null && c != Object.class; c = c.getSuperclass()) {
      found.add(c);
    }
    addInterfaces(type, found);
    if (!type.isInterface()) {
      for (Class<?> c = target; c != null; c = c.getSuperclass()) {
        for (Class<?> parent : c.getInterfaces()) {
          addInterfaces(parent, found);
        }
      }
    }
    this.types = new ArrayList<>(found);
    this.arguments = new TypeArguments(type, target);
  }

  private static void addInterfaces(Class<?> type, Set<Class<?>> found) {
    found.add(type);
    for (Class<?> parent : type.getInterfaces()) {
      addInterfaces(parent, found);
    }
  }

  <A extends Annotation> @Nullable A onMethod(Class<A> annotation, Method method) {
    for (Class<?> holder : types) {
      for (Method candidate : holder.getDeclaredMethods()) {
        // A bridge method has the erased parameters of a generic interface and the annotations of
        // the method that it calls.
        if (candidate.getName().equals(method.getName()) && isSame(candidate, method)) {
          A found = candidate.getAnnotation(annotation);
          if (found != null) {
            return found;
          }
        }
      }
    }
    return null;
  }

  /** Returns whether two methods of a name have the same parameters, one of them perhaps those of a generic type. */
  private boolean isSame(Method candidate, Method method) {
    return candidate.getParameterCount() == method.getParameterCount()
        && (Arrays.equals(candidate.getParameterTypes(), method.getParameterTypes())
            || arguments.parametersOf(candidate).equals(arguments.parametersOf(method)));
  }

  <A extends Annotation> @Nullable A onType(Class<A> annotation) {
    for (Class<?> holder : types) {
      A found = holder.getDeclaredAnnotation(annotation);
      if (found != null) {
        return found;
      }
    }
    return null;
  }
}
