package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceBuilder;
import io.aragora.resilience.annotation.WithPipeline;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerCall;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.spi.ContextPropagator;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.logging.Handler;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every function of the application, with every kind of throwable, at every entry point: the call
 * ends once, as its body did, it is counted, and the probe's permit is returned. Settings are found
 * by reflection, so that a new one is covered.
 */
class ForeignCodeTest {
  private static final Duration COOLDOWN = Duration.ofSeconds(10);
  static final String INSIDE = ", inside";

  /** The throwables of an application. */
  static final List<Throwable> THROWABLES = List.of(
      new IllegalStateException("foreign"),
      new NoClassDefFoundError("foreign"),
      new AssertionError("foreign"),
      new StackOverflowError("foreign"),
      new OutOfMemoryError("foreign"),
      new InterruptedException("foreign"),
      new Exception("foreign, sneaked past the compiler"),
      cyclic(),
      new Unprintable());

  private static Throwable cyclic() {
    Exception first = new Exception("foreign, its own cause's cause");
    first.initCause(new Exception(first));
    return first;
  }

  /** An exception whose toString() throws. */
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

  /**
   * Each runtime logs a failure once, and there are thousands of runtimes here. Held, since an
   * unreferenced logger is collected with its level.
   */
  private static final Logger LOG = Logger.getLogger("io.aragora.resilience");

  private static final Handler LOOKING = HeldLocks.logHandler();

  @BeforeAll
  static void logLess() {
    LOG.setUseParentHandlers(false);
    LOG.addHandler(LOOKING);
  }

  @AfterAll
  static void logAgain() {
    LOG.removeHandler(LOOKING);
    LOG.setUseParentHandlers(true);
    HeldLocks.requireNone();
  }

  /** The parts from which a test builds its runtime. */
  static final class Setup {
    final ManualTime time = ManualTime.create().autoAdvance(true);
    final ResilienceBuilder runtime =
        Resilience.builder().property("resilience.chaos.enabled", "true");
    final CircuitBreakerConfig.Builder breaker = CircuitBreakerConfig.builder()
        .failureThreshold(1)
        .cooldown(COOLDOWN)
        .halfOpenMaxCalls(1)
        .halfOpenMaxDuration(Duration.ofHours(1));
    final RetryConfig.Builder retry =
        RetryConfig.builder().maxAttempts(2).backoff(Backoff.constant(Duration.ofSeconds(1)));
    final TimeoutConfig.Builder timeout = TimeoutConfig.builder().limit(Duration.ofSeconds(30));
    final List<Consumer<Policies>> onBuilt = new ArrayList<>();

    /** Creates the policy of another kind that is around all others, or inside them. */
    @Nullable
    Function<Resilience, Policy> pattern;

    boolean patternIsInside;
    boolean keyed;

    static Setup onManualTime() {
      Setup setup = new Setup();
      setup.runtime.timeSource(setup.time);
      return setup;
    }

    Policies build(Resilience resilience, boolean retried) {
      KeyedCircuitBreaker keys =
          resilience.keyedCircuitBreaker("keys", KeyedCircuitBreakerConfig.of(breaker.build()));
      CircuitBreaker used =
          keyed ? keys.forKey("a") : resilience.circuitBreaker("b", breaker.build());
      Timeout limit = resilience.timeout("t", timeout.build());
      Retry again = resilience.retry("r", retry.build());
      Policy other = pattern == null ? null : pattern.apply(resilience);
      Pipeline pipeline = resilience.pipeline("p", p -> {
        if (other != null && !patternIsInside) {
          p.add(other);
        }
        p.add(retried ? again : used).add(retried ? used : limit);
        if (other != null && patternIsInside) {
          p.add(other);
        }
      });
      Policies policies = new Policies(resilience, keys, used, limit, again, pipeline, time);
      onBuilt.forEach(each -> each.accept(policies));
      return policies;
    }
  }

  /** The code that a test calls. */
  record Policies(
      Resilience resilience,
      KeyedCircuitBreaker keys,
      CircuitBreaker breaker,
      Timeout timeout,
      Retry retry,
      Pipeline pipeline,
      ManualTime time) {}

  /** An interface that a proxy protects. */
  public interface Service {
    @WithPipeline("p")
    String call() throws IOException;

    @WithPipeline("p")
    CompletableFuture<String> callAsync();
  }

  private record Target(CheckedSupplier<String, IOException> body) implements Service {
    @Override
    public String call() throws IOException {
      return body.get();
    }

    @Override
    public CompletableFuture<String> callAsync() {
      return stage(body).toCompletableFuture();
    }
  }

  /** One function of the application, which counts its calls and throws. */
  record Foreign(String name, BiConsumer<Setup, Thrower> given) {}

  static class Thrower {
    final Throwable thrown;
    final AtomicInteger called = new AtomicInteger();

    Thrower(Throwable thrown) {
      this.thrown = thrown;
    }

    <T> T go() {
      HeldLocks.look("code that throws " + thrown.getClass().getSimpleName());
      called.incrementAndGet();
      throw ForeignCodeTest.<RuntimeException>sneak(thrown);
    }

    /** Returns the code of a type that a setter takes: each method of it throws. */
    Object function(Class<?> type) {
      if (type == Backoff.class) {
        return Backoff.custom(retry -> this.<Long>go());
      }
      if (type == RetryBudget.class) {
        return new BrokenBudget(this);
      }
      return throwingProxy(type, this);
    }

    /** Changes the builder of a pattern before a setter gives it the code. */
    void tune(Object builder, String setter) {}
  }

  private static final Map<Class<?>, Function<Thrower, @Nullable Object>> LAMBDAS = Map.of(
      Predicate.class, thrower -> (Predicate<Object>) any -> thrower.go(),
      Function.class, thrower -> (Function<Object, Object>) any -> thrower.go(),
      UnaryOperator.class, thrower -> (UnaryOperator<Object>) any -> thrower.go(),
      Supplier.class, thrower -> (Supplier<Object>) thrower::go,
      Consumer.class, thrower -> (Consumer<Object>) any -> thrower.go(),
      Runnable.class, thrower -> (Runnable) thrower::go);

  @SuppressWarnings("unchecked")
  private static <X extends Throwable> X sneak(Throwable thrown) throws X {
    throw (X) thrown;
  }

  static List<Foreign> foreign() {
    List<Foreign> all = new ArrayList<>();
    settings(all, CircuitBreakerConfig.Builder.class, setup -> setup.breaker);
    settings(all, RetryConfig.Builder.class, setup -> setup.retry);
    settings(all, TimeoutConfig.Builder.class, setup -> setup.timeout);
    all.add(new Foreign(
        "ContextPropagator.capture",
        (setup, thrower) -> setup.runtime.contextPropagator(thrower::go)));
    all.add(new Foreign(
        "ContextPropagator.restore",
        (setup, thrower) -> setup.runtime.contextPropagator(() -> thrower::go)));
    all.add(new Foreign(
        "ContextPropagator.close",
        (setup, thrower) -> setup.runtime.contextPropagator(() -> () -> thrower::go)));
    all.add(new Foreign(
        "ContextPropagator that gives null",
        (setup, thrower) ->
            setup.runtime.contextPropagator(() -> (ContextPropagator.Captured) null)));
    all.add(new Foreign(
        "DurationRecorder.of",
        (setup, thrower) -> setup.runtime.extension(context ->
            context.recordDurations((kind, policy) -> thrower.<LongConsumer>go())::close)));
    all.add(new Foreign(
        "a consumer of durations",
        (setup, thrower) -> setup.runtime.extension(
            context -> context.recordDurations((kind, policy) -> nanos -> thrower.go())::close)));
    all.add(new Foreign(
        "ResilienceExtension.attach",
        (setup, thrower) -> setup.runtime.extension(context -> thrower.go())));
    all.add(new Foreign(
        "StateStore",
        (setup, thrower) -> setup.runtime.stateStore(throwingProxy(StateStore.class, thrower))));
    listeners(all);
    for (ForeignPattern pattern : ForeignPattern.all()) {
      for (ForeignPattern.Code code : pattern.functions()) {
        for (boolean inside : new boolean[] {false, true}) {
          all.add(new Foreign(code.name() + (inside ? INSIDE : ""), (setup, thrower) -> {
            setup.pattern = resilience -> code.declare(resilience, thrower);
            setup.patternIsInside = inside;
          }));
        }
      }
    }
    return all;
  }

  /** Every method of the API that takes a listener, of every object that a call uses. */
  private static void listeners(List<Foreign> all) {
    List<Function<Policies, Object>> heard = List.of(
        Policies::resilience,
        policies -> policies.resilience.health(),
        Policies::keys,
        Policies::breaker,
        Policies::timeout,
        Policies::retry);
    List<Class<?>> types = List.of(
        Resilience.class,
        HealthRegistry.class,
        KeyedCircuitBreaker.class,
        CircuitBreaker.class,
        Timeout.class,
        Retry.class);
    for (int i = 0; i < types.size(); i++) {
      Function<Policies, Object> in = heard.get(i);
      for (Method method : types.get(i).getMethods()) {
        if (method.getName().startsWith("subscribe")) {
          all.add(new Foreign(
              types.get(i).getSimpleName() + "." + method.getName(),
              (setup, thrower) -> setup.onBuilt.add(policies ->
                  subscribe(method, Objects.requireNonNull(in.apply(policies)), thrower))));
        }
      }
    }
  }

  private static void subscribe(Method method, Object owner, Thrower thrower) {
    Object[] arguments = new Object[method.getParameterCount()];
    for (int i = 0; i < arguments.length; i++) {
      Class<?> type = method.getParameterTypes()[i];
      arguments[i] = type == Set.class
          ? owner instanceof Retry
              ? Set.of(RetryEvent.Kind.values())
              : Set.of(CircuitBreakerCall.Kind.values())
          : throwingProxy(type, thrower);
    }
    try {
      method.invoke(owner, arguments);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(method.toString(), e);
    }
  }

  /** Throws from each method, default methods too. */
  static <T> T throwingProxy(Class<T> type, Thrower thrower) {
    // A proxy wraps a checked exception, which a lambda sneaks past the compiler.
    Object lambda = LAMBDAS.getOrDefault(type, none -> null).apply(thrower);
    if (lambda != null) {
      return type.cast(lambda);
    }
    return type.cast(Proxy.newProxyInstance(
        type.getClassLoader(),
        new Class<?>[] {type},
        (proxy, method, arguments) -> switch (method.getName()) {
          case "hashCode" -> System.identityHashCode(proxy);
          case "equals" -> proxy == arguments[0];
          case "toString" -> "throwing " + type.getSimpleName();
          default -> thrower.go();
        }));
  }

  private static void settings(List<Foreign> all, Class<?> builder, Function<Setup, Object> in) {
    for (Method setter : builder.getMethods()) {
      if (setter.getDeclaringClass() == builder
          && setter.getParameterCount() == 1
          && isFunction(setter.getParameterTypes()[0])) {
        Class<?> type = setter.getParameterTypes()[0];
        String name = builder.getEnclosingClass().getSimpleName() + "." + setter.getName();
        all.add(new Foreign(name, (setup, thrower) -> {
          try {
            setter.invoke(in.apply(setup), thrower.function(type));
            if (setter.getName().equals("retryAfterResult")) {
              setup.retry.retryResultIf(value -> true);
            }
          } catch (ReflectiveOperationException e) {
            throw new AssertionError(name, e);
          }
        }));
      }
    }
  }

  /** An executor that throws ends an attempt otherwise than its body: ChosenExecutorTest. */
  private static boolean isFunction(Class<?> type) {
    return (type.isInterface() && type != Executor.class) || type == Backoff.class;
  }

  private record BrokenBudget(Thrower thrower) implements RetryBudget {
    @Override
    public String name() {
      return "broken";
    }

    @Override
    public RetryBudgetConfig config() {
      return thrower.go();
    }

    @Override
    public double level() {
      return thrower.go();
    }

    @Override
    public long rejected() {
      return thrower.go();
    }

    @Override
    public boolean tryTake() {
      return thrower.go();
    }

    @Override
    public void credit() {
      thrower.go();
    }
  }

  /** The end of a call: how often it ended, and how. */
  private record Ending(@Nullable Object value, @Nullable Throwable failure) {
    static Ending of(CheckedSupplier<?, ?> call) {
      try {
        return new Ending(call.get(), null);
      } catch (Throwable e) {
        return new Ending(null, e);
      }
    }

    static Ending of(ManualTime time, CompletableFuture<?> call) {
      time.advance(Duration.ofSeconds(5));
      assertThat(call).as("the future ends").isDone();
      return call.handle(Ending::new).join();
    }
  }

  private interface Entry {
    Ending enter(Policies in, CheckedSupplier<String, IOException> body);
  }

  /** An entry of every policy. */
  private interface PolicyEntry {
    Ending enter(Policy policy, CheckedSupplier<String, IOException> body, ManualTime time);
  }

  private record NamedEntry(String name, Entry entry) {
    static NamedEntry of(String name, PolicyEntry entry) {
      return new NamedEntry(name, (in, body) -> entry.enter(in.pipeline, body, in.time));
    }
  }

  static CompletionStage<String> stage(CheckedSupplier<String, IOException> body) {
    try {
      return CompletableFuture.completedFuture(body.get());
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static List<NamedEntry> entries() {
    List<NamedEntry> all = new ArrayList<>(List.of(
        NamedEntry.of("call", (policy, body, time) -> Ending.of(() -> policy.call(body))),
        NamedEntry.of(
            "callInterruptibly",
            (policy, body, time) -> Ending.of(() -> policy.callInterruptibly(body::get))),
        NamedEntry.of(
            "run",
            (policy, body, time) -> Ending.of(() -> {
              String[] value = new String[1];
              policy.run(() -> value[0] = body.get());
              return value[0];
            })),
        NamedEntry.of(
            "decorateCallable",
            (policy, body, time) ->
                Ending.of(() -> policy.decorateCallable(body::get).call())),
        NamedEntry.of(
            "callAsync, complete at once",
            (policy, body, time) -> Ending.of(time, policy.callAsync(() -> stage(body)))),
        NamedEntry.of(
            "callAsync, complete later",
            (policy, body, time) -> Ending.of(time, policy.callAsync(() -> {
              CompletableFuture<String> later = new CompletableFuture<>();
              time.executor()
                  .execute(() -> stage(body).whenComplete((value, failure) -> {
                    if (failure == null) {
                      later.complete(value);
                    } else {
                      later.completeExceptionally(failure);
                    }
                  }));
              return later;
            }))),
        NamedEntry.of(
            "submit",
            (policy, body, time) -> Ending.of(time, policy.submit(body, time.executor()))),
        NamedEntry.of(
            "decorateAsync",
            (policy, body, time) ->
                Ending.of(time, policy.decorateAsync(() -> stage(body)).get()))));
    all.add(new NamedEntry(
        "tryCall", (in, body) -> Ending.of(() -> in.breaker.tryCall(body).value())));
    all.add(new NamedEntry("tryCallAsync", (in, body) -> {
      CompletableFuture<String> value = new CompletableFuture<>();
      in.breaker.tryCallAsync(() -> stage(body)).whenComplete((outcome, failure) -> {
        if (failure == null) {
          value.complete(outcome.value());
        } else {
          value.completeExceptionally(failure);
        }
      });
      return Ending.of(in.time, value);
    }));
    all.add(new NamedEntry(
        "permit",
        (in, body) -> Ending.of(() -> {
          long permit = in.breaker.acquirePermit();
          String value;
          try {
            value = body.get();
          } catch (IOException e) {
            in.breaker.recordFailure(permit, e);
            throw e;
          }
          in.breaker.recordSuccess(permit);
          return value;
        })));
    all.add(new NamedEntry(
        "proxy, call", (in, body) -> Ending.of(() -> proxy(in, body).call())));
    all.add(new NamedEntry(
        "proxy, future", (in, body) -> Ending.of(in.time, proxy(in, body).callAsync())));
    all.add(new NamedEntry(
        "fallback for others, call",
        (in, body) -> Ending.of(() -> in.pipeline.withFallback(other()).call(body))));
    all.add(new NamedEntry(
        "fallback for others, callAsync",
        (in, body) ->
            Ending.of(in.time, in.pipeline.withFallback(other()).callAsync(() -> stage(body)))));
    return all;
  }

  private static Service proxy(Policies in, CheckedSupplier<String, IOException> body) {
    return in.resilience.proxy(Service.class, new Target(body), MethodHandles.lookup());
  }

  private static Fallback<String> other() {
    return Fallback.<String>builder()
        .on(FileNotFoundException.class, failure -> "never")
        .build();
  }

  @TestFactory
  Stream<DynamicTest> everyFunction_everyThrowable_everyEntry() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Foreign foreign : foreign()) {
      for (NamedEntry entry : entries()) {
        for (boolean keyed : new boolean[] {false, true}) {
          tests.add(dynamicTest(
              foreign.name + ", " + entry.name + (keyed ? ", of a key" : ""), () -> {
                HeldLocks.during(foreign.name + ", " + entry.name);
                for (Throwable thrown : throwables(foreign, entry, keyed)) {
                  check(foreign, thrown, entry.entry, keyed, false);
                  check(foreign, thrown, entry.entry, keyed, true);
                }
              }));
        }
      }
    }
    return tests.stream();
  }

  /**
   * Every kind of throwable if the call itself receives it and the entry has its own path; a few
   * kinds if other threads receive it, or if the entry leads to another one.
   */
  private static List<Throwable> throwables(Foreign foreign, NamedEntry entry, boolean keyed) {
    if (keyed || foreign.name.endsWith(INSIDE)) {
      return THROWABLES.subList(0, 1);
    }
    boolean isOwnWay = entry.name.equals("tryCall")
        || entry.name.equals("permit")
        || entry.name.equals("submit")
        || entry.name.startsWith("call");
    boolean isMet = !foreign.name.contains(".subscribe") && !foreign.name.equals("StateStore");
    return isOwnWay && isMet ? THROWABLES : THROWABLES.subList(2, 4);
  }

  private static void check(
      Foreign foreign, Throwable thrown, Entry entry, boolean keyed, boolean fails) {
    IOException down = new IOException("down");
    CheckedSupplier<String, IOException> body = () -> {
      HeldLocks.look("the body");
      if (fails) {
        throw down;
      }
      return "well";
    };
    checkProbe(foreign, thrown, entry, body, down, keyed, fails);
    checkRetry(foreign, thrown, entry, body, down, keyed, fails);
  }

  /** The call is the one probe of a breaker. */
  private static void checkProbe(
      Foreign foreign,
      Throwable thrown,
      Entry entry,
      CheckedSupplier<String, IOException> body,
      IOException down,
      boolean keyed,
      boolean fails) {
    Setup setup = Setup.onManualTime();
    setup.keyed = keyed;
    foreign.given.accept(setup, new Thrower(thrown));
    try (Resilience resilience = setup.runtime.build()) {
      Policies in = setup.build(resilience, false);
      CircuitBreaker breaker = in.breaker;
      breaker.recordFailure(breaker.acquirePermit(), null);
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
      setup.time.advance(COOLDOWN);
      long counted = outcomes(breaker);

      Ending ending = entry.enter(in, body);

      assertEnding(ending, down, fails);
      assertThat(outcomes(breaker)).as("the call is counted once").isEqualTo(counted + 1);
      setup.time.advance(COOLDOWN);
      assertThat(breaker.tryAcquirePermit())
          .as("the slot is free")
          .isNotEqualTo(CircuitBreaker.REJECTED);
    }
  }

  /** The call is retried around a breaker that stays closed. */
  private static void checkRetry(
      Foreign foreign,
      Throwable thrown,
      Entry entry,
      CheckedSupplier<String, IOException> body,
      IOException down,
      boolean keyed,
      boolean fails) {
    Setup setup = Setup.onManualTime();
    setup.keyed = keyed;
    foreign.given.accept(setup, new Thrower(thrown));
    try (Resilience resilience = setup.runtime.build()) {
      setup.breaker.failureThreshold(100);
      Policies in = setup.build(resilience, true);
      CircuitBreaker breaker = in.breaker;

      Ending ending = entry.enter(in, body);

      assertEnding(ending, down, fails);
      long most = setup.pattern == null ? 2 : 4; // a hedge starts a second attempt
      assertThat(outcomes(breaker)).as("each attempt is counted").isBetween(1L, most);
    }
  }

  private static long outcomes(CircuitBreaker breaker) {
    var totals = breaker.snapshot().totals();
    return totals.successes() + totals.failures() + totals.ignored();
  }

  private static void assertEnding(Ending ending, IOException down, boolean fails) {
    if (fails) {
      assertThat(ending.failure()).as("the body's own failure").isSameAs(down);
    } else {
      assertThat(ending).as("the body's own value").isEqualTo(new Ending("well", null));
    }
  }

  @Test
  void everyFunction_isReallyCalled() {
    List<String> never = new ArrayList<>();
    for (Foreign foreign : foreign()) {
      if (foreign.name.contains("gives null")) {
        continue;
      }
      Thrower thrower = new Thrower(new IllegalStateException("foreign"));
      for (NamedEntry entry : entries()) {
        for (boolean fails : new boolean[] {false, true}) {
          Foreign same =
              new Foreign(foreign.name, (setup, any) -> foreign.given.accept(setup, thrower));
          check(same, thrower.thrown, entry.entry, false, fails);
          check(same, thrower.thrown, entry.entry, true, fails);
        }
      }
      if (thrower.called.get() == 0) {
        never.add(foreign.name);
      }
    }
    assertThat(never)
        .as("asked for by limits and rejections, below, or not by these calls")
        .containsExactlyInAnyOrder(
            "ChaosConfig.onLost",
            "ChaosConfig.onLost" + INSIDE,
            "CircuitBreakerConfig.mapException",
            "HedgeConfig.onLoser",
            "HedgeConfig.onLoser" + INSIDE,
            "TimeoutConfig.mapException",
            "TimeoutConfig.onLateResult",
            "Timeout.subscribe",
            "HealthRegistry.subscribe",
            "KeyedCircuitBreaker.subscribeKeys");
  }

  @TestFactory
  Stream<DynamicTest> mapExceptionOfBreakers_everyThrowable_rejectionComesOut() {
    return THROWABLES.stream()
        .map(thrown -> dynamicTest(thrown.getClass().getSimpleName(), () -> {
          Setup setup = Setup.onManualTime();
          Thrower thrower = new Thrower(thrown);
          setup.breaker.mapException(rejection -> thrower.go());
          try (Resilience resilience = setup.runtime.build()) {
            CircuitBreaker breaker = setup.build(resilience, false).breaker;
            breaker.forceOpen();
            assertThatThrownBy(() -> breaker.call(() -> "never"))
                .isInstanceOf(CallNotPermittedException.class);
            assertThatThrownBy(() -> breaker
                    .callAsync(() -> CompletableFuture.completedFuture("never"))
                    .join())
                .hasCauseInstanceOf(CallNotPermittedException.class);
            assertThat(thrower.called).hasValue(2);
          }
        }));
  }

  @TestFactory
  Stream<DynamicTest> functionsOfTimeouts_everyThrowable_limitStillEndsTheCall() {
    return THROWABLES.stream()
        .map(thrown -> dynamicTest(thrown.getClass().getSimpleName(), () -> {
          Setup setup = Setup.onManualTime();
          Thrower thrower = new Thrower(thrown);
          setup.timeout.mapException(exceeded -> thrower.go()).onLateResult(value -> thrower.go());
          try (Resilience resilience = setup.runtime.build()) {
            var timeout = resilience.timeout("t", setup.timeout.build());
            Thrower listener = new Thrower(thrown);
            timeout.subscribe(event -> listener.go());
            CompletableFuture<String> pending = timeout.callAsync(CompletableFuture::new);
            setup.time.advance(Duration.ofSeconds(31));
            assertThat(Ending.of(setup.time, pending).failure())
                .isInstanceOf(TimeoutExceededException.class);
            Ending late = Ending.of(() -> timeout.call(() -> {
              setup.time.advance(Duration.ofSeconds(31));
              return "late";
            }));
            assertThat(late.failure()).isInstanceOf(TimeoutExceededException.class);
            assertThat(Thread.interrupted()).isFalse();
            assertThat(thrower.called).hasValue(3);
            setup.time.runPending();
            assertThat(listener.called).as("each event is told").hasValueGreaterThan(1);
          }
        }));
  }
}
