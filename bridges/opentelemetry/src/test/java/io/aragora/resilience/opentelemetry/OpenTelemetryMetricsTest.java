package io.aragora.resilience.opentelemetry;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.aragora.resilience.Policies;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.spi.DurationRecorder.Kind;
import io.aragora.resilience.spi.Readings;
import io.aragora.resilience.testing.ManualTime;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.DoublePointData;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.PointData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.lang.ref.WeakReference;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenTelemetryMetricsTest {
  private final ManualTime time = ManualTime.create();
  private final InMemoryMetricReader reader = InMemoryMetricReader.create();
  private final OpenTelemetrySdk sdk = OpenTelemetrySdk.builder()
      .setMeterProvider(SdkMeterProvider.builder().registerMetricReader(reader).build())
      .build();

  @AfterEach
  void close() {
    sdk.close();
  }

  private Resilience shop() {
    return EveryKind.builder(time).extension(OpenTelemetryMetrics.on(sdk)).build();
  }

  /** By name of the metric. */
  private Map<String, MetricData> collect() {
    Collection<MetricData> all = reader.collectAllMetrics();
    assertThat(all)
        .allSatisfy(metric -> assertThat(metric.getInstrumentationScopeInfo().getName())
            .isEqualTo("io.aragora.resilience"));
    return all.stream().collect(Collectors.toMap(MetricData::getName, Function.identity()));
  }

  private static Attributes of(String name, String... more) {
    var attributes = Attributes.builder()
        .put("resilience.runtime.name", "shop")
        .put("resilience.policy.name", name);
    for (int i = 0; i < more.length; i += 2) {
      attributes.put(more[i], more[i + 1]);
    }
    return attributes.build();
  }

  private static long count(MetricData metric, Attributes attributes) {
    return metric.getLongSumData().getPoints().stream()
        .filter(point -> point.getAttributes().equals(attributes))
        .mapToLong(LongPointData::getValue)
        .findFirst()
        .orElseThrow();
  }

  private static double level(MetricData metric) {
    return metric.getData().getPoints().stream()
        .mapToDouble(point -> ((DoublePointData) point).getValue())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void collect_everyKind_everyNumberInTheFirstCollection() {
    try (Resilience resilience = shop()) {
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
          numbers.addAndGet(Double.isNaN(value) ? 0 : 1);
        }
      });

      Map<String, MetricData> metrics = collect();

      assertThat(metrics.values().stream()
              .mapToInt(each -> each.getData().getPoints().size())
              .sum())
          .isEqualTo(numbers.get());
      assertThat(metrics.values()).allSatisfy(metric -> {
        assertThat(metric.getUnit()).isNotEmpty();
        assertThat(metric.getDescription()).as(metric.getName()).isNotEmpty();
      });
      assertThat(count(
              metrics.get("resilience.circuitbreaker.calls"),
              of("a", "resilience.outcome", "failure")))
          .isEqualTo(1);
      assertThat(count(
              metrics.get("resilience.retry.attempts"),
              of("a", "resilience.outcome", "failure", "resilience.attempt", "2")))
          .isEqualTo(1);
      assertThat(count(
              metrics.get("resilience.chaos.injections"), of("a", "resilience.injection", "fail")))
          .isEqualTo(1);
      assertThat(level(metrics.get("resilience.hedge.delay"))).isEqualTo(0.05);
      assertThat(metrics.get("resilience.hedge.delay").getUnit()).isEqualTo("s");
      assertThat(metrics.get("resilience.bulkhead.in_use").getDoubleSumData().isMonotonic())
          .isFalse();
    }
  }

  @Test
  void collect_policyCreatedAndRemoved_shownWhileItLives() {
    try (Resilience resilience = shop()) {
      assertThat(collect()).isEmpty();

      resilience.circuitBreaker("late").run(() -> {});
      assertThat(count(
              collect().get("resilience.circuitbreaker.calls"),
              of("late", "resilience.outcome", "success")))
          .isEqualTo(1);

      resilience.policies().removeCircuitBreaker("late");
      assertThat(collect()).isEmpty();
    }
  }

  @Test
  void close_ofTheRuntime_nothingIsCollected() {
    Resilience resilience = shop();
    resilience.circuitBreaker("a");
    assertThat(collect()).isNotEmpty();

    resilience.close();

    assertThat(collect()).isEmpty();
  }

  @Test
  void collect_readsAllPoliciesOnce() throws Exception {
    AtomicInteger readings = new AtomicInteger();
    AutoCloseable attached = OpenTelemetryMetrics.on(sdk).attach(context(into -> {
      readings.incrementAndGet();
      into.policy("circuitbreaker", "a");
      into.count("calls", "success", 1);
      into.level("state", 0);
      into.policy("bulkhead", "a");
      into.level("in_use", 0);
    }));

    assertThat(collect()).hasSize(3);
    assertThat(readings).hasValue(1);
    attached.close();
  }

  @Test
  void laterKind_isShownFromTheSecondCollectionOn() throws Exception {
    AutoCloseable attached = OpenTelemetryMetrics.on(sdk).attach(context(into -> {
      into.policy("warp", "w");
      into.count("jumps.long_range", "lost", 3);
      into.level("drive_seconds", 1.5);
      into.level("broken", Double.NaN);
    }));

    assertThat(collect()).isEmpty();
    Map<String, MetricData> metrics = collect();

    assertThat(count(
            metrics.get("resilience.warp.jumps"),
            of("w", "resilience.outcome", "lost", "resilience.warp.part", "long_range")))
        .isEqualTo(3);
    assertThat(level(metrics.get("resilience.warp.drive"))).isEqualTo(1.5);
    assertThat(metrics).hasSize(2);
    attached.close();
    assertThat(collect()).isEmpty();
  }

  @Test
  void count_aLittleSmallerThanBefore_doesNotGoBack_butOfANewPolicy() throws Exception {
    AtomicLong value = new AtomicLong(100);
    AutoCloseable attached = OpenTelemetryMetrics.on(sdk).attach(context(into -> {
      into.policy("timeout", "w");
      into.count("timeouts", Readings.NONE, value.get());
    }));

    assertThat(count(collect().get("resilience.timeout.timeouts"), of("w"))).isEqualTo(100);
    value.set(98);
    assertThat(count(collect().get("resilience.timeout.timeouts"), of("w"))).isEqualTo(100);
    value.set(3);
    assertThat(count(collect().get("resilience.timeout.timeouts"), of("w"))).isEqualTo(3);
    attached.close();
  }

  @Test
  void readings_throw_laterCollectionsWork() throws Exception {
    AtomicInteger readings = new AtomicInteger();
    AutoCloseable attached = OpenTelemetryMetrics.on(sdk).attach(context(into -> {
      if (readings.getAndIncrement() == 0) {
        throw new NoClassDefFoundError("x");
      }
      into.policy("timeout", "w");
      into.count("timeouts", Readings.NONE, 1);
    }));

    assertThat(collect()).isEmpty();
    assertThat(collect()).hasSize(1);
    attached.close();
  }

  @Test
  void maxNames_reached_othersAreLeftOut() {
    OpenTelemetryMetrics metrics =
        OpenTelemetryMetrics.builder(sdk).maxNames(2).durations().build();
    try (Resilience resilience = EveryKind.builder(time).extension(metrics).build()) {
      for (int i = 0; i < 5; i++) {
        resilience.circuitBreaker("b" + i).run(() -> {});
      }

      Map<String, MetricData> shown = collect();

      assertThat(shown.get("resilience.circuitbreaker.state").getData().getPoints())
          .hasSize(2);
      assertThat(shown.get("resilience.circuitbreaker.call.duration").getData().getPoints())
          .hasSize(2);
    }
  }

  @Test
  void maxNames_reached_removedPoliciesMakeRoom() {
    OpenTelemetryMetrics metrics =
        OpenTelemetryMetrics.builder(sdk).maxNames(2).durations().build();
    try (Resilience resilience = EveryKind.builder(time).extension(metrics).build()) {
      resilience.circuitBreaker("b0").run(() -> {});
      resilience.circuitBreaker("b1").run(() -> {});
      assertThat(resilience.policies().removeCircuitBreaker("b0")).isTrue();
      resilience.circuitBreaker("b2").run(() -> {});

      assertThat(
              collect().get("resilience.circuitbreaker.call.duration").getData().getPoints())
          .extracting(
              point -> point.getAttributes().get(AttributeKey.stringKey("resilience.policy.name")))
          .contains("b2");
    }
  }

  /** Whether a thread ends for which code of the application waits. */
  private static boolean ends(Runnable call) {
    return CompletableFuture.runAsync(call)
        .thenApply(ended -> true)
        .completeOnTimeout(false, 10, SECONDS)
        .join();
  }

  @Test
  void collect_readingWaitsForAThreadThatCloses_endsAfterIt() throws Exception {
    AtomicReference<AutoCloseable> attached = new AtomicReference<>();
    List<Boolean> ended = new ArrayList<>();
    attached.set(OpenTelemetryMetrics.on(sdk).attach(context(into -> {
      ended.add(ends(() -> {
        try {
          attached.get().close();
        } catch (Exception e) {
          throw new AssertionError(e);
        }
      }));
      into.policy("timeout", "t");
    })));

    collect();
    collect();

    assertThat(ended).as("the second collection has no callback").containsExactly(true);
  }

  @Test
  void durations_meterWaitsForAThreadThatForgets_noDeadlock() {
    Meter meter = sdk.getMeter("test");
    List<Boolean> ended = new ArrayList<>();
    AtomicReference<DurationHistograms> durations = new AtomicReference<>();
    Meter waiting = proxy(Meter.class, (name, args) -> {
      ended.add(ends(() -> durations.get().forget(Kind.RETRY_DELAY, "other")));
      return meter.histogramBuilder((String) args[0]);
    });
    durations.set(new DurationHistograms(waiting, "shop", 1));

    assertThat(durations.get().of(Kind.RETRY_DELAY, "a")).isNotNull();
    assertThat(ended).containsExactly(true);
  }

  @Test
  void maxNames_ofDurationsReached_loggedOnce() {
    List<String> logged = new ArrayList<>();
    Handler handler = new Handler() {
      @Override
      public void publish(LogRecord record) {
        logged.add(record.getMessage());
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
    Logger logger = Logger.getLogger(OpenTelemetryMetrics.class.getName());
    logger.addHandler(handler);
    try {
      DurationHistograms durations = new DurationHistograms(sdk.getMeter("test"), "shop", 1);
      assertThat(durations.of(Kind.RETRY_DELAY, "a")).isNotNull();
      assertThat(durations.of(Kind.RETRY_DELAY, "b")).isNull();
      assertThat(durations.of(Kind.RETRY_DELAY, "c")).isNull();
    } finally {
      logger.removeHandler(handler);
    }
    assertThat(logged)
        .containsExactly(
            "metrics of runtime 'shop': 1 policies have resilience.retry.delay already,"
                + " so 'b' and later ones have none. Raise maxNames if there are as many policies on"
                + " purpose. (logged once)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "getMeter",
        "counterBuilder",
        "gaugeBuilder",
        "upDownCounterBuilder",
        "batchCallback",
        "recordDurations"
      })
  void attach_stepFails_leavesNothing(String step) throws Exception {
    AtomicReference<String> failing = new AtomicReference<>(step);
    OpenTelemetry telemetry = failingAt(failing, OpenTelemetry.class, sdk);
    OpenTelemetryMetrics metrics =
        OpenTelemetryMetrics.builder(telemetry).durations().build();
    ResilienceContext context = failingAt(failing, ResilienceContext.class, context(into -> {
      into.policy("retry", "a");
      into.count("calls", "success", 1);
    }));

    assertThatIllegalStateException().isThrownBy(() -> metrics.attach(context)).withMessage(step);

    assertThat(collect()).isEmpty();
    failing.set("");
    try (AutoCloseable attached = metrics.attach(context)) {
      assertThat(attached).isNotNull();
      assertThat(collect().values())
          .isNotEmpty()
          .allSatisfy(metric -> assertThat(metric.getData().getPoints())
              .extracting(point ->
                  point.getAttributes().get(AttributeKey.stringKey("resilience.runtime.name")))
              .containsExactly("shop"));
    }
  }

  /** Fails in the method of that name, and in those of the meters that it returns. */
  private static <T> T failingAt(AtomicReference<String> failing, Class<T> type, T real) {
    return type.cast(Proxy.newProxyInstance(
        type.getClassLoader(), new Class<?>[] {type}, (proxy, method, args) -> {
          if (method.getName().equals(failing.get())) {
            throw new IllegalStateException(method.getName());
          }
          if (method.getName().equals("recordDurations")) {
            return (Subscription) () -> {};
          }
          Object result = method.invoke(real, args);
          return result instanceof Meter meter ? failingAt(failing, Meter.class, meter) : result;
        }));
  }

  @Test
  void runtimesOfOneName_haveDifferentAttributes() {
    OpenTelemetryMetrics metrics = OpenTelemetryMetrics.on(sdk);
    try (Resilience first = EveryKind.builder(time).extension(metrics).build();
        Resilience second = EveryKind.builder(time).extension(metrics).build()) {
      first.circuitBreaker("a");
      second.circuitBreaker("a");

      assertThat(collect().get("resilience.circuitbreaker.state").getData().getPoints())
          .extracting(
              point -> point.getAttributes().get(AttributeKey.stringKey("resilience.runtime.name")))
          .containsExactlyInAnyOrder("shop", "shop-2");
    }
  }

  @Test
  void durations_areHistogramsInSeconds() {
    OpenTelemetryMetrics metrics = OpenTelemetryMetrics.builder(sdk).durations().build();
    try (Resilience resilience = EveryKind.builder(time).extension(metrics).build()) {
      EveryKind.happens(resilience, time, "a");

      Map<String, MetricData> shown = collect();

      assertThat(sum(shown, "resilience.circuitbreaker.call.duration", "success"))
          .isEqualTo(0.04);
      assertThat(sum(shown, "resilience.retry.delay", null)).isEqualTo(1.5);
      assertThat(sum(shown, "resilience.timeout.exceeded", null)).isEqualTo(5);
      assertThat(sum(shown, "resilience.bulkhead.wait", null)).isEqualTo(0.15);
      assertThat(shown.get("resilience.bulkhead.wait").getUnit()).isEqualTo("s");
    }
  }

  private static double sum(Map<String, MetricData> shown, String name, String outcome) {
    return shown.get(name).getHistogramData().getPoints().stream()
        .filter(point -> outcome == null || outcome.equals(outcome(point)))
        .mapToDouble(HistogramPointData::getSum)
        .sum();
  }

  private static String outcome(PointData point) {
    return point.getAttributes().get(AttributeKey.stringKey("resilience.outcome"));
  }

  @Test
  void foundOnThePath_doesNothingUntilAPropertySaysSo() {
    GlobalOpenTelemetry.resetForTest();
    GlobalOpenTelemetry.set(sdk);
    try (Resilience silent = Resilience.builder().name("silent").build();
        Resilience consenting = Resilience.builder()
            .name("shop")
            .property(OpenTelemetryMetrics.PROPERTY, "global")
            .property(OpenTelemetryMetrics.DURATIONS_PROPERTY, "true")
            .build()) {
      silent.circuitBreaker("a").run(() -> {});
      consenting.circuitBreaker("a").run(() -> {});

      Map<String, MetricData> shown = collect();

      assertThat(shown).containsKey("resilience.circuitbreaker.call.duration");
      assertThat(shown.values())
          .allSatisfy(metric -> assertThat(metric.getData().getPoints())
              .allSatisfy(point -> assertThat(point.getAttributes().asMap())
                  .containsEntry(AttributeKey.stringKey("resilience.runtime.name"), "shop")));
    } finally {
      GlobalOpenTelemetry.resetForTest();
    }
  }

  @Test
  void foundOnThePath_globalIsNotSetYet_applicationCanStillSetIt() {
    GlobalOpenTelemetry.resetForTest();
    try (Resilience early = Resilience.builder()
        .name("early")
        .property(OpenTelemetryMetrics.PROPERTY, "global")
        .build()) {
      early.circuitBreaker("a").run(() -> {});
      assertThat(GlobalOpenTelemetry.isSet()).isFalse();

      GlobalOpenTelemetry.set(sdk);

      assertThat(collect()).as("skipped with a warning").isEmpty();
    } finally {
      GlobalOpenTelemetry.resetForTest();
    }
  }

  @Test
  void foundOnThePath_globalIsConfiguredByGet_isTaken() {
    GlobalOpenTelemetry.resetForTest();
    System.setProperty("otel.java.global-autoconfigure.enabled", "true");
    try (Resilience early = Resilience.builder()
        .name("early")
        .property(OpenTelemetryMetrics.PROPERTY, "global")
        .build()) {
      early.circuitBreaker("a").run(() -> {});
      assertThat(GlobalOpenTelemetry.isSet()).as("it was asked for").isTrue();
    } finally {
      System.clearProperty("otel.java.global-autoconfigure.enabled");
      GlobalOpenTelemetry.resetForTest();
    }
  }

  @Test
  void property_invalid_extensionIsSkipped() {
    for (String property :
        new String[] {OpenTelemetryMetrics.PROPERTY, OpenTelemetryMetrics.DURATIONS_PROPERTY}) {
      try (Resilience other = Resilience.builder().property(property, "yes").build()) {
        assertThat(other.extension(OpenTelemetryMetrics.class)).isEmpty();
      }
    }
  }

  @Test
  void openTelemetryThatDoesNothing_costsNothing() {
    try (Resilience resilience = Resilience.builder()
        .extension(OpenTelemetryMetrics.on(OpenTelemetry.noop()))
        .build()) {
      assertThat(resilience.circuitBreaker("a").<String, RuntimeException>call(() -> "x"))
          .isEqualTo("x");
    }
  }

  @Test
  void builder_invalidSetting_namedWithRuleAndValue() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OpenTelemetryMetrics.builder(sdk).maxNames(0))
        .withMessage("maxNames must be at least 1: 0");
  }

  @Test
  void close_ofTheRuntime_nothingHoldsItAnyMore() {
    OpenTelemetryMetrics metrics = OpenTelemetryMetrics.builder(sdk).durations().build();
    WeakReference<Resilience> closed = new WeakReference<>(usedAndClosed(metrics));

    for (int i = 0; closed.get() != null && i < 100; i++) {
      System.gc();
      Thread.yield();
    }

    assertThat(closed.get()).isNull();
  }

  private Resilience usedAndClosed(OpenTelemetryMetrics metrics) {
    Resilience resilience = Resilience.builder().name("gone").extension(metrics).build();
    resilience.circuitBreaker("a").run(() -> {});
    assertThat(collect()).isNotEmpty();
    resilience.close();
    return resilience;
  }

  /** A context whose runtime has these policies. */
  private static ResilienceContext context(Consumer<Readings> policies) {
    Policies read = proxy(Policies.class, (name, args) -> {
      if (name.equals("read")) {
        policies.accept((Readings) args[0]);
      }
      return null;
    });
    Resilience resilience = proxy(Resilience.class, (name, args) -> switch (name) {
      case "name" -> "shop";
      case "policies" -> read;
      default -> null;
    });
    return proxy(
        ResilienceContext.class,
        (name, args) -> name.equals("resilience") ? resilience : java.util.Optional.empty());
  }

  private interface Answer {
    Object to(String method, Object[] arguments);
  }

  private static <T> T proxy(Class<T> type, Answer answer) {
    return type.cast(Proxy.newProxyInstance(
        type.getClassLoader(),
        new Class<?>[] {type},
        (proxy, method, args) -> answer.to(method.getName(), args)));
  }
}
