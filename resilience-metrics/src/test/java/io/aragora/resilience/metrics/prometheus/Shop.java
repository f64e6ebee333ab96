package io.aragora.resilience.metrics.prometheus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.ResultCache;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.testing.MemoryQuotaStore;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** A real runtime whose time the test advances, in its own registry, with durations. */
final class Shop implements AutoCloseable {
  /** Characters with a meaning in a text format. */
  static final String NASTY = "a\"b\\c\nd}<e>&'\u00e9\u4e2d\uD83D\uDE00 1";

  static final Duration COOLDOWN = Duration.ofSeconds(30);

  final PrometheusRegistry registry = new PrometheusRegistry();
  final ManualTime time = ManualTime.create();
  final Resilience resilience;
  private HealthStatus database = HealthStatus.UNHEALTHY;

  Shop() {
    this(20);
  }

  Shop(int maxKeys) {
    resilience = Resilience.builder()
        .name("shop")
        .timeSource(time)
        .stateStore(new FailingStore())
        .property("resilience.chaos.enabled", "true")
        .quotaStore(MemoryQuotaStore.create(time))
        .extension(
            PrometheusMetrics.builder(registry).durations().maxKeys(maxKeys).build())
        .build();
    resilience.health().register("database", () -> HealthResult.of(database, "no route"));
  }

  void databaseIs(HealthStatus status) {
    database = status;
  }

  CircuitBreaker opensAtOnce(String name) {
    return resilience.circuitBreaker(name, opensAtOnce());
  }

  static CircuitBreakerConfig opensAtOnce() {
    return CircuitBreakerConfig.builder()
        .failureThreshold(1)
        .successThreshold(1)
        .cooldown(COOLDOWN)
        .build();
  }

  KeyedCircuitBreaker keyed(String name) {
    return resilience.keyedCircuitBreaker(name, KeyedCircuitBreakerConfig.of(opensAtOnce()));
  }

  static void fail(CircuitBreaker breaker) {
    assertThatThrownBy(() -> breaker.run(() -> {
          throw new IOException("down");
        }))
        .isInstanceOf(IOException.class);
  }

  static void reject(CircuitBreaker breaker) {
    assertThatThrownBy(() -> breaker.call(() -> "x")).isInstanceOf(CallNotPermittedException.class);
  }

  /** Calls, and the time that they take. */
  void call(CircuitBreaker breaker, Duration took) {
    breaker.run(() -> time.advance(took));
  }

  RetryConfig attempts(int count) {
    return RetryConfig.builder()
        .maxAttempts(count)
        .backoff(Backoff.constant(Duration.ofMillis(1500)).withJitter(Jitter.NONE))
        .build();
  }

  void exhaust(String retry, int attempts) {
    time.autoAdvance(true);
    assertThatThrownBy(() -> resilience.retry(retry, attempts(attempts)).run(() -> {
          throw new IOException("down");
        }))
        .isInstanceOf(IOException.class);
  }

  void exceed(String timeout, Duration limit) {
    CompletableFuture<String> call =
        resilience.timeout(timeout, limit).callAsync(CompletableFuture::new);
    time.advance(limit.plusSeconds(1));
    assertThatThrownBy(call::join).isNotNull();
  }

  /** One call is admitted at once, one after a wait, one is rejected. */
  void fill(String bulkhead) {
    Bulkhead one = resilience.bulkhead(
        bulkhead,
        BulkheadConfig.builder()
            .maxConcurrentCalls(1)
            .maxWait(Duration.ofSeconds(2))
            .maxWaiting(1)
            .build());
    CompletableFuture<String> running = new CompletableFuture<>();
    CompletableFuture<String> first = one.callAsync(() -> running);
    CompletableFuture<String> second = one.callAsync(() -> CompletableFuture.completedFuture("y"));
    assertThat(one.callAsync(() -> running)).isCompletedExceptionally();
    time.advance(Duration.ofMillis(150));
    running.complete("x");
    time.runPending();
    assertThat(first).isCompleted();
    assertThat(second).isCompleted();
  }

  /** One call ends by its first attempt, one by its hedge. */
  void hedge(String hedge) {
    Hedge one = resilience.hedge(hedge, c -> c.delay(Duration.ofMillis(50)));
    assertThat(one.callAsync(() -> CompletableFuture.completedFuture("x"))).isCompleted();
    CompletableFuture<String> slow = one.callAsync(() -> CallContext.current().isHedge()
        ? CompletableFuture.completedFuture("y")
        : new CompletableFuture<>());
    time.advance(Duration.ofMillis(60));
    assertThat(slow).isCompletedWithValue("y");
  }

  /** One call leads, one joins, and a third leads whose failure a stored result replaces. */
  void coalesce(String coalescer) {
    Coalescer<String, String> coalescing = resilience.coalescer(
        coalescer,
        c -> c.staleIfError(ResultCache.of(new ConcurrentHashMap<>()), Duration.ofHours(1)));
    CompletableFuture<String> body = new CompletableFuture<>();
    coalescing.callAsync("k", () -> body);
    coalescing.callAsync("k", () -> body);
    body.complete("v");
    time.runPending();
    coalescing.<RuntimeException>call("k", () -> {
      throw new IllegalStateException("x");
    });
  }

  /** Chaos is active, and one call fails. */
  void chaos(String chaos) {
    Chaos failing = resilience.chaos(chaos, c -> c.fail(100, () -> new IllegalStateException("x")));
    resilience.chaos().start(Duration.ofHours(1));
    assertThatThrownBy(() -> failing.run(() -> {})).isInstanceOf(IllegalStateException.class);
  }

  /** Two calls are admitted, one is rejected, and the limiter is paused for 20 s. */
  void useUp(String limiter) {
    RateLimiterConfig config =
        RateLimiterConfig.smooth(10, Duration.ofSeconds(1)).burst(2).build();
    RateLimiter one = resilience.rateLimiter(limiter, config);
    KeyedRateLimiter keyed =
        resilience.keyedRateLimiter(limiter, KeyedRateLimiterConfig.of(config));
    for (int i = 0; i < 3; i++) {
      assertThat(one.tryAcquire()).isEqualTo(i < 2);
      assertThat(keyed.tryAcquire("acme")).isEqualTo(i < 2);
    }
    one.pauseFor(Duration.ofSeconds(20));
  }

  /** At least one sample of every family, all under the one name. */
  void everythingHappens(String name) {
    CircuitBreaker breaker = opensAtOnce(name);
    call(breaker, Duration.ofMillis(40));
    fail(breaker);
    reject(breaker);
    time.advance(COOLDOWN);
    call(breaker, Duration.ofMillis(3));
    breaker.reconfigure(opensAtOnce().toBuilder().throttle(2).build());
    resilience
        .health()
        .register(
            EndpointSeries.CHECK,
            () -> HealthResult.healthy().withDetails(Map.of("connections", 1)));
    resilience.health().checkAll();
    KeyedCircuitBreaker keyed = keyed(name);
    fail(keyed.forKey(name));
    exhaust(name, 2);
    resilience.concurrencyLimit(name).run(() -> {});
    resilience.retryBudget(name, RetryBudgetConfig.builder().shared().build());
    resilience.rateLimiter(
        name + "-fleet",
        RateLimiterConfig.smooth(1, Duration.ofSeconds(1)).shared().build());
    exceed(name, Duration.ofSeconds(30));
    fill(name);
    useUp(name);
    hedge(name);
    chaos(name);
    coalesce(name);
    resilience
        .unregistered()
        .pipelineBuilder(name)
        .add(breaker)
        .build()
        .withFallback(Fallback.value("x"))
        .call(() -> "y");
  }

  /** The page of the endpoint. */
  String text() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      MetricsEndpoint.write(registry, out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toString(UTF_8);
  }

  /** What is shown of a metric: the lines that begin so, without that. */
  List<String> series(String metric) {
    return text()
        .lines()
        .filter(line -> line.startsWith(metric + "{"))
        .map(line -> line.substring(metric.length()))
        .toList();
  }

  @Override
  public void close() {
    resilience.close();
  }

  private static final class FailingStore implements StateStore {
    @Override
    public Loaded load() {
      return Loaded.of(List.of(), List.of());
    }

    @Override
    public int save(Collection<SavedBreaker> states) throws StateStoreException {
      throw new StateStoreException("disk full", null);
    }

    @Override
    public int purgeSavedBefore(Instant cutOff) {
      return 0;
    }

    @Override
    public void close() {}
  }
}
