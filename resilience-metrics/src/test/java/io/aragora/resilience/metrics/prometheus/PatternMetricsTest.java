package io.aragora.resilience.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.health.HealthTracker;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.TimeoutEvent;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The metrics of the reference, with a real runtime behind the collector. */
class PatternMetricsTest {
  /** The names of the reference, or their replacements. */
  static final Map<String, String> REFERENCE = Map.of(
      "resilience_circuit_breaker_state_changes_total", MetricNames.BREAKER_STATE_CHANGES,
      "resilience_retry_attempts_total", MetricNames.RETRY_ATTEMPTS,
      "resilience_retry_delay_seconds", MetricNames.RETRY_DELAY,
      "resilience_retry_exhausted_total", MetricNames.RETRY_CALLS,
      "resilience_timeouts_total", MetricNames.TIMEOUTS,
      "resilience_timeout_seconds", MetricNames.TIMEOUT_LIMIT,
      "resilience_health_status", MetricNames.HEALTH_STATUS,
      "resilience_health_consecutive_failures", MetricNames.HEALTH_FAILURES,
      "resilience_operation_duration_seconds", MetricNames.OPERATION_DURATION);

  private final Shop shop = new Shop();

  @AfterEach
  void close() {
    shop.close();
  }

  @Test
  @Tag("PM-01")
  @Tag("PM-02")
  @DisplayName("without metrics nothing is registered, and calls work")
  void notAskedFor_registersNothing() {
    int before = PrometheusRegistry.defaultRegistry.scrape().size();
    try (Resilience resilience =
        Resilience.builder().timeSource(ManualTime.create()).build()) {
      CircuitBreaker breaker = resilience.circuitBreaker("b", Shop.opensAtOnce());
      Shop.fail(breaker);
      Shop.reject(breaker);
      assertThat(resilience.extension(PrometheusMetrics.class))
          .as("it is found")
          .isPresent()
          .get()
          .satisfies(found -> assertThat(found.registryOf(resilience)).isEmpty());
      assertThat(PrometheusRegistry.defaultRegistry.scrape().size()).isEqualTo(before);
    }
  }

  @Test
  @Tag("PM-03")
  @DisplayName("one name has one series, another name has another")
  void sameName_isOneSeries() {
    Shop.fail(shop.opensAtOnce("a"));
    Shop.reject(shop.opensAtOnce("a"));
    Shop.fail(shop.opensAtOnce("b"));
    assertThat(shop.series("resilience_circuit_breaker_state"))
        .containsExactlyInAnyOrder(
            "{name=\"a\",runtime=\"shop\"} 1.0", "{name=\"b\",runtime=\"shop\"} 1.0");
  }

  @Test
  @Tag("PM-04")
  @Tag("fault-62")
  @DisplayName("a transition counts once, labelled with both states, also of keys")
  void stateChange_isCountedByItsStates() {
    CircuitBreaker breaker = shop.opensAtOnce("a");
    assertThat(shop.series("resilience_circuit_breaker_state_changes_total"))
        .as("the first one is an increase")
        .containsExactly(
            "{from_state=\"closed\",name=\"a\",runtime=\"shop\",to_state=\"open\"} 0.0");
    Shop.fail(breaker);
    shop.time.advance(Shop.COOLDOWN);
    shop.call(breaker, Duration.ZERO);
    Shop.fail(shop.keyed("tenants").forKey("acme"));

    assertThat(shop.series("resilience_circuit_breaker_state_changes_total"))
        .containsExactlyInAnyOrder(
            "{from_state=\"closed\",name=\"a\",runtime=\"shop\",to_state=\"open\"} 1.0",
            "{from_state=\"open\",name=\"a\",runtime=\"shop\",to_state=\"half_open\"} 1.0",
            "{from_state=\"half_open\",name=\"a\",runtime=\"shop\",to_state=\"closed\"} 1.0");
    assertThat(shop.series("resilience_keyed_circuit_breaker_state_changes_total"))
        .containsExactly(
            "{from_state=\"closed\",name=\"tenants\",runtime=\"shop\",to_state=\"open\"} 1.0");
    assertThat(shop.series("resilience_keyed_circuit_breaker_open_keys"))
        .containsExactly("{name=\"tenants\",runtime=\"shop\"} 1.0");
  }

  @Test
  @Tag("PM-05")
  @DisplayName("a further attempt counts, and its delay is observed")
  void furtherAttempt_isCounted_andItsDelayObserved() {
    shop.exhaust("orders", 2);
    assertThat(shop.series("resilience_retry_attempts_total"))
        .containsExactly("{name=\"orders\",runtime=\"shop\"} 1.0");
    assertThat(shop.series("resilience_retry_delay_seconds_sum"))
        .containsExactly("{name=\"orders\",runtime=\"shop\"} 1.5");
    assertThat(shop.series("resilience_retry_delay_seconds_bucket"))
        .contains(
            "{name=\"orders\",runtime=\"shop\",le=\"1.0\"} 0",
            "{name=\"orders\",runtime=\"shop\",le=\"2.5\"} 1",
            "{name=\"orders\",runtime=\"shop\",le=\"+Inf\"} 1");
    assertThat(shop.series("resilience_retry_attempt_outcomes_total"))
        .contains(
            "{attempt=\"1\",name=\"orders\",outcome=\"failure\",runtime=\"shop\"} 1.0",
            "{attempt=\"2\",name=\"orders\",outcome=\"failure\",runtime=\"shop\"} 1.0");
  }

  @Test
  @Tag("PM-06")
  @DisplayName("a call that has used all its attempts counts")
  void exhausted_isCounted() {
    shop.exhaust("orders", 2);
    shop.exhaust("orders", 2);
    assertThat(shop.series("resilience_retry_calls_total"))
        .contains("{name=\"orders\",outcome=\"exhausted\",runtime=\"shop\"} 2.0");
  }

  @Test
  @Tag("PM-07")
  @DisplayName("a timeout counts, and its limit is observed")
  void timeout_isCounted_andItsLimitObserved() {
    shop.exceed("mail", Duration.ofSeconds(30));
    assertThat(shop.series("resilience_timeouts_total"))
        .containsExactly("{name=\"mail\",runtime=\"shop\"} 1.0");
    assertThat(shop.series("resilience_timeout_seconds_sum"))
        .containsExactly("{name=\"mail\",runtime=\"shop\"} 30.0");
    assertThat(shop.series("resilience_timeout_seconds_count"))
        .containsExactly("{name=\"mail\",runtime=\"shop\"} 1");
  }

  @Test
  @Tag("PM-08")
  @DisplayName("health is 0 while a check fails, and 1 once it succeeds")
  void health_ofACheck_isZeroOrOne() {
    assertThat(shop.series("resilience_health_status"))
        .contains("{name=\"database\",runtime=\"shop\"} 0.0");
    assertThat(shop.series("resilience_health_severity"))
        .contains("{name=\"database\",runtime=\"shop\"} 3.0");

    shop.databaseIs(HealthStatus.HEALTHY);
    shop.time.advance(Duration.ofSeconds(2));
    shop.text();
    assertThat(shop.series("resilience_health_status"))
        .contains("{name=\"database\",runtime=\"shop\"} 1.0");
  }

  @Test
  @Tag("PM-08")
  @DisplayName("consecutive failures of a check are shown, and 0 after a success")
  void health_consecutiveFailures_areShown() {
    shop.text();
    assertThat(shop.series("resilience_health_consecutive_failures"))
        .as("a result that is used again counts once")
        .contains("{name=\"database\",runtime=\"shop\"} 1.0");
    for (int i = 0; i < 6; i++) {
      shop.time.advance(Duration.ofSeconds(2));
      shop.text();
    }
    assertThat(shop.series("resilience_health_consecutive_failures"))
        .contains("{name=\"database\",runtime=\"shop\"} 7.0");

    shop.time.advance(Duration.ofSeconds(2));
    shop.resilience.health().checkAll();
    shop.time.advance(Duration.ofSeconds(2));
    shop.resilience.health().checkAll();
    assertThat(shop.series("resilience_health_consecutive_failures"))
        .as("what failed between two scrapes counts too")
        .contains("{name=\"database\",runtime=\"shop\"} 9.0");

    shop.databaseIs(HealthStatus.HEALTHY);
    shop.time.advance(Duration.ofSeconds(2));
    shop.text();
    assertThat(shop.series("resilience_health_consecutive_failures"))
        .contains("{name=\"database\",runtime=\"shop\"} 0.0");
  }

  @Test
  void health_ofATracker_isWhatWasReported() {
    HealthTracker mail = shop.resilience.health().tracker("mail");
    for (int i = 0; i < 5; i++) {
      mail.recordFailure("rejected");
    }

    assertThat(shop.series("resilience_health_consecutive_failures"))
        .contains("{name=\"mail\",runtime=\"shop\"} 5.0");
    assertThat(shop.series("resilience_health_severity"))
        .contains("{name=\"mail\",runtime=\"shop\"} 3.0");

    mail.recordSuccess();
    assertThat(shop.series("resilience_health_consecutive_failures"))
        .contains("{name=\"mail\",runtime=\"shop\"} 0.0");
  }

  @Test
  @Tag("PM-09")
  @Tag("fault-66")
  @DisplayName("durations of calls are separate for successes and failures")
  void durations_areObserved_byWhatTheCallCountedAs() {
    CircuitBreaker breaker = shop.opensAtOnce("a");
    shop.call(breaker, Duration.ofMillis(450));
    assertThat(catchThrowable(() -> breaker.run(() -> {
          shop.time.advance(Duration.ofMillis(5200));
          throw new IOException("down");
        })))
        .isNotNull();
    assertThat(shop.series("resilience_operation_duration_seconds_sum"))
        .containsExactlyInAnyOrder(
            "{name=\"a\",runtime=\"shop\",success=\"true\"} 0.45",
            "{name=\"a\",runtime=\"shop\",success=\"false\"} 5.2");
    assertThat(shop.series("resilience_operation_duration_seconds_bucket"))
        .contains(
            "{name=\"a\",runtime=\"shop\",success=\"true\",le=\"0.25\"} 0",
            "{name=\"a\",runtime=\"shop\",success=\"true\",le=\"0.5\"} 1",
            "{name=\"a\",runtime=\"shop\",success=\"false\",le=\"5.0\"} 0",
            "{name=\"a\",runtime=\"shop\",success=\"false\",le=\"10.0\"} 1");
  }

  @Test
  @Tag("PM-10")
  @Tag("PM-13")
  @Tag("fault-64")
  @DisplayName("listeners are typed, so each fits its events")
  void listeners_fitByTheirTypes() {
    List<String> heard = new ArrayList<>();
    CircuitBreaker breaker = shop.opensAtOnce("a");
    breaker.subscribe(
        transition -> heard.add(transition.breaker() + " " + transition.to().code()));
    shop.resilience
        .retry("orders", shop.attempts(2))
        .subscribe((RetryEvent event) ->
            heard.add(event.retry() + " " + event.kind() + " " + event.attempt()));
    shop.resilience
        .timeout("mail", Duration.ofSeconds(30))
        .subscribe((TimeoutEvent event) ->
            heard.add(event.timeout() + " " + event.kind() + " " + event.limit()));

    Shop.fail(breaker);
    shop.exhaust("orders", 2);
    shop.exceed("mail", Duration.ofSeconds(30));
    shop.time.runPending();

    assertThat(heard)
        .containsExactlyInAnyOrder(
            "a " + CircuitBreakerState.OPEN.code(),
            "orders RETRY 1",
            "orders EXHAUSTED 2",
            "mail FIRED PT30S");
  }

  @Test
  @Tag("PM-11")
  @DisplayName("closing a runtime removes its series, and the next runtime starts from zero")
  void close_removesEverySeries() {
    shop.everythingHappens("a");
    assertThat(shop.text()).contains("name=\"a\"");
    shop.close();
    assertThat(shop.text()).isEmpty();
    shop.close();

    try (Resilience again = Resilience.builder()
        .name("shop")
        .timeSource(ManualTime.create())
        .extension(PrometheusMetrics.builder(shop.registry).durations().build())
        .build()) {
      again.circuitBreaker("a").call(() -> "x");
      assertThat(shop.series("resilience_circuit_breaker_calls_total"))
          .contains("{name=\"a\",outcome=\"success\",runtime=\"shop\"} 1.0");
      assertThat(shop.series("resilience_operation_duration_seconds_count"))
          .containsExactlyInAnyOrder(
              "{name=\"a\",runtime=\"shop\",success=\"true\"} 1",
              "{name=\"a\",runtime=\"shop\",success=\"false\"} 0");
    }
  }

  @Test
  @DisplayName(
      "while open, the failure rate is the one that opened the breaker; it is NaN if no call "
          + "is counted")
  void failureRate_ofAnOpenBreaker_isWhatOpenedIt() {
    CircuitBreaker breaker = shop.resilience.circuitBreaker(
        "a",
        CircuitBreakerConfig.builder()
            .noFailureThreshold()
            .failureRateThreshold(50)
            .minimumNumberOfCalls(4)
            .cooldown(Duration.ofSeconds(30))
            .build());
    assertThat(failureRate()).isEqualTo("0.0");
    breaker.call(() -> "x");
    breaker.call(() -> "x");
    Shop.fail(breaker);
    Shop.fail(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(failureRate()).as("right after opening").isEqualTo("0.5");
    Shop.reject(breaker);
    shop.time.advance(Duration.ofSeconds(31));
    assertThat(failureRate()).as("the cooldown is over, and no probe came").isEqualTo("0.5");
    breaker.call(() -> "x");
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    assertThat(failureRate()).as("half-open").isEqualTo("NaN");
    Shop.fail(breaker);
    assertThat(failureRate()).as("open again").isEqualTo("NaN");
    breaker.disable();
    assertThat(failureRate()).as("disabled").isEqualTo("NaN");
    breaker.reset();
    assertThat(failureRate()).as("closed").isEqualTo("0.0");
  }

  private String failureRate() {
    assertThat(Exposition.of(shop.text()).problems).isEmpty();
    List<String> series = shop.series("resilience_circuit_breaker_failure_rate");
    assertThat(series).hasSize(1);
    return series.get(0).substring(series.get(0).lastIndexOf(' ') + 1);
  }

  @Test
  @Tag("PM-12")
  @DisplayName("the nine names of the reference exist, or their replacements")
  void nineNames_areThere() {
    assertThat(REFERENCE).hasSize(9);
    shop.everythingHappens("a");
    String text = shop.text();
    REFERENCE.values().forEach(name -> assertThat(text).contains("# TYPE " + name + " "));
    REFERENCE.forEach((reference, name) -> {
      if (!reference.equals("resilience_retry_exhausted_total")) {
        assertThat(name).as("kept").isEqualTo(reference);
      }
    });
  }
}
