package io.aragora.resilience.metrics.prometheus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.fallback.FallbackTotals;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.persistence.StateStoreStatus;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.retry.RetryTotals;
import io.aragora.resilience.timeout.TimeoutTotals;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class MetricsEndpointTest {
  /** The metrics of every runtime. */
  private static final int RUNTIME_LINES = 6;

  private final MetricsEndpoint endpoint = new MetricsEndpoint();
  private final Fakes.Runtime runtime = new Fakes.Runtime("shop");
  private final AtomicReference<CircuitBreakerTotals> totals =
      new AtomicReference<>(CircuitBreakerTotals.builder()
          .successes(10)
          .failures(3)
          .ignored(2)
          .rejected(1)
          .late(4)
          .build());

  @Test
  void metrics_haveHelpTexts() {
    assertThat(endpoint.path()).isEqualTo("/metrics");
    assertThat(endpoint.contentType()).isEqualTo("text/plain; version=0.0.4; charset=utf-8");
  }

  @Test
  void write_notInARegistry_everyNumberOfTheRuntime() throws IOException {
    runtime.breakers.add(Fakes.breaker("prices", CircuitBreakerState.HALF_OPEN, 6, 8, 2, totals));
    runtime.retries.add(Fakes.retry(
        "orders",
        RetryTotals.builder()
            .count(RetryEvent.Kind.SUCCEEDED_AT_ONCE, 20)
            .count(RetryEvent.Kind.SUCCEEDED_AFTER_RETRY, 5)
            .count(RetryEvent.Kind.EXHAUSTED, 2)
            .count(RetryEvent.Kind.OUT_OF_TIME, 3)
            .count(RetryEvent.Kind.OUT_OF_BUDGET, 4)
            .count(RetryEvent.Kind.REJECTED, 6)
            .count(RetryEvent.Kind.ABORTED, 7)
            .count(RetryEvent.Kind.NOT_RETRIED, 1)
            .count(RetryEvent.Kind.STOPPED, 8)
            .count(RetryEvent.Kind.RETRY, 9)
            .build()));
    runtime.budgets.add(Fakes.budget("shop", 12.5, 7));
    runtime.timeouts.add(Fakes.timeout(
        "mail", TimeoutTotals.builder().inTime(30).fired(4).late(3).build()));
    runtime.fallbacks.put("cart", FallbackTotals.builder().used(8).failed(2).build());
    runtime.storeStatus = StateStoreStatus.builder("sqlite:a.db")
        .pending(2)
        .saved(12)
        .failures(1)
        .lastError("disk full")
        .build();
    runtime.checks.put("database", HealthResult.of(HealthStatus.UNHEALTHY, "down"));

    assertThat(lines())
        .containsExactlyInAnyOrder(
            "resilience_fallbacks_total{name=\"cart\",outcome=\"used\",runtime=\"shop\"} 8.0",
            "resilience_fallbacks_total{name=\"cart\",outcome=\"failed\",runtime=\"shop\"} 2.0",
            "resilience_circuit_breaker_calls_total{name=\"prices\",outcome=\"success\",runtime=\"shop\"} 10.0",
            "resilience_circuit_breaker_calls_total{name=\"prices\",outcome=\"failure\",runtime=\"shop\"} 3.0",
            "resilience_circuit_breaker_calls_total{name=\"prices\",outcome=\"ignored\",runtime=\"shop\"} 2.0",
            "resilience_circuit_breaker_calls_total{name=\"prices\",outcome=\"rejected\",runtime=\"shop\"} 1.0",
            "resilience_circuit_breaker_calls_total{name=\"prices\",outcome=\"late\",runtime=\"shop\"} 4.0",
            "resilience_circuit_breaker_state{name=\"prices\",runtime=\"shop\"} 2.0",
            "resilience_circuit_breaker_failure_rate{name=\"prices\",runtime=\"shop\"} 0.25",
            "resilience_circuit_breaker_state_changes_total{from_state=\"closed\",name=\"prices\",runtime=\"shop\",to_state=\"open\"} 6.0",
            "resilience_circuit_breaker_slow_calls_total{name=\"prices\",runtime=\"shop\"} 5.0",
            "resilience_retry_calls_total{name=\"orders\",outcome=\"success\",runtime=\"shop\"} 20.0",
            "resilience_retry_calls_total{name=\"orders\",outcome=\"success_after_retry\",runtime=\"shop\"} 5.0",
            "resilience_retry_calls_total{name=\"orders\",outcome=\"exhausted\",runtime=\"shop\"} 2.0",
            "resilience_retry_calls_total{name=\"orders\",outcome=\"not_retried\",runtime=\"shop\"} 1.0",
            "resilience_retry_calls_total{name=\"orders\",outcome=\"out_of_budget\",runtime=\"shop\"} 4.0",
            "resilience_retry_calls_total{name=\"orders\",outcome=\"out_of_time\",runtime=\"shop\"} 3.0",
            "resilience_retry_calls_total{name=\"orders\",outcome=\"rejected\",runtime=\"shop\"} 6.0",
            "resilience_retry_calls_total{name=\"orders\",outcome=\"aborted\",runtime=\"shop\"} 7.0",
            "resilience_retry_calls_total{name=\"orders\",outcome=\"stopped\",runtime=\"shop\"} 8.0",
            "resilience_retry_calls_total{name=\"orders\",outcome=\"backoff_stopped\",runtime=\"shop\"} 0.0",
            "resilience_retry_calls_total{name=\"orders\",outcome=\"stood_down\",runtime=\"shop\"} 0.0",
            "resilience_retry_budget_level{name=\"shop\",runtime=\"shop\"} 12.5",
            "resilience_retry_budget_rejected_total{name=\"shop\",runtime=\"shop\"} 7.0",
            "resilience_retry_attempts_total{name=\"orders\",runtime=\"shop\"} 9.0",
            "resilience_retry_attempt_outcomes_total{attempt=\"1\",name=\"orders\",outcome=\"success\",runtime=\"shop\"} 20.0",
            "resilience_retry_attempt_outcomes_total{attempt=\"1\",name=\"orders\",outcome=\"failure\",runtime=\"shop\"} 7.0",
            "resilience_retry_attempt_outcomes_total{attempt=\"2\",name=\"orders\",outcome=\"success\",runtime=\"shop\"} 5.0",
            "resilience_timer_fired_total{runtime=\"shop\"} 3.0",
            "resilience_timer_lateness_seconds_total{runtime=\"shop\"} 1.5",
            "resilience_health_status{name=\"database\",runtime=\"shop\"} 0.0",
            "resilience_health_severity{name=\"database\",runtime=\"shop\"} 3.0",
            "resilience_health_consecutive_failures{name=\"database\",runtime=\"shop\"} 1.0",
            "resilience_timeout_calls_total{name=\"mail\",outcome=\"in_time\",runtime=\"shop\"} 30.0",
            "resilience_timeout_calls_total{name=\"mail\",outcome=\"fired\",runtime=\"shop\"} 4.0",
            "resilience_timeout_calls_total{name=\"mail\",outcome=\"late\",runtime=\"shop\"} 3.0",
            "resilience_timeouts_total{name=\"mail\",runtime=\"shop\"} 7.0",
            "resilience_threads_busy{group=\"end\",runtime=\"shop\"} 2.0",
            "resilience_threads_bound{group=\"end\",runtime=\"shop\"} 1000.0",
            "resilience_threads_waiting{group=\"end\",runtime=\"shop\"} 0.0",
            "resilience_threads_failures_total{group=\"end\",runtime=\"shop\"} 1.0",
            "resilience_state_store_saved_total{runtime=\"shop\"} 12.0",
            "resilience_state_store_failures_total{runtime=\"shop\"} 1.0",
            "resilience_state_store_pending{runtime=\"shop\"} 2.0");
  }

  @Test
  void write_whileChecksRun_whatIsKnownOfThem() throws IOException {
    runtime.checksEnd = false;
    runtime.checks.put("database", HealthResult.of(HealthStatus.UNKNOWN, "not checked yet"));
    assertThat(lines())
        .contains(
            "resilience_health_status{name=\"database\",runtime=\"shop\"} 1.0",
            "resilience_health_severity{name=\"database\",runtime=\"shop\"} 1.0");

    runtime.checks.put("database", HealthResult.of(HealthStatus.CRITICAL, "gone"));
    assertThat(lines())
        .contains(
            "resilience_health_status{name=\"database\",runtime=\"shop\"} 0.0",
            "resilience_health_severity{name=\"database\",runtime=\"shop\"} 4.0");
  }

  @Test
  void write_endpointOfTheRuntime_itsNumbers() throws IOException {
    runtime.checks.put(
        "endpoint",
        HealthResult.healthy()
            .withDetails(Map.of(
                "connections",
                3,
                "accepted",
                9L,
                "cut_off",
                2L,
                "rejected",
                1L,
                "wrong_tokens",
                5L,
                "reopened",
                1L,
                "failures",
                4L)));

    assertThat(lines())
        .contains(
            "resilience_endpoint_connections{runtime=\"shop\"} 3.0",
            "resilience_endpoint_connections_accepted_total{runtime=\"shop\"} 9.0",
            "resilience_endpoint_connections_cut_off_total{runtime=\"shop\"} 2.0",
            "resilience_endpoint_connections_rejected_total{runtime=\"shop\"} 1.0",
            "resilience_endpoint_wrong_tokens_total{runtime=\"shop\"} 5.0",
            "resilience_endpoint_failures_total{runtime=\"shop\"} 4.0",
            "resilience_endpoint_reopened_total{runtime=\"shop\"} 1.0");
  }

  @Test
  void write_checkOfTheApplicationNamedEndpoint_isNoEndpoint() throws IOException {
    runtime.checks.put("endpoint", HealthResult.healthy());

    assertThat(lines()).noneMatch(line -> line.startsWith("resilience_endpoint_"));
  }

  @Test
  void write_everyFamily_hasTypeAndHelp() throws IOException {
    runtime.breakers.add(Fakes.breaker("prices", totals));

    assertThat(text())
        .contains("# TYPE resilience_circuit_breaker_calls_total counter\n")
        .contains("# TYPE resilience_circuit_breaker_state gauge\n")
        .contains("# HELP resilience_circuit_breaker_failure_rate ");
  }

  @Test
  void write_emptyRuntimeWithoutStore_onlyItsTimerAndThreads() throws IOException {
    assertThat(lines())
        .hasSize(RUNTIME_LINES)
        .allMatch(line -> line.matches("resilience_(timer|threads)_.*"));
  }

  @Test
  void write_nastyName_staysOneLineInQuotes() throws IOException {
    runtime.timeouts.add(Fakes.timeout(
        "a\"b\\c\nd} 1\uD83D\uDE00\uD83D", TimeoutTotals.builder().inTime(1).build()));

    assertThat(lines())
        .hasSize(4 + RUNTIME_LINES)
        .contains(
            "resilience_timeouts_total{name=\"a\\\"b\\\\c\\nd} 1\uD83D\uDE00?\",runtime=\"shop\"} 0.0");
  }

  @Test
  void write_namesThatLookAlikeWhenWritten_oneSeriesWithTheSum() throws IOException {
    runtime.timeouts.add(
        Fakes.timeout("x\uD83D", TimeoutTotals.builder().fired(1).build()));
    runtime.timeouts.add(
        Fakes.timeout("x\uDE00", TimeoutTotals.builder().fired(2).build()));

    assertThat(lines())
        .hasSize(4 + RUNTIME_LINES)
        .contains("resilience_timeouts_total{name=\"x?\",runtime=\"shop\"} 3.0");
  }

  @Test
  void write_countsWentBack_showsTheLargest() throws IOException {
    runtime.breakers.add(Fakes.breaker("prices", totals));
    runtime.storeStatus =
        StateStoreStatus.builder("sqlite:a.db").saved(12).failures(3).build();
    lines();
    totals.set(CircuitBreakerTotals.builder()
        .successes(9)
        .failures(5)
        .ignored(2)
        .rejected(1)
        .late(4)
        .build());
    runtime.storeStatus =
        StateStoreStatus.builder("sqlite:a.db").saved(11).failures(2).build();

    assertThat(lines())
        .contains(
            "resilience_circuit_breaker_calls_total{name=\"prices\",outcome=\"success\",runtime=\"shop\"} 10.0",
            "resilience_circuit_breaker_calls_total{name=\"prices\",outcome=\"failure\",runtime=\"shop\"} 5.0",
            "resilience_state_store_saved_total{runtime=\"shop\"} 12.0",
            "resilience_state_store_failures_total{runtime=\"shop\"} 3.0");
  }

  @Test
  void write_moreBreakersThanSeries_restIsSummedUpAndHasNoState() throws IOException {
    for (int i = 0; i < MetricsSettings.DEFAULT.maxNames() + 2; i++) {
      runtime.breakers.add(Fakes.breaker("breaker-" + i, totals));
    }

    List<String> lines = lines();

    assertThat(lines)
        .filteredOn(line -> line.startsWith("resilience_circuit_breaker_state{"))
        .hasSize(MetricsSettings.DEFAULT.maxNames());
    assertThat(lines)
        .contains(
            "resilience_circuit_breaker_calls_total{name=\"other\",outcome=\"success\",runtime=\"shop\"} 20.0")
        .doesNotContain("resilience_circuit_breaker_state{name=\"other\",runtime=\"shop\"} 0.0");
  }

  @Test
  void write_shownInARegistry_allOfThatRegistry() throws Exception {
    PrometheusRegistry registry = new PrometheusRegistry();
    Collector own = () -> GaugeSnapshot.builder()
        .name("queue_length")
        .dataPoint(GaugeDataPointSnapshot.builder().value(3).build())
        .build();
    registry.register(own);
    runtime.timeouts.add(Fakes.timeout(
        "mail", TimeoutTotals.builder().inTime(30).fired(4).late(3).build()));
    PrometheusMetrics metrics = PrometheusMetrics.on(registry);
    runtime.extensions.add(metrics);

    try (AutoCloseable attached = metrics.attach(runtime)) {
      assertThat(attached).isNotNull();
      assertThat(lines())
          .contains(
              "queue_length 3.0", "resilience_timeouts_total{name=\"mail\",runtime=\"shop\"} 7.0");
    }
  }

  @Test
  void write_extensionIsOff_numbersOfTheRuntimeAlone() throws Exception {
    PrometheusMetrics metrics = new PrometheusMetrics();
    runtime.extensions.add(metrics);
    runtime.timeouts.add(Fakes.timeout(
        "mail", TimeoutTotals.builder().inTime(30).fired(4).late(3).build()));

    try (AutoCloseable attached = metrics.attach(runtime)) {
      assertThat(attached).isNotNull();
      assertThat(lines()).hasSize(4 + RUNTIME_LINES);
    }
  }

  @Test
  @Timeout(60)
  void write_runtimeForgotten_isNotKeptAlive() throws Exception {
    ReferenceQueue<Resilience> collected = new ReferenceQueue<>();
    WeakReference<Resilience> reference = writtenAndForgotten(collected);

    // Bounded by the timeout above: each round asks for a collection and waits for its outcome.
    while (collected.remove(10) == null) {
      System.gc();
    }
    assertThat(reference.get()).isNull();
  }

  private WeakReference<Resilience> writtenAndForgotten(ReferenceQueue<Resilience> queue)
      throws IOException {
    Fakes.Runtime forgotten = new Fakes.Runtime("shop");
    forgotten.breakers.add(Fakes.breaker("prices", totals));
    endpoint.write(forgotten, OutputStream.nullOutputStream());
    return new WeakReference<>(forgotten.resilience(), queue);
  }

  private String text() throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    endpoint.write(runtime, body);
    return body.toString(UTF_8);
  }

  private List<String> lines() throws IOException {
    return text().lines().filter(line -> !line.startsWith("#")).toList();
  }
}
