package io.aragora.resilience.simulation;

import io.aragora.resilience.policy.InterruptibleSupplier;
import java.io.IOException;
import java.net.Authenticator;
import java.net.ConnectException;
import java.net.CookieHandler;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.PushPromiseHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * A client without a network. What happens on the other side of an exchange is the body of a simulated call: what that returns or
 * throws becomes a status with headers, or a failure of the connection.
 */
final class SimulatedHttpClient extends HttpClient {
  private final World world;
  private final Chance chance;
  private final IdentityHashMap<HttpRequest, InterruptibleSupplier<?, Throwable>> bodies =
      new IdentityHashMap<>();
  private final List<Answer> answers = new ArrayList<>();
  private final IdentityHashMap<Object, Answer> answerOf = new IdentityHashMap<>();
  private final IdentityHashMap<Object, IOException> failureOf = new IdentityHashMap<>();
  private final List<Transfer> transfers = new ArrayList<>();
  private final Map<String, Long> pausedUntil = new HashMap<>();

  SimulatedHttpClient(World world, long seed) {
    this.world = world;
    this.chance = new Chance(seed);
  }

  /**
   * Says what happens on the other side of each exchange of a request.
   *
   * @param body returns or throws the outcome; a stage of it for a request that is sent without blocking
   */
  void expect(HttpRequest request, InterruptibleSupplier<?, Throwable> body) {
    bodies.put(request, body);
  }

  private Violation violation(String rule, String seen) {
    return world.schedule().fail(new Violation(rule, seen));
  }

  /** Returns what came of the body of a call whose answer has a text. */
  Object outcome(HttpResponse<String> response) {
    Answer answer = answers.get(Integer.parseInt(response.body().strip()));
    if (answer.statusCode() != response.statusCode()) {
      throw violation("http: status and body are of one answer", response + ", " + answer);
    }
    return answer.outcome();
  }

  /** Returns the answer that an outcome became; null if it became none. */
  @Nullable
  Answer answerOf(@Nullable Object outcome) {
    return answerOf.get(outcome);
  }

  /** Whether an outcome became a connection that could not be established, so that nothing arrived. */
  boolean isUnsent(@Nullable Object outcome) {
    return failureOf.get(outcome) instanceof ConnectException;
  }

  /** Returns until when a server has asked not to be called. */
  long pausedUntil(URI uri) {
    return pausedUntil.getOrDefault(uri.getHost(), 0L);
  }

  /** Returns a body of an answer that holds its connection; null if there is none. */
  @Nullable
  Transfer openTransfer() {
    for (Transfer transfer : transfers) {
      if (!transfer.isOver()) {
        return transfer;
      }
    }
    return null;
  }

  @Override
  public <T> HttpResponse<T> send(HttpRequest request, BodyHandler<T> handler)
      throws IOException, InterruptedException {
    Object value;
    try {
      value = body(request).get();
    } catch (Failures.Broken | Failures.Ignored e) {
      return deliver(request, answerTo(e), handler);
    } catch (Throwable e) {
      throw SimulatedHttpClient.<IOException>as(e);
    }
    return deliver(request, answerTo(value), handler);
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request, BodyHandler<T> handler) {
    CompletableFuture<?> running;
    try {
      running = ((CompletionStage<?>) body(request).get()).toCompletableFuture();
    } catch (Abandoned | Violation e) {
      throw e;
    } catch (Throwable e) {
      return CompletableFuture.failedFuture(e);
    }
    Exchange<HttpResponse<T>> exchange = new Exchange<>(running);
    var unused = running.whenComplete((value, thrown) -> {
      Throwable failure = thrown instanceof CompletionException && thrown.getCause() != null
          ? thrown.getCause()
          : thrown;
      if (exchange.isDone()) {
        return;
      }
      if (failure == null
          || failure instanceof Failures.Broken
          || failure instanceof Failures.Ignored) {
        try {
          exchange.complete(deliver(request, answerTo(failure == null ? value : failure), handler));
        } catch (Violation e) {
          world.schedule().fail(e);
        } catch (Throwable e) {
          exchange.completeExceptionally(e);
        }
      } else {
        exchange.completeExceptionally(failure);
      }
    });
    return exchange;
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request, BodyHandler<T> handler, @Nullable PushPromiseHandler<T> pushes) {
    return sendAsync(request, handler);
  }

  private InterruptibleSupplier<?, Throwable> body(HttpRequest request) {
    InterruptibleSupplier<?, Throwable> body = bodies.get(request);
    if (body == null) {
      throw violation("http: only what the caller requested is sent", request.toString());
    }
    return body;
  }

  /** Returns the answer to a request whose body ended. */
  private Answer answerTo(Object outcome) throws IOException {
    boolean isBad = outcome instanceof Value value && value.isBad();
    if (outcome instanceof Failures.Ignored) {
      return answer(404, Map.of("Retry-After", "3"), outcome);
    }
    if (!isBad && !(outcome instanceof Failures.Broken)) {
      return answer(chance.of(200, 200, 202), Map.of(), outcome);
    }
    if (outcome instanceof Failures.Broken broken && chance.percent(30)) {
      IOException failure =
          chance.percent(50) ? new ConnectException("simulated") : new IOException("simulated");
      failure.initCause(broken);
      failureOf.put(outcome, failure);
      world.trace(() -> "the connection of " + outcome + " fails: " + failure);
      throw failure;
    }
    int status = chance.of(500, 502, 503, 429, 504);
    return answer(
        status,
        chance.of(
            Map.of(),
            Map.of("Retry-After", chance.of("1", "5", "20")),
            Map.of("RateLimit", "\"default\";r=0;t=2")),
        outcome);
  }

  private Answer answer(int status, Map<String, String> headers, Object outcome) {
    int parts = chance.of(1, 1, 3);
    Map<String, String> all = new HashMap<>(headers);
    if (chance.percent(50) && parts == 1) {
      all.put("Content-Length", String.valueOf(String.valueOf(answers.size()).length()));
    }
    HttpHeaders known = Answer.headers(all);
    Answer answer = new Answer(answers.size(), status, known, outcome, parts);
    answers.add(answer);
    answerOf.put(outcome, answer);
    return answer;
  }

  private <T> HttpResponse<T> deliver(HttpRequest request, Answer answer, BodyHandler<T> handler) {
    world.trace(() -> "answer " + answer.number() + " of " + request.uri() + ": "
        + answer.statusCode() + " " + answer.headers().map());
    int status = answer.statusCode();
    Optional<String> asked = answer.headers().firstValue("Retry-After");
    if (asked.isPresent() && (status == 429 || status == 503)) {
      long until = world.now() + Duration.ofSeconds(Long.parseLong(asked.get())).toNanos();
      pausedUntil.merge(request.uri().getHost(), until, Math::max);
    }
    BodySubscriber<T> subscriber = handler.apply(answer);
    Transfer transfer = new Transfer(answer, subscriber);
    transfers.add(transfer);
    subscriber.onSubscribe(transfer);
    CompletableFuture<T> body = subscriber.getBody().toCompletableFuture();
    if (!body.isDone()) {
      throw violation("http: the body of an answer is read or held", transfer.toString());
    }
    return new Response<>(request, answer, body.join());
  }

  /** An exchange that is sent without blocking. */
  private static final class Exchange<T> extends CompletableFuture<T> {
    private final CompletableFuture<?> running;

    Exchange(CompletableFuture<?> running) {
      this.running = running;
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
      if (!isDone()) {
        running.cancel(mayInterruptIfRunning);
      }
      return isCancelled() || super.cancel(mayInterruptIfRunning);
    }
  }

  /** A response. */
  private record Response<T>(HttpRequest request, Answer answer, T body)
      implements HttpResponse<T> {
    @Override
    public int statusCode() {
      return answer.statusCode();
    }

    @Override
    public Optional<HttpResponse<T>> previousResponse() {
      return Optional.empty();
    }

    @Override
    public HttpHeaders headers() {
      return answer.headers();
    }

    @Override
    public Optional<SSLSession> sslSession() {
      return Optional.empty();
    }

    @Override
    public URI uri() {
      return request.uri();
    }

    @Override
    public Version version() {
      return answer.version();
    }
  }

  /** Throws a declared or an unchecked exception. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  static <X extends Throwable> X as(Throwable failure) throws X {
    throw (X) failure;
  }

  @Override
  public Optional<CookieHandler> cookieHandler() {
    return Optional.empty();
  }

  @Override
  public Optional<Duration> connectTimeout() {
    return Optional.empty();
  }

  @Override
  public Redirect followRedirects() {
    return Redirect.NEVER;
  }

  @Override
  public Optional<ProxySelector> proxy() {
    return Optional.empty();
  }

  @Override
  public SSLContext sslContext() {
    throw new UnsupportedOperationException("no connection is encrypted");
  }

  @Override
  public SSLParameters sslParameters() {
    return new SSLParameters();
  }

  @Override
  public Optional<Authenticator> authenticator() {
    return Optional.empty();
  }

  @Override
  public Version version() {
    return Version.HTTP_1_1;
  }

  @Override
  public Optional<Executor> executor() {
    return Optional.empty();
  }
}
