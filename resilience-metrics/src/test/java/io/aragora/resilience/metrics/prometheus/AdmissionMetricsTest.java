package io.aragora.resilience.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.LimitChange;
import io.aragora.resilience.concurrencylimit.Priority;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The series of bulkheads, rate limiters and hedges. */
class AdmissionMetricsTest {
  private final Shop shop = new Shop(2);

  @AfterEach
  void close() {
    shop.close();
  }

  @Test
  @Tag("BH-23")
  @DisplayName("Calls of a bulkhead by outcome, what it holds, and how long calls waited")
  void bulkhead_isShown() {
    shop.fill("db");

    assertThat(shop.series("resilience_bulkhead_calls_total"))
        .containsExactly(
            bulkhead("admitted", 1),
            bulkhead("admitted_after_wait", 1),
            bulkhead("cancelled", 0),
            bulkhead("rejected_deadline", 0),
            bulkhead("rejected_full", 0),
            bulkhead("rejected_queue_full", 1),
            bulkhead("rejected_waited", 0));
    assertThat(shop.series("resilience_bulkhead_in_use")).containsExactly(named("db", "0.0"));
    assertThat(shop.series("resilience_bulkhead_limit")).containsExactly(named("db", "1.0"));
    assertThat(shop.series("resilience_bulkhead_waiting")).containsExactly(named("db", "0.0"));
    assertThat(shop.series("resilience_bulkhead_expired_permits_total"))
        .containsExactly(named("db", "0.0"));
    assertThat(shop.series("resilience_admission_wait_seconds_sum"))
        .containsExactly("{kind=\"bulkhead\",name=\"db\",runtime=\"shop\"} 0.15");

    assertThat(shop.resilience.policies().removeBulkhead("db")).isTrue();
    assertThat(shop.text()).doesNotContain("bulkhead_calls", "admission_wait_seconds_sum");
  }

  private static String bulkhead(String outcome, int count) {
    return "{name=\"db\",outcome=\"" + outcome + "\",runtime=\"shop\"} " + count + ".0";
  }

  private static String named(String name, String value) {
    return "{name=\"" + name + "\",runtime=\"shop\"} " + value;
  }

  @Test
  @Tag("CL-22")
  @DisplayName(
      "A concurrency limit, what it holds, its calls by priority and outcome, and what its rule saw")
  void concurrencyLimit_isShown() {
    ConcurrencyLimit api =
        shop.resilience.concurrencyLimit("api", c -> c.initial(10).most(10));
    long held = api.tryAcquirePermit();
    api.recordDrop(api.withPriority(Priority.CRITICAL).tryAcquirePermit());

    assertThat(shop.series("resilience_concurrency_limit")).containsExactly(named("api", "10.0"));
    assertThat(shop.series("resilience_concurrency_limit_in_use"))
        .containsExactly(named("api", "1.0"));
    assertThat(shop.series("resilience_concurrency_limit_waiting"))
        .containsExactly(named("api", "0.0"));
    assertThat(shop.series("resilience_concurrency_limit_drops_total"))
        .containsExactly(named("api", "1.0"));
    assertThat(shop.series("resilience_concurrency_limit_calls_total"))
        .contains(
            "{name=\"api\",outcome=\"admitted\",priority=\"normal\",runtime=\"shop\"} 1.0",
            "{name=\"api\",outcome=\"admitted\",priority=\"critical\",runtime=\"shop\"} 1.0",
            "{name=\"api\",outcome=\"rejected_full\",priority=\"sheddable\",runtime=\"shop\"} 0.0")
        .hasSize(21);
    assertThat(shop.series("resilience_concurrency_limit_latency_seconds"))
        .containsExactlyInAnyOrder(
            "{name=\"api\",of=\"recent\",runtime=\"shop\"} 0.0",
            "{name=\"api\",of=\"base\",runtime=\"shop\"} 0.0");
    assertThat(shop.series("resilience_concurrency_limit_changes_total"))
        .contains("{name=\"api\",rule=\"drops\",runtime=\"shop\"} 0.0")
        .hasSize(LimitChange.values().length);
    api.releasePermit(held);
  }

  @Test
  @Tag("HG-25")
  @DisplayName("Calls of a hedge by outcome, its hedges by outcome, and its delay")
  void hedge_isShown() {
    shop.hedge("search");

    assertThat(shop.series("resilience_hedge_calls_total"))
        .containsExactly(
            "{name=\"search\",outcome=\"cancelled\",runtime=\"shop\"} 0.0",
            "{name=\"search\",outcome=\"failed\",runtime=\"shop\"} 0.0",
            "{name=\"search\",outcome=\"first\",runtime=\"shop\"} 1.0",
            "{name=\"search\",outcome=\"hedge\",runtime=\"shop\"} 1.0");
    assertThat(shop.series("resilience_hedge_hedges_total"))
        .contains("{name=\"search\",outcome=\"won\",runtime=\"shop\"} 1.0")
        .hasSize(5);
    assertThat(shop.series("resilience_hedge_won_late_total"))
        .containsExactly(named("search", "0.0"));
    assertThat(shop.series("resilience_hedge_delay_seconds"))
        .containsExactly(named("search", "0.05"));
    assertThat(shop.resilience.policies().removeHedge("search")).isTrue();
    assertThat(shop.text()).doesNotContain("resilience_hedge_calls_total{");
  }

  @Test
  @Tag("CA-19")
  @DisplayName("Calls of a coalescer by outcome, and keys with a call under way")
  void coalescers_areShown() {
    shop.coalesce("prices");

    assertThat(shop.series("resilience_coalescer_calls_total"))
        .containsExactly(
            "{name=\"prices\",outcome=\"alone\",runtime=\"shop\"} 0.0",
            "{name=\"prices\",outcome=\"handed_over\",runtime=\"shop\"} 0.0",
            "{name=\"prices\",outcome=\"joined\",runtime=\"shop\"} 1.0",
            "{name=\"prices\",outcome=\"led\",runtime=\"shop\"} 2.0",
            "{name=\"prices\",outcome=\"stale\",runtime=\"shop\"} 1.0");
    assertThat(shop.series("resilience_coalescer_flights")).containsExactly(named("prices", "0.0"));
  }

  @Test
  @Tag("CH-17")
  @DisplayName("Injections of chaos by kind, and whether it is active")
  void chaos_isShown() {
    shop.chaos("payments");

    assertThat(shop.series("resilience_chaos_injections_total"))
        .containsExactly(
            "{kind=\"behave\",name=\"payments\",runtime=\"shop\"} 0.0",
            "{kind=\"delay\",name=\"payments\",runtime=\"shop\"} 0.0",
            "{kind=\"fail\",name=\"payments\",runtime=\"shop\"} 1.0",
            "{kind=\"fail_after\",name=\"payments\",runtime=\"shop\"} 0.0");
    assertThat(shop.series("resilience_chaos_active")).containsExactly(named("payments", "1.0"));
    shop.resilience.chaos().stop();
    assertThat(shop.series("resilience_chaos_active")).containsExactly(named("payments", "0.0"));
  }

  @Test
  @Tag("RL-27")
  @DisplayName("Calls of a rate limiter by outcome, its permits, its level and its pause")
  void rateLimiter_isShown() {
    shop.useUp("github");

    assertThat(shop.series("resilience_rate_limiter_calls_total"))
        .contains(
            "{name=\"github\",outcome=\"admitted\",runtime=\"shop\"} 2.0",
            "{name=\"github\",outcome=\"rejected_limit\",runtime=\"shop\"} 1.0")
        .hasSize(7);
    assertThat(shop.series("resilience_rate_limiter_permits_total"))
        .containsExactly(named("github", "2.0"));
    assertThat(shop.series("resilience_rate_limiter_available"))
        .containsExactly(named("github", "0.0"));
    assertThat(shop.series("resilience_rate_limiter_waiting"))
        .containsExactly(named("github", "0.0"));
    assertThat(shop.series("resilience_rate_limiter_paused_seconds"))
        .containsExactly(named("github", "20.0"));
  }

  @Test
  @Tag("RL-27")
  @DisplayName("The most rejected keys of a keyed limiter, and all others together")
  void keyedLimiter_isShownByItsMostRejectedKeys() {
    KeyedRateLimiter tenants = shop.resilience.keyedRateLimiter(
        "tenants",
        KeyedRateLimiterConfig.of(
            RateLimiterConfig.smooth(1, Duration.ofSeconds(1)).build()));
    ask(tenants, "a", 5);
    ask(tenants, "b", 4);
    ask(tenants, "c", 3);

    assertThat(shop.series("resilience_keyed_rate_limiter_calls_total"))
        .containsExactlyInAnyOrder(
            key("a", "rejected", 4),
            key("b", "rejected", 3),
            key("other", "rejected", 2),
            key("other", "admitted", 3),
            key("other", "admitted_after_wait", 0),
            key("other", "cancelled", 0));
    assertThat(shop.series("resilience_keyed_rate_limiter_keys"))
        .containsExactly(named("tenants", "3.0"));
    assertThat(shop.series("resilience_keyed_rate_limiter_evictions_total"))
        .containsExactly(named("tenants", "0.0"));
    assertThat(shop.series("resilience_keyed_rate_limiter_overflows_total"))
        .containsExactly(named("tenants", "0.0"));

    ask(tenants, "c", 9);

    assertThat(shop.series("resilience_keyed_rate_limiter_calls_total"))
        .as(
            "a key that is shown for the first time starts with its counts so far; the others do not go back")
        .contains(key("a", "rejected", 4), key("c", "rejected", 11), key("other", "rejected", 11));
  }

  private static void ask(KeyedRateLimiter limiter, String key, int times) {
    for (int i = 0; i < times; i++) {
      limiter.tryAcquire(key);
    }
  }

  private static String key(String key, String outcome, int count) {
    return "{key=\"" + key + "\",name=\"tenants\",outcome=\"" + outcome + "\",runtime=\"shop\"} "
        + count + ".0";
  }
}
