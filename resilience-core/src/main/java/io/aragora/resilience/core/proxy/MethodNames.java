package io.aragora.resilience.core.proxy;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The default names of the policies of a method: interface and method, and the parameters if the
 * method is overloaded. Derived from the interface alone, so neither targets nor their annotations
 * change a name.
 */
final class MethodNames {
  private final Class<?> type;
  private final TypeArguments arguments;

  MethodNames(Class<?> type) {
    this.type = type;
    this.arguments = new TypeArguments(type, type);
  }

  /**
   * Returns {@code com.shop.Prices.price}, or {@code com.shop.Prices.price(String,int)} if the
   * method is overloaded.
   */
  String of(Method method) {
    String name = type.getName() + "." + method.getName();
    Set<List<Class<?>>> overloads = overloads(method.getName());
    return overloads.size() < 2 ? name : name + shown(arguments.parametersOf(method), overloads);
  }

  /**
   * Returns the parameter lists of the methods of a name. A generic method and its bridge have the
   * same parameters and count once.
   */
  private Set<List<Class<?>>> overloads(String name) {
    Set<List<Class<?>>> overloads = new LinkedHashSet<>();
    for (Method method : TypeMethods.of(type)) {
      if (method.getName().equals(name) && !Modifier.isStatic(method.getModifiers())) {
        overloads.add(arguments.parametersOf(method));
      }
    }
    return overloads;
  }

  private static String shown(List<Class<?>> parameters, Set<List<Class<?>>> overloads) {
    String brief = listed(parameters, Class::getSimpleName);
    long alike = overloads.stream()
        .filter(other -> listed(other, Class::getSimpleName).equals(brief))
        .count();
    return alike < 2 ? brief : listed(parameters, Class::getTypeName);
  }

  /** Joins type names without blanks, since a policy's name is part of the keys of its settings. */
  private static String listed(List<Class<?>> types, Function<Class<?>, String> name) {
    return types.stream().map(name).collect(Collectors.joining(",", "(", ")"));
  }
}
