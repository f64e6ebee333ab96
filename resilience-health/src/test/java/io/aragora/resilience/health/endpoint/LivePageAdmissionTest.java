package io.aragora.resilience.health.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.Priority;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bulkheads, rate limiters, hedges and coalescers on the live page. */
@Timeout(180)
class LivePageAdmissionTest extends LivePageFixture {
  private static final RateLimiterConfig LIMIT =
      RateLimiterConfig.smooth(10, Duration.ofSeconds(1)).burst(3).build();

  @Test
  @Tag("CA-19")
  @DisplayName(
      "A coalescer has a row with the share of calls that joined, and those with a stale result")
  void coalescers_sharesAndStaleResults() {
    Coalescer<String, String> prices = resilience.coalescer("prices", CoalescerConfig.defaults());
    page.navigate(endpoint.uri());
    page.await(cell("coalescers", 0, 2) + " === '–'");

    prices.callAsync("apples", CompletableFuture::new);
    prices.callAsync("apples", CompletableFuture::new);
    time.advance(Duration.ofSeconds(1));

    page.await(cell("coalescers", 0, 1) + " === '2'");
    page.await(cell("coalescers", 0, 2) + " === '50 %'");
    page.await(cell("coalescers", 0, 3) + " === '1'");
    page.await(cell("coalescers", 0, 5) + " === '0'");
  }

  @Test
  @Tag("BH-26")
  @DisplayName("A bulkhead has a row with its level; those that reject come first")
  void bulkheads_levelAndRejections_thoseThatRejectFirst() {
    Bulkhead calm = bulkhead("calm", 4);
    bulkhead("blue", 2);
    Bulkhead full = bulkhead("full", 2);
    assertThat(calm.tryAcquirePermit()).isNotZero();
    page.navigate(endpoint.uri());
    page.await(cell("bulkheads", 0, 0) + " === 'blue'");
    page.await(cell("bulkheads", 1, 1) + " === '1 of 4'");

    assertThat(full.tryAcquirePermit()).isNotZero();
    long last = full.tryAcquirePermit();
    assertThat(full.tryAcquirePermit()).isZero();
    time.advance(Duration.ofSeconds(1));

    page.await(cell("bulkheads", 0, 0) + " === 'full'");
    page.await(cell("bulkheads", 0, 1) + " === '2 of 2'");
    page.await("document.querySelector('#card-bulkheads progress').value === 2");
    page.await(cell("bulkheads", 0, 4) + " === '1'");

    full.releasePermit(last);
    time.advance(Duration.ofSeconds(1));
    page.await(cell("bulkheads", 0, 1) + " === '1 of 2'");
    assertThat(page.text(OVERFLOW)).isEqualTo("0");
    assertThat(page.complaints()).isEmpty();
  }

  @Test
  @Tag("RL-28")
  @DisplayName("A rate limiter has a row with its level, and its pause is counted down")
  void rateLimiters_levelPauseAndRejections() {
    RateLimiter github = resilience.rateLimiter("github", LIMIT);
    KeyedRateLimiter tenants =
        resilience.keyedRateLimiter("tenants", KeyedRateLimiterConfig.of(LIMIT));
    page.navigate(endpoint.uri());
    page.await(cell("limiters", 0, 1) + " === '3 of 3'");
    page.await(cell("limiters", 0, 2) + " === '–'");

    assertThat(github.tryAcquire(3)).isTrue();
    assertThat(github.tryAcquire()).isFalse();
    assertThat(tenants.tryAcquire("acme", 3)).isTrue();
    assertThat(tenants.tryAcquire("acme")).isFalse();
    github.pauseFor(Duration.ofSeconds(20));
    time.advance(Duration.ofMillis(5_500));

    page.await(cell("limiters", 0, 2) + " === 'for 15 s'");
    page.await(cell("limiters", 0, 5) + " === '1'");
    page.await(cell("keyed_limiters", 0, 1) + " === '1'");
    page.await(cell("keyed_limiters", 0, 4) + " === '1'");

    time.advance(Duration.ofSeconds(10));
    page.await(cell("limiters", 0, 2) + " === 'for 5 s'");
    github.resume();
    time.advance(Duration.ofSeconds(1));
    page.await(cell("limiters", 0, 2) + " === '–'");
    assertThat(page.complaints()).isEmpty();
  }

  @Test
  @Tag("CL-22")
  @DisplayName(
      "A concurrency limit has a row with its level, the last minute, and why calls were rejected")
  void concurrencyLimits_levelPlotAndRejections() {
    ConcurrencyLimit api =
        resilience.concurrencyLimit("api", c -> c.initial(10).minimumSamples(10));
    page.navigate(endpoint.uri());
    page.await(cell("limits", 0, 1) + " === '0 of 10'");

    List<Long> held = new ArrayList<>();
    ConcurrencyLimit critical = api.withPriority(Priority.CRITICAL);
    for (int call = 0; call < 10; call++) {
      held.add(critical.tryAcquirePermit());
    }
    assertThat(critical.tryAcquirePermit()).isZero();
    time.advance(Duration.ofSeconds(1));
    page.await(cell("limits", 0, 1) + " === '10 of 10'");
    page.await(cell("limits", 0, 7) + " === '1'");
    page.await("document.querySelector('#card-limits svg').getAttribute('aria-label')"
        + ".startsWith('in use: now 10 of 10')");

    held.forEach(api::recordDrop);
    time.advance(Duration.ofSeconds(2));
    page.await(cell("limits", 0, 1) + " === '0 of 9'");
    page.await(cell("limits", 0, 8) + " === '10'");
    page.await(
        "document.querySelectorAll('#card-limits svg path')[1].getAttribute('d').length > 0");
    assertThat(page.text(OVERFLOW)).isEqualTo("0");
    assertThat(page.complaints()).isEmpty();
  }

  @Test
  @Tag("HG-25")
  @DisplayName(
      "A hedge has a row with its delay, and the shares of calls hedged and of hedges that won")
  void hedges_delayAndShares() {
    Hedge search = resilience.hedge("search", c -> c.delay(Duration.ofMillis(50)));
    page.navigate(endpoint.uri());
    page.await(cell("hedges", 0, 1) + " === '50 ms'");
    page.await(cell("hedges", 0, 3) + " === '–'");

    search.callAsync(() -> CompletableFuture.completedFuture("first"));
    search.callAsync(() -> CallContext.current().isHedge()
        ? CompletableFuture.completedFuture("hedge")
        : new CompletableFuture<String>());
    time.advance(Duration.ofSeconds(1));

    page.await(cell("hedges", 0, 2) + " === '2'");
    page.await(cell("hedges", 0, 3) + " === '50 %'");
    page.await(cell("hedges", 0, 4) + " === '100 %'");
    assertThat(page.text(OVERFLOW)).isEqualTo("0");
    assertThat(page.complaints()).isEmpty();
  }

  private Bulkhead bulkhead(String name, int limit) {
    return resilience.bulkhead(
        name, BulkheadConfig.builder().maxConcurrentCalls(limit).build());
  }

  private static String cell(String table, int row, int column) {
    return "document.querySelector('#card-" + table + " tbody')?.rows[" + row + "].cells[" + column
        + "].innerText.trim()";
  }
}
