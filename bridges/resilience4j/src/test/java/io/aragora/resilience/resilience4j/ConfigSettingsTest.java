package io.aragora.resilience.resilience4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.EndedAttempt;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.IntervalBiFunction;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.timelimiter.TimeLimiterConfig;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every setting of every config of Resilience4j: it changes the config of ours, or is rejected with an error, or the page says that it
 * decides nothing. Settings are found by reflection, so that a new one is not dropped in silence.
 */
class ConfigSettingsTest {
  private static final List<Object> SAMPLES = List.of(
      new IOException("sample"),
      new IllegalStateException("sample"),
      new TimeoutException("sample"),
      "busy");

  /** A kind of policy: the builder of its config there, and the translation. */
  private record Kind(String name, Supplier<Object> builder, Function<Object, Object> translate) {}

  private static final List<Kind> KINDS = List.of(
      new Kind(
          "circuit breaker",
          CircuitBreakerConfig::custom,
          theirs -> Resilience4j.config((CircuitBreakerConfig) theirs)),
      new Kind("retry", RetryConfig::custom, theirs -> Resilience4j.config((RetryConfig) theirs)),
      new Kind(
          "bulkhead",
          BulkheadConfig::custom,
          theirs -> Resilience4j.config((BulkheadConfig) theirs)),
      new Kind(
          "rate limiter",
          () -> RateLimiterConfig.custom().limitRefreshPeriod(Duration.ofSeconds(1)),
          theirs -> Resilience4j.config((RateLimiterConfig) theirs)),
      new Kind(
          "time limiter",
          TimeLimiterConfig::custom,
          theirs -> Resilience4j.config((TimeLimiterConfig) theirs)));

  /** Values that are no default. */
  private static List<?> values(Class<?> type) {
    if (type.isEnum()) {
      return List.of(type.getEnumConstants());
    }
    Map<Class<?>, List<?>> values = Map.ofEntries(
        Map.entry(int.class, List.of(7, 70)),
        Map.entry(long.class, List.of(7L)),
        Map.entry(float.class, List.of(33f)),
        Map.entry(double.class, List.of(33d)),
        Map.entry(boolean.class, List.of(true, false)),
        Map.entry(String.class, List.of("busy")),
        Map.entry(Duration.class, List.of(Duration.ofSeconds(77))),
        Map.entry(Instant.class, List.of(Instant.EPOCH)),
        Map.entry(Clock.class, List.of(Clock.fixed(Instant.EPOCH, ZoneOffset.UTC))),
        Map.entry(Class.class, List.of(IOException.class)),
        Map.entry(Class[].class, List.<Object>of((Object) new Class<?>[] {IOException.class})),
        Map.entry(Predicate.class, List.of((Predicate<Object>) "busy"::equals)),
        Map.entry(Function.class, List.of((Function<Object, Object>) any -> 7L)),
        Map.entry(BiConsumer.class, List.of((BiConsumer<Object, Object>) (one, other) -> {})),
        Map.entry(IntervalFunction.class, List.of(IntervalFunction.of(777))),
        Map.entry(IntervalBiFunction.class, List.of((IntervalBiFunction<Object>)
            (attempt, end) -> 777L)));
    List<?> found = values.get(type);
    assertThat(found).as("values of %s", type).isNotNull();
    return found;
  }

  /** All lists of arguments, one value of each parameter. */
  private static List<List<Object>> arguments(Method setter) {
    List<List<Object>> all = List.of(List.of());
    for (Class<?> type : setter.getParameterTypes()) {
      List<List<Object>> longer = new ArrayList<>();
      for (List<Object> before : all) {
        for (Object value : values(type)) {
          List<Object> with = new ArrayList<>(before);
          with.add(value);
          longer.add(with);
        }
      }
      all = longer;
    }
    return all;
  }

  /** What a config says and does. */
  private static Map<String, Object> shown(Object config) throws ReflectiveOperationException {
    Map<String, Object> all = new TreeMap<>();
    for (Method accessor : config.getClass().getMethods()) {
      boolean isSetting = accessor.getParameterCount() == 0
          && accessor.getDeclaringClass() == config.getClass()
          && !Modifier.isStatic(accessor.getModifiers())
          && !List.of("toBuilder", "hashCode", "toString", "declaredSettings")
              .contains(accessor.getName());
      if (isSetting) {
        all.put(accessor.getName(), shownValue(accessor.invoke(config)));
      }
    }
    return all;
  }

  @SuppressWarnings("unchecked")
  private static Object shownValue(@Nullable Object value) {
    if (value instanceof Predicate<?> predicate) {
      return SAMPLES.stream()
          .map(sample -> outcome(() -> ((Predicate<Object>) predicate).test(sample)))
          .toList();
    }
    if (value instanceof Backoff backoff) {
      return SAMPLES.stream()
          .map(sample -> outcome(() -> backoff.delayNanos(
              EndedAttempt.builder(2)
                  .failure(sample instanceof Throwable failure ? failure : null)
                  .result(sample instanceof Throwable ? null : sample)
                  .build(),
              0.5)))
          .toList();
    }
    return value == null ? "none" : value;
  }

  private static Object outcome(Supplier<Object> function) {
    try {
      return function.get();
    } catch (RuntimeException e) {
      return e.getClass();
    }
  }

  /** Returns whether some value of the setting changes the config, or is rejected by the translation. */
  private static boolean isHeeded(Kind kind, Method setter) throws ReflectiveOperationException {
    Map<String, Object> before = shown(kind.translate.apply(built(kind.builder.get())));
    boolean isBuilt = false;
    for (List<Object> arguments : arguments(setter)) {
      Object builder = kind.builder.get();
      Object theirs;
      try {
        setter.invoke(builder, arguments.toArray());
        theirs = built(builder);
      } catch (InvocationTargetException e) {
        continue; // their own rule
      }
      isBuilt = true;
      try {
        if (!shown(kind.translate.apply(theirs)).equals(before)) {
          return true;
        }
      } catch (UnsupportedOperationException | IllegalArgumentException e) {
        assertThat(e).as("%s", setter).hasMessageMatching("(?s).*[a-z]+[A-Z].*");
        return true;
      }
    }
    assertThat(isBuilt).as("%s has a valid value", setter).isTrue();
    return false;
  }

  private static Object built(Object builder) throws ReflectiveOperationException {
    return builder.getClass().getMethod("build").invoke(builder);
  }

  @TestFactory
  Stream<DynamicTest> setting_isTranslated_orRejected_orOnThePage() throws IOException {
    String page = Files.readString(Path.of("../../docs/resilience4j.md"));
    String configs = page.substring(page.indexOf("## Configs"), page.indexOf("## What was run"));
    return KINDS.stream()
        .map(kind -> dynamicTest(kind.name, () -> {
          Set<String> dropped = new TreeSet<>();
          int settings = 0;
          Class<?> type = kind.builder.get().getClass();
          for (Method setter : type.getMethods()) {
            if (setter.getReturnType() == type && !setter.isBridge()) {
              settings++;
              if (!isHeeded(kind, setter) && !configs.contains("`" + setter.getName() + "`")) {
                dropped.add(setter.getName());
              }
            }
          }
          assertThat(settings).isPositive();
          assertThat(dropped).isEmpty();
        }));
  }
}
