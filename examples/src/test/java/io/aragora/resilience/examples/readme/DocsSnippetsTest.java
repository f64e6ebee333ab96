package io.aragora.resilience.examples.readme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.aragora.resilience.HealthCheckProvider;
import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Reconfiguration;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceBuilder;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.ResilienceExtension;
import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.annotation.WithFallback;
import io.aragora.resilience.annotation.WithPipeline;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CallOutcome;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerCall;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.Priority;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.health.HealthCheck;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.http.client.HttpErrorClassifier;
import io.aragora.resilience.http.client.HttpFailures;
import io.aragora.resilience.http.client.ResilientHttpClient;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.policy.ResilienceException;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.RateLimitHint;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.reference.CircuitBreakerPresets;
import io.aragora.resilience.reference.RetryPresets;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryAfter;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.spi.ContextPropagator;
import io.aragora.resilience.spi.HttpFailureInspector;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Deadline;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandles;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.MessageFormat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.ResourceBundle;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The code of the pages in docs that have no test of their own, between markers; compared by {@link ReadmeTest}. */
class DocsSnippetsTest {
  /** What the snippets call. */
  private static final class Shop {
    private boolean closed;
    private int calls;

    String price(String article) throws IOException {
      calls++;
      if (closed) {
        throw new Busy("3");
      }
      return "1.20 for " + article;
    }

    CompletableFuture<String> priceLater(String article) {
      return closed
          ? new CompletableFuture<>()
          : CompletableFuture.completedFuture("1.20 for " + article);
    }
  }

  /** The response of a dependency that asks for a pause. */
  private static final class Busy extends IOException {
    private static final long serialVersionUID = 1L;

    private final String header;

    Busy(String header) {
      super("busy");
      this.header = header;
    }

    String header() {
      return header;
    }
  }

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final Shop shop = new Shop();

  @AfterEach
  void close() {
    resilience.close();
  }

  @Test
  void breakers() throws IOException {
    // readme: breakers page
    CircuitBreaker breaker = resilience.circuitBreaker(
        "prices",
        c -> c.noFailureThreshold() // by default five consecutive failures open it
            .failureRateThreshold(50) // percent of the calls
            .window(Duration.ofSeconds(30)) // of the last 30 s,
            .minimumNumberOfCalls(10) // if there are at least ten
            .cooldown(Duration.ofSeconds(20))
            .cooldownBackoff(2)
            .maxCooldown(Duration.ofMinutes(5)) // twice as long after each failed probe
            .cooldownJitter(0.2) // up to a fifth more, so that instances do not probe in step
            .recordOn(IOException.class)); // after other failures the dependency did answer

    String price;
    try {
      price = breaker.call(() -> shop.price("apples"));
    } catch (CallNotPermittedException e) {
      price = "unknown for " + e.remainingCooldown().toSeconds() + " s, " + e.transitionCause();
    }
    // end

    assertThat(price).isEqualTo("1.20 for apples");
    shop.closed = true;
    for (int i = 0; i < 9; i++) {
      assertThatExceptionOfType(Busy.class)
          .isThrownBy(() -> breaker.call(() -> shop.price("pears")));
    }
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(shop.calls).isEqualTo(10);
  }

  @Test
  void rejectionAsValue() throws IOException {
    CircuitBreaker breaker = resilience.circuitBreaker("prices");

    // readme: breakers rejection
    CallOutcome<String> outcome = breaker.tryCall(() -> shop.price("apples"));
    System.out.println(outcome.orElse("sold out")); // a rejection is a value, not an exception
    System.out.println(breaker.snapshot()); // state, cause, counts, remaining cooldown
    // end

    assertThat(outcome.value()).isEqualTo("1.20 for apples");
    breaker.forceOpen();
    assertThat(breaker.tryCall(() -> shop.price("apples")).orElse("sold out"))
        .isEqualTo("sold out");
  }

  /** The shop has had enough of us for a while. */
  private static final class QuotaExceeded extends IOException {
    private static final long serialVersionUID = 1L;

    Duration pause() {
      return Duration.ofMinutes(2);
    }
  }

  private static final class ShopClosed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ShopClosed(Duration pause) {
      super("closed for " + pause);
    }
  }

  @Test
  void cooldowns() {
    // readme: breakers cooldowns
    CircuitBreaker quota = resilience.circuitBreaker(
        "quota",
        c -> c.failureCountThreshold(10) // in the window, whatever lies between
            .cooldownFrom(
                failure -> failure instanceof QuotaExceeded e ? RetryAfter.of(e.pause()) : null)
            .halfOpenFailureRateThreshold(50)
            .halfOpenCalls(10)
            .mapException(rejection -> new ShopClosed(rejection.remainingCooldown())));
    quota.open(Duration.ofMinutes(10)); // the dependency is being maintained
    // end

    assertThatExceptionOfType(ShopClosed.class)
        .isThrownBy(() -> quota.call(() -> "never"))
        .withMessage("closed for PT10M");
    quota.reset();
    for (int i = 0; i < 9; i++) {
      quota.recordFailure(quota.acquirePermit(), new QuotaExceeded());
      quota.recordSuccess(quota.acquirePermit());
    }
    quota.recordFailure(quota.acquirePermit(), new QuotaExceeded());
    assertThat(quota.snapshot().remainingCooldown()).isEqualTo(Duration.ofMinutes(2));
  }

  @Test
  void throttle() {
    // readme: breakers throttle
    CircuitBreaker search = resilience.circuitBreaker(
        "search",
        c -> c.failureRateThreshold(80) // opens the breaker
            .noFailureThreshold() // five failures one after the other are no outage here
            .throttle(1.5)); // from 33 % on it rejects a share
    // end

    for (int i = 0; i < 10; i++) {
      search.recordSuccess(search.acquirePermit());
      search.recordFailure(search.acquirePermit(), new IllegalStateException());
    }
    assertThat(search.snapshot().throttleShare()).isEqualTo((float) ((20 - 1.5 * 10) / 21));
    assertThat(search.isAvailable()).isTrue();
  }

  @Test
  void slowCalls() {
    // readme: breakers slow calls
    CircuitBreaker search = resilience.circuitBreaker(
        "search",
        c -> c.slowCallRateThreshold(50) // opens when half of the calls
            .slowCallDuration(Duration.ofSeconds(2)) // took two seconds, or have by now:
            .minimumNumberOfCalls(10) // ten calls that hang are enough, before any of them ends
            .countWindow(100)); // of the last 100 calls, instead of a time

    System.out.println(search.explain()); // which rule fired, on which counts, next probe when

    search.reconfigure( // in operation: window, permits and listeners stay
        search.config().toBuilder().slowCallDuration(Duration.ofSeconds(5)).build());
    // end

    for (int i = 0; i < 10; i++) {
      search.callAsync(CompletableFuture::new);
    }
    time.advance(Duration.ofSeconds(7));
    assertThat(search.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(search.explain()).asString().contains("10 of 10 calls were slow");
  }

  @Test
  void permits() {
    CircuitBreaker breaker = resilience.circuitBreaker("prices");

    // readme: breakers permits
    long permit = breaker.tryAcquirePermit(); // neither an exception nor an object
    if (permit != CircuitBreaker.REJECTED) {
      try {
        System.out.println(shop.price("apples"));
        breaker.recordSuccess(permit);
      } catch (IOException e) {
        breaker.recordFailure(permit, e);
      }
    }

    for (CircuitBreaker each : resilience.policies().circuitBreakers()) {
      System.out.println(each.name() + ": " + each.snapshot().toMap());
    }
    // end

    assertThat(breaker.snapshot().totals().successes()).isEqualTo(1);
  }

  @Test
  void breakerEvents() {
    CircuitBreaker breaker = resilience.circuitBreaker("prices");
    List<String> lines = new CopyOnWriteArrayList<>();

    // readme: breakers events
    Subscription subscription = resilience
        .policies()
        .subscribe( // every breaker, present and future
            change -> lines.add(change.breaker() + " is " + change.to() + ": " + change.cause()));
    breaker.subscribeCalls(
        EnumSet.of(CircuitBreakerCall.Kind.FAILURE, CircuitBreakerCall.Kind.REJECTED),
        call -> lines.add(call.breaker() + ": " + call.kind() + ", " + call.failure()));
    // end

    breaker.forceOpen();
    assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    time.runPending();
    subscription.close();
    assertThat(lines)
        .containsExactlyInAnyOrder("prices is FORCED_OPEN: MANUAL", "prices: REJECTED, null");
  }

  @Test
  void onCall() {
    List<String> lines = new CopyOnWriteArrayList<>();
    System.Logger log = new System.Logger() {
      @Override
      public String getName() {
        return "shop";
      }

      @Override
      public boolean isLoggable(Level level) {
        return true;
      }

      @Override
      public void log(Level level, @Nullable ResourceBundle bundle, String line, Throwable thrown) {
        lines.add(line);
      }

      @Override
      public void log(Level level, @Nullable ResourceBundle bundle, String line, Object... values) {
        lines.add(MessageFormat.format(line, values));
      }
    };

    // readme: on call log
    Resilience.builder().logTransitions(Level.OFF); // none; or every line at another level
    // to another log
    resilience.policies().subscribe(CircuitBreakerListener.logging(log, Level.WARNING));
    // end

    resilience.circuitBreaker("prices").forceOpen();
    time.runPending();
    assertThat(lines).hasSize(1).first().asString().contains("prices", "forced_open", "manual");
  }

  @Test
  void breakerKeys() throws IOException {
    // readme: breakers keys
    KeyedCircuitBreaker models = resilience.keyedCircuitBreaker(
        "models",
        c -> c.breaker(CircuitBreakerConfig.builder().failureThreshold(3).build()) // of each key
            .maxKeys(1000)); // beyond, idle keys are evicted, or new keys share one breaker

    for (String model : models.filterAvailable(List.of("large", "small"))) {
      System.out.println(models.forKey(model).call(() -> shop.price(model)));
    }
    System.out.println(models.impairedCount() + " in trouble: " + models.impairedKeys(20));
    // end

    assertThat(shop.calls).isEqualTo(2);
    assertThat(models.size()).isEqualTo(2);
    assertThat(models.impairedCount()).isZero();
  }

  @Test
  void retries() throws IOException {
    time.autoAdvance(true);

    // readme: retries page
    Retry retry = resilience.retry(
        "prices",
        c -> c.maxAttempts(4) // the first included
            .backoff(Backoff.exponential(Duration.ofMillis(100))
                .cappedAt(Duration.ofSeconds(5))
                .withJitter(Jitter.FULL))
            .maxDuration(Duration.ofSeconds(30))
            .retryOn(IOException.class)
            .retryAfter(
                failure -> failure instanceof Busy busy ? RetryAfter.parse(busy.header()) : null)
            .budget(resilience.retryBudget("shop")));
    // end

    shop.closed = true;
    long before = time.nanoTime();
    assertThatExceptionOfType(Busy.class).isThrownBy(() -> retry.call(() -> shop.price("apples")));
    assertThat(shop.calls).isEqualTo(4);
    assertThat(Duration.ofNanos(time.nanoTime() - before))
        .as("three waits of the three seconds that were asked for")
        .isGreaterThanOrEqualTo(Duration.ofSeconds(9));
  }

  @Test
  void retryBudget() throws IOException {
    // readme: retries budget
    RetryBudget budget = resilience.retryBudget(
        "shop",
        c -> c.ratio(0.1) // ten calls that succeed earn one retry,
            .capacity(100) // at most a hundred are saved,
            .perSecond(1)); // and one a second is free
    Retry careful = resilience.retry("careful", c -> c.budget(budget));
    String pears = careful.call(() -> shop.price("pears"));
    // end

    assertThat(pears).isEqualTo("1.20 for pears");
    time.autoAdvance(true);
    shop.closed = true;
    assertThatExceptionOfType(Busy.class).isThrownBy(() -> careful.call(() -> shop.price("pears")));
    assertThat(budget.level()).isLessThan(100);
  }

  @Test
  void hedgePage() {
    // readme: hedge page
    Hedge search = resilience.hedge(
        "search",
        HedgeConfig.forIdempotentCalls() // there is no other way to begin
            .delayFromLatency(
                95, Duration.ofMillis(5), Duration.ofSeconds(1)) // about one call in twenty
            .budget(resilience.retryBudget("search")) // shared with the retries of the same server
            .build());
    CompletableFuture<String> price = search.callAsync(() -> shop.priceLater("apples"));
    // end

    assertThat(price.join()).isEqualTo("1.20 for apples");
  }

  @Test
  void chaosPage() throws IOException {
    Retry retry = resilience.retry("payments");
    CircuitBreaker breaker = resilience.circuitBreaker("payments");
    // readme: chaos page
    Chaos chaos = resilience.chaos(
        "payments",
        c -> c.fail(2, () -> new ConnectException("chaos")) // percent of the calls
            .delay(5, Duration.ofMillis(300), Duration.ofSeconds(2))
            .failAfter(
                1, () -> new SocketException("chaos"))); // it took effect, its answer is lost
    Pipeline payments =
        resilience.pipeline("payments", p -> p.add(retry).add(breaker).add(chaos)); // innermost
    // end

    assertThat(payments.call(() -> "paid")).isEqualTo("paid");
    assertThat(payments.warnings()).isEmpty();
  }

  @Test
  void chaosDrill() {
    List<String> answers = new ArrayList<>();
    long retries;
    CircuitBreakerState state;
    HealthStatus health;
    // readme: chaos drill
    try (Resilience drill =
        Resilience.builder().property("resilience.chaos.enabled", "true").build()) {
      RetryBudget budget =
          drill.retryBudget("payments", c -> c.capacity(4).ratio(0).perSecond(0));
      CircuitBreaker breaker = drill.circuitBreaker("payments", c -> c.failureThreshold(8));
      Retry retry = drill.retry(
          "payments", c -> c.backoff(Backoff.constant(Duration.ZERO)).budget(budget));
      Chaos chaos = drill.chaos("payments", c -> c.fail(100, () -> new ConnectException("chaos")));
      ResultPipeline<String> payments = drill
          .pipeline("payments", p -> p.add(retry).add(breaker).add(chaos))
          .withFallback(Fallback.of(failure -> "queued"));

      drill.chaos().start(Duration.ofMinutes(10));
      for (int i = 0; i < 20; i++) {
        answers.add(payments.call(() -> "paid")); // every answer is "queued"
      }
      retries = drill.retry("payments").totals().retries(); // 4: the budget bounds them
      state = breaker.state(); // OPEN, after 8 attempts
      health = drill.health().checkAll().status(); // DEGRADED
      drill.chaos().stop();
    }
    // end

    assertThat(answers).hasSize(20).containsOnly("queued");
    assertThat(retries).isEqualTo(4);
    assertThat(state).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(health).isEqualTo(HealthStatus.DEGRADED);
  }

  @Test
  void bulkheads() throws IOException {
    // readme: bulkhead page
    Bulkhead db = resilience.bulkhead(
        "db",
        c -> c.maxConcurrentCalls(25) // under way at a time
            .maxWait(Duration.ofMillis(200)) // then the call is rejected
            .maxWaiting(50)); // further ones are rejected at once
    String price = db.call(() -> shop.price("apples"));
    CompletableFuture<String> later = db.callAsync(() -> shop.priceLater("pears"));
    // end

    assertThat(List.of(price, later.join())).containsExactly("1.20 for apples", "1.20 for pears");

    // readme: bulkhead permit
    long permit = db.tryAcquirePermit(); // never waits
    if (permit != Bulkhead.REJECTED) {
      try {
        System.out.println(shop.price("plums"));
      } finally {
        db.releasePermit(permit);
      }
    }
    // end

    assertThat(db.snapshot().inUse()).isZero();
  }

  @Test
  void concurrencyLimits() throws IOException {
    // readme: concurrency limit page
    ConcurrencyLimit api = resilience.concurrencyLimit(
        "api",
        c -> c.initial(20) // until latencies are known
            .most(500)
            .healthyLatency(Duration.ofMillis(300))); // above it the limit falls in any case
    String price = api.call(() -> shop.price("apples"));
    String plums = api.withPriority(Priority.SHEDDABLE).call(() -> shop.price("plums"));
    // end

    assertThat(List.of(price, plums)).containsExactly("1.20 for apples", "1.20 for plums");

    // readme: concurrency limit permit
    long permit = api.tryAcquirePermit(); // never waits
    if (permit != ConcurrencyLimit.REJECTED) {
      try {
        System.out.println(shop.price("plums"));
        api.recordSuccess(permit);
      } catch (SocketTimeoutException e) {
        api.recordDrop(permit);
        throw e;
      } catch (IOException e) {
        api.releasePermit(permit); // teaches nothing
        throw e;
      }
    }
    // end

    assertThat(api.snapshot().inUse()).isZero();
  }

  @Test
  void rateLimiters() throws IOException {
    // readme: rate limiter page
    RateLimiter github = resilience.rateLimiter(
        "github",
        RateLimiterConfig.smooth(100, Duration.ofSeconds(1)) // one each 10 ms
            .burst(20) // at most so many at once
            .maxWait(Duration.ofSeconds(2)) // a call that would wait longer is rejected at once
            .build());
    String price = github.call(() -> shop.price("apples"));
    Policy batch = github.withPermits(5); // the same limiter, five permits a call
    String pears = batch.call(() -> shop.price("pears"));
    Duration wait = github.retryAfter(); // zero: the next call is admitted
    // end

    assertThat(List.of(price, pears)).containsExactly("1.20 for apples", "1.20 for pears");
    assertThat(wait).isZero();
    Map<String, List<String>> headers = Map.of("Retry-After", List.of("20"));

    // readme: rate limiter hint
    RateLimitHint hint = RateLimitHint.parse(headers); // null: they say nothing about limits
    if (hint != null) {
      github.observe(hint);
    }
    // end

    assertThat(github.retryAfter()).isEqualTo(Duration.ofSeconds(20));

    // readme: rate limiter restart
    RateLimiter quota = resilience.rateLimiter(
        "quota",
        RateLimiterConfig.smooth(5_000, Duration.ofHours(1))
            .keepAcrossRestart(true)
            .build());
    // end

    assertThat(quota.config().keepsAcrossRestart()).isTrue();

    // readme: rate limiter keys
    KeyedRateLimiter tenants = resilience.keyedRateLimiter(
        "tenants",
        c -> c.limiter(RateLimiterConfig.smooth(10, Duration.ofSeconds(1)).build())
            .maxKeys(100_000));
    boolean admitted = tenants.tryAcquire("tenant-7");
    // end

    assertThat(admitted).isTrue();
  }

  @Test
  void timeouts() throws IOException {
    Executor pool = Runnable::run;

    // readme: timeouts page
    Timeout timeout = resilience.timeout("prices", Duration.ofMillis(500));
    String price = timeout.call(() -> shop.price("apples")); // this thread, interrupted when late
    CompletableFuture<String> later =
        timeout.callAsync(() -> shop.priceLater("pears")); // completed and cancelled when late
    CompletableFuture<String> other =
        timeout.submit(() -> shop.price("plums"), pool); // left when late, and interrupted
    // end

    assertThat(List.of(price, later.join(), other.join()))
        .containsExactly("1.20 for apples", "1.20 for pears", "1.20 for plums");

    // readme: timeouts deadline
    try (Deadline deadline = resilience.deadline("checkout", Duration.ofSeconds(2))) {
      System.out.println(shop.price("apples"));
      deadline.check(); // throws where the two seconds are over
      timeout.run(() -> shop.price("pears")); // at most what is left of them
      System.out.println(CallContext.current().remaining()); // for a header of one's own request
    }
    // end

    assertThat(shop.calls).isEqualTo(4);
  }

  @Test
  void timeoutAroundASharedFuture() {
    shop.closed = true;

    // readme: timeouts shared
    Timeout timeout = resilience.timeout("prices", Duration.ofMillis(500));
    CompletableFuture<String> shared = shop.priceLater("pears"); // other callers wait for it, too
    CompletableFuture<String> mine = timeout.callAsync(shared::copy); // cancels its copy when late
    // end

    time.advance(Duration.ofSeconds(1));
    assertThat(mine)
        .failsWithin(Duration.ofSeconds(30))
        .withThrowableOfType(ExecutionException.class)
        .withCauseInstanceOf(TimeoutExceededException.class);
    assertThat(shared).as("others still wait").isNotDone();
    CompletableFuture<String> direct = timeout.callAsync(() -> shared);
    time.advance(Duration.ofSeconds(1));
    assertThat(direct)
        .failsWithin(Duration.ofSeconds(30))
        .withThrowableOfType(ExecutionException.class)
        .withCauseInstanceOf(TimeoutExceededException.class);
    assertThat(shared)
        .as("without a copy the timeout cancels it for all")
        .failsWithin(Duration.ofSeconds(30))
        .withThrowableOfType(CancellationException.class);
  }

  @Test
  void pipelines() throws IOException {
    // readme: pipelines page
    Pipeline pipeline = resilience.pipeline(
        "prices",
        p -> p.add(resilience.retry("prices")) // the outermost
            .add(resilience.circuitBreaker("prices"))
            .add(resilience.timeout("prices", Duration.ofSeconds(1))));
    String price = pipeline.call(() -> shop.price("apples"));
    System.out.println(pipeline + " warns of " + pipeline.warnings()); // of nothing
    // end

    assertThat(price).isEqualTo("1.20 for apples");
    assertThat(pipeline.warnings()).isEmpty();

    // readme: pipelines fallback
    ResultPipeline<String> prices = pipeline.withFallback(Fallback.<String>builder()
        .on(CallNotPermittedException.class, e -> "closed")
        .on(IOException.class, e -> "unknown")
        .build());
    // end

    resilience.circuitBreaker("prices").forceOpen();
    assertThat(prices.call(() -> shop.price("apples"))).isEqualTo("closed");
  }

  // readme: annotations pipeline
  interface Offers {
    @WithPipeline("prices") // of the code or of the configuration
    @WithFallback("none")
    List<String> offers(String article) throws IOException;

    default List<String> none(String article, Exception failure) {
      return List.of();
    }
  }
  // end

  @Test
  void pipelineByAnnotation() throws IOException {
    Pipeline unused =
        resilience.pipeline("prices", p -> p.add(resilience.circuitBreaker("prices")));
    Offers offers = resilience.proxy(
        Offers.class,
        article -> {
          throw new IOException("the shop is closed");
        },
        MethodHandles.lookup());
    assertThat(offers.offers("apples")).isEmpty();
  }

  @Test
  void contextPropagator() {
    ThreadLocal<String> tenant = new ThreadLocal<>();

    // readme: extending propagator
    try (Resilience resilience = Resilience.builder()
        .contextPropagator(ContextPropagator.of(tenant)) // a ThreadLocal
        .build()) {
      tenant.set("acme");
      CompletableFuture<String> seen = resilience
          .timeout("prices", Duration.ofSeconds(10))
          .submit(tenant::get, task -> new Thread(task).start());
      System.out.println(seen.join()); // acme, on another thread
    }
    // end

    try (Resilience resilience =
        Resilience.builder().contextPropagator(ContextPropagator.of(tenant)).build()) {
      CompletableFuture<String> seen = resilience
          .timeout("prices", Duration.ofSeconds(10))
          .submit(tenant::get, task -> new Thread(task).start());
      assertThat(seen.join()).isEqualTo("acme");
    }
  }

  // readme: extending health check
  public static final class DiskCheck implements HealthCheckProvider {
    @Override
    public String name() {
      return "disk";
    }

    @Override
    public HealthCheckOptions options() {
      return HealthCheckOptions.defaults().optional();
    }

    @Override
    public HealthCheck create(ResilienceContext context) {
      Path folder = Path.of(context.property("disk.folder").orElse("."));
      return () -> HealthResult.healthy()
          .withDetails(Map.of("free_bytes", Files.getFileStore(folder).getUsableSpace()));
    }
  }
  // end

  @Test
  void healthCheck() {
    DiskCheck check = new DiskCheck();
    ResilienceExtension asFound = context -> {
      Subscription unused = context
          .resilience()
          .health()
          .register(check.name(), check.create(context), check.options());
      return unused::close;
    };
    try (Resilience resilience = Resilience.builder().extension(asFound).build()) {
      assertThat(resilience
              .health()
              .check(HealthGroup.READINESS)
              .checks()
              .get("disk")
              .details())
          .containsKey("free_bytes");
    }
  }

  @Test
  void policyOfOnesOwn() throws IOException {
    // readme: extending policy in use
    Pipeline pipeline = resilience.pipeline(
        "prices",
        p -> p.add(new Turnstile("shop", new Semaphore(1)))
            .add(resilience.timeout("prices", Duration.ofSeconds(1))));
    System.out.println(pipeline.call(() -> shop.price("apples")));
    // end

    CompletableFuture<String> first = new CompletableFuture<>();
    CompletableFuture<String> holds = pipeline.callAsync(() -> first);
    assertThatExceptionOfType(ResilienceException.class)
        .isThrownBy(() -> pipeline.call(() -> shop.price("pears")))
        .withMessage("all permits of turnstile 'shop' are in use");
    assertThat(pipeline.callAsync(() -> first)).isCompletedExceptionally();
    first.complete("done");
    assertThat(holds).isCompletedWithValue("done");
    shop.closed = true;
    assertThatExceptionOfType(Busy.class)
        .isThrownBy(() -> pipeline.call(() -> shop.price("pears")));
    shop.closed = false;
    assertThat(pipeline.callAsync(() -> {
          throw new IllegalStateException("no request");
        }))
        .isCompletedExceptionally();
    assertThat(pipeline.call(() -> shop.price("plums"))).as("permits came back").isNotEmpty();
  }

  @Test
  void http() {
    // readme: http page
    HttpClient client =
        ResilientHttpClient.builder(resilience).timeout(Duration.ofSeconds(2)).build();
    // end

    assertThat(client).isInstanceOf(ResilientHttpClient.class);
  }

  @Test
  void httpPipeline() throws IOException, InterruptedException {
    Retry retry = resilience.retry("prices");
    CircuitBreaker breaker = resilience.circuitBreaker("prices");
    Timeout timeout = resilience.timeout("prices", Duration.ofSeconds(10));
    HttpClient http = HttpClient.newHttpClient();
    try (FlakyServer server = new FlakyServer(0, "1.20")) {
      HttpRequest request = HttpRequest.newBuilder(server.uri()).build();

      // readme: http pipeline
      Pipeline pipeline =
          resilience.pipeline("prices", p -> p.add(retry).add(breaker).add(timeout));

      // blocks; throws IOException and InterruptedException, as send() does
      HttpResponse<String> response =
          pipeline.callInterruptibly(() -> http.send(request, BodyHandlers.ofString()));

      // never blocks; cancelling the future cancels the request
      CompletableFuture<HttpResponse<String>> later =
          pipeline.callAsync(() -> http.sendAsync(request, BodyHandlers.ofString()));
      // end

      assertThat(response.body()).isEqualTo("1.20");
      assertThat(later.join().body()).isEqualTo("1.20");
    }
  }

  @Test
  void httpEvents() throws IOException {
    Retry retry = resilience.retry("http");
    List<String> lines = new CopyOnWriteArrayList<>();

    // readme: http events
    HttpFailures failures = HttpFailures.standard();
    resilience
        .retry("http")
        .subscribe(
            event -> lines.add(failures.status(event.failure()) + ", again in " + event.delay()));
    // end

    time.autoAdvance(true);
    shop.closed = true;
    assertThatExceptionOfType(Busy.class).isThrownBy(() -> retry.call(() -> shop.price("pears")));
    time.runPending();
    assertThat(lines).hasSize(3).first().asString().startsWith("OptionalInt.empty, again in PT0.");
  }

  /** Knows what a client throws that is not ours. */
  private static final class MyClientInspector implements HttpFailureInspector {
    @Override
    public OptionalInt status(Throwable failure) {
      return failure instanceof Busy ? OptionalInt.of(503) : OptionalInt.empty();
    }

    @Override
    public @Nullable RetryAfter retryAfter(Throwable failure) {
      return failure instanceof Busy busy ? RetryAfter.parse(busy.header()) : null;
    }
  }

  @Test
  void httpOfAnotherClient() {
    // readme: http other clients
    HttpFailures failures = HttpFailures.of(HttpErrorClassifier.DEFAULT, new MyClientInspector());
    RetryConfig retry = RetryPresets.http().toBuilder()
        .retryIf(failures.transientFailures())
        .retryAfter(failures.retryAfter())
        .build();
    CircuitBreakerConfig breaker = CircuitBreakerPresets.http().toBuilder()
        .recordIf(failures.serverFailures())
        .cooldownFrom(failures.retryAfter())
        .build();
    // end

    assertThat(retry.retryIf().test(new Busy("3"))).isTrue();
    assertThat(breaker.recordIf().test(new Busy("3"))).isTrue();
    assertThat(breaker.recordIf().test(new IllegalArgumentException("no such article")))
        .isFalse();
  }

  @Test
  void configuration() {
    Duration cooldown;

    // readme: configuration page
    try (Resilience resilience = Resilience.builder()
        .config(Map.of(
            "resilience.circuitbreaker.cooldown", "45s", // of every breaker
            "resilience.circuitbreaker.prices.cooldown", "10s"))
        .build()) {
      cooldown = resilience.circuitBreaker("prices").config().cooldown();
      System.out.println(resilience.policies().circuitBreakerConfigs().resolve("orders")); // 45 s
    }
    // end

    assertThat(cooldown).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void configuredPipeline() throws IOException {
    // readme: configuration pipeline
    try (Resilience resilience = Resilience.builder()
        .config(Map.of(
            "resilience.retry.prices.maxAttempts", "5",
            "resilience.timeout.limit", "500ms", // of every timeout
            "resilience.pipeline.prices.policies", "retry, circuitbreaker:shop, timeout"))
        .build()) {
      Pipeline prices = resilience.pipeline("prices");
      System.out.println(prices.call(() -> shop.price("apples")));
    }
    // end

    assertThat(shop.calls).isEqualTo(1);
  }

  @Test
  void configurationThatChanges() {
    try (Resilience resilience = Resilience.create()) {
      resilience.retry("prices");

      // readme: configuration reconfigure
      Reconfiguration done =
          resilience.reconfigure(Map.of("resilience.retry.prices.maxAttempts", "2"));
      System.out.println(done.changed()); // [retry 'prices']
      // end

      assertThat(done.changed()).containsExactly("retry 'prices'");
      assertThat(resilience.retry("prices").config().maxAttempts()).isEqualTo(2);
    }
  }

  @Test
  void configurationDeclaredOnce() {
    // readme: configuration declared once
    RetryConfig patient = RetryConfig.builder() // built once: a constant, or a bean
        .maxAttempts(5)
        .retryIf(failure -> failure instanceof IOException)
        .build();
    Retry retry = resilience.retry("prices", patient); // here, and where else it is declared
    Retry same = resilience.retry("prices"); // by its name alone, which declares nothing
    // end

    assertThat(same).isSameAs(retry);
    RetryConfig other = patient.toBuilder().retryIf(failure -> true).build();
    assertThatExceptionOfType(ResilienceConfigurationException.class)
        .isThrownBy(() -> resilience.retry("prices", other))
        .withMessageContaining("retryIf=a lambda in " + DocsSnippetsTest.class.getName());
  }

  @Test
  void manualTime() {
    CompletableFuture<String> never = new CompletableFuture<>();

    // readme: testing page
    ManualTime time = ManualTime.seeded(42);
    Resilience resilience = Resilience.builder().timeSource(time).build();
    CompletableFuture<String> call =
        resilience.timeout("prices", Duration.ofSeconds(5)).callAsync(() -> never);
    time.advance(Duration.ofSeconds(6)); // runs what is due, in order, on this thread
    // end

    assertThat(call).isCompletedExceptionally();
    resilience.close();
  }

  @Test
  void breakerInATest() {
    // readme: testing breaker
    ManualTime time = ManualTime.create();
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      CircuitBreaker breaker = resilience.circuitBreaker(
          "prices", c -> c.failureThreshold(1).cooldown(Duration.ofMinutes(10)));
      breaker.recordFailure(breaker.acquirePermit(), new IOException("the shop is closed"));
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);

      time.advance(Duration.ofMinutes(10)); // takes no time
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    }
    // end
  }

  @Test
  void metrics() {
    Map<String, Integer> gauges = new ConcurrentHashMap<>();
    CircuitBreaker breaker = resilience.circuitBreaker("prices");

    // readme: metrics codes
    resilience.policies().subscribe(CircuitBreakerListener.ofCodes(gauges::put));
    // end

    breaker.forceOpen();
    time.runPending();
    assertThat(gauges).containsEntry("prices", 1);
  }

  @Test
  void postgresql() {
    // readme: postgresql page
    ResilienceBuilder builder = Resilience.builder()
        .stateStore("postgresql://db:5432/shop?user=shop&currentSchema=resilience");
    CircuitBreakerConfig shared =
        CircuitBreakerConfig.builder().followPeers(true).build(); // opens when it opens elsewhere
    // end

    assertThat(shared.followsPeers()).isTrue();
    assertThatExceptionOfType(ResilienceConfigurationException.class)
        .as("the artifact is not on the path of the examples")
        .isThrownBy(builder::build)
        .withMessageContaining("resilience-postgresql");
  }
}
