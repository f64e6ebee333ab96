package io.aragora.resilience.core.proxy;

import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * What the type parameters of an interface stand for, as far as it says so, or its target does: a method that gives a {@code T}
 * may give a future.
 */
final class TypeArguments {
  private final Map<TypeVariable<?>, Type> arguments = new HashMap<>();

  /**
   * Collects what is said.
   *
   * @param type the interface, which is believed before its target
   * @param target the class that implements it
   */
  TypeArguments(Class<?> type, Class<?> target) {
    collect(type);
    collect(target);
  }

  private void collect(Class<?> type) {
    List<Type> parents = new ArrayList<>(Arrays.asList(type.getGenericInterfaces()));
    if (type.getGenericSuperclass() != null) {
      parents.add(type.getGenericSuperclass());
    }
    for (Type parent : parents) {
      if (parent instanceof ParameterizedType generic
          && generic.getRawType() instanceof Class<?> raw) {
        TypeVariable<?>[] parameters = raw.getTypeParameters();
        for (int i = 0; i < parameters.length; i++) {
          arguments.putIfAbsent(parameters[i], generic.getActualTypeArguments()[i]);
        }
        collect(raw);
      } else if (parent instanceof Class<?> raw) {
        collect(raw);
      }
    }
  }

  /** What a method gives. */
  Class<?> resultOf(Method method) {
    Method declared = declared(method);
    return classOf(declared.getGenericReturnType(), declared.getReturnType());
  }

  /** What a method takes. */
  List<Class<?>> parametersOf(Method method) {
    Method declared = declared(method);
    Type[] generic = declared.getGenericParameterTypes();
    Class<?>[] raw = declared.getParameterTypes();
    List<Class<?>> parameters = new ArrayList<>();
    for (int i = 0; i < raw.length; i++) {
      parameters.add(classOf(generic[i], raw[i]));
    }
    return parameters;
  }

  /** What a method gives in the end: the value of its future, as far as that is known. */
  Class<?> valueOf(Method method) {
    if (!CompletionStage.class.isAssignableFrom(resultOf(method))) {
      return resultOf(method);
    }
    return resolved(declared(method).getGenericReturnType()) instanceof ParameterizedType future
        ? classOf(future.getActualTypeArguments()[0], Object.class)
        : Object.class;
  }

  /** A bridge stands for the method that overrides a generic one, and has the types of that one. */
  private static Method declared(Method method) {
    if (method.isBridge()) {
      for (Method candidate : method.getDeclaringClass().getDeclaredMethods()) {
        if (!candidate.isBridge()
            && candidate.getName().equals(method.getName())
            && method.getReturnType().isAssignableFrom(candidate.getReturnType())
            && fit(method.getParameterTypes(), candidate.getParameterTypes())) {
          return candidate;
        }
      }
    }
    return method;
  }

  private static boolean fit(Class<?>[] wide, Class<?>[] narrow) {
    boolean fit = wide.length == narrow.length;
    for (int i = 0; fit && i < wide.length; i++) {
      fit = wide[i].isAssignableFrom(narrow[i]);
    }
    return fit;
  }

  private Type resolved(Type type) {
    Type known = type;
    while (known instanceof TypeVariable<?> parameter && arguments.containsKey(parameter)) {
      known = arguments.get(parameter);
    }
    return known;
  }

  private Class<?> classOf(Type type, Class<?> otherwise) {
    Type known = resolved(type);
    if (known instanceof WildcardType wildcard) {
      return classOf(wildcard.getUpperBounds()[0], otherwise);
    }
    Type raw = known instanceof ParameterizedType generic ? generic.getRawType() : known;
    return raw instanceof Class<?> found ? found : otherwise;
  }
}
