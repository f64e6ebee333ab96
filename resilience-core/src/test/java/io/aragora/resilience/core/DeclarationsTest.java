package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthTrackerConfig;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.reference.CircuitBreakerPresets;
import io.aragora.resilience.reference.RetryPresets;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.testing.MemoryQuotaStore;
import java.io.IOException;
import java.lang.module.ModuleReader;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A second declaration of a name that differs in any setting is an error that names the setting.
 */
class DeclarationsTest {
  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder()
      .timeSource(time)
      .quotaStore(MemoryQuotaStore.create(time))
      .build();

  @AfterEach
  void close() {
    resilience.close();
  }

  /** Every method of the API that takes a name and a config with a builder, and registers the policy. */
  private static Map<Class<?>, Method> declarations() {
    Map<Class<?>, Method> declarations = new LinkedHashMap<>();
    Stream.of(Resilience.class, HealthRegistry.class)
        .flatMap(type -> Arrays.stream(type.getMethods()))
        .filter(method -> method.getParameterCount() == 2
            && method.getParameterTypes()[0] == String.class
            && method.getParameterTypes()[1].getSimpleName().endsWith("Config"))
        .forEach(method -> declarations.put(method.getParameterTypes()[1], method));
    return declarations;
  }

  @Test
  void declaration_ofEveryPolicy_takesAConfigOrAFunction() {
    assertThat(declarations().values())
        .filteredOn(declaration -> declaration.getDeclaringClass() == Resilience.class)
        .hasSizeGreaterThan(11)
        .allSatisfy(declaration -> assertThat(
                Resilience.class.getMethod(declaration.getName(), String.class, Consumer.class))
            .returns(declaration.getReturnType(), Method::getReturnType));
  }

  static Stream<ConfigVariation> everySetter() {
    return declarations().keySet().stream().flatMap(config -> ConfigVariation.of(config).stream());
  }

  @ParameterizedTest
  @MethodSource("everySetter")
  void secondDeclaration_thatDiffersInOneSetting_isAnErrorThatNamesIt(ConfigVariation variation)
      throws ReflectiveOperationException {
    Object declared = declare(variation.buildFirst());
    assertThat(declare(variation.buildFirst())).as("the same again").isSameAs(declared);
    assertThat(catchThrowable(() -> declare(variation.buildSecond())))
        .as(variation.toString())
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContainingAll(
            "'prices' is already declared with " + variation.setting(),
            "; this declaration has " + variation.setting());
    assertThat(declare(variation.buildFirst())).as("the first stays").isSameAs(declared);
  }

  private Object declare(Object config) throws ReflectiveOperationException {
    Method method = declarations().get(config.getClass());
    Object target =
        method.getDeclaringClass() == Resilience.class ? resilience : resilience.health();
    try {
      return method.invoke(target, "prices", config);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw e;
    }
  }

  /** Presets and defaults, from methods that may build them anew. */
  static Stream<Method> presets() {
    return Stream.of(
            CircuitBreakerPresets.class,
            CircuitBreakerConfig.class,
            RetryPresets.class,
            RetryConfig.class,
            RetryBudgetConfig.class,
            HealthTrackerConfig.class)
        .flatMap(type -> Arrays.stream(type.getMethods()))
        .filter(method -> Modifier.isStatic(method.getModifiers())
            && method.getReturnType().getSimpleName().endsWith("Config")
            && Arrays.stream(method.getParameterTypes()).allMatch(String.class::equals));
  }

  @ParameterizedTest
  @MethodSource("presets")
  void presetOrDefault_fetchedTwice_isTheSameDeclaration(Method preset)
      throws ReflectiveOperationException {
    Object[] arguments = new Object[preset.getParameterCount()];
    Arrays.fill(arguments, "openai");
    Object policy = declare(preset.invoke(null, arguments));
    assertThat(declare(preset.invoke(null, arguments))).isSameAs(policy);
  }

  private static RetryConfig withoutCapture() {
    return RetryConfig.builder()
        .retryIf(failure -> failure instanceof IOException)
        .build();
  }

  private static RetryConfig capturing(String text) {
    return RetryConfig.builder()
        .retryIf(failure -> text.equals(failure.getMessage()))
        .build();
  }

  private record Named(String text) implements Predicate<Throwable> {
    @Override
    public boolean test(Throwable failure) {
      return text.equals(failure.getMessage());
    }
  }

  @Test
  void functionThatIsTheSameObject_orEqual_isTheSameDeclaration() {
    assertThat(resilience.retry("lambda", withoutCapture()))
        .as("one place in the code, one object")
        .isSameAs(resilience.retry("lambda", withoutCapture()));
    assertThat(resilience.retry("record", retryIf(new Named("busy"))))
        .as("a class that has equals")
        .isSameAs(resilience.retry("record", retryIf(new Named("busy"))));
    RetryConfig kept = capturing("busy");
    assertThat(resilience.retry("kept", kept))
        .as("a config that is kept, and a copy of it")
        .isSameAs(resilience.retry("kept", kept.toBuilder().build()));
  }

  private static RetryConfig retryIf(Predicate<Throwable> predicate) {
    return RetryConfig.builder().retryIf(predicate).build();
  }

  @Test
  void functionThatIsAnother_isNamedByItsClass_andTheErrorSaysWhatToDo() {
    Retry declared = resilience.retry("prices", capturing("busy"));
    String here = "a lambda in " + DeclarationsTest.class.getName();
    assertThat(catchThrowable(() -> resilience.retry("prices", capturing("busy"))))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContainingAll(
            "retry 'prices' is already declared with retryIf=" + here + " (at ",
            "; this declaration has retryIf=another object: " + here + " (at ",
            "). A function is the same only if it is the same object or equals it: keep the config"
                + " in a constant, or look the policy up by its name alone");
    assertThat(catchThrowable(() -> resilience.retry("prices", retryIf(new Named("busy")))))
        .hasMessageContaining("; this declaration has retryIf=Named[text=busy] (at ");
    assertThat(resilience.retry("prices")).isSameAs(declared);
    resilience.retryBudget("prices");
    assertThat(catchThrowable(() -> resilience.retryBudget(
            "prices", RetryBudgetConfig.builder().capacity(7).build())))
        .as("a look-up declares nothing")
        .isNull();
    assertThat(catchThrowable(() -> resilience.retryBudget(
            "prices", RetryBudgetConfig.builder().capacity(9).ratio(0.1).build())))
        .as("numbers need no advice")
        .hasMessageMatching("retry budget 'prices' is already declared with capacity=7 \\(at .*\\);"
            + " this declaration has capacity=9 \\(at .*\\)");
  }

  @Test
  void functionWhoseTextFails_isShownByItsClass() {
    Predicate<Throwable> broken = new Predicate<>() {
      @Override
      public boolean test(Throwable failure) {
        return true;
      }

      @Override
      public String toString() {
        throw new StackOverflowError();
      }
    };
    resilience.retry("prices", retryIf(broken));
    assertThat(catchThrowable(() -> resilience.retry("prices", RetryConfig.defaults())))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining(
            "declared with retryIf=an object of " + broken.getClass().getName() + " (at ")
        .hasMessageContaining("; this declaration has retryIf=transientFailures");
  }

  @Test
  void settingsFromOutside_hideNoOtherDeclaration() {
    try (Resilience configured = Resilience.builder()
        .config(Map.of("resilience.retry.prices.maxAttempts", "9"))
        .build()) {
      assertThat(configured.retry("prices", withoutCapture()).config().maxAttempts())
          .isEqualTo(9);
      configured.retry("prices", withoutCapture());
      assertThat(catchThrowable(() -> configured.retry("prices", capturing("busy"))))
          .hasMessageContaining("retry 'prices' is already declared with retryIf=");
      assertThat(catchThrowable(() -> configured.retry(
              "prices", withoutCapture().toBuilder().maxAttempts(9).build())))
          .hasMessageContainingAll(
              "declared with maxAttempts=3", "; this declaration has maxAttempts=9");
    }
  }

  @Test
  void everyConfigurationOfTheApi_canBeDeclared() throws IOException {
    Module api = Resilience.class.getModule();
    try (ModuleReader reader = api.getLayer()
            .configuration()
            .findModule(api.getName())
            .orElseThrow()
            .reference()
            .open();
        Stream<String> files = reader.list()) {
      assertThat(files
              .filter(file -> file.endsWith("Config.class"))
              .map(file -> file.replace('/', '.').replace(".class", "")))
          .containsExactlyInAnyOrderElementsOf(
              declarations().keySet().stream().map(Class::getName).toList());
    }
  }
}
