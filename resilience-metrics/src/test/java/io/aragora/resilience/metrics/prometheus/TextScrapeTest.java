package io.aragora.resilience.metrics.prometheus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.core.metrics.StateSet;
import io.prometheus.metrics.core.metrics.Summary;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Exemplar;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot.UnknownDataPointSnapshot;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The text is the one that the Prometheus library writes of the same registry. */
class TextScrapeTest {
  private static final List<String> NAMES = List.of(
      "prices",
      "",
      "other",
      " ",
      Shop.NASTY,
      "\"",
      "\\",
      "\n",
      "\\n",
      "\"\\\n\r\t\0",
      "{}=,",
      "\u00ff\u0100\u07ff\u0800\uffff",
      "\uD83D\uDE00",
      "\uD83D",
      "?",
      "x".repeat(8200),
      "\u20ac".repeat(5000));

  private static final long[] COUNTS = {
    0,
    1,
    9,
    10,
    99,
    100,
    12_345,
    9_999_999,
    10_000_000,
    10_000_001,
    123_456_789_012L,
    1L << 53,
    1L << 58
  };

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final PrometheusMetrics metrics = PrometheusMetrics.on(registry);
  private final Fakes.Runtime shop = new Fakes.Runtime("shop");

  @Test
  void write_hostileNamesAndLargeCounts_theTextOfTheLibrary() throws Exception {
    addHostileBreakers(shop);
    try (AutoCloseable attached = metrics.attach(shop)) {
      assertThat(attached).isNotNull();
      assertThat(ours()).isEqualTo(library()).contains("\\\"", "\\\\", "\\n", "1.0E7", "NaN");
    }
  }

  @Test
  void write_hostileNameOfTheRuntime_theTextOfTheLibrary() throws Exception {
    Fakes.Runtime nasty = new Fakes.Runtime(Shop.NASTY);
    addHostileBreakers(nasty);
    try (AutoCloseable attached = metrics.attach(nasty)) {
      assertThat(attached).isNotNull();
      assertThat(ours()).isEqualTo(library());
    }
  }

  @Test
  void write_moreBreakersThanSeries_theTextOfTheLibrary() throws Exception {
    addHostileBreakers(shop);
    try (AutoCloseable attached =
        PrometheusMetrics.builder(registry).maxNames(3).build().attach(shop)) {
      assertThat(attached).isNotNull();
      assertThat(ours()).isEqualTo(library());
    }
  }

  @Test
  void write_noBreakers_theTextOfTheLibrary() throws Exception {
    try (AutoCloseable attached = metrics.attach(shop)) {
      assertThat(attached).isNotNull();
      assertThat(ours()).isEqualTo(library()).doesNotContain("circuit_breaker");
    }
  }

  @Test
  void write_everyFamilyAndState_theTextOfTheLibrary() throws IOException {
    try (Shop real = new Shop()) {
      real.everythingHappens(Shop.NASTY);
      CircuitBreakerConfig config =
          CircuitBreakerConfig.builder().failureRateThreshold(30).build();
      for (CircuitBreakerState state : CircuitBreakerState.values()) {
        CircuitBreaker breaker = real.resilience.circuitBreaker(state.text(), config);
        breaker.call(() -> "x");
        breaker.call(() -> "x");
        Shop.fail(breaker);
        switch (state) {
          case CLOSED -> breaker.recordFailure(breaker.acquirePermit(), null);
          case OPEN -> Shop.fail(real.opensAtOnce("opened"));
          case HALF_OPEN -> breaker.reset();
          case FORCED_OPEN -> breaker.forceOpen();
          case DISABLED -> breaker.disable();
          case METRICS_ONLY -> {
            breaker.forceOpen();
            breaker.metricsOnly();
          }
        }
      }
      assertThat(text(real.registry))
          .isEqualTo(libraryText(real.registry))
          .contains("from_state=\"forced_open\"", "_failure_rate{", "_bucket{");
    }
  }

  @Test
  void write_otherCollectors_theirFamiliesStandWhereTheLibraryPutsThem() throws Exception {
    addHostileBreakers(shop);
    addStrangers();
    try (AutoCloseable attached = metrics.attach(shop)) {
      assertThat(attached).isNotNull();
      assertThat(ours())
          .isEqualTo(library())
          .contains("\nresilience_circuit_breaker_others 3.0\n", "+Inf", "# TYPE a_total counter");
    }
  }

  @Test
  void write_otherCollectorHasAFamilyOfBreakers_mergedByTheLibrary() throws Exception {
    addHostileBreakers(shop);
    registry.register((Collector) () -> GaugeSnapshot.builder()
        .name(MetricNames.BREAKER_STATE)
        .help("foreign")
        .dataPoint(GaugeDataPointSnapshot.builder()
            .labels(Labels.of("foreign", "yes"))
            .value(7)
            .build())
        .build());
    try (AutoCloseable attached = metrics.attach(shop)) {
      assertThat(attached).isNotNull();
      assertThat(ours())
          .isEqualTo(library())
          .contains("resilience_circuit_breaker_state{foreign=\"yes\"} 7.0")
          .containsOnlyOnce("# TYPE resilience_circuit_breaker_state gauge");
    }
  }

  @Test
  void write_otherCollectorHasAFamilyOfAnotherType_rejectedByTheLibrary() throws Exception {
    addHostileBreakers(shop);
    registry.register((Collector) () -> CounterSnapshot.builder()
        .name(MetricNames.BREAKER_STATE)
        .dataPoint(CounterDataPointSnapshot.builder().value(7).build())
        .build());
    try (AutoCloseable attached = metrics.attach(shop)) {
      assertThat(attached).isNotNull();
      assertThatThrownBy(this::library)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("conflicting metric types");
      assertThatThrownBy(this::ours)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("conflicting metric types");
    }
  }

  @Test
  void write_twoRuntimes_theLinesOfTheLibrary_oneRuntimeAfterTheOther() throws Exception {
    Fakes.Runtime bank = new Fakes.Runtime("bank");
    addHostileBreakers(shop);
    addHostileBreakers(bank);
    try (AutoCloseable first = metrics.attach(shop);
        AutoCloseable second = metrics.attach(bank)) {
      assertThat(first).isNotSameAs(second);
      String ours = ours();
      assertThat(heads(ours)).isEqualTo(heads(library()));
      assertThat(ours.lines().sorted())
          .containsExactlyElementsOf(library().lines().sorted().toList());
      assertThat(ours.lines()
              .filter(line -> line.startsWith(MetricNames.BREAKER_STATE + "{"))
              .map(line -> line.contains("runtime=\"shop\""))
              .distinct())
          .containsExactly(true, false);
    }
  }

  @Test
  void write_runtimeThatCannotBeRead_nothingOfIt() throws Exception {
    addHostileBreakers(shop);
    shop.timeouts.add(Fakes.timeout(null, null));
    try (AutoCloseable attached = metrics.attach(shop)) {
      assertThat(attached).isNotNull();
      assertThat(ours()).isEqualTo(library()).doesNotContain("resilience_circuit_breaker_");
    }
  }

  @Test
  void write_thousandsOfBreakers_inChunks() throws Exception {
    AtomicReference<CircuitBreakerTotals> totals =
        new AtomicReference<>(CircuitBreakerTotals.builder().successes(5).build());
    for (int i = 0; i < 1000; i++) {
      shop.breakers.add(Fakes.breaker("breaker-" + i, totals));
    }
    int[] largest = {0};
    try (AutoCloseable attached = metrics.attach(shop)) {
      assertThat(attached).isNotNull();
      scrape(registry).write(new OutputStream() {
        @Override
        public void write(int b) {}

        @Override
        public void write(byte[] bytes, int from, int length) {
          largest[0] = Math.max(largest[0], length);
        }
      });
      assertThat(ours()).isEqualTo(library());
    }
    assertThat(largest[0]).isLessThanOrEqualTo(8192);
  }

  /** Breakers with each name, of which some have counts that are as large as possible, and transitions. */
  private static void addHostileBreakers(Fakes.Runtime runtime) {
    for (int i = 0; i < NAMES.size(); i++) {
      CircuitBreakerTotals totals = CircuitBreakerTotals.builder()
          .successes(COUNTS[i % COUNTS.length])
          .failures(COUNTS[(i + 1) % COUNTS.length] / 4)
          .ignored(i)
          .rejected(1000L * i)
          .late(1_000_000L * i)
          .build();
      runtime.breakers.add(Fakes.breaker(
          NAMES.get(i),
          CircuitBreakerState.values()[i % 2],
          i % 3,
          i,
          i / 3,
          new AtomicReference<>(totals)));
    }
  }

  private void addStrangers() {
    Gauge.builder().name("aaa").help("first\\of\nall").register(registry).set(Double.NaN);
    Gauge.builder().name("zzz").register(registry).set(Double.POSITIVE_INFINITY);
    Gauge.builder().name("resilience_circuit_breaker_others").register(registry).set(3);
    Counter.builder()
        .name("a_total")
        .labelNames("path")
        .register(registry)
        .labelValues("\"\n")
        .inc();
    Histogram.builder()
        .name("resilience_circuit_breaker_seconds")
        .register(registry)
        .observe(0.3);
    Summary.builder()
        .name("resilience_circuit_breaker_size")
        .quantile(0.5)
        .register(registry)
        .observe(3);
    Info.builder().name("build_info").labelNames("version").register(registry).setLabelValues("1");
    StateSet.builder()
        .name("resilience_circuit_breaker_sets")
        .states("on", "off")
        .register(registry)
        .setTrue("on");
    registry.register((Collector) () -> UnknownSnapshot.builder()
        .name("resilience_circuit_breaker_unknown")
        .dataPoint(UnknownDataPointSnapshot.builder().value(-1).build())
        .build());
    registry.register((Collector) () -> CounterSnapshot.builder()
        .name("resilience_circuit_breaker_dated")
        .dataPoint(CounterDataPointSnapshot.builder()
            .value(1e100)
            .createdTimestampMillis(1234)
            .scrapeTimestampMillis(5678)
            .exemplar(Exemplar.builder().value(1).traceId("a").spanId("b").build())
            .build())
        .build());
    // A collector may have nothing to show.
    registry.register((Collector) () -> null);
  }

  private static List<String> heads(String text) {
    return text.lines().filter(line -> line.startsWith("#")).toList();
  }

  private String ours() throws IOException {
    return text(registry);
  }

  private String library() throws IOException {
    return libraryText(registry);
  }

  private static TextScrape scrape(PrometheusRegistry registry) {
    return Objects.requireNonNull(RegistryCollectors.of(registry)).scrape(registry);
  }

  private static String text(PrometheusRegistry registry) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    MetricsEndpoint.write(registry, out);
    return out.toString(UTF_8);
  }

  private static String libraryText(PrometheusRegistry registry) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrometheusTextFormatWriter.create().write(out, registry.scrape());
    return out.toString(UTF_8);
  }
}
