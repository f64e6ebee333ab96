package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;

/**
 * Every place where the API takes code of the application, found by reflection. A test crosses each
 * with every throwable and every entry point, or it is listed here with the reason against it. A
 * new place fails this test.
 */
class ForeignPointsTest {
  private static final String ENTRY = "an entry point of ForeignCodeTest and StackOverflowTest";
  private static final String FUNCTIONS = "ForeignCodeTest, found by reflection";
  private static final String LISTENERS = "ForeignListenersTest, found by reflection";
  private static final String MORE = "ForeignOutcomesTest";
  private static final String CALLER =
      "called on the caller's thread, and its exceptions reach the caller";
  private static final String TRUSTED =
      "decides for the runtime itself, which cannot work without it";
  private static final String VALUES =
      "created by the library, or passes code that is listed elsewhere";
  private static final String ENDPOINT =
      "called for each answer of the endpoint, whose server ends the answer even if it throws";

  /** By class and method, or by class. */
  private static final Map<String, String> COVERED = Map.ofEntries(
      Map.entry("Attachment", "AttachmentTest"),
      Map.entry("Bulkhead.subscribe", LISTENERS),
      Map.entry("CallContext", CALLER),
      Map.entry("Chaos.subscribe", LISTENERS),
      Map.entry("ChaosConfig.Builder", FUNCTIONS),
      Map.entry("CircuitBreaker.subscribe", FUNCTIONS),
      Map.entry("CircuitBreaker.subscribeCalls", FUNCTIONS),
      Map.entry("CircuitBreaker.tryCall", ENTRY),
      Map.entry("CircuitBreaker.tryCallAsync", ENTRY),
      Map.entry("CircuitBreakerConfig.Builder", FUNCTIONS),
      Map.entry("CircuitBreakerListener.ofCodes", "makes a listener, which is covered as one"),
      Map.entry("Coalescer", "CoalescerTest, CoalescedFutureTest"),
      Map.entry("CoalescerConfig.Builder", FUNCTIONS),
      Map.entry("ConcurrencyLimit.subscribe", LISTENERS),
      Map.entry("ConcurrencyLimitConfig.Builder", FUNCTIONS),
      Map.entry("ContextPropagator", FUNCTIONS),
      Map.entry("EndpointContribution", ENDPOINT),
      Map.entry("Fallback", MORE),
      Map.entry("Fallback.Builder", MORE),
      Map.entry("Hedge.subscribe", LISTENERS),
      Map.entry("HedgeConfig.Builder", FUNCTIONS),
      Map.entry("HealthCheck.async", MORE),
      Map.entry("HealthCheckProvider", "asked when the runtime is built: HealthProvidersTest"),
      Map.entry("HealthRegistry.register", MORE),
      Map.entry("HealthRegistry.subscribe", MORE),
      Map.entry(
          "HttpFailureInspector", "called by predicates of the presets, which are covered as such"),
      Map.entry("KeyedCircuitBreaker.filterAvailable", CALLER),
      Map.entry("KeyedCircuitBreaker.forEachKey", CALLER),
      Map.entry("KeyedCircuitBreaker.subscribe", FUNCTIONS),
      Map.entry("KeyedCircuitBreaker.subscribeKeys", FUNCTIONS),
      Map.entry("KeyedRateLimiter.subscribe", LISTENERS),
      Map.entry("KeyedRateLimiter.subscribeKeys", LISTENERS),
      Map.entry("Pipeline.Builder.add", MORE),
      Map.entry("Pipeline.on", "an executor that throws or drops tasks: ChosenExecutorTest"),
      Map.entry("Policy", ENTRY),
      Map.entry("Backoff.custom", FUNCTIONS),
      Map.entry("Backoff.customByAttempt", FUNCTIONS),
      Map.entry("Backoff.delays", CALLER),
      Map.entry("GlobalResilience.set", VALUES),
      Map.entry("Policies.read", CALLER),
      Map.entry("Policies.subscribe", FUNCTIONS),
      Map.entry("ProviderBreakers", VALUES),
      Map.entry(
          "MethodPolicy.call",
          "an observer that throws: ObservedPipelineTest; the rest is its caller's"),
      Map.entry("QuotaStoreProvider", "asked by the thread that leases: HostileQuotaStoreTest"),
      Map.entry("RateLimiter.subscribe", LISTENERS),
      Map.entry("Resilience", CALLER),
      Map.entry("ResilienceBuilder.config", CALLER),
      Map.entry("ResilienceBuilder.contextPropagator", FUNCTIONS),
      Map.entry("ResilienceBuilder.executor", MORE),
      Map.entry("ResilienceBuilder.extension", FUNCTIONS),
      Map.entry("ResilienceBuilder.quotaStore", "HostileQuotaStoreTest"),
      Map.entry("ResilienceBuilder.stateStore", FUNCTIONS),
      Map.entry("ResilienceBuilder.timeSource", TRUSTED),
      Map.entry("ResilienceContext.recordDurations", FUNCTIONS),
      Map.entry("ResilienceExtension", FUNCTIONS),
      Map.entry("ResilienceProvider", TRUSTED),
      Map.entry("ResultPipeline", ENTRY),
      Map.entry("ResultCache.of", "StaleResultTest"),
      Map.entry("Retry.subscribe", FUNCTIONS),
      Map.entry("RetryConfig.Builder", FUNCTIONS),
      Map.entry("StateStore.watch", VALUES),
      Map.entry("StateStoreProvider", "asked when the runtime is built, whose builder is told"),
      Map.entry("TimeSource.drive", TRUSTED),
      Map.entry("Timeout.subscribe", FUNCTIONS),
      Map.entry("TimeoutConfig.Builder", FUNCTIONS));

  @Test
  void everyPlaceThatTakesCode_isCoveredOrHasAReason() throws Exception {
    Set<String> missing = new TreeSet<>();
    Set<String> unused = new TreeSet<>(COVERED.keySet());
    places().forEach((type, methods) -> {
      for (String method : methods) {
        String place = type + "." + method;
        boolean known = COVERED.containsKey(place) || COVERED.containsKey(type);
        if (!known) {
          missing.add(place);
        }
        unused.remove(place);
        unused.remove(type);
      }
    });
    assertThat(missing)
        .as("take code of the application, and no test throws from it")
        .isEmpty();
    assertThat(unused).as("listed, and not in the API").isEmpty();
  }

  /** Class, and its methods that take code, or "*" for a service that plug-ins implement. */
  private static Map<String, Set<String>> places() throws Exception {
    Map<String, Set<String>> places = new TreeMap<>();
    for (Class<?> type : exported()) {
      String name = nameOf(type);
      List<java.lang.reflect.Executable> all = new ArrayList<>(List.of(type.getDeclaredMethods()));
      all.addAll(List.of(type.getDeclaredConstructors()));
      for (java.lang.reflect.Executable method : all) {
        if (Modifier.isPublic(method.getModifiers()) && !method.isSynthetic()) {
          for (Class<?> parameter : method.getParameterTypes()) {
            if (isCode(parameter)) {
              places
                  .computeIfAbsent(name, any -> new TreeSet<>())
                  .add(method instanceof Method ? method.getName() : "new");
            }
          }
        }
      }
    }
    for (String service : descriptor().descriptor().uses()) {
      places
          .computeIfAbsent(nameOf(Class.forName(service)), any -> new TreeSet<>())
          .add("*");
    }
    return places;
  }

  private static boolean isCode(Class<?> type) {
    return type == Runnable.class
        || type == Callable.class
        || type == Executor.class
        || type.getName().startsWith("java.util.function.")
        || (type.isInterface()
            && !type.isSealed()
            && type.getName().startsWith(Resilience.class.getPackageName()));
  }

  private static String nameOf(Class<?> type) {
    Class<?> enclosing = type.getEnclosingClass();
    return enclosing == null
        ? type.getSimpleName()
        : nameOf(enclosing) + "." + type.getSimpleName();
  }

  static List<Class<?>> exported() throws Exception {
    ModuleReference reference = descriptor();
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
    assertThat(types).hasSizeGreaterThan(50);
    return types;
  }

  private static ModuleReference descriptor() throws IOException, URISyntaxException {
    Path place = Path.of(
        Resilience.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    return ModuleFinder.of(place).find("io.aragora.resilience").orElseThrow();
  }
}
