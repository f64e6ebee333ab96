package io.aragora.resilience.micrometer;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.aragora.resilience.Policies;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.spi.DurationRecorder.Kind;
import io.aragora.resilience.spi.Readings;
import io.aragora.resilience.testing.ManualTime;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.distribution.ValueAtPercentile;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MicrometerMetricsTest {
  private final ManualTime time = ManualTime.create();
  private final MockClock clock = new MockClock();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);
  private final Resilience resilience = EveryKind.builder(time).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  private static void scrape(MeterRegistry registry) {
    for (Meter meter : registry.getMeters()) {
      meter.measure().forEach(measurement -> assertThat(measurement.getValue()).isNotNull());
    }
  }

  private double calls(String name, String outcome) {
    return registry
        .get("resilience.circuitbreaker.calls")
        .tags("runtime", "shop", "name", name, "outcome", outcome)
        .functionCounter()
        .count();
  }

  /** Rejects one meter, or none. */
  private static final class PickyRegistry extends SimpleMeterRegistry {
    private String rejected = "";

    @Override
    protected <T> Gauge newGauge(Meter.Id id, @Nullable T obj, ToDoubleFunction<T> value) {
      if (id.getName().equals(rejected)) {
        throw new IllegalStateException("the registry rejects " + rejected);
      }
      return super.newGauge(id, obj, value);
    }
  }

  private ResilienceContext context(AtomicReference<String> failing) {
    return (ResilienceContext) Proxy.newProxyInstance(
        getClass().getClassLoader(),
        new Class<?>[] {ResilienceContext.class},
        (proxy, method, args) -> {
          if (method.getName().equals(failing.get())) {
            throw new IllegalStateException(method.getName());
          }
          return switch (method.getName()) {
            case "resilience" -> resilience;
            case "property" -> Optional.empty();
            default -> (Subscription) () -> {};
          };
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"register", "recordDurations"})
  void attach_stepFailsForTheSecondRegistry_noRegistryHasMeters(String step) throws Exception {
    AtomicReference<String> failing = new AtomicReference<>(step);
    PickyRegistry second = new PickyRegistry();
    second.rejected = step.equals("register") ? MeterNames.POLICIES : "";
    MicrometerMetrics metrics =
        MicrometerMetrics.builder().registry(registry).registry(second).timers().build();
    resilience.circuitBreaker("a");

    assertThatIllegalStateException().isThrownBy(() -> metrics.attach(context(failing)));

    assertThat(registry.getMeters()).isEmpty();
    assertThat(second.getMeters()).isEmpty();
    second.rejected = "";
    failing.set("");
    try (AutoCloseable attached = metrics.attach(context(failing))) {
      assertThat(attached).isNotNull();
      assertThat(registry.find(MeterNames.POLICIES).tag("runtime", "shop").meters())
          .hasSize(1);
      assertThat(second.find(MeterNames.POLICIES).tag("runtime", "shop").meters())
          .hasSize(1);
    }
    assertThat(registry.getMeters()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"register", "recordDurations"})
  void bindTo_stepFails_registryIsNotBound(String step) throws Exception {
    AtomicReference<String> failing = new AtomicReference<>("");
    PickyRegistry picky = new PickyRegistry();
    MicrometerMetrics metrics =
        MicrometerMetrics.builder().registry(registry).timers().build();
    try (AutoCloseable attached = metrics.attach(context(failing))) {
      assertThat(attached).isNotNull();
      failing.set(step);
      picky.rejected = step.equals("register") ? MeterNames.POLICIES : "";

      assertThatIllegalStateException().isThrownBy(() -> metrics.bindTo(picky));

      assertThat(picky.getMeters()).isEmpty();
      assertThat(registry.find(MeterNames.POLICIES).meters())
          .as("the other one")
          .hasSize(1);
      failing.set("");
      picky.rejected = "";
      metrics.bindTo(picky);
      assertThat(picky.find(MeterNames.POLICIES).tag("runtime", "shop").meters())
          .hasSize(1);
    }
  }

  @Test
  void bindTo_existingPolicies_everyNumberHasItsMeterAtOnce() {
    EveryKind.happens(resilience, time, "a");
    AtomicInteger numbers = new AtomicInteger();
    resilience.policies().read(new Readings() {
      @Override
      public void policy(String kind, String name) {}

      @Override
      public void count(String what, String outcome, long value) {
        numbers.incrementAndGet();
      }

      @Override
      public void level(String what, double value) {
        numbers.incrementAndGet();
      }
    });

    MicrometerMetrics.of(resilience).bindTo(registry);

    assertThat(registry.getMeters()).hasSize(numbers.get() + 1);
    assertThat(calls("a", "success")).isEqualTo(2 + 1);
    assertThat(calls("a", "failure")).isEqualTo(1);
    assertThat(registry
            .get("resilience.retry.attempts")
            .tags("attempt", "2", "outcome", "failure")
            .functionCounter()
            .count())
        .isEqualTo(1);
    assertThat(registry
            .get("resilience.chaos.injections")
            .tags("kind", "fail")
            .functionCounter()
            .count())
        .isEqualTo(1);
    assertThat(registry
            .get("resilience.bulkhead.calls")
            .tags("outcome", "rejected_queue_full")
            .functionCounter()
            .count())
        .isEqualTo(1);
    assertThat(registry.get("resilience.hedge.delay").gauge().value()).isEqualTo(0.05);
    assertThat(registry.get("resilience.hedge.delay").gauge().getId().getBaseUnit())
        .isEqualTo("seconds");
  }

  @Test
  void scrape_policyCreatedLater_shownFromTheNextScrapeOn() {
    MicrometerMetrics.of(resilience).bindTo(registry);
    resilience.circuitBreaker("late").run(() -> {});

    scrape(registry);

    assertThat(calls("late", "success")).isEqualTo(1);
    assertThat(registry.get("resilience.policies").gauge().value()).isEqualTo(1);
  }

  @Test
  void scrape_policyRemoved_metersGoAndNothingHoldsIt() {
    MicrometerMetrics.of(resilience).bindTo(registry);
    resilience.circuitBreaker("a");
    resilience.circuitBreaker("b");
    scrape(registry);
    assertThat(registry.find("resilience.circuitbreaker.state").gauges()).hasSize(2);

    resilience.policies().removeCircuitBreaker("a");
    scrape(registry);

    assertThat(registry.getMeters()).noneMatch(meter -> "a".equals(meter.getId().getTag("name")));
    assertThat(registry.find("resilience.circuitbreaker.state").gauges()).hasSize(1);
  }

  @Test
  void scrape_numberNoLongerWritten_meterGoes() {
    CircuitBreaker breaker = resilience.circuitBreaker("a", c -> c.throttle(2));
    MicrometerMetrics.of(resilience).bindTo(registry);
    assertThat(registry.find("resilience.circuitbreaker.throttle.share").gauge())
        .isNotNull();

    breaker.reconfigure(breaker.config().toBuilder().noThrottle().build());
    scrape(registry);

    assertThat(registry.find("resilience.circuitbreaker.throttle.share").gauge())
        .isNull();
    assertThat(registry.find("resilience.circuitbreaker.state").gauge()).isNotNull();
  }

  @Test
  void policyDeclaredAnew_countsBeginAgain() {
    MicrometerMetrics.of(resilience).bindTo(registry);
    for (int i = 0; i < 5; i++) {
      resilience.circuitBreaker("a").run(() -> {});
    }
    scrape(registry);
    assertThat(calls("a", "success")).isEqualTo(5);

    resilience.policies().removeCircuitBreaker("a");
    resilience.circuitBreaker("a").run(() -> {});

    assertThat(calls("a", "success")).isEqualTo(1);
  }

  @Test
  void maxNames_reached_othersAreCountedOnly() {
    MicrometerMetrics metrics =
        MicrometerMetrics.builder().registry(registry).maxNames(2).timers().build();
    try (Resilience bounded =
        Resilience.builder().name("bounded").extension(metrics).build()) {
      for (int i = 0; i < 5; i++) {
        bounded.circuitBreaker("b" + i).run(() -> {});
      }
      scrape(registry);

      assertThat(registry.find("resilience.circuitbreaker.state").gauges()).hasSize(2);
      assertThat(registry.get("resilience.policies").gauge().value()).isEqualTo(5);
      assertThat(registry
              .find("resilience.circuitbreaker.call.duration")
              .tag("outcome", "success")
              .timers())
          .hasSize(2);

      bounded
          .policies()
          .removeCircuitBreaker(
              registry.get("resilience.circuitbreaker.state").gauge().getId().getTag("name"));
      scrape(registry);
      scrape(registry);

      assertThat(registry.find("resilience.circuitbreaker.state").gauges()).hasSize(2);
    }
  }

  @Test
  void scrape_twoThreadsAskMeterAfterMeter_eachReadsAllPoliciesOnceAtMost() throws Exception {
    AtomicInteger readings = new AtomicInteger();
    Resilience counted = counting(readings);
    for (int i = 0; i < 10; i++) {
      resilience.circuitBreaker("b" + i);
    }
    MicrometerMetrics.of(counted).bindTo(registry);
    scrape(registry);
    int before = readings.get();
    java.util.concurrent.ExecutorService other =
        java.util.concurrent.Executors.newSingleThreadExecutor();
    try {
      for (Meter meter : registry.getMeters()) {
        meter.measure().forEach(measurement -> measurement.getValue());
        other
            .submit(() -> meter.measure().forEach(measurement -> measurement.getValue()))
            .get();
      }
    } finally {
      other.shutdown();
    }
    assertThat(readings.get() - before).isBetween(1, 2);
  }

  @Test
  void scrape_readsAllPoliciesOnce() {
    for (int i = 0; i < 50; i++) {
      resilience.circuitBreaker("b" + i);
    }
    AtomicInteger readings = new AtomicInteger();
    MicrometerMetrics.of(counting(readings)).bindTo(registry);
    int atFirst = readings.get();

    scrape(registry);
    assertThat(readings.get() - atFirst).isEqualTo(1);
    scrape(registry);
    scrape(registry);
    assertThat(readings.get() - atFirst).isEqualTo(3);
  }

  @Test
  void meterAskedAlone_readingTooOld_readsAnew() {
    CircuitBreaker breaker = resilience.circuitBreaker("a");
    MicrometerMetrics.of(resilience).bindTo(registry);
    assertThat(calls("a", "failure")).isZero();
    breaker.run(() -> {});

    clock.add(Duration.ofMillis(999));
    assertThat(calls("a", "success")).as("the reading is recent").isZero();
    breaker.run(() -> {});
    clock.add(Duration.ofSeconds(1));
    assertThat(calls("a", "rejected")).isZero();
    assertThat(calls("a", "success")).isEqualTo(2);
  }

  @Test
  void maxAge_zero_eachMeterReads() {
    MicrometerMetrics metrics =
        MicrometerMetrics.builder().registry(registry).maxAge(Duration.ZERO).build();
    try (Resilience fresh = Resilience.builder().name("shop").extension(metrics).build()) {
      CircuitBreaker breaker = fresh.circuitBreaker("a");
      scrape(registry);
      breaker.run(() -> {});
      assertThat(calls("a", "failure")).isZero();
      assertThat(calls("a", "success")).isEqualTo(1);
      breaker.run(() -> {});
      assertThat(calls("a", "rejected")).isZero();
      assertThat(calls("a", "success")).isEqualTo(2);
    }
  }

  @Test
  void close_ofTheRuntime_removesEveryMeterOfTheExtension() {
    MicrometerMetrics metrics =
        MicrometerMetrics.builder().registry(registry).percentiles(0.5).build();
    Resilience other = EveryKind.builder(time).extension(metrics).build();
    EveryKind.happens(other, time, "a");
    scrape(registry);
    scrape(registry);
    assertThat(registry.getMeters()).hasSizeGreaterThan(50);

    other.close();

    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void close_ofABoundRuntime_theNextScrapeRemovesItsMeters() {
    MicrometerMetrics.of(resilience).bindTo(registry);
    resilience.circuitBreaker("a");
    scrape(registry);

    resilience.close();
    scrape(registry);

    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void close_ofTheBinder_removesItsMeters_andItCanBeBoundAgain() {
    resilience.circuitBreaker("a");
    MicrometerMetrics metrics = MicrometerMetrics.of(resilience);
    metrics.bindTo(registry);
    metrics.bindTo(registry);
    int bound = registry.getMeters().size();

    metrics.close();
    assertThat(registry.getMeters()).isEmpty();

    metrics.bindTo(registry);
    assertThat(registry.getMeters()).hasSize(bound);
  }

  @Test
  void runtimesOfOneName_haveDifferentTags() {
    try (Resilience second = Resilience.builder().name("shop").build()) {
      resilience.circuitBreaker("a");
      second.circuitBreaker("a").run(() -> {});
      MicrometerMetrics.of(resilience).bindTo(registry);
      MicrometerMetrics.of(second).bindTo(registry);

      assertThat(calls("a", "success")).isZero();
      assertThat(registry
              .get("resilience.circuitbreaker.calls")
              .tags("runtime", "shop-2", "outcome", "success")
              .functionCounter()
              .count())
          .isEqualTo(1);
    }
  }

  @Test
  void bindTo_composite_everyRegistryShowsTheSame() {
    CompositeMeterRegistry composite = new CompositeMeterRegistry(Clock.SYSTEM);
    SimpleMeterRegistry other = new SimpleMeterRegistry();
    composite.add(registry);
    composite.add(other);
    resilience.circuitBreaker("a").run(() -> {});
    MicrometerMetrics.of(resilience).bindTo(composite);

    scrape(registry);
    scrape(other);

    assertThat(calls("a", "success")).isEqualTo(1);
    assertThat(other.getMeters()).hasSameSizeAs(registry.getMeters());
  }

  @Test
  void laterKind_isShownByTheSameRules() {
    Consumer<Readings> later = into -> {
      into.policy("warp", "w");
      into.count("jumps.long_range", "lost", 3);
      into.level("drive_seconds", 1.5);
    };
    MicrometerMetrics.of(fake(later)).bindTo(registry);

    assertThat(registry
            .get("resilience.warp.jumps")
            .tags("runtime", "fake", "name", "w", "of", "long_range", "outcome", "lost")
            .functionCounter()
            .count())
        .isEqualTo(3);
    assertThat(registry.get("resilience.warp.drive").gauge().getId().getBaseUnit())
        .isEqualTo("seconds");
  }

  @Test
  void count_aLittleSmallerThanBefore_doesNotGoBack() {
    AtomicLong value = new AtomicLong(100);
    MicrometerMetrics.of(fake(into -> {
          into.policy("warp", "w");
          into.count("jumps", Readings.NONE, value.get());
        }))
        .bindTo(registry);

    value.set(98);
    scrape(registry);

    assertThat(registry.get("resilience.warp.jumps").functionCounter().count()).isEqualTo(100);
  }

  @Test
  void readings_throw_metersKeepTheirValues() {
    for (Throwable thrown : List.of(
        new IllegalStateException("x"), new NoClassDefFoundError("x"), new IOException("x"))) {
      SimpleMeterRegistry each = new SimpleMeterRegistry();
      AtomicInteger readings = new AtomicInteger();
      MicrometerMetrics.of(fake(into -> {
            if (readings.incrementAndGet() > 1) {
              sneak(thrown);
            }
            into.policy("warp", "w");
            into.count("jumps", Readings.NONE, 7);
          }))
          .bindTo(each);

      scrape(each);

      assertThat(each.get("resilience.warp.jumps").functionCounter().count()).isEqualTo(7);
    }
  }

  @SuppressWarnings("unchecked")
  private static <X extends Throwable> void sneak(Throwable thrown) throws X {
    throw (X) thrown;
  }

  @Test
  void logHandler_throws_leavesNeitherAttachNorScrape() {
    Logger logger = Logger.getLogger(MicrometerMetrics.class.getName());
    AtomicInteger lines = new AtomicInteger();
    Handler broken = new Handler() {
      @Override
      public void publish(LogRecord line) {
        lines.incrementAndGet();
        throw new NoClassDefFoundError("foreign");
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
    logger.setUseParentHandlers(false);
    logger.addHandler(broken);
    try {
      for (int i = 0; i < 2; i++) {
        MicrometerMetrics.of(fake(into -> {
              throw new IllegalStateException("x");
            }))
            .bindTo(registry);
      }
      scrape(registry);
    } finally {
      logger.removeHandler(broken);
      logger.setUseParentHandlers(true);
    }
    assertThat(lines)
        .as("one name that is taken, two runtimes that cannot be read")
        .hasValue(3);
  }

  @Test
  void registryRejectsAMeter_othersAreShown() {
    registry.gauge(
        "resilience.circuitbreaker.calls",
        List.of(
            io.micrometer.core.instrument.Tag.of("runtime", "shop"),
            io.micrometer.core.instrument.Tag.of("name", "a"),
            io.micrometer.core.instrument.Tag.of("outcome", "success")),
        1);
    resilience.circuitBreaker("a").run(() -> {});

    MicrometerMetrics.of(resilience).bindTo(registry);

    assertThat(calls("a", "failure")).isZero();
    assertThat(registry.get("resilience.circuitbreaker.state").gauge().value()).isZero();
  }

  @Test
  void listenerOfTheRegistry_asksTheMeterThatIsAdded_noDeadlock() {
    registry.config().onMeterAdded(meter -> meter.measure().forEach(m -> {}));
    resilience.circuitBreaker("a").run(() -> {});

    MicrometerMetrics.of(resilience).bindTo(registry);

    assertThat(calls("a", "success")).isEqualTo(1);
  }

  /** Whether a thread ends for which code of the application waits. */
  private static boolean ends(Runnable call) {
    return CompletableFuture.runAsync(call)
        .thenApply(ended -> true)
        .completeOnTimeout(false, 10, SECONDS)
        .join();
  }

  @Test
  void listenerOfTheRegistry_waitsForAThreadThatCloses_noDeadlock() {
    MicrometerMetrics metrics = MicrometerMetrics.of(resilience);
    List<Boolean> ended = new ArrayList<>();
    registry.config().onMeterAdded(meter -> ended.add(ends(metrics::close)));
    resilience.circuitBreaker("a").run(() -> {});

    metrics.bindTo(registry);

    assertThat(ended).isNotEmpty().doesNotContain(false);
    assertThat(registry.getMeters()).as("closed as soon as it was shown").isEmpty();
  }

  @Test
  void reading_waitsForAThreadThatCloses_metersGoAfterIt() {
    AtomicReference<MicrometerMetrics> metrics = new AtomicReference<>();
    List<Boolean> ended = new ArrayList<>();
    AtomicInteger readings = new AtomicInteger();
    metrics.set(MicrometerMetrics.of(fake(into -> {
      if (readings.incrementAndGet() == 2) {
        ended.add(ends(() -> metrics.get().close()));
      }
      into.policy("warp", "w");
      into.count("jumps", Readings.NONE, 7);
    })));
    metrics.get().bindTo(registry);

    scrape(registry);

    assertThat(ended).containsExactly(true);
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void timers_listenerWaitsForAThreadThatForgets_noDeadlock() {
    DurationTimers timers = new DurationTimers(registry, "shop", MeterSettings.DEFAULT);
    List<Boolean> ended = new ArrayList<>();
    registry
        .config()
        .onMeterAdded(meter -> ended.add(ends(() -> timers.forget(Kind.RETRY_DELAY, "other"))));

    assertThat(timers.of(Kind.RETRY_DELAY, "a")).isNotNull();
    assertThat(ended).containsExactly(true);
  }

  @Test
  void timers_policyDeclaredAgainWhileItsTimerIsRemoved_isShown() {
    DurationTimers timers = new DurationTimers(registry, "shop", MeterSettings.DEFAULT);
    AtomicReference<LongConsumer> again = new AtomicReference<>();
    timers.of(Kind.RETRY_DELAY, "a");
    registry.config().onMeterRemoved(meter -> {
      if (again.get() == null) {
        again.set(timers.of(Kind.RETRY_DELAY, "a"));
      }
    });

    timers.forget(Kind.RETRY_DELAY, "a");
    again.get().accept(5);

    assertThat(registry.get("resilience.retry.delay").timer().count()).isEqualTo(1);
    timers.close();
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void timers_measureCallsWaitsAndDelays() {
    MicrometerMetrics metrics =
        MicrometerMetrics.builder().registry(registry).percentiles(0.5, 0.99).build();
    try (Resilience timed =
        EveryKind.builder(time).name("timed").extension(metrics).build()) {
      EveryKind.happens(timed, time, "a");

      Timer calls = timer("resilience.circuitbreaker.call.duration", "outcome", "success");
      assertThat(calls.totalTime(MILLISECONDS)).isEqualTo(40);
      assertThat(calls.takeSnapshot().percentileValues())
          .extracting(ValueAtPercentile::percentile)
          .containsExactly(0.5, 0.99);
      assertThat(timer("resilience.circuitbreaker.call.duration", "outcome", "failure")
              .count())
          .isEqualTo(2);
      assertThat(timer("resilience.retry.delay", "name", "a").totalTime(MILLISECONDS))
          .isEqualTo(1500);
      assertThat(timer("resilience.timeout.exceeded", "name", "a").totalTime(MILLISECONDS))
          .isEqualTo(5000);
      assertThat(timer("resilience.bulkhead.wait", "name", "a").totalTime(MILLISECONDS))
          .isEqualTo(150);

      timed.policies().removeBulkhead("a");
      assertThat(registry.find("resilience.bulkhead.wait").timers()).isEmpty();
    }
    assertThat(registry.getMeters()).isEmpty();
  }

  private Timer timer(String name, String tag, String value) {
    return registry.get(name).tag("runtime", "timed").tag(tag, value).timer();
  }

  @Test
  void foundOnThePath_doesNothingUntilAPropertySaysSo() throws IOException {
    resilience.circuitBreaker("a");
    assertThat(resilience.extension(MicrometerMetrics.class)).isPresent();
    assertThat(Metrics.globalRegistry.getMeters()).isEmpty();

    try (Resilience consenting = Resilience.builder()
        .name("consenting")
        .property(MicrometerMetrics.REGISTRY_PROPERTY, "global")
        .property(MicrometerMetrics.TIMERS_PROPERTY, "true")
        .build()) {
      consenting.circuitBreaker("a");
      assertThat(Metrics.globalRegistry.getMeters())
          .extracting(meter -> meter.getId().getName())
          .contains("resilience.policies", "resilience.circuitbreaker.call.duration");
    }
    assertThat(Metrics.globalRegistry.getMeters()).isEmpty();
  }

  @Test
  void foundOnThePath_isBoundLater_withTheRuntimeAlreadyAttached() {
    resilience.circuitBreaker("a");

    resilience.extension(MicrometerMetrics.class).orElseThrow().bindTo(registry);

    assertThat(registry.find("resilience.circuitbreaker.state").gauges()).hasSize(1);
  }

  @Test
  void property_invalid_extensionIsSkipped() {
    try (Resilience other = Resilience.builder()
        .property(MicrometerMetrics.REGISTRY_PROPERTY, "everywhere")
        .build()) {
      assertThat(other.extension(MicrometerMetrics.class)).isEmpty();
    }
    try (Resilience other =
        Resilience.builder().property(MicrometerMetrics.TIMERS_PROPERTY, "yes").build()) {
      assertThat(other.extension(MicrometerMetrics.class)).isEmpty();
    }
  }

  @Test
  void builder_invalidSettings_namedWithRuleAndValue() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MicrometerMetrics.builder().percentiles(99))
        .withMessage("percentiles must be in [0, 1]: 99.0; 0.99 is the 99th percentile");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MicrometerMetrics.builder().percentiles())
        .withMessageContaining("percentiles must be at least one");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MicrometerMetrics.builder().maxNames(0))
        .withMessage("maxNames must be at least 1: 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MicrometerMetrics.builder().maxAge(Duration.ofHours(2)))
        .withMessage("maxAge must be in [0, PT1H]: PT2H");
  }

  @Test
  void close_ofTheRuntime_nothingHoldsItAnyMore() {
    MicrometerMetrics metrics =
        MicrometerMetrics.builder().registry(registry).timers().build();
    WeakReference<Resilience> closed = new WeakReference<>(usedAndClosed(metrics));

    for (int i = 0; closed.get() != null && i < 100; i++) {
      System.gc();
      Thread.yield();
    }

    assertThat(closed.get()).isNull();
  }

  private Resilience usedAndClosed(MicrometerMetrics metrics) {
    Resilience resilience = Resilience.builder().name("gone").extension(metrics).build();
    resilience.circuitBreaker("a").run(() -> {});
    scrape(registry);
    resilience.close();
    return resilience;
  }

  /** The runtime, and how often its policies are read. */
  private Resilience counting(AtomicInteger readings) {
    return proxy((method, arguments) -> {
      if (method.equals("read")) {
        readings.incrementAndGet();
      }
      return null;
    });
  }

  private Resilience fake(Consumer<Readings> policies) {
    return proxy((method, arguments) -> {
      if (method.equals("read")) {
        policies.accept((Readings) arguments[0]);
        return true;
      }
      return method.equals("name") ? "fake" : null;
    });
  }

  private interface Instead {
    Object of(String method, Object[] arguments);
  }

  private Resilience proxy(Instead instead) {
    Policies policies = proxy(Policies.class, () -> resilience.policies(), instead);
    return proxy(
        Resilience.class,
        () -> resilience,
        (method, args) -> method.equals("policies") ? policies : instead.of(method, args));
  }

  private static <T> T proxy(Class<T> type, Supplier<T> real, Instead instead) {
    return type.cast(Proxy.newProxyInstance(
        type.getClassLoader(), new Class<?>[] {type}, (proxy, method, args) -> {
          Object result = instead.of(method.getName(), args);
          if (result != null) {
            return method.getReturnType() == void.class ? null : result;
          }
          try {
            return method.invoke(Objects.requireNonNull(real.get()), args);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        }));
  }
}
