package io.aragora.resilience.http.client;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.http.internal.Origin;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.timeout.Timeout;
import java.io.IOException;
import java.net.Authenticator;
import java.net.CookieHandler;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.PushPromiseHandler;
import java.net.http.HttpTimeoutException;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * An {@link HttpClient} whose calls go through a circuit breaker for each origin, a retry, a hedge and a rate limiter for each
 * origin if they are set, and a timeout for each attempt, in this order: a call is one outcome for its breaker, however many
 * attempts it takes.
 *
 * <pre>{@code
 * HttpClient client = ResilientHttpClient.builder(resilience).timeout(Duration.ofSeconds(2)).build();
 * HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
 * }</pre>
 *
 * <p>Code that accepts an {@code HttpClient} needs no change. A call ends in the ways that it knows:
 *
 * <ul>
 *   <li>with a response of any status, with the whole body as the caller's handler returns it; if all attempts ended with a
 *   transient status, it is the last response;
 *   <li>if the breaker or the rate limiter rejects the call, with an {@link IOException} with {@link
 *       io.aragora.resilience.circuitbreaker.CallNotPermittedException} or {@link
 *       io.aragora.resilience.ratelimiter.RateLimitExceededException} as its cause, and the attempt was not sent;
 *   <li>after a timeout, with a {@link java.net.http.HttpTimeoutException} with {@link
 *       io.aragora.resilience.timeout.TimeoutExceededException} as its cause;
 *   <li>otherwise with the failure of the last attempt, which has the earlier ones as suppressed exceptions.
 * </ul>
 *
 * <p>A request is repeated only if that does no harm: its body is none, of bytes, of text, or a {@link ReplayableBody};
 * and its method is idempotent, it has an {@code Idempotency-Key}, or, if no redirects are followed, its connection could not
 * be established. A {@code Retry-After} header is followed, up to the cap of the retry's backoff. Only a request whose method
 * is idempotent, or that has an {@code Idempotency-Key}, is hedged.
 *
 * <p>The wrapped client follows redirects, which count for the origin of the request. Web sockets are not protected.
 * Thread-safe.
 */
public final class ResilientHttpClient extends HttpClient implements AutoCloseable {
  private final HttpClient client;
  private final HttpPolicies policies;
  private final StatusRules rules;

  ResilientHttpClient(HttpClient client, HttpPolicies policies, StatusRules rules) {
    this.client = client;
    this.policies = policies;
    this.rules = rules;
  }

  /**
   * Returns a new builder of a client.
   *
   * @param resilience owns the policies; the client does not close it
   * @return a new builder
   */
  public static ResilientHttpClientBuilder builder(Resilience resilience) {
    return new ResilientHttpClientBuilder(Objects.requireNonNull(resilience, "resilience"));
  }

  /**
   * Returns the breaker of an address, and creates it if there was no call yet.
   *
   * @param uri an address with a host
   * @return the breaker of its origin; empty if the client has none
   * @throws IllegalArgumentException if {@code uri} has no host
   */
  public Optional<CircuitBreaker> circuitBreaker(URI uri) {
    if (!Origin.hasHost(uri)) {
      throw new IllegalArgumentException("uri must have a host: " + uri);
    }
    return policies.breaker(uri);
  }

  @Override
  public <T> HttpResponse<T> send(HttpRequest request, BodyHandler<T> handler)
      throws IOException, InterruptedException {
    HttpPolicies.Repeats repeats = policies.repeats(request, false);
    Pipeline pipeline = policies.around(request.uri(), repeats);
    if (pipeline == null && policies.chaos() == null) {
      return client.send(request, handler);
    }
    HttpCall<T> call = call(request, handler, null, repeats);
    HttpResponse<T> given = null;
    try {
      HttpResponse<Object> last = answer(pipeline, call);
      Timeout limit = limitAfter(last);
      given = limit == null
          ? call.end(last)
          : limit.<HttpResponse<T>, IOException>callInterruptibly(() -> call.end(last));
      return given;
    } catch (Throwable e) {
      throw Failures.<IOException>as(Failures.ofClient(e));
    } finally {
      call.over(given);
    }
  }

  private static <T> HttpResponse<Object> answer(@Nullable Pipeline pipeline, HttpCall<T> call)
      throws Throwable {
    try {
      return pipeline == null
          ? call.attempt()
          : pipeline.<HttpResponse<Object>, IOException>callInterruptibly(call::attempt);
    } catch (Throwable e) {
      HttpResponse<Object> answer = call.answerBehind(e);
      if (answer == null) {
        throw e;
      }
      return answer;
    }
  }

  /** The rest of a held body is read after the last attempt, outside its timeout, and has the same timeout again. */
  private @Nullable Timeout limitAfter(HttpResponse<Object> last) {
    return HttpCall.isHeld(last) ? policies.timeout() : null;
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request, BodyHandler<T> handler) {
    return start(request, handler, null);
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request,
      BodyHandler<T> handler,
      @Nullable PushPromiseHandler<T> pushPromiseHandler) {
    return start(request, handler, pushPromiseHandler);
  }

  private <T> CompletableFuture<HttpResponse<T>> start(
      HttpRequest request, BodyHandler<T> handler, @Nullable PushPromiseHandler<T> pushes) {
    HttpPolicies.Repeats repeats = policies.repeats(request, pushes != null);
    Pipeline pipeline = policies.around(request.uri(), repeats);
    if (pipeline == null && policies.chaos() == null) {
      return client.sendAsync(request, handler, pushes);
    }
    HttpCall<T> call = call(request, handler, pushes, repeats);
    CallContext around = CallContext.current();
    CompletableFuture<HttpResponse<Object>> attempts = pipeline == null
        ? call.attemptAsync().toCompletableFuture()
        : pipeline.callAsync(call::attemptAsync);
    return FollowingFuture.of(
        attempts,
        (response, failure) -> endAsync(call, response, failure),
        () -> stop(attempts, around),
        call::over);
  }

  /** Distinguishes, for the breaker, a deadline around the call, which counts against the server, from a cancellation. */
  private static void stop(CompletableFuture<?> attempts, CallContext around) {
    if (around.remaining().filter(Duration::isZero).isPresent()) {
      attempts.completeExceptionally(
          new HttpTimeoutException("the deadline around the call was reached"));
    } else {
      attempts.cancel(true);
    }
  }

  private <T> CompletionStage<HttpResponse<T>> endAsync(
      HttpCall<T> call, @Nullable HttpResponse<Object> response, @Nullable Throwable failure) {
    HttpResponse<Object> last =
        response == null && failure != null ? call.answerBehind(failure) : response;
    if (last == null) {
      return CompletableFuture.failedFuture(
          Failures.ofClient(Objects.requireNonNull(failure, "failure")));
    }
    Timeout limit = limitAfter(last);
    if (limit == null) {
      return call.endAsync(last);
    }
    CompletableFuture<HttpResponse<T>> limited = limit.callAsync(() -> call.endAsync(last));
    return FollowingFuture.of(
        limited,
        (given, late) -> late == null
            ? CompletableFuture.completedFuture(given)
            : CompletableFuture.failedFuture(Failures.ofClient(late)),
        () -> limited.cancel(true),
        given -> {});
  }

  private <T> HttpCall<T> call(
      HttpRequest request,
      BodyHandler<T> handler,
      @Nullable PushPromiseHandler<T> pushes,
      HttpPolicies.Repeats repeats) {
    Objects.requireNonNull(handler, "responseBodyHandler");
    return new HttpCall<>(
        client, request, handler, pushes, rules, policies.limiters(), policies.chaos(), repeats);
  }

  // ---- properties of the wrapped client

  @Override
  public Optional<CookieHandler> cookieHandler() {
    return client.cookieHandler();
  }

  @Override
  public Optional<Duration> connectTimeout() {
    return client.connectTimeout();
  }

  @Override
  public Redirect followRedirects() {
    return client.followRedirects();
  }

  @Override
  public Optional<ProxySelector> proxy() {
    return client.proxy();
  }

  @Override
  public SSLContext sslContext() {
    return client.sslContext();
  }

  @Override
  public SSLParameters sslParameters() {
    return client.sslParameters();
  }

  @Override
  public Optional<Authenticator> authenticator() {
    return client.authenticator();
  }

  @Override
  public Version version() {
    return client.version();
  }

  @Override
  public Optional<Executor> executor() {
    return client.executor();
  }

  @Override
  public WebSocket.Builder newWebSocketBuilder() {
    return client.newWebSocketBuilder();
  }

  // ---- added by JDK 21, without @Override because this code is compiled for 17

  /** Begins to shut down the wrapped client. Does nothing before JDK 21. */
  public void shutdown() {
    LaterMethods.shutdown(client);
  }

  /**
   * Waits for the end of the wrapped client. Does nothing before JDK 21.
   *
   * @param duration the maximum wait
   * @return whether it ended; true before JDK 21
   * @throws InterruptedException if the thread is interrupted
   */
  public boolean awaitTermination(Duration duration) throws InterruptedException {
    return LaterMethods.awaitTermination(client, duration);
  }

  /**
   * Returns whether the wrapped client has ended.
   *
   * @return whether it ended; false before JDK 21
   */
  public boolean isTerminated() {
    return LaterMethods.isTerminated(client);
  }

  /** Shuts down the wrapped client at once. Does nothing before JDK 21. */
  public void shutdownNow() {
    LaterMethods.shutdownNow(client);
  }

  /** Closes the wrapped client. Does nothing before JDK 21. The runtime stays open. */
  @Override
  public void close() {
    LaterMethods.close(client);
  }

  @Override
  public String toString() {
    return "resilient HTTP client '" + policies.name() + "'";
  }
}
