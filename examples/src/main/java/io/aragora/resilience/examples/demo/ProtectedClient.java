package io.aragora.resilience.examples.demo;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.health.endpoint.HealthEndpoint;
import io.aragora.resilience.http.client.ResilientHttpClient;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.RetryConfig;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
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
 * The client part of an application: a service protected by annotation for synchronous calls, a protected HTTP client for
 * asynchronous ones, one breaker for both, and their runtime, with its state in a file and its health on a port. Thread-safe.
 */
final class ProtectedClient implements AutoCloseable {
  /** The name of the pipeline and of each of its policies. */
  static final String UPSTREAM = "upstream";

  private static final int HTTP_THREADS = 4;
  private static final Duration ENDPOINT_TIMEOUT = Duration.ofSeconds(5);

  private final HealthEndpoint endpoint;
  private final Resilience resilience;
  private final CircuitBreaker breaker;
  private final ExecutorService httpThreads;
  private final HttpClient plain;
  private final ResilientHttpClient http;
  private final StatusService service;
  private final HttpRequest request;

  /**
   * Opens a client.
   *
   * @param name names the runtime and its threads
   * @param options the options of the demo
   * @param port the endpoint's port; 0 for any that is free
   * @param target the address to call
   * @param state the location of breaker state
   * @param listener receives the breaker's transitions
   * @throws IOException if the endpoint's port is in use
   */
  ProtectedClient(
      String name,
      DemoOptions options,
      int port,
      URI target,
      StateFile state,
      CircuitBreakerListener listener)
      throws IOException {
    endpoint = HealthEndpoint.builder().port(port).showDetails(true).build();
    resilience = Resilience.builder()
        .name(name)
        .stateStore(state.location())
        .logTransitions(System.Logger.Level.OFF) // the demo prints them itself
        .extension(endpoint)
        .build();
    if (resilience.extension(HealthEndpoint.class).isEmpty()) {
      resilience.close();
      throw new IOException("the endpoint cannot listen on port " + port);
    }
    breaker = resilience.circuitBreaker(UPSTREAM, breakerConfig(options));
    breaker.subscribe(listener);
    httpThreads = Executors.newFixedThreadPool(HTTP_THREADS, Threads.daemons(name + "-http-"));
    plain = HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .followRedirects(HttpClient.Redirect.NORMAL)
        .executor(httpThreads)
        .build();
    request = HttpRequest.newBuilder(target).build();
    http = ResilientHttpClient.builder(resilience)
        .name("upstream-http")
        .client(plain)
        .circuitBreaker(breaker)
        .retry(retryConfig())
        .timeout(options.timeout())
        .build();
    Pipeline unused = resilience.pipeline(
        UPSTREAM,
        p -> p.add(breaker)
            .add(resilience.retry(UPSTREAM, retryConfig()))
            .add(resilience.timeout(UPSTREAM, options.timeout())));
    service = resilience.proxy(
        StatusService.class, new HttpStatusService(plain, request), MethodHandles.lookup());
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

  /** The name of the runtime. */
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
    try {
      int unused = service.status();
      return Outcome.SERVED;
    } catch (IOException | RuntimeException e) {
      return Outcome.of(e);
    }
  }

  /** Calls without blocking; the future never fails. */
  CompletableFuture<Outcome> callAsync() {
    return http.sendAsync(request, BodyHandlers.discarding())
        .handle(
            (response, failure) -> failure == null ? Outcome.of(response) : Outcome.of(failure));
  }

  /** Reads a page of the endpoint, through no policy. */
  HttpResponse<String> page(String path) throws IOException, InterruptedException {
    HttpRequest get = HttpRequest.newBuilder(endpoint().resolve(path))
        .timeout(ENDPOINT_TIMEOUT)
        .build();
    return plain.send(get, BodyHandlers.ofString());
  }

  /** Saves the state of the breaker, and ends every thread. */
  @Override
  public void close() {
    resilience.close();
    http.close();
    httpThreads.shutdownNow();
  }
}
