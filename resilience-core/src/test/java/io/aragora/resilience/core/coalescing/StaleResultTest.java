package io.aragora.resilience.core.coalescing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.bulkhead.BulkheadFullException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.coalescing.CoalescerEvent;
import io.aragora.resilience.coalescing.ResultCache;
import io.aragora.resilience.coalescing.ResultCache.Stored;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.RateLimitExceededException;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.spi.Readings;
import io.aragora.resilience.timeout.Timeout;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class StaleResultTest extends CoalescerFixture {
  private final Map<String, Stored<String>> map = new ConcurrentHashMap<>();
  private final IOException failure = new IOException("down");

  private Coalescer<String, String> caching() {
    return coalescer(c -> c.staleIfError(ResultCache.of(map), Duration.ofMinutes(10)));
  }

  private static String price(Coalescer<String, String> prices) {
    return prices.<RuntimeException>call("apples", () -> "1.20");
  }

  private String failing(Coalescer<String, String> prices) throws IOException {
    return prices.call("apples", () -> {
      throw failure;
    });
  }

  @Test
  @Tag("CA-14")
  void storedResult_standsInForAFailure_untilItIsTooOld() throws Exception {
    Coalescer<String, String> prices = caching();
    List<CoalescerEvent> events = new ArrayList<>();
    prices.subscribe(events::add);
    assertThatThrownBy(() -> failing(prices)).isSameAs(failure);
    assertThat(price(prices)).isEqualTo("1.20");
    time.advance(Duration.ofMinutes(9));
    assertThat(failing(prices)).isEqualTo("1.20");
    assertThat(prices.totals().stale()).isEqualTo(1);
    time.runPending();
    assertThat(events).hasSize(1);
    CoalescerEvent event = events.get(0);
    assertThat(event.kind()).isEqualTo(CoalescerEvent.Kind.STALE);
    assertThat(event.age()).isEqualTo(Duration.ofMinutes(9));
    assertThat(event.failure()).isSameAs(failure);
    assertThat(event.key()).isEqualTo("apples");
    time.advance(Duration.ofMinutes(2));
    assertThatThrownBy(() -> failing(prices)).isSameAs(failure);
    assertThat(prices.totals().stale()).isEqualTo(1);
    assertThat(prices.totals().led()).isEqualTo(4);
  }

  @Test
  @Tag("CA-14")
  void wallClockThatIsSetBack_doesNotMakeAResultYounger() throws Exception {
    Coalescer<String, String> prices = caching();
    price(prices);
    time.jumpWallClock(Duration.ofMinutes(-5));
    assertThat(failing(prices)).isEqualTo("1.20");
    time.jumpWallClock(Duration.ofHours(-1));
    assertThatThrownBy(() -> failing(prices)).isSameAs(failure);
  }

  @Test
  @Tag("CA-14")
  void storedResult_reachesAllThatJoined_threadsAndFutures() throws Exception {
    Coalescer<String, String> prices = caching();
    price(prices);
    CompletableFuture<String> leader = async(prices);
    CompletableFuture<String> future = async(prices);
    Call thread = joiner(prices, new Body(), 1);
    bodies.get(0).completeExceptionally(failure);
    time.runPending();
    assertThat(leader).isCompletedWithValue("1.20");
    assertThat(future).isCompletedWithValue("1.20");
    assertThat(thread.result()).isEqualTo("1.20");
    assertThat(prices.totals().stale()).isEqualTo(3);
  }

  @Test
  @Tag("CA-14")
  void failuresThatAreNotShared_areReplacedForAll() throws Exception {
    Coalescer<String, String> prices = coalescer(
        c -> c.shareFailures(false).staleIfError(ResultCache.of(map), Duration.ofMinutes(10)));
    price(prices);
    CompletableFuture<String> leader = async(prices);
    CompletableFuture<String> joiner = async(prices);
    bodies.get(0).completeExceptionally(failure);
    time.runPending();
    assertThat(leader).isCompletedWithValue("1.20");
    assertThat(joiner).isCompletedWithValue("1.20");
    assertThat(bodies).hasSize(1);
  }

  @Test
  @Tag("CA-14")
  @Tag("CA-11")
  void storedResult_standsInForACallThatRunsByItself() throws Exception {
    Coalescer<String, String> prices =
        coalescer(c -> c.maxFlights(1).staleIfError(ResultCache.of(map), Duration.ofMinutes(10)));
    price(prices);
    CompletableFuture<String> other = prices.callAsync("pears", this::begin);
    assertThat(failing(prices)).isEqualTo("1.20");
    assertThat(prices.totals().alone()).isEqualTo(1);
    assertThat(prices.totals().stale()).isEqualTo(1);
    assertThat(other).isNotDone();
  }

  @Test
  @Tag("CA-13")
  @Tag("CA-14")
  void copies_areStoredAndGivenOut() throws Exception {
    Coalescer<String, String> prices = coalescer(
        c -> c.copyFor(String::new).staleIfError(ResultCache.of(map), Duration.ofMinutes(10)));
    String result = new String("1.20");
    prices.<RuntimeException>call("apples", () -> result);
    String stored = map.get("apples").value();
    assertThat(stored).isEqualTo(result).isNotSameAs(result);
    assertThat(failing(prices)).isEqualTo(result).isNotSameAs(stored);
  }

  @Test
  @Tag("CA-13")
  @Tag("CA-14")
  void storedResult_thatCannotBeCopied_leavesTheFailureOfTheCall() {
    AtomicBoolean isBroken = new AtomicBoolean();
    Error broken = new NoClassDefFoundError("copy");
    Coalescer<String, String> prices = coalescer(c -> c.copyFor(price -> {
          if (isBroken.get()) {
            throw broken;
          }
          return price;
        })
        .staleIfError(ResultCache.of(map), Duration.ofMinutes(10)));
    price(prices);
    isBroken.set(true);
    IOException down = new IOException("down");

    assertThatThrownBy(() -> prices.call("apples", () -> {
          throw down;
        }))
        .isSameAs(down)
        .hasSuppressedException(broken);
    IOException later = new IOException("down again");
    assertThatThrownBy(() -> prices
            .callAsync("apples", () -> CompletableFuture.failedFuture(later))
            .join())
        .hasCause(later);
    assertThat(later).hasSuppressedException(broken);
    assertThat(prices.flights()).isZero();
  }

  @Test
  @Tag("CA-10")
  void functionThatCallsItsOwnKey_whenTheCallFails_doesNotWaitForItself() {
    AtomicReference<@Nullable Throwable> own = new AtomicReference<>();
    List<Coalescer<String, String>> prices = new ArrayList<>();
    prices.add(coalescer(c -> c.staleIf(failure -> {
          try {
            return prices.get(0).<RuntimeException>call("apples", () -> "never").isEmpty();
          } catch (RuntimeException e) {
            own.set(e);
            return true;
          }
        })
        .staleIfError(ResultCache.of(map), Duration.ofMinutes(10))));
    CompletableFuture<String> body = new CompletableFuture<>();
    CompletableFuture<String> call = prices.get(0).callAsync("apples", () -> body);

    body.completeExceptionally(new IOException("down"));

    assertThat(call).isCompletedExceptionally();
    assertThat(own.get()).isInstanceOf(IllegalStateException.class);
    own.set(null);
    assertThatThrownBy(() -> prices.get(0).call("apples", () -> {
          throw new IOException("down");
        }))
        .isInstanceOf(IOException.class);
    assertThat(own.get()).isInstanceOf(IllegalStateException.class);
    assertThat(prices.get(0).flights()).isZero();
  }

  @Test
  @Tag("CA-14")
  void resultThatIsStoredLate_hasTheTimeOfTheEndOfItsBody() throws Exception {
    Coalescer<String, String> prices = coalescer(c -> c.copyFor(price -> {
          // The key is free: stands for a later call that ends and stores first.
          time.advance(Duration.ofMinutes(5));
          return price;
        })
        .staleIfError(ResultCache.of(map), Duration.ofMinutes(10)));
    Instant end = time.wallTime();
    price(prices);
    assertThat(map.get("apples").storedAt()).isEqualTo(end);
    assertThat(Duration.between(end, time.wallTime())).isEqualTo(Duration.ofMinutes(5));
  }

  @Test
  @Tag("CA-15")
  void storedResult_standsInForRejections() {
    Coalescer<String, String> prices = caching();
    price(prices);
    CircuitBreaker breaker = resilience.circuitBreaker("b");
    breaker.forceOpen();
    assertThat(prices.<RuntimeException>call("apples", breaker, () -> "1.30")).isEqualTo("1.20");
    Bulkhead bulkhead = resilience.bulkhead("k", BulkheadConfig.of(1));
    bulkhead.tryAcquirePermit();
    assertThat(prices.<RuntimeException>call("apples", bulkhead, () -> "1.30")).isEqualTo("1.20");
    assertThat(prices.callAsync("apples", bulkhead, this::begin)).isCompletedWithValue("1.20");
    assertThat(prices.totals().stale()).isEqualTo(3);
  }

  @Test
  @Tag("CA-15")
  void storedResult_standsInForNoCallThatWasStopped() throws Exception {
    Coalescer<String, String> prices = caching();
    price(prices);
    Body body = new Body();
    Call interrupted = leader(prices, body);
    interrupted.thread.interrupt();
    assertThat(interrupted.failure()).isInstanceOf(InterruptedException.class);
    CompletableFuture<String> cancelled = async(prices);
    bodies.get(0).cancel(true);
    assertThat(cancelled).isCompletedExceptionally();
    assertThatThrownBy(() -> within(1, () -> {
          time.advance(millis(1));
          return failing(prices);
        }))
        .isSameAs(failure);
    assertThatThrownBy(() -> prices.call("apples", () -> {
          throw new CallInterruptedException("inside");
        }))
        .isInstanceOf(CallInterruptedException.class);
    assertThat(prices.totals().stale()).isZero();
  }

  @Test
  @Tag("CA-06")
  @Tag("CA-15")
  void rejectionForTheDeadlineOfTheLeader_isItsOwn() throws Exception {
    Coalescer<String, String> prices = caching();
    price(prices);
    Bulkhead bulkhead = resilience.bulkhead("k", c -> c.maxConcurrentCalls(1).maxWait(millis(500)));
    bulkhead.tryAcquirePermit();
    CompletableFuture<String> leader =
        within(100, () -> prices.callAsync("apples", bulkhead, this::begin));
    CompletableFuture<String> joiner = async(prices);
    at(100);
    assertThat(failureOf(leader)).isInstanceOf(BulkheadFullException.class);
    assertThat(bodies).hasSize(1);
    bodies.get(0).complete("1.30");
    assertThat(joiner).isCompletedWithValue("1.30");
  }

  @Test
  @Tag("CA-06")
  @Tag("CA-15")
  void rejectionThatIsCertainBeforeTheDeadlineOfTheLeader_isItsOwn() throws Exception {
    Coalescer<String, String> prices = caching();
    price(prices);
    RateLimiter limiter = pausedForThreeSeconds();
    assertThatThrownBy(() -> within(1_000, () -> prices.call("apples", limiter, () -> "1.30")))
        .isInstanceOf(RateLimitExceededException.class);
    assertThat(prices.totals().stale()).isZero();
  }

  @Test
  @Tag("CA-15")
  void rejectionForTheDeadlineOfATimeoutInside_isAFailureAsAnyOther() throws Exception {
    Coalescer<String, String> prices = caching();
    price(prices);
    RateLimiter limiter = pausedForThreeSeconds();
    Timeout timeout = resilience.timeout("t", c -> c.limit(Duration.ofSeconds(1)));
    Policy policy = resilience.pipeline("p", p -> p.add(timeout).add(limiter));
    assertThat(within(10_000, () -> prices.<RuntimeException>call("apples", policy, () -> "1.30")))
        .isEqualTo("1.20");
    assertThat(within(10_000, () -> prices.callAsync("apples", policy, this::begin)))
        .isCompletedWithValue("1.20");
    assertThat(prices.totals().stale()).isEqualTo(2);
  }

  private RateLimiter pausedForThreeSeconds() {
    RateLimiter limiter = resilience.rateLimiter(
        "l", c -> c.limit(10).period(millis(100)).maxWait(Duration.ofSeconds(5)));
    limiter.pauseFor(Duration.ofSeconds(3));
    return limiter;
  }

  @Test
  @Tag("CA-15")
  void failuresThatAreExcluded_comeOut() throws Exception {
    Coalescer<String, String> prices =
        coalescer(c -> c.staleIfError(ResultCache.of(map), Duration.ofMinutes(10))
            .staleIf(IOException.class::isInstance));
    price(prices);
    assertThat(failing(prices)).isEqualTo("1.20");
    assertThatThrownBy(() -> prices.call("apples", () -> {
          throw new IllegalStateException("bug");
        }))
        .hasMessage("bug");
  }

  @Test
  @Tag("CA-16")
  void codeThatThrows_isLoggedOnce_andChangesNoOutcome() {
    List<String> lines = new ArrayList<>();
    Handler handler = new Handler() {
      @Override
      public void publish(LogRecord line) {
        lines.add(line.getMessage());
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
    Logger logger = Logger.getLogger(CoreCoalescer.class.getName());
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    try {
      AtomicInteger calls = new AtomicInteger();
      Coalescer<String, String> prices = coalescer(c -> c.staleIfError(
          ResultCache.of(
              key -> {
                calls.incrementAndGet();
                throw new AssertionError("get");
              },
              (key, result) -> {
                calls.incrementAndGet();
                throw new StackOverflowError("put");
              }),
          Duration.ofMinutes(10)));
      assertThat(price(prices)).isEqualTo("1.20");
      assertThat(price(prices)).isEqualTo("1.20");
      assertThatThrownBy(() -> failing(prices)).isSameAs(failure);
      assertThat(calls).hasValue(3);
      assertThat(lines)
          .containsExactly(
              "coalescer 'prices': its cache failed; a result is not stored (logged once)",
              "coalescer 'prices': its cache failed; the failure of the call comes out (logged once)");
      Coalescer<String, String> other = resilience
          .unregistered()
          .coalescer(
              "other",
              CoalescerConfig.<String, String>builder()
                  .staleIfError(ResultCache.of(map), Duration.ofMinutes(10))
                  .staleIf(any -> {
                    throw new AssertionError("staleIf");
                  })
                  .build());
      price(other);
      assertThatThrownBy(() -> failing(other)).isSameAs(failure);
      assertThat(lines)
          .hasSize(3)
          .contains(
              "coalescer 'other': staleIf failed; the failure of the call comes out (logged once)");
    } finally {
      logger.removeHandler(handler);
      logger.setUseParentHandlers(true);
    }
  }

  @Test
  @Tag("CA-16")
  @Tag("SAP-550")
  void cacheThatBlocks_holdsUpNoneThatJoined() throws Exception {
    Body blocked = new Body();
    Coalescer<String, String> prices = coalescer(c -> c.staleIfError(
        ResultCache.of(key -> null, (key, result) -> {
          try {
            blocked.call();
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        }),
        Duration.ofMinutes(10)));
    Body body = new Body();
    Call leader = leader(prices, body);
    Call joiner = joiner(prices, new Body(), 1);
    body.complete("1.20");
    assertThat(joiner.result()).isEqualTo("1.20");
    blocked.awaitEntered();
    assertThat(leader.isDone()).isFalse();
    assertThat(prices.flights()).isZero();
    blocked.complete("");
    assertThat(leader.result()).isEqualTo("1.20");
  }

  @Test
  @Tag("CA-14")
  void nullResult_isStoredAsAnyOther() throws Exception {
    Coalescer<String, String> prices = caching();
    assertThat(prices.<RuntimeException>call("apples", () -> null)).isNull();
    assertThat(failing(prices)).isNull();
    assertThat(prices.totals().stale()).isEqualTo(1);
  }

  @Test
  @Tag("CA-14")
  void cacheOfOneMap_isDeclaredTheSameTwice() {
    Coalescer<String, String> prices = caching();
    assertThat(caching()).isSameAs(prices);
    assertThat(Stored.of("a", Instant.EPOCH))
        .isEqualTo(Stored.of("a", Instant.EPOCH))
        .hasSameHashCodeAs(Stored.of("a", Instant.EPOCH))
        .hasToString("Stored[value=a, storedAt=1970-01-01T00:00:00Z]");
  }

  @Test
  @Tag("CA-19")
  void servingStale_isDegraded_forTenSeconds() throws Exception {
    Coalescer<String, String> prices = caching();
    price(prices);
    assertThat(component().status()).isEqualTo(HealthStatus.HEALTHY);
    failing(prices);
    assertThat(component().status()).isEqualTo(HealthStatus.DEGRADED);
    assertThat(component().detail()).isEqualTo("stale results stand in for failures: prices");
    time.advance(Duration.ofSeconds(10));
    assertThat(component().status()).isEqualTo(HealthStatus.HEALTHY);
  }

  private HealthResult component() {
    return resilience.health().checkAll().checks().get(HealthRegistry.COALESCERS);
  }

  @Test
  @Tag("CA-19")
  void numbers_areReadByKind() throws Exception {
    Coalescer<String, String> prices = caching();
    price(prices);
    failing(prices);
    CompletableFuture<String> leader = async(prices);
    async(prices);
    leader.cancel(true);
    Map<String, Double> numbers = new TreeMap<>();
    resilience.policies().read(new Readings() {
      @Override
      public boolean wants(String kind) {
        return kind.equals("coalescer");
      }

      @Override
      public void policy(String kind, String name) {
        numbers.put(kind + " " + name, 0.0);
      }

      @Override
      public void count(String what, String outcome, long value) {
        numbers.put(what + " " + outcome, (double) value);
      }

      @Override
      public void level(String what, double value) {
        numbers.put(what, value);
      }
    });
    assertThat(numbers)
        .hasToString(
            "{calls alone=0.0, calls handed_over=1.0, calls joined=1.0, calls led=3.0, calls stale=1.0,"
                + " coalescer prices=0.0, flights=1.0}");
  }

  @Test
  @Tag("CA-14")
  void settingsThatNeedACache_areRejectedWithoutOne() {
    assertThatThrownBy(
            () -> CoalescerConfig.builder().maxStale(Duration.ofMinutes(1)).build())
        .hasMessage("maxStale needs a cache (staleIfError): PT1M");
    assertThatThrownBy(() -> CoalescerConfig.builder().staleIf(any -> true).build())
        .hasMessage("staleIf needs a cache (staleIfError)");
    assertThatThrownBy(() -> CoalescerConfig.builder().maxStale(Duration.ofDays(366)))
        .hasMessage("maxStale must be at most 365 days: PT8784H");
    assertThatThrownBy(() -> CoalescerConfig.builder().maxFlight(Duration.ofNanos(1)))
        .hasMessage("maxFlight must be in [1 ms, 365 days]: PT0.000000001S");
    assertThatThrownBy(() -> CoalescerConfig.builder().maxFlights(0))
        .hasMessage("maxFlights must be in [1, 1000000]: 0");
    assertThat(CoalescerConfig.defaults())
        .hasToString("maxFlights=10000, maxFlight=PT1M, shareFailures=true, maxStale=none");
    assertThat(resilience).isInstanceOf(Resilience.class);
  }

  @Test
  @Tag("CA-19")
  void servingStale_byMoreThanTen_namesTenAndCountsTheOthers() throws Exception {
    assertThat(component()).as("no coalescer").isNull();
    resilience.coalescer("without a cache", c -> {});
    assertThat(component()).as("none that stores results").isNull();
    for (int i = 1; i <= 11; i++) {
      Coalescer<String, String> prices = resilience.coalescer(
          "prices " + i, c -> c.staleIfError(ResultCache.of(map), Duration.ofMinutes(10)));
      price(prices);
      failing(prices);
      assertThat(component().detail().split(", ", -1)).hasSize(Math.min(i, 10));
      assertThat(component().detail().endsWith(" and 1 more")).isEqualTo(i == 11);
    }
  }
}
