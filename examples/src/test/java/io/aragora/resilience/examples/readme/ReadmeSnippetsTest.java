package io.aragora.resilience.examples.readme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.annotation.WithTimeout;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.health.endpoint.HealthEndpoint;
import io.aragora.resilience.http.client.ResilientHttpClient;
import io.aragora.resilience.reference.CircuitBreakerPresets;
import io.aragora.resilience.reference.RetryPresets;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code of the README, between markers; {@link ReadmeTest} compares the two. */
class ReadmeSnippetsTest {
  /** What the snippets call: fails a given number of times, then answers. */
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
      return CompletableFuture.completedFuture("1.20 for " + article);
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
      Pipeline pipeline = resilience.pipeline(
          "prices",
          p -> p.add(resilience.retry("prices", c -> c.maxAttempts(3).retryOn(IOException.class)))
              .add(resilience.circuitBreaker("prices", c -> c.failureThreshold(5)))
              .add(resilience.timeout("prices", Duration.ofMillis(500))));
      ResultPipeline<String> prices = pipeline.withFallback(Fallback.value("sold out"));
      System.out.println(prices.call(() -> shop.price("apples")));
    }
    // end

    assertThat(shop.calls).hasValue(1);
  }

  @Test
  void circuitBreaker() throws IOException {
    Shop shop = new Shop(0);

    // readme: circuit breaker
    CircuitBreaker breaker = resilience.circuitBreaker(
        "shop",
        c -> c.failureThreshold(5) // opens after five consecutive failures,
            .failureRateThreshold(50) // or when half of the calls of the last minute failed;
            .cooldown(Duration.ofSeconds(30)) // rejects calls for 30 s, then admits probes
            .ignoreOn(IllegalArgumentException.class)); // the caller's mistakes do not count
    breaker.subscribe(System.out::println); // its transitions, which the log shows anyway
    try {
      System.out.println(breaker.call(() -> shop.price("apples")));
    } catch (CallNotPermittedException e) { // rejected: the shop was not called
      System.out.println("next probe in " + e.remainingCooldown());
    }
    // end

    assertThat(shop.calls).hasValue(1);
    breaker.forceOpen();
    assertThatExceptionOfType(CallNotPermittedException.class)
        .isThrownBy(() -> breaker.call(() -> shop.price("apples")));
    assertThat(shop.calls).hasValue(1);
  }

  @Test
  void pipeline() throws IOException {
    Shop shop = new Shop(0);
    Pipeline declared =
        resilience.pipeline("prices", p -> p.add(resilience.circuitBreaker("prices")));

    // readme: pipeline
    Pipeline pipeline = resilience.pipeline("prices"); // declared before, or in a file
    String now = pipeline.call(() -> shop.price("apples")); // throws what price() throws
    CompletableFuture<String> later =
        pipeline.callAsync(() -> shop.priceLater("pears")); // blocks no thread
    // end

    assertThat(pipeline).isSameAs(declared);
    assertThat(now).isEqualTo("1.20 for apples");
    assertThat(later).isCompletedWithValue("1.20 for pears");
  }

  // readme: annotations
  interface Prices {
    @WithCircuitBreaker("prices")
    @WithRetry(maxAttempts = 3, delay = "200ms", retryOn = IOException.class)
    @WithTimeout("500ms")
    String price(String article) throws IOException;
  }
  // end

  @Test
  void annotations() throws IOException {
    time.autoAdvance(true);
    Shop shop = new Shop(2);

    Prices prices = resilience.proxy(Prices.class, shop::price, MethodHandles.lookup());
    assertThat(prices.price("apples")).isEqualTo("1.20 for apples");
    assertThat(shop.calls).hasValue(3);
  }

  @Test
  void http() throws IOException, InterruptedException {
    time.autoAdvance(true);
    try (FlakyServer server = new FlakyServer(2, "apples")) {
      HttpRequest request = HttpRequest.newBuilder(server.uri()).build();

      // readme: http
      HttpClient client = ResilientHttpClient.builder(resilience)
          .circuitBreaker(CircuitBreakerPresets.http()) // one for each origin
          .retry(RetryPresets.http()) // four attempts, if repeating is safe
          .timeout(Duration.ofSeconds(2)) // for each attempt
          .build();
      HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
      // end

      assertThat(response.body()).isEqualTo("apples");
      assertThat(resilience.retry("http").totals().retries()).isEqualTo(2);
    }
  }

  @Test
  void operate(@TempDir Path folder) throws IOException, InterruptedException {
    String location = "sqlite:" + folder.resolve("state.db");

    // readme: operate
    HealthEndpoint endpoint = HealthEndpoint.builder().port(0).build(); // 0: any free port
    try (Resilience resilience = Resilience.builder()
        .name("shop")
        .stateStore(location) // an open breaker is still open after a restart
        .extension(endpoint)
        .build()) {
      System.out.println(resilience.name() + " is at " + endpoint.uri()); // live page, /metrics
    }
    // end

    try (Resilience resilience = Resilience.builder().stateStore(location).build()) {
      resilience.circuitBreaker("prices").forceOpen();
    }

    HealthEndpoint another = HealthEndpoint.builder().port(0).build();
    try (Resilience resilience = Resilience.builder()
        .name("shop")
        .stateStore(location)
        .extension(another)
        .build()) {
      assertThat(resilience.circuitBreaker("prices").state())
          .isEqualTo(CircuitBreakerState.FORCED_OPEN);
      assertThat(get(another.uri().resolve("/health/ready"))).contains("degraded");
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
}
