package io.aragora.resilience.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.retry.RetryTotals;
import io.aragora.resilience.timeout.TimeoutTotals;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrometheusMetricsTest {
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final PrometheusMetrics metrics = PrometheusMetrics.on(registry);

  @Test
  void attach_twoRuntimes_eachUnderItsName() throws Exception {
    try (AutoCloseable shop = metrics.attach(runtime("shop", 1));
        AutoCloseable bank = PrometheusMetrics.on(registry).attach(runtime("bank", 2))) {
      assertThat(shop).isNotSameAs(bank);
      assertThat(timeouts())
          .containsExactlyInAnyOrder(
              "resilience_timeouts_total{name=\"mail\",runtime=\"shop\"} 1.0",
              "resilience_timeouts_total{name=\"mail\",runtime=\"bank\"} 2.0");
    }
  }

  @Test
  void attach_sameNameTwice_secondGetsANumberUntilTheFirstIsGone() throws Exception {
    AutoCloseable first = metrics.attach(runtime("shop", 1));
    AutoCloseable second = metrics.attach(runtime("shop", 2));
    assertThat(timeouts())
        .containsExactlyInAnyOrder(
            "resilience_timeouts_total{name=\"mail\",runtime=\"shop\"} 1.0",
            "resilience_timeouts_total{name=\"mail\",runtime=\"shop-2\"} 2.0");

    first.close();
    AutoCloseable third = metrics.attach(runtime("shop", 3));

    assertThat(timeouts())
        .containsExactlyInAnyOrder(
            "resilience_timeouts_total{name=\"mail\",runtime=\"shop-2\"} 2.0",
            "resilience_timeouts_total{name=\"mail\",runtime=\"shop\"} 3.0");
    second.close();
    third.close();
  }

  @Test
  void keyedBreakers_showTheirKeysEvictionsAndOverflows() throws Exception {
    Fakes.Runtime runtime = runtime("shop", 1);
    runtime.keyedBreakers.add(Fakes.keyedBreaker("tenants", 7, 3, 2));
    try (AutoCloseable shop = metrics.attach(runtime)) {
      assertThat(shop).isNotNull();
      assertThat(series("resilience_keyed_"))
          .filteredOn(line -> !line.contains("key=\"other\""))
          .containsExactlyInAnyOrder(
              "resilience_keyed_circuit_breaker_keys{name=\"tenants\",runtime=\"shop\"} 7.0",
              "resilience_keyed_circuit_breaker_open_keys{name=\"tenants\",runtime=\"shop\"} 0.0",
              "resilience_keyed_circuit_breaker_state_changes_total{from_state=\"closed\",name=\"tenants\",runtime=\"shop\",to_state=\"open\"} 0.0",
              "resilience_keyed_circuit_breaker_evictions_total{name=\"tenants\",runtime=\"shop\"} 3.0",
              "resilience_keyed_circuit_breaker_overflows_total{name=\"tenants\",runtime=\"shop\"} 2.0");
    }
  }

  @Test
  void close_oneOfTwo_theOtherStays() throws Exception {
    AutoCloseable shop = metrics.attach(runtime("shop", 1));
    AutoCloseable bank = metrics.attach(runtime("bank", 2));

    shop.close();
    shop.close();

    assertThat(timeouts())
        .containsExactly("resilience_timeouts_total{name=\"mail\",runtime=\"bank\"} 2.0");
    bank.close();
  }

  @Test
  void close_last_unregistersAndFreesTheNames() throws Exception {
    metrics.attach(runtime("shop", 1)).close();

    assertThat(registry.scrape().size()).isZero();
    assertThatCode(() -> registry.register(new Stranger())).doesNotThrowAnyException();
  }

  @Test
  void attach_again_afterTheLastWasClosed() throws Exception {
    metrics.attach(runtime("shop", 1)).close();

    try (AutoCloseable again = metrics.attach(runtime("shop", 2))) {
      assertThat(again).isNotNull();
      assertThat(timeouts())
          .containsExactly("resilience_timeouts_total{name=\"mail\",runtime=\"shop\"} 2.0");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"readings of properties", "register", "recordDurations"})
  void attach_stepFails_leavesNothing(String step) throws Exception {
    AtomicReference<String> failing = new AtomicReference<>(step);
    PrometheusRegistry target = new PrometheusRegistry() {
      @Override
      public void register(MultiCollector collector) {
        fail(failing, "register");
        super.register(collector);
      }
    };
    PrometheusMetrics timed = PrometheusMetrics.builder(target).durations().build();
    Fakes.Runtime runtime = runtime("shop", 1);
    ResilienceContext context = (ResilienceContext) Proxy.newProxyInstance(
        getClass().getClassLoader(),
        new Class<?>[] {ResilienceContext.class},
        (proxy, method, args) -> {
          fail(
              failing,
              method.getName().equals("property") ? "readings of properties" : method.getName());
          return method.invoke(runtime, args);
        });

    assertThatThrownBy(() -> timed.attach(context)).hasMessage(step);

    assertThat(target.scrape().size()).isZero();
    assertThat(timed.registryOf(runtime.resilience())).isEmpty();
    failing.set("");
    try (AutoCloseable attached = timed.attach(context)) {
      assertThat(attached).isNotNull();
      assertThat(RegistryCollectors.of(target)).isNotNull();
      assertThat(timed.registryOf(runtime.resilience())).contains(target);
    }
    assertThat(target.scrape().size()).isZero();
  }

  private static void fail(AtomicReference<String> failing, String step) {
    if (step.equals(failing.get())) {
      throw new IllegalStateException(step);
    }
  }

  @Test
  void attach_nameTakenByAStranger_failsAndLeavesNothingBehind() throws Exception {
    Stranger stranger = new Stranger();
    registry.register(stranger);
    Fakes.Runtime runtime = runtime("shop", 1);

    assertThatThrownBy(() -> metrics.attach(runtime))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("resilience_timeout");
    assertThat(metrics.registryOf(runtime.resilience())).isEmpty();

    registry.unregister(stranger);
    try (AutoCloseable attached = metrics.attach(runtime)) {
      assertThat(attached).isNotNull();
      assertThat(timeouts()).hasSize(1);
    }
  }

  @Test
  void attach_found_offUntilConfigured() throws Exception {
    PrometheusMetrics found = new PrometheusMetrics();
    Fakes.Runtime runtime = runtime("shop", 1);
    int before = PrometheusRegistry.defaultRegistry.scrape().size();

    found.attach(runtime).close();
    assertThat(found.registryOf(runtime.resilience())).isEmpty();

    runtime.properties.put(PrometheusMetrics.PROPERTY, "default");
    AutoCloseable attached = found.attach(runtime);
    assertThat(found.registryOf(runtime.resilience()))
        .containsSame(PrometheusRegistry.defaultRegistry);
    assertThat(PrometheusRegistry.defaultRegistry.scrape().size()).isEqualTo(before + 8);

    attached.close();
    assertThat(found.registryOf(runtime.resilience())).isEmpty();
    assertThat(PrometheusRegistry.defaultRegistry.scrape().size()).isEqualTo(before);
  }

  @Test
  void attach_unknownValue_namesPropertyRuleAndValue() {
    Fakes.Runtime runtime = runtime("shop", 1);
    runtime.properties.put(PrometheusMetrics.PROPERTY, "yes");

    assertThatThrownBy(() -> new PrometheusMetrics().attach(runtime))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("resilience.metrics.prometheus must be default, or not set: yes");
  }

  @Test
  @Tag("fault-65")
  @DisplayName("failing metrics of one runtime do not affect the others")
  void scrape_oneRuntimeCannotBeRead_theOthersCan() throws Exception {
    try (AutoCloseable first = metrics.attach(runtimeThatFails());
        AutoCloseable second = metrics.attach(runtime("shop", 1))) {
      assertThat(first).isNotSameAs(second);
      assertThat(timeouts())
          .containsExactly("resilience_timeouts_total{name=\"mail\",runtime=\"shop\"} 1.0");
    }
  }

  @Test
  @DisplayName("an error in the metrics of one runtime does not affect the others")
  void scrape_oneRuntimeHasAnError_theOthersAreShown() throws Exception {
    Fakes.Runtime broken = new Fakes.Runtime("broken");
    broken.timeouts.add(
        Fakes.fake(io.aragora.resilience.timeout.Timeout.class, Map.of("name", args -> {
          throw new NoClassDefFoundError("foreign");
        })));
    try (AutoCloseable first = metrics.attach(broken);
        AutoCloseable second = metrics.attach(runtime("shop", 1))) {
      assertThat(first).isNotSameAs(second);
      assertThat(timeouts())
          .containsExactly("resilience_timeouts_total{name=\"mail\",runtime=\"shop\"} 1.0");
    }
  }

  @Test
  @DisplayName("a call that the budget ended between two readings hides no series")
  void scrape_budgetEndsACallMeanwhile_isShown() throws Exception {
    Fakes.Runtime runtime = runtime("shop", 1);
    // The whole was read before that call ended, and the part of it after.
    runtime.retries.add(Fakes.retry(
        "orders", RetryTotals.builder().count(RetryEvent.Kind.OUT_OF_BUDGET, 1).build()));
    try (AutoCloseable attached = metrics.attach(runtime)) {
      assertThat(attached).isNotNull();
      assertThat(series("resilience_retry_calls_total{"))
          .contains(
              "resilience_retry_calls_total{name=\"orders\",outcome=\"exhausted\",runtime=\"shop\"} 0.0",
              "resilience_retry_calls_total{name=\"orders\",outcome=\"out_of_budget\",runtime=\"shop\"} 1.0");
    }
  }

  @Test
  void scrape_byName_onlyThatFamily() throws Exception {
    try (AutoCloseable attached = metrics.attach(runtime("shop", 1))) {
      assertThat(attached).isNotNull();
      MetricSnapshots snapshots = registry.scrape(name -> name.contains("resilience_timeouts"));
      assertThat(snapshots.size()).isEqualTo(1);
    }
  }

  @Test
  @Timeout(60)
  void attach_neverClosed_keepsNoRegistryAlive() throws Exception {
    ReferenceQueue<PrometheusRegistry> collected = new ReferenceQueue<>();
    WeakReference<PrometheusRegistry> reference = attachedAndForgotten(collected);

    // Bounded by the timeout above: each round asks for a collection and waits for its outcome.
    while (collected.remove(10) == null) {
      System.gc();
    }
    assertThat(reference.get()).isNull();
  }

  private static WeakReference<PrometheusRegistry> attachedAndForgotten(
      ReferenceQueue<PrometheusRegistry> queue) {
    PrometheusRegistry forgotten = new PrometheusRegistry();
    PrometheusMetrics extension = PrometheusMetrics.on(forgotten);
    Fakes.Runtime runtime = runtime("shop", 1);
    runtime.extensions.add(extension);
    extension.attach(runtime);
    return new WeakReference<>(forgotten, queue);
  }

  private static Fakes.Runtime runtime(String name, long fired) {
    Fakes.Runtime runtime = new Fakes.Runtime(name);
    runtime.timeouts.add(
        Fakes.timeout("mail", TimeoutTotals.builder().fired(fired).build()));
    return runtime;
  }

  private static Fakes.Runtime runtimeThatFails() {
    Fakes.Runtime runtime = new Fakes.Runtime("broken");
    runtime.timeouts.add(Fakes.timeout(null, TimeoutTotals.builder().fired(1).build()));
    return runtime;
  }

  private List<String> timeouts() {
    return series("resilience_timeouts_total{");
  }

  private List<String> series(String prefix) {
    return PrometheusTextFormatWriter.create()
        .toDebugString(registry.scrape())
        .lines()
        .filter(line -> line.startsWith(prefix))
        .toList();
  }

  /** Another collector with one of these names. */
  private static final class Stranger implements MultiCollector {
    @Override
    public MetricSnapshots collect() {
      return MetricSnapshots.of();
    }

    @Override
    public List<MetricFamilyDescriptor> getMetricFamilyDescriptors() {
      return List.of(Families.TIMEOUT_CALLS);
    }
  }

  @Test
  void attach_sameNameThreeTimes_eachHasItsNumber() throws Exception {
    try (AutoCloseable first = metrics.attach(runtime("shop", 1));
        AutoCloseable second = metrics.attach(runtime("shop", 2));
        AutoCloseable third = metrics.attach(runtime("shop", 3))) {
      assertThat(List.of(first, second, third)).doesNotHaveDuplicates();
      assertThat(timeouts())
          .containsExactlyInAnyOrder(
              "resilience_timeouts_total{name=\"mail\",runtime=\"shop\"} 1.0",
              "resilience_timeouts_total{name=\"mail\",runtime=\"shop-2\"} 2.0",
              "resilience_timeouts_total{name=\"mail\",runtime=\"shop-3\"} 3.0");
    }
  }

  @Test
  void health_twoNamesThatLabelsCannotTellApart_showTheWorse() throws Exception {
    for (List<HealthStatus> order : List.of(
        List.of(HealthStatus.HEALTHY, HealthStatus.CRITICAL),
        List.of(HealthStatus.CRITICAL, HealthStatus.HEALTHY))) {
      Fakes.Runtime runtime = runtime("shop", 1);
      runtime.checks.put("disk\uD800", HealthResult.of(order.get(0), "one"));
      runtime.checks.put("disk\uD801", HealthResult.of(order.get(1), "other"));
      try (AutoCloseable shop = metrics.attach(runtime)) {
        assertThat(shop).isNotNull();
        assertThat(series("resilience_health_status"))
            .containsExactly("resilience_health_status{name=\"disk?\",runtime=\"shop\"} 0.0");
      }
    }
  }
}
