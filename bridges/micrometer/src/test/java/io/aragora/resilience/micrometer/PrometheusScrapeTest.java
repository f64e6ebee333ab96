package io.aragora.resilience.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Policies;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.testing.ManualTime;
import io.micrometer.core.instrument.Meter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.reflect.Proxy;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What a Prometheus server reads. */
class PrometheusScrapeTest {
  private final ManualTime time = ManualTime.create();
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  @Test
  void scrape_everyKind_everyMeterIsInTheText() {
    Set<String> rejected = new TreeSet<>();
    registry.config().onMeterRegistrationFailed((id, reason) -> rejected.add(id + ": " + reason));
    try (Resilience resilience = EveryKind.builder(time)
        .extension(
            MicrometerMetrics.builder().registry(registry).percentileHistogram().build())
        .build()) {
      EveryKind.happens(resilience, time, "a");
      registry.scrape();
      String text = registry.scrape();

      assertThat(rejected).isEmpty();
      assertThat(text)
          .contains(
              "resilience_circuitbreaker_calls_total{name=\"a\",outcome=\"failure\",runtime=\"shop\"} 1.0\n")
          .contains("resilience_circuitbreaker_state{name=\"a\",runtime=\"shop\"} 0.0\n")
          .contains(
              "resilience_concurrencylimit_latency_seconds{name=\"a\",of=\"base\",runtime=\"shop\"}")
          .contains(
              "resilience_retry_attempts_total{attempt=\"2\",name=\"a\",outcome=\"failure\",runtime=\"shop\"} 1.0\n")
          .contains("# HELP resilience_hedge_hedges_total Hedges by outcome\n")
          .contains(
              "resilience_circuitbreaker_call_duration_seconds_bucket{name=\"a\",outcome=\"success\",runtime=\"shop\",le=\"");
      assertThat(text.lines()
              .filter(line -> line.startsWith("resilience_retry_delay_seconds_bucket{")))
          .as("series of the buckets of one timer")
          .hasSizeBetween(65, 75);
      assertThat(families(text)).containsExactlyInAnyOrderElementsOf(meters());
    }
    assertThat(registry.scrape()).isEmpty();
  }

  private static Set<String> families(String text) {
    return text.lines()
        .filter(line -> line.startsWith("# TYPE "))
        .map(line -> line.split(" ")[2])
        .filter(name -> !name.endsWith("_max"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private Set<String> meters() {
    Set<String> names = new HashSet<>();
    for (Meter meter : registry.getMeters()) {
      String name = meter.getId().getName().replace('.', '_');
      names.add(
          switch (meter.getId().getType()) {
            case COUNTER -> name + "_total";
            case TIMER -> name + "_seconds";
            default -> meter.getId().getBaseUnit() == null ? name : name + "_seconds";
          });
    }
    return names;
  }

  @Test
  void scrape_namesThatAFormatEscapes_areReadBackAlone() {
    String nasty = "a\"b\\c\nd}<e>&'\u00e9\uD83D\uDE00\uD83D 1";
    try (Resilience resilience =
        EveryKind.builder(time).extension(MicrometerMetrics.on(registry)).build()) {
      resilience.circuitBreaker(nasty).run(() -> {});
      registry.scrape();

      assertThat(registry.scrape())
          .contains(
              "{name=\"a\\\"b\\\\c\\nd}<e>&'\u00e9\uD83D\uDE00? 1\",outcome=\"success\",runtime=\"shop\"} 1.0\n");
    }
  }

  @Test
  void scrape_readsAllPoliciesOnce() {
    try (Resilience resilience = EveryKind.builder(time).build()) {
      EveryKind.happens(resilience, time, "a");
      AtomicInteger readings = new AtomicInteger();
      Policies policies = (Policies) Proxy.newProxyInstance(
          getClass().getClassLoader(), new Class<?>[] {Policies.class}, (proxy, method, args) -> {
            readings.addAndGet(method.getName().equals("read") ? 1 : 0);
            return method.invoke(resilience.policies(), args);
          });
      Resilience counting = (Resilience) Proxy.newProxyInstance(
          getClass().getClassLoader(),
          new Class<?>[] {Resilience.class},
          (proxy, method, args) ->
              method.getName().equals("policies") ? policies : method.invoke(resilience, args));
      MicrometerMetrics.of(counting).bindTo(registry);
      int atFirst = readings.get();

      for (int i = 1; i <= 5; i++) {
        assertThat(registry.scrape()).contains("resilience_hedge_started_total");
        assertThat(readings.get() - atFirst).isEqualTo(i);
      }
    }
  }
}
