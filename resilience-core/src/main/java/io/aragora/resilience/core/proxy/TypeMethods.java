package io.aragora.resilience.core.proxy;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The methods that objects of a type have. */
final class TypeMethods {
  private TypeMethods() {}

  /**
   * Returns the methods of an interface, or those of a class that are not private, those of a subclass first.
   *
   * @param type an interface or class
   * @return the methods; a method may follow one that overrides it
   */
  static List<Method> of(Class<?> type) {
    if (type.isInterface()) {
      return Arrays.asList(type.getMethods());
    }
    List<Method> methods = new ArrayList<>();
    for (Class<?> c = type; c != null && c != Object.class; c = c.getSuperclass()) {
      for (Method method : c.getDeclaredMethods()) {
        if (!Modifier.isPrivate(method.getModifiers()) && !method.isSynthetic()) {
          methods.add(method);
        }
      }
    }
    // Default methods of interfaces are among these, and methods of Object.
    for (Method method : type.getMethods()) {
      if (method.getDeclaringClass().isInterface()) {
        methods.add(method);
      }
    }
    return methods;
  }
}
