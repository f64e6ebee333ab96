package io.aragora.resilience.core;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.concurrencylimit.Priority;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.retry.Backoff;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Two builds of one configuration class that differ in one argument of one setter. Found by
 * reflection, so that a new setter is varied without a change here.
 *
 * @param config the configuration class
 * @param setter the setter of its builder, or of the builder of a config inside it
 * @param setting the setting that an error must name; empty if the setter has more than one setting
 * @param first arguments of the setter; null if it is not called
 * @param second other arguments
 */
record ConfigVariation(
    Class<?> config, Method setter, String setting, Object[] first, Object[] second) {

  private static final Backoff.Strategy ONE = retry -> 1;
  private static final Backoff.Strategy OTHER = retry -> 1;

  /** All variations of a configuration class. */
  static List<ConfigVariation> of(Class<?> config) {
    List<ConfigVariation> all = new ArrayList<>();
    for (Method setter : setters(config)) {
      Class<?>[] types = setter.getParameterTypes();
      int before = all.size();
      if (types.length == 0) {
        all.add(new ConfigVariation(config, setter, name(setter) + "=", null, new Object[0]));
      } else {
        Object[] base = accepted(config, setter);
        for (int i = 0; i < types.length; i++) {
          for (Object value : values(types[i])) {
            Object[] varied = base.clone();
            varied[i] = value;
            if (!value.equals(base[i]) && builds(config, setter, varied)) {
              String setting =
                  types.length == 1 && builderOf(types[0]) == null ? name(setter) + "=" : "";
              all.add(new ConfigVariation(config, setter, setting, base, varied));
            }
          }
        }
      }
      if (all.size() == before) {
        throw new AssertionError("add values that go together with the others for " + setter);
      }
    }
    return all;
  }

  static List<Method> setters(Class<?> config) {
    Class<?> builder = builderOf(config);
    return Arrays.stream(builder.getMethods())
        .filter(method -> method.getReturnType() == builder)
        .sorted(Comparator.comparing(Method::getName))
        .toList();
  }

  private static Object newBuilder(Class<?> config) throws ReflectiveOperationException {
    for (Method method : config.getMethods()) {
      if (Modifier.isStatic(method.getModifiers())
          && method.getParameterCount() == 0
          && method.getReturnType() == builderOf(config)) {
        return method.invoke(null);
      }
    }
    throw new AssertionError("no builder of " + config);
  }

  static Class<?> builderOf(Class<?> config) {
    for (Class<?> nested : config.getClasses()) {
      if (nested.getSimpleName().equals("Builder")) {
        return nested;
      }
    }
    return null;
  }

  /** Settings are named after their setters, except those that turn one off. */
  private static String name(Method setter) {
    String name = setter.getName();
    if (name.equals("in")) {
      return "groups";
    }
    if (name.matches("(retry|abort|record|ignore|overload)On")) {
      return name.replace("On", "If");
    }
    if (name.equals("noHedges")) {
      return "maxHedges";
    }
    boolean turnsOff = name.matches("no[A-Z].*");
    return turnsOff ? name.substring(2, 3).toLowerCase(Locale.ROOT) + name.substring(3) : name;
  }

  /** Builds with the arguments of the first declaration, which are the same objects each time. */
  Object buildFirst() {
    return build(config, setter, first);
  }

  /** Builds with the arguments of the second declaration. */
  Object buildSecond() {
    return build(config, setter, second);
  }

  private static Object build(Class<?> config, Method setter, Object[] arguments) {
    try {
      Object builder = newBuilder(config);
      for (Method other : setters(config)) {
        if (other.getParameterCount() > 0) {
          other.invoke(builder, accepted(config, other));
        }
      }
      if (arguments != null) {
        setter.invoke(builder, arguments);
      }
      return builder.getClass().getMethod("build").invoke(builder);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException rejected) {
        throw rejected;
      }
      throw new AssertionError(e);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean builds(Class<?> config, Method setter, Object[] arguments) {
    try {
      build(config, setter, arguments);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** The first arguments of a setter. */
  private static Object[] accepted(Class<?> config, Method setter) {
    List<Object[]> choices = new ArrayList<>();
    choices.add(new Object[0]);
    for (Class<?> type : setter.getParameterTypes()) {
      List<Object[]> longer = new ArrayList<>();
      for (Object[] choice : choices) {
        for (Object value : inOrder(setter, values(type))) {
          Object[] next = Arrays.copyOf(choice, choice.length + 1);
          next[choice.length] = value;
          longer.add(next);
        }
      }
      choices = longer;
    }
    for (Object[] choice : choices) {
      try {
        setter.invoke(newBuilder(config), choice);
        return choice;
      } catch (InvocationTargetException e) {
        if (!(e.getCause() instanceof IllegalArgumentException)) {
          throw new AssertionError(e);
        }
      } catch (ReflectiveOperationException e) {
        throw new AssertionError(e);
      }
    }
    throw new AssertionError("add values that are in the range of " + setter);
  }

  /** Leaves room between a lower and an upper bound, so that what is between can be varied. */
  private static List<?> inOrder(Method setter, List<?> values) {
    return switch (setter.getName()) {
      case "least" -> values.stream().sorted().toList();
      case "most" -> values.stream().sorted(Collections.reverseOrder()).toList();
      // A shared limiter adopts nothing.
      case "adoptUpTo" -> Stream.concat(Stream.of(0), values.stream()).toList();
      default -> values;
    };
  }

  /** Values of a type, the same objects each time. */
  private static List<?> values(Class<?> type) {
    if (type == int.class) {
      return List.of(7, 9, 2, 3, 11, 13);
    }
    if (type == double.class) {
      return List.of(0.25, 0.5, 1.5, 2.5, 60.0, 70.0);
    }
    if (type == boolean.class) {
      return List.of(false, true);
    }
    if (type == Duration.class) {
      return List.of(
          Duration.ofSeconds(90),
          Duration.ofSeconds(100),
          Duration.ofSeconds(80),
          Duration.ofSeconds(30),
          Duration.ofSeconds(40),
          Duration.ofSeconds(20));
    }
    if (type == CircuitBreakerState.class) {
      return List.of(CircuitBreakerState.OPEN, CircuitBreakerState.METRICS_ONLY);
    }
    if (type == Priority.class) {
      // From the lowest, whose share may be below those of the others.
      return List.of(Priority.SHEDDABLE, Priority.NORMAL, Priority.CRITICAL);
    }
    if (type.isEnum()) {
      return List.of(type.getEnumConstants());
    }
    if (type == HealthGroup[].class) {
      return GROUPS;
    }
    if (type == Class[].class) {
      return TYPES;
    }
    if (type == Backoff.class) {
      return BACKOFFS;
    }
    if (type.isInterface()) {
      return FUNCTIONS.get(type);
    }
    if (builderOf(type) != null) {
      return PARTS.get(type);
    }
    throw new AssertionError("add values of " + type);
  }

  private static final List<HealthGroup[]> GROUPS =
      List.of(new HealthGroup[0], HealthGroup.values());

  private static final List<Class<?>[]> TYPES =
      List.of(new Class<?>[] {IOException.class}, new Class<?>[] {IllegalStateException.class});

  private static final List<Backoff> BACKOFFS = List.of(
      Backoff.custom(ONE),
      Backoff.custom(OTHER),
      Backoff.constant(Duration.ofSeconds(1)),
      Backoff.constant(Duration.ofSeconds(2)));

  /** Two objects of an interface, each equal only to itself. */
  private static final ClassValue<List<Object>> FUNCTIONS = new ClassValue<>() {
    @Override
    protected List<Object> computeValue(Class<?> type) {
      return List.of(function(type), function(type));
    }
  };

  /** A config inside another one is varied in each of its settings. */
  private static final ClassValue<List<Object>> PARTS = new ClassValue<>() {
    @Override
    protected List<Object> computeValue(Class<?> type) {
      List<Object> all = new ArrayList<>();
      for (ConfigVariation variation : of(type)) {
        if (all.isEmpty()) {
          all.add(variation.buildFirst());
        }
        all.add(variation.buildSecond());
      }
      return all;
    }
  };

  private static Object function(Class<?> type) {
    InvocationHandler handler = (proxy, method, args) -> switch (method.getName()) {
      case "equals" -> proxy == args[0];
      case "hashCode" -> System.identityHashCode(proxy);
      case "toString" -> proxy.getClass().getName() + "@0";
      case "name" -> "own";
      default -> throw new UnsupportedOperationException(method.toString());
    };
    return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler);
  }

  @Override
  public String toString() {
    return config.getSimpleName() + "." + setter.getName() + " "
        + (first == null ? "not called" : Arrays.deepToString(first)) + " / "
        + Arrays.deepToString(second);
  }
}
