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
 * The type arguments of an interface, as far as the interface or its target declares them. A method
 * that returns {@code T} may return a future.
 */
final class TypeArguments {
  private final Map<TypeVariable<?>, Type> arguments = new HashMap<>();

  /**
   * Collects the type arguments.
   *
   * @param type the interface, which takes precedence over its target
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

  /** Returns the type that a method returns. */
  Class<?> resultOf(Method method) {
    Method declared = declared(method);
    return classOf(declared.getGenericReturnType(), declared.getReturnType());
  }

  /** Returns the parameter types of a method. */
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

  /**
   * Returns the type of a method's value; for a future the type of its value, as far as it is
   * known.
   */
  Class<?> valueOf(Method method) {
    if (!CompletionStage.class.isAssignableFrom(resultOf(method))) {
      return resultOf(method);
    }
    return resolved(declared(method).getGenericReturnType()) instanceof ParameterizedType future
        ? classOf(future.getActualTypeArguments()[0], Object.class)
        : Object.class;
  }

  /** Returns the generic method behind a bridge, whose types apply. */
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
