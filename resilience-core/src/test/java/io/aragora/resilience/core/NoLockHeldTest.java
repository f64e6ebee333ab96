package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Reconfiguration;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.spi.ContextPropagator;
import io.aragora.resilience.spi.DurationRecorder;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.testing.MemoryQuotaStore;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Every method of every object that the API returns, in a runtime whose listeners, log handlers, recorders, stores, executors and
 * functions all ask which locks they run under. Executors run their tasks at once, so what the library hands over runs where it is
 * handed over, as after closing or where no thread is free. Methods and objects are found by reflection. The code of each single
 * setting asks the same in ForeignCodeTest and its siblings.
 */
@Timeout(300)
class NoLockHeldTest {
  private static final String API = Resilience.class.getPackageName();
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ManualTime time = ManualTime.create().autoAdvance(true);
  private final Map<Class<?>, Object> objects = new LinkedHashMap<>();

  /** The values of the API that methods have returned, by class, which are arguments of others. */
  private final Map<Class<?>, Object> values =
      new HashMap<>(Map.of(Fallback.class, Fallback.of(failure -> {
        HeldLocks.look("a fallback");
        return "instead";
      })));

  private int draws;
  private final Set<String> reconfigured = new TreeSet<>();
  private final Set<String> called = new TreeSet<>();
  private final Set<String> skipped = new TreeSet<>();

  @Test
  void everyMethod_tasksRunAtOnce_codeRunsUnderNoLock() throws Exception {
    checkAll(HeldLocks.executor("the executor of the time source"));
  }

  @Test
  void everyMethod_noThreadIsFree_codeRunsUnderNoLock() throws Exception {
    checkAll(task -> {
      HeldLocks.look("the executor of the time source");
      throw new RejectedExecutionException("no thread is free");
    });
  }

  private void checkAll(Executor threads) throws Exception {
    Logger log = Logger.getLogger(API);
    Handler handler = HeldLocks.logHandler();
    log.addHandler(handler);
    log.setUseParentHandlers(false);
    log.setLevel(Level.ALL);
    try (Resilience resilience = runtime(threads)) {
      sweep(resilience);
      sweep(resilience);
      end(resilience);
      sweep(resilience);
    } finally {
      log.removeHandler(handler);
      log.setUseParentHandlers(true);
      log.setLevel(null);
    }
    assertThat(called).as("methods that were called").hasSizeGreaterThan(200);
    assertThat(reconfigured).as("policies with new settings").hasSizeGreaterThan(6);
    assertThat(skipped).as("say in argument() what they are called with").isEmpty();
    HeldLocks.requireNone();
  }

  private Resilience runtime(Executor threads) throws StateStoreException {
    return Resilience.builder()
        .timeSource(new ForwardingTime(time) {
          @Override
          public Executor executor() {
            return threads;
          }
        })
        .executor(HeldLocks.executor("the executor of attempts"))
        .property("resilience.chaos.enabled", "true")
        .config(settings(1))
        .stateStore(looking(StateStore.class, StateStore.open("memory:")))
        .quotaStore(looking(QuotaStore.class, MemoryQuotaStore.create(time)))
        .contextPropagator(looking(ContextPropagator.class, null))
        .extension(context -> context.recordDurations(looking(DurationRecorder.class, null))::close)
        .build();
  }

  private static void end(AutoCloseable runtime) throws Exception {
    runtime.close();
  }

  /** Calls every method of the runtime, and of one object of each type that such calls return. */
  private void sweep(Resilience resilience) {
    objects.clear();
    objects.put(Resilience.class, resilience);
    ArrayDeque<Class<?>> open = new ArrayDeque<>(List.of(Resilience.class));
    while (!open.isEmpty()) {
      Class<?> type = open.poll();
      for (Method method : methods(type)) {
        Object returned = found(call(type, method, objects.get(type)));
        time.advance(SECOND);
        if (returned != null) {
          values.put(returned.getClass(), returned);
        }
        for (Class<?> next : typesOf(returned)) {
          if (objects.putIfAbsent(next, returned) == null) {
            open.add(next);
            subscribe(next, returned);
          }
        }
      }
    }
  }

  /** Subscribes at once, since the next method may already say something. */
  private void subscribe(Class<?> type, Object owner) {
    methods(type).stream()
        .filter(method -> method.getName().startsWith("subscribe"))
        .forEach(method -> call(type, method, owner));
  }

  /** What ends things comes last. */
  private static List<Method> methods(Class<?> type) {
    return Arrays.stream(type.getMethods())
        .filter(method -> !Modifier.isStatic(method.getModifiers())
            && !method.isSynthetic()
            && method.getDeclaringClass() != Object.class
            && !(type == Resilience.class && method.getName().equals("close")))
        .sorted(Comparator.comparing(NoLockHeldTest::order).thenComparing(Method::toString))
        .toList();
  }

  private static int order(Method method) {
    String name = method.getName();
    return name.equals("restore")
            || name.equals("reconfigure")
            || name.startsWith("remove")
            || name.startsWith("prune")
            || name.startsWith("unregister")
        ? 1
        : 0;
  }

  private @Nullable Object call(Class<?> type, Method method, @Nullable Object owner) {
    String name = type.getSimpleName() + "." + method.getName();
    Object[] arguments = new Object[method.getParameterCount()];
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = argument(method.getParameterTypes()[i], name);
      if (arguments[i] == null) {
        skipped.add(name + "(" + method.getParameterTypes()[i].getSimpleName() + ")");
        return null;
      }
    }
    called.add(name);
    try {
      Object returned = method.invoke(owner, arguments);
      if (returned instanceof Reconfiguration reconfiguration) {
        reconfigured.addAll(reconfiguration.changed());
      }
      return returned;
    } catch (InvocationTargetException e) {
      // Arguments that do not fit, a closed runtime: what matters is under which locks code ran.
      return null;
    } catch (IllegalAccessException e) {
      throw new AssertionError(name, e);
    }
  }

  private static @Nullable Object found(@Nullable Object returned) {
    if (returned instanceof Optional<?> optional) {
      return optional.orElse(null);
    }
    if (returned instanceof Collection<?> all) {
      return all.stream().findFirst().orElse(null);
    }
    return returned;
  }

  /** The types of the API that have methods with behaviour. */
  private static List<Class<?>> typesOf(@Nullable Object returned) {
    if (returned == null || Proxy.isProxyClass(returned.getClass())) {
      return List.of();
    }
    List<Class<?>> types = new ArrayList<>();
    for (Class<?> type = returned.getClass(); type != null; type = type.getSuperclass()) {
      for (Class<?> each : type.getInterfaces()) {
        if (each.getPackageName().startsWith(API)
            && !each.getPackageName().startsWith(API + ".core")
            && !each.getPackageName().startsWith(API + ".internal")
            && Modifier.isPublic(each.getModifiers())) {
          types.add(each);
        }
      }
    }
    return types;
  }

  private @Nullable Object argument(Class<?> type, String method) {
    if (type == String.class) {
      return method.startsWith("Keyed") ? "key " + draws++ % 3 : "a";
    }
    if (type == Duration.class) {
      return SECOND;
    }
    if (type == int.class) {
      return 1;
    }
    if (type == long.class) {
      return 1L;
    }
    if (type == boolean.class) {
      return true;
    }
    if (type == Object.class) {
      return "a";
    }
    if (type == Instant.class) {
      return time.wallTime();
    }
    if (type == Throwable.class) {
      return new IllegalStateException("down");
    }
    if (type == Set.class) {
      return kinds(method);
    }
    if (type == Collection.class) {
      return List.of();
    }
    if (type == Map.class) {
      return settings(2 + draws++ % 2);
    }
    if (type == Executor.class) {
      return HeldLocks.executor("the executor of " + method);
    }
    if (type == MethodHandles.Lookup.class) {
      return MethodHandles.lookup();
    }
    if (type == Method.class) {
      return ForeignCodeTest.Service.class.getMethods()[0];
    }
    if (type == Class.class) {
      return ForeignCodeTest.Service.class;
    }
    if (type.isEnum()) {
      return type.getEnumConstants()[0];
    }
    if (type.isInterface()) {
      Object known = objects.get(type);
      return known != null ? known : looking(type, null);
    }
    Object returned = values.get(type);
    return returned != null ? returned : ForeignPattern.config(type);
  }

  /** Settings from outside the code, with which each policy can be looked up before it is declared. */
  private static Map<String, String> settings(int seconds) {
    String prefix = "resilience.";
    return Map.of(
        prefix + "circuitbreaker.cooldown", seconds + "s",
        prefix + "retry.maxDelay", seconds + "s",
        prefix + "timeout.limit", seconds + "s",
        prefix + "hedge.delay", seconds + "s",
        prefix + "bulkhead.maxConcurrentCalls", "" + seconds,
        prefix + "concurrencylimit.most", "" + 100 * seconds,
        prefix + "ratelimiter.limit", "" + seconds,
        prefix + "ratelimiter.period", "1s",
        prefix + "coalescer.maxFlight", seconds + "s");
  }

  private static Set<?> kinds(String method) {
    return switch (method) {
      case "Retry.subscribe" -> Set.of(io.aragora.resilience.retry.RetryEvent.Kind.values());
      default -> Set.of(io.aragora.resilience.circuitbreaker.CircuitBreakerCall.Kind.values());
    };
  }

  /** Code of the application, which forwards to a target if it has one. */
  private static <T> T looking(Class<T> type, @Nullable T target) {
    return type.cast(Proxy.newProxyInstance(
        type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
          switch (method.getName()) {
            case "hashCode":
              return System.identityHashCode(proxy);
            case "equals":
              return proxy == arguments[0];
            case "toString":
              HeldLocks.look("toString() of a " + type.getSimpleName());
              return "looking " + type.getSimpleName();
            default:
              HeldLocks.look(type.getSimpleName() + "." + method.getName());
          }
          if (target != null) {
            try {
              return method.invoke(target, arguments);
            } catch (InvocationTargetException e) {
              throw e.getCause();
            }
          }
          return value(method.getReturnType());
        }));
  }

  private static @Nullable Object value(Class<?> type) {
    if (type == boolean.class) {
      return false;
    }
    if (type == int.class) {
      return 0;
    }
    if (type == long.class) {
      return 0L;
    }
    if (type == double.class) {
      return 0.0;
    }
    if (type == HealthResult.class) {
      return HealthResult.healthy();
    }
    if (type == Optional.class) {
      return Optional.empty();
    }
    if (type == CompletionStage.class || type == CompletableFuture.class) {
      return CompletableFuture.completedFuture("well");
    }
    if (type.isInterface()
        && (type.getPackageName().startsWith(API)
            || type.getPackageName().equals("java.util.function"))) {
      return looking(type, null);
    }
    return null;
  }
}
