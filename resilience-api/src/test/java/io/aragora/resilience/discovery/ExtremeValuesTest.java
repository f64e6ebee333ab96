package io.aragora.resilience.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.ResilienceException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/**
 * Every value of the API, found by reflection, of the most extreme values that it accepts: printing and comparing it never
 * throws, and what it does not accept is rejected as an argument, not by an overflow.
 */
class ExtremeValuesTest {
  private static final int VARIANTS = 4;

  /** An exception without message and text. */
  private static final class Unprintable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new IllegalStateException("no message");
    }

    @Override
    public String toString() {
      throw new IllegalStateException("no text");
    }
  }

  @Test
  void everyValue_ofExtremeParts_isShownAndCompared() throws Exception {
    Set<String> shown = new TreeSet<>();
    for (Class<?> type : exported()) {
      for (Executable maker : makers(type)) {
        for (int variant = 0; variant < VARIANTS; variant++) {
          show(maker, null, variant, shown);
        }
      }
    }
    assertThat(shown)
        .as("values that were made")
        .contains(
            "RetryAfter", "Backoff", "CircuitBreakerTotals", "HealthResult", "RetryBudgetConfig")
        .hasSizeGreaterThan(30);
  }

  private static List<Executable> makers(Class<?> type) {
    List<Executable> makers = new ArrayList<>();
    if (!Modifier.isAbstract(type.getModifiers()) && !Throwable.class.isAssignableFrom(type)) {
      makers.addAll(List.of(type.getConstructors()));
    }
    for (Method method : type.getDeclaredMethods()) {
      boolean makes = method.getReturnType() == type || method.getName().equals("builder");
      if (Modifier.isPublic(method.getModifiers())
          && Modifier.isStatic(method.getModifiers())
          && makes
          && !type.isEnum()) {
        makers.add(method);
      }
    }
    return makers;
  }

  private static void show(Executable maker, Object owner, int variant, Set<String> shown)
      throws Exception {
    Object[] arguments = new Object[maker.getParameterCount()];
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = extreme(maker.getParameterTypes()[i], variant);
      if (arguments[i] == null) {
        return;
      }
    }
    Object made = make(maker, owner, arguments);
    if (made == null) {
      return;
    }
    if (made.getClass().getSimpleName().equals("Builder")) {
      build(made, () -> make(maker, owner, arguments), variant, shown);
      return;
    }
    check(maker, made);
    shown.add(made.getClass().getSimpleName());
    for (Method method : made.getClass().getMethods()) {
      // Methods that derive another value, such as withJitter or plus.
      if (method.getReturnType() == made.getClass()
          && !Modifier.isStatic(method.getModifiers())
          && owner == null) {
        for (int other = 0; other < VARIANTS; other++) {
          show(method, made, other, shown);
        }
      }
    }
  }

  /** Sets each setting alone to an extreme value. */
  private static void build(Object builder, Callable<Object> anew, int variant, Set<String> shown)
      throws Exception {
    Method build = builder.getClass().getMethod("build");
    for (Method setter : builder.getClass().getMethods()) {
      if (setter.getReturnType() == builder.getClass() && setter.getParameterCount() == 1) {
        Object argument = extreme(setter.getParameterTypes()[0], variant);
        Object fresh = anew.call();
        if (argument != null && make(setter, fresh, argument) != null) {
          Object made = make(build, fresh);
          if (made != null) {
            check(setter, made);
            shown.add(made.getClass().getSimpleName());
          }
        }
      }
    }
  }

  /** Null if the arguments are rejected. */
  private static Object make(Executable maker, Object owner, Object... arguments)
      throws ReflectiveOperationException {
    try {
      return maker instanceof Method method
          ? method.invoke(owner, arguments)
          : ((java.lang.reflect.Constructor<?>) maker).newInstance(arguments);
    } catch (InvocationTargetException e) {
      assertThat(e.getCause())
          .as("how %s rejects", maker)
          .isInstanceOfAny(
              IllegalArgumentException.class,
              NullPointerException.class,
              IllegalStateException.class,
              ResilienceException.class);
      return null;
    }
  }

  private static void check(Executable maker, Object made) {
    assertThatCode(() -> {
          made.toString();
          made.hashCode();
          made.equals(made);
          made.equals(maker);
        })
        .as("what %s made", maker)
        .doesNotThrowAnyException();
  }

  /** Null if there is none. */
  private static Object extreme(Class<?> type, int variant) {
    boolean most = variant % 2 == 0;
    if (type == long.class || type == Long.class) {
      return List.of(Long.MAX_VALUE, Long.MIN_VALUE, 0L, 1L).get(variant);
    }
    if (type == int.class || type == Integer.class) {
      return List.of(Integer.MAX_VALUE, Integer.MIN_VALUE, 0, 1).get(variant);
    }
    if (type == double.class) {
      return List.of(Double.MAX_VALUE, Double.NaN, 1.0, Double.MIN_VALUE).get(variant);
    }
    if (type == boolean.class) {
      return most;
    }
    if (type == Duration.class) {
      return List.of(
              Duration.ofSeconds(Long.MAX_VALUE, 999_999_999),
              Duration.ofSeconds(Long.MIN_VALUE),
              Duration.ofDays(365),
              Duration.ofNanos(1))
          .get(variant);
    }
    if (type == Instant.class) {
      return most ? Instant.MAX : Instant.MIN;
    }
    if (type == String.class || type == Object.class || type == CharSequence.class) {
      return List.of("x".repeat(100_000), "", "name", "\u0000\n\ud800").get(variant);
    }
    if (type == Throwable.class || type == Exception.class) {
      return new Unprintable();
    }
    if (type == UUID.class) {
      return new UUID(-1, -1);
    }
    if (type.isEnum()) {
      Object[] all = type.getEnumConstants();
      return all[most ? all.length - 1 : 0];
    }
    if (type == List.class || type == Collection.class) {
      return List.of();
    }
    if (type == Set.class) {
      return Set.of();
    }
    if (type == Map.class) {
      return Map.of();
    }
    if (type == Optional.class) {
      return Optional.empty();
    }
    return type == OptionalLong.class ? OptionalLong.of(Long.MIN_VALUE) : null;
  }

  private static List<Class<?>> exported() throws Exception {
    Path place = Path.of(
        Resilience.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    ModuleReference reference =
        ModuleFinder.of(place).find("io.aragora.resilience").orElseThrow();
    Set<String> packages = new TreeSet<>();
    for (ModuleDescriptor.Exports exports : reference.descriptor().exports()) {
      if (!exports.isQualified()) {
        packages.add(exports.source());
      }
    }
    List<Class<?>> types = new ArrayList<>();
    try (ModuleReader reader = reference.open()) {
      for (String file : reader.list().toList()) {
        if (file.endsWith(".class") && file.contains("/") && !file.endsWith("-info.class")) {
          String name = file.substring(0, file.length() - ".class".length()).replace('/', '.');
          if (packages.contains(name.substring(0, name.lastIndexOf('.')))) {
            Class<?> type = Class.forName(name);
            if (Modifier.isPublic(type.getModifiers())) {
              types.add(type);
            }
          }
        }
      }
    }
    return types;
  }
}
