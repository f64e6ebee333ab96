package io.aragora.resilience.examples.readme;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

import com.sun.net.httpserver.HttpServer;
import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.Subscription;
import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithFallback;
import io.aragora.resilience.annotation.WithPipeline;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.annotation.WithTimeout;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CallOutcome;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerPresets;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthReport;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.health.endpoint.HealthEndpoint;
import io.aragora.resilience.http.client.ResilientHttpClient;
import io.aragora.resilience.persistence.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.retry.RetryPresets;
import io.aragora.resilience.spi.ResilienceContext;
import io.aragora.resilience.spi.ResilienceExtension;
import io.aragora.resilience.spi.StateStoreProvider;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Deadline;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code of the README, between markers; {@link ReadmeTest} compares the two. */
class ReadmeSnippetsTest {
  /** What the snippets call: fails so many times, then answers. */
  private static final class Shop {
    private final AtomicInteger failuresLeft;
    private final AtomicInteger calls = new AtomicInteger();

    Shop(int failures) {
      failuresLeft = new AtomicInteger(failures);
    }

    String price(String article) throws IOException {
      calls.incrementAndGet();
      if (failuresLeft.getAndDecrement() > 0) {
        throw new IOException("the shop is closed");
      }
      return "1.20 for " + article;
    }

    CompletableFuture<String> priceLater(String article) {
      calls.incrementAndGet();
      return failuresLeft.getAndDecrement() > 0
          ? new CompletableFuture<>()
          : CompletableFuture.completedFuture("1.20 for " + article);
    }
  }

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  @Test
  void start() throws IOException {
    Shop shop = new Shop(0);

    // readme: start
    try (Resilience resilience = Resilience.create()) {
      CircuitBreaker breaker = resilience.circuitBreaker("prices");
      String price = breaker.call(() -> shop.price("apples")); // throws what price() throws
      System.out.println(price);
    }
    // end

    assertThat(shop.calls).hasValue(1);
  }

  @Test
  void circuitBreaker() throws IOException {
    Shop shop = new Shop(0);

    // readme: circuit breaker
    CircuitBreaker breaker = resilience.circuitBreaker(
        "prices",
        CircuitBreakerConfig.builder()
            .failureThreshold(5) // opens after five failures in a row,
            .failureRateThreshold(50) // or when half of the calls of the last minute failed,
            .minimumNumberOfCalls(20) // provided that there were twenty
            .cooldown(Duration.ofSeconds(30)) // then refuses for 30 s,
            .cooldownBackoff(2, Duration.ofMinutes(5)) // twice as long after each failed probe,
            .successThreshold(2) // and closes after two probes that succeed
            .ignoreIf(failure -> failure instanceof IllegalArgumentException)
            .build());
    try {
      System.out.println(breaker.call(() -> shop.price("apples")));
    } catch (CallNotPermittedException e) { // the shop was not called
      System.out.println("again in " + e.remainingCooldown());
    }
    // end

    assertThat(shop.calls).hasValue(1);
    breaker.forceOpen();
    assertThatExceptionOfType(CallNotPermittedException.class)
        .isThrownBy(() -> breaker.call(() -> shop.price("apples")));
    assertThat(shop.calls).hasValue(1);
  }

  @Test
  void refusalAndEvents() throws IOException {
    Shop shop = new Shop(0);
    CircuitBreaker breaker = resilience.circuitBreaker("prices");

    // readme: refusal and events
    CallOutcome<String> outcome = breaker.tryCall(() -> shop.price("apples"));
    System.out.println(outcome.orElse("sold out")); // a refusal is an answer, not an exception

    System.out.println(breaker.snapshot()); // state, cause, counts, remaining cooldown

    Subscription subscription = breaker.subscribe(new CircuitBreakerListener() {
      @Override
      public void onTransition(CircuitBreakerTransition transition) {
        System.out.println(transition); // in the background, once for each change, in order
      }
    });
    subscription.close();
    // end

    assertThat(outcome.value()).isEqualTo("1.20 for apples");
    breaker.forceOpen();
    assertThat(breaker.tryCall(() -> shop.price("apples")).orElse("sold out"))
        .isEqualTo("sold out");
  }

  @Test
  void slowCalls() {
    // readme: slow calls
    CircuitBreaker search = resilience.circuitBreaker(
        "search",
        CircuitBreakerConfig.builder()
            .slowCallRateThreshold(50) // opens when half of the calls
            .slowCallDuration(Duration.ofSeconds(2)) // took two seconds, or have by now:
            .minimumNumberOfCalls(10) // ten that hang are enough, nobody waits for their end
            .countWindow(100) // of the last hundred, instead of a time
            .build());

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
  void keys() throws IOException {
    Shop shop = new Shop(0);

    // readme: keys
    KeyedCircuitBreaker tenants = resilience.keyedCircuitBreaker(
        "tenants",
        KeyedCircuitBreakerConfig.builder()
            .breaker(CircuitBreakerConfig.builder().failureThreshold(3).build())
            .maxKeys(100_000) // beyond, idle keys make room, or new ones share one breaker
            .build());

    String price = tenants.forKey("acme").call(() -> shop.price("apples"));
    List<String> open = tenants.filterAvailable(List.of("acme", "umbrella"));
    // end

    assertThat(price).isEqualTo("1.20 for apples");
    assertThat(open).containsExactly("acme", "umbrella");
  }

  @Test
  void retry() throws IOException {
    time.autoAdvance(true);
    Shop shop = new Shop(2);

    // readme: retry
    Retry retry = resilience.retry(
        "prices",
        RetryConfig.builder()
            .maxAttempts(4) // the first one included
            .backoff(Backoff.exponential(Duration.ofMillis(100))
                .cappedAt(Duration.ofSeconds(2))
                .withJitter(Jitter.FULL))
            .maxDuration(Duration.ofSeconds(10))
            .retryIf(failure -> failure instanceof IOException)
            .build());
    String price = retry.call(() -> shop.price("apples"));
    // end

    assertThat(price).isEqualTo("1.20 for apples");
    assertThat(shop.calls).hasValue(3);
  }

  @Test
  void retryBudget() throws IOException {
    time.autoAdvance(true);
    Shop shop = new Shop(2);

    // readme: retry budget
    RetryBudget budget = resilience.retryBudget(
        "shop",
        RetryBudgetConfig.builder()
            .ratio(0.1) // ten calls that succeed earn one retry,
            .capacity(100) // a hundred are saved,
            .perSecond(1) // and one a second is free
            .build());
    Retry careful =
        resilience.retry("careful", RetryConfig.builder().budget(budget).build());
    String pears = careful.call(() -> shop.price("pears"));
    // end

    assertThat(pears).isEqualTo("1.20 for pears");
    assertThat(budget.level()).isEqualTo(98.1);
  }

  @Test
  void timeout() throws IOException {
    Shop shop = new Shop(0);

    // readme: timeout
    Timeout timeout = resilience.timeout("prices", Duration.ofMillis(500));
    String now = timeout.call(() -> shop.price("apples")); // on this thread, interrupted if late
    CompletableFuture<String> later = timeout.callAsync(() -> shop.priceLater("pears"));
    // end

    assertThat(now).isEqualTo("1.20 for apples");
    assertThat(later).isCompletedWithValue("1.20 for pears");

    CompletableFuture<String> never = timeout.callAsync(() -> new Shop(1).priceLater("plums"));
    time.advance(Duration.ofSeconds(1));
    assertThat(never)
        .isCompletedExceptionally()
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(TimeoutExceededException.class);
  }

  @Test
  void pipeline() throws IOException, InterruptedException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> {
      byte[] body = "1.20".getBytes(UTF_8);
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
    URI uri = URI.create("http://localhost:" + server.getAddress().getPort() + "/apples");
    Retry retry = resilience.retry("prices");
    CircuitBreaker breaker = resilience.circuitBreaker("prices");
    Timeout timeout = resilience.timeout("prices", Duration.ofMillis(500));
    HttpClient http = HttpClient.newHttpClient();
    HttpRequest request = HttpRequest.newBuilder(uri).build();

    // readme: pipeline
    Pipeline pipeline = resilience
        .pipeline("prices")
        .add(retry) // the outermost: tries again,
        .add(breaker) // asks the breaker each time,
        .add(timeout) // and gives each attempt its own limit
        .build();

    // blocks; throws IOException and InterruptedException, as send() does
    HttpResponse<String> response =
        pipeline.callInterruptibly(() -> http.send(request, BodyHandlers.ofString()));

    // never blocks; cancelling the future cancels the request
    CompletableFuture<HttpResponse<String>> later =
        pipeline.callAsync(() -> http.sendAsync(request, BodyHandlers.ofString()));
    // end

    assertThat(response.body()).isEqualTo("1.20");
    assertThat(later.join().body()).isEqualTo("1.20");
    server.stop(0);
  }

  @Test
  void fallback() throws IOException {
    Shop shop = new Shop(9);
    CircuitBreaker breaker = resilience.circuitBreaker("prices");
    Pipeline pipeline = resilience.pipeline("prices").add(breaker).build();

    // readme: fallback
    ResultPipeline<String> prices = pipeline.withFallback(Fallback.<String>builder()
        .on(CallNotPermittedException.class, e -> "closed")
        .otherwise(e -> "unknown")
        .build());
    String price = prices.call(() -> shop.price("apples"));
    // end

    assertThat(price).isEqualTo("unknown");
    breaker.forceOpen();
    assertThat(prices.call(() -> shop.price("pears"))).isEqualTo("closed");
    assertThat(prices.totals().used()).isEqualTo(2);
  }

  @Test
  void fromPython() throws IOException {
    Shop shop = new Shop(0);
    Timeout timeout = resilience.timeout("prices", Duration.ofSeconds(30));

    // readme: from Python
    // get_circuit_breaker("anthropic-api", provider="anthropic")
    CircuitBreaker api = resilience.circuitBreakerForProvider("anthropic-api", "anthropic");
    System.out.println(api.call(() -> shop.price("apples")));

    // async with timeout_context(seconds=5.0)
    try (Deadline deadline = resilience.deadline("order", Duration.ofSeconds(5))) {
      String pears = timeout.call(() -> shop.price("pears")); // ends at the nearer of both
      deadline.check();
      System.out.println(pears);
    }

    // for name, status in report.checks.items()
    resilience
        .health()
        .check(HealthGroup.READINESS)
        .checks()
        .forEach((name, result) -> System.out.println(name + ": " + result.status()));

    // persist_all_circuit_breakers()
    boolean isSaved = resilience.flush(Duration.ofSeconds(5));
    // end

    assertThat(shop.calls).hasValue(2);
    assertThat(api.config().failureThreshold()).isEqualTo(3);
    assertThat(timeout.totals().inTime()).isOne();
    assertThat(isSaved).isTrue();
  }

  @Test
  void permits() {
    Shop shop = new Shop(0);
    CircuitBreaker breaker = resilience.circuitBreaker("prices");

    // readme: permits
    long permit = breaker.tryAcquirePermit(); // neither an exception nor an object
    if (permit != CircuitBreaker.REJECTED) {
      try {
        System.out.println(shop.price("apples"));
        breaker.recordSuccess(permit);
      } catch (IOException e) {
        breaker.recordFailure(permit, e);
      }
    }

    for (CircuitBreaker each : resilience.circuitBreakers()) {
      System.out.println(each.name() + ": " + each.snapshot().toMap());
    }
    // end

    assertThat(breaker.snapshot().totals().successes()).isEqualTo(1);
  }

  @Test
  void http() throws IOException, InterruptedException {
    HttpServer server = answering("apples", 2);
    URI uri = URI.create("http://localhost:" + server.getAddress().getPort() + "/");
    time.autoAdvance(true);
    HttpRequest request = HttpRequest.newBuilder(uri).build();

    // readme: http
    HttpClient client = ResilientHttpClient.builder(resilience)
        .circuitBreaker(CircuitBreakerPresets.http()) // one for each origin, around
        .retry(RetryPresets.http()) // four attempts, where repeating does no harm, and
        .timeout(Duration.ofSeconds(2)) // a limit for each attempt
        .build();
    HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
    // end

    server.stop(0);
    assertThat(response.body()).isEqualTo("apples");
    assertThat(resilience.retry("http").totals().retries()).isEqualTo(2);
  }

  /** Answers 503 so many times first. */
  private static HttpServer answering(String text, int failures) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    AtomicInteger failuresLeft = new AtomicInteger(failures);
    server.createContext("/", exchange -> {
      boolean fails = failuresLeft.getAndDecrement() > 0;
      byte[] bytes = (fails ? "down" : text).getBytes(UTF_8);
      exchange.sendResponseHeaders(fails ? 503 : 200, bytes.length);
      exchange.getResponseBody().write(bytes);
      exchange.close();
    });
    server.start();
    return server;
  }

  @Test
  void config() throws IOException {
    Shop shop = new Shop(1);

    // readme: config
    try (Resilience resilience = Resilience.builder()
        .config(Map.of(
            "resilience.retry.prices.maxAttempts", "5",
            "resilience.timeout.limit", "500ms", // of every timeout
            "resilience.pipeline.prices.policies", "retry, circuitbreaker:shop, timeout"))
        .build()) {
      Pipeline prices = resilience.registeredPipeline("prices");
      System.out.println(prices.call(() -> shop.price("apples")));
    }
    // end

    assertThat(shop.calls).hasValue(2);
  }

  // readme: named pipeline
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
  void namedPipeline() throws IOException {
    Pipeline unused =
        resilience.pipeline("prices").add(resilience.circuitBreaker("prices")).register();
    Offers offers = resilience.proxy(
        Offers.class,
        article -> {
          throw new IOException("the shop is closed");
        },
        MethodHandles.lookup());
    assertThat(offers.offers("apples")).isEmpty();
  }

  // readme: annotations
  interface Prices {
    @WithCircuitBreaker("prices")
    @WithRetry(maxAttempts = 3, delay = "200ms")
    @WithTimeout("500ms")
    String price(String article) throws IOException;
  }
  // end

  @Test
  void annotations() throws IOException {
    time.autoAdvance(true);
    Shop shop = new Shop(2);

    // readme: proxy
    Prices prices = resilience.proxy(Prices.class, shop::price, MethodHandles.lookup());
    String price = prices.price("apples");
    // end

    assertThat(price).isEqualTo("1.20 for apples");
    assertThat(shop.calls).hasValue(3);
  }

  @Test
  void health() {
    time.autoAdvance(true);
    AtomicInteger pool = new AtomicInteger();

    // readme: health
    resilience
        .health()
        .register(
            "pool",
            () -> pool.get() > 0
                ? HealthResult.healthy()
                : HealthResult.of(HealthStatus.UNHEALTHY, "no connection left"));

    HealthReport report = resilience.health().check(HealthGroup.READINESS);
    System.out.println(report.status() + ": " + report.summary());
    // end

    assertThat(report.status().isServing()).isFalse();
    assertThat(report.checks().get("pool").detail()).isEqualTo("no connection left");
  }

  @Test
  void endpoint() throws IOException, InterruptedException {
    // readme: endpoint
    HealthEndpoint endpoint = HealthEndpoint.builder().port(0).build(); // 0: any free port
    try (Resilience resilience =
        Resilience.builder().name("shop").extension(endpoint).build()) {
      URI uri = endpoint.uri(); // with /health/live, /health/ready and /metrics
      System.out.println(resilience.name() + " is at " + uri);
    }
    // end

    HealthEndpoint another = HealthEndpoint.builder().port(0).build();
    try (Resilience resilience =
        Resilience.builder().name("shop").extension(another).build()) {
      resilience.circuitBreaker("prices");
      assertThat(get(another.uri().resolve("/health/ready"))).contains("healthy");
      assertThat(get(another.uri().resolve("/metrics")))
          .contains("resilience_", "runtime=\"shop\"");
    }
  }

  private static String get(URI uri) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(uri).build();
    HttpResponse<String> response =
        HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(200);
    return response.body();
  }

  @Test
  void savedState(@TempDir Path folder) {
    String location = "sqlite:" + folder.resolve("state.db");

    // readme: saved state
    try (Resilience resilience = Resilience.builder().stateStore(location).build()) {
      resilience.circuitBreaker("prices").forceOpen();
    } // saved, at the latest now

    try (Resilience resilience = Resilience.builder().stateStore(location).build()) {
      System.out.println(resilience.circuitBreaker("prices").state()); // FORCED_OPEN
    }
    // end

    try (Resilience resilience = Resilience.builder().stateStore(location).build()) {
      assertThat(resilience.circuitBreaker("prices").state())
          .isEqualTo(CircuitBreakerState.FORCED_OPEN);
    }
  }

  @Test
  void manualTime() {
    // readme: manual time
    ManualTime time = ManualTime.create();
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      CircuitBreaker breaker = resilience.circuitBreaker(
          "prices",
          CircuitBreakerConfig.builder()
              .failureThreshold(1)
              .cooldown(Duration.ofMinutes(10))
              .build());
      breaker.recordFailure(breaker.acquirePermit(), new IOException("the shop is closed"));
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);

      time.advance(Duration.ofMinutes(10)); // takes no time
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    }
    // end
  }

  // readme: store
  public static final class MapStoreProvider implements StateStoreProvider {
    @Override
    public String scheme() {
      return "map"; // stateStore("map:shop") finds it
    }

    @Override
    public StateStore open(String location) {
      return new MapStore();
    }
  }

  static final class MapStore implements StateStore {
    private final Map<SavedBreaker.Id, SavedBreaker> rows = new ConcurrentHashMap<>();

    @Override
    public Loaded load() {
      return new Loaded(List.copyOf(rows.values()), List.of());
    }

    @Override
    public int save(Collection<SavedBreaker> states) {
      states.forEach(
          state -> // of two changes the later one stays
          rows.merge(state.id(), state, (old, now) -> now.replaces(old) ? now : old));
      return states.size();
    }

    @Override
    public int purgeSavedBefore(Instant cutOff) {
      int before = rows.size();
      rows.values().removeIf(row -> row.savedAt().isBefore(cutOff));
      return before - rows.size();
    }

    @Override
    public void close() {}
  }
  // end

  @Test
  void store() {
    StateStore store = new MapStoreProvider().open("map:shop");
    try (Resilience resilience = Resilience.builder().stateStore(store).build()) {
      resilience.circuitBreaker("prices").forceOpen();
    }

    assertThat(((MapStore) store).load().states())
        .extracting(SavedBreaker::name, SavedBreaker::state)
        .containsExactly(tuple("prices", CircuitBreakerState.FORCED_OPEN));
    assertThat(((MapStore) store).purgeSavedBefore(Instant.MAX)).isOne();
  }

  // readme: extension
  public static final class DiskSpace implements ResilienceExtension {
    private static final long LEAST_BYTES = 100_000_000;

    @Override
    public AutoCloseable attach(ResilienceContext context) {
      Path folder = Path.of(context.property("diskspace.folder").orElse("."));
      return context
          .resilience()
          .health()
          .register(
              "disk space",
              () -> Files.getFileStore(folder).getUsableSpace() > LEAST_BYTES
                  ? HealthResult.healthy()
                  : HealthResult.of(HealthStatus.UNHEALTHY, "less than 100 MB left"));
    }
  }
  // end

  @Test
  void extension() {
    try (Resilience resilience = Resilience.builder().extension(new DiskSpace()).build()) {
      assertThat(resilience.health().names()).contains("disk space");
      assertThat(resilience.health().check(HealthGroup.READINESS).checks())
          .containsKey("disk space");
    }
  }
}
