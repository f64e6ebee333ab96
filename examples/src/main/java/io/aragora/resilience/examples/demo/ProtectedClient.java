package io.aragora.resilience.examples.demo;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.health.endpoint.HealthEndpoint;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.timeout.Timeout;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * What an application would have: an HTTP client whose calls go through retry, breaker and timeout, and the runtime that
 * these belong to, with its state in a file and its health on a port. Thread-safe.
 */
final class ProtectedClient implements AutoCloseable {
  static final String BREAKER = "upstream";

  private static final int HTTP_THREADS = 4;
  private static final Duration ENDPOINT_TIMEOUT = Duration.ofSeconds(5);

  private final HealthEndpoint endpoint;
  private final Resilience resilience;
  private final CircuitBreaker breaker;
  private final Pipeline pipeline;
  private final ExecutorService httpThreads;
  private final HttpClient http;
  private final HttpRequest request;

  /**
   * Opens a client.
   *
   * @param name names the runtime and its threads
   * @param options how long, where and how fast
   * @param target whom to call
   * @param state where breaker state is kept
   * @param listener hears of the breaker
   * @throws IOException if the endpoint's port is taken
   */
  ProtectedClient(
      String name,
      DemoOptions options,
      URI target,
      StateFile state,
      CircuitBreakerListener listener)
      throws IOException {
    endpoint = HealthEndpoint.builder().port(options.port()).showDetails(true).build();
    resilience = Resilience.builder()
        .name(name)
        .stateStore(state.location())
        .extension(endpoint)
        .build();
    if (resilience.extension(HealthEndpoint.class).isEmpty()) {
      resilience.close();
      throw new IOException("the endpoint cannot listen on demo.port: " + options.port());
    }
    breaker = resilience.circuitBreaker(BREAKER, breakerConfig(options));
    breaker.subscribe(listener);
    Retry retry = resilience.retry(BREAKER, retryConfig());
    Timeout timeout = resilience.timeout(BREAKER, options.timeout());
    pipeline = resilience.pipeline(BREAKER).add(retry).add(breaker).add(timeout).build();
    httpThreads = Executors.newFixedThreadPool(HTTP_THREADS, Threads.daemons(name + "-http-"));
    http = HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .followRedirects(HttpClient.Redirect.NORMAL)
        .executor(httpThreads)
        .build();
    request = HttpRequest.newBuilder(target).build();
  }

  private static CircuitBreakerConfig breakerConfig(DemoOptions options) {
    return CircuitBreakerConfig.builder()
        .failureThreshold(10)
        .failureRateThreshold(50)
        .minimumNumberOfCalls(20)
        .window(options.cooldown())
        .cooldown(options.cooldown())
        .successThreshold(3)
        .build();
  }

  private static RetryConfig retryConfig() {
    Backoff backoff = Backoff.exponential(Duration.ofMillis(20))
        .cappedAt(Duration.ofMillis(200))
        .withJitter(Jitter.EQUAL);
    return RetryConfig.builder().maxAttempts(3).backoff(backoff).build();
  }

  CircuitBreaker breaker() {
    return breaker;
  }

  /** Names the runtime. */
  String name() {
    return resilience.name();
  }

  /** Where health and metrics are served. */
  URI endpoint() {
    return endpoint.uri();
  }

  /**
   * Calls on this thread.
   *
   * @throws InterruptedException if this thread was interrupted
   */
  Outcome call() throws InterruptedException {
    HttpCall call = new HttpCall(http, request);
    try {
      int unused = pipeline.callInterruptibly(call::send);
      return Outcome.SERVED;
    } catch (IOException | RuntimeException e) {
      return Outcome.of(e, call);
    }
  }

  /** Calls without blocking; the future never fails. */
  CompletableFuture<Outcome> callAsync() {
    HttpCall call = new HttpCall(http, request);
    return pipeline
        .callAsync(call::sendAsync)
        .handle((status, failure) -> failure == null ? Outcome.SERVED : Outcome.of(failure, call));
  }

  /** Reads a page of the endpoint, not through the pipeline. */
  HttpResponse<String> page(String path) throws IOException, InterruptedException {
    HttpRequest get = HttpRequest.newBuilder(endpoint().resolve(path))
        .timeout(ENDPOINT_TIMEOUT)
        .build();
    return http.send(get, BodyHandlers.ofString());
  }

  /** Saves the state of the breaker, and ends every thread. */
  @Override
  public void close() {
    resilience.close();
    // From 21 on the client can be closed; on 17 its one daemon thread ends with it.
    if ((Object) http instanceof AutoCloseable closeable) {
      closeQuietly(closeable);
    }
    httpThreads.shutdownNow();
  }

  private static void closeQuietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception e) {
      throw new IllegalStateException("the HTTP client does not close", e);
    }
  }
}
