package io.aragora.resilience.http.client;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.PushPromiseHandler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A call and its attempts, one at a time. An attempt whose response is a failure throws, so that the policies see it; the response is held, and returned to the caller if it was the last. Every other response is released, also one that arrives after its attempt, or the call, has ended.
 *
 * @param <T> the type of the body
 */
// A body is a T, or a HeldBody that is replaced by a T before the caller sees it.
@SuppressWarnings("unchecked")
final class HttpCall<T> {
  private final HttpClient client;
  private final HttpRequest request;
  private final BodyHandler<T> handler;
  private final @Nullable PushPromiseHandler<T> pushes;
  private final StatusRules rules;
  private final @Nullable OriginLimiters limiters;
  private final int maxAttempts;

  // Guarded by this: a response may arrive while its attempt is being abandoned.
  private int attempts;
  private boolean isOver;
  private @Nullable HttpResponse<Object> answer;
  private @Nullable HttpStatusException failure;
  private @Nullable HttpResponse<T> given;

  /**
   * Creates a call.
   *
   * @param client the wrapped client
   * @param request the request
   * @param handler the caller's handler
   * @param pushes the caller's push handler; null for none
   * @param rules which responses are failures
   * @param limiters observe every response; null for none
   * @param maxAttempts the maximum number of attempts
   */
  HttpCall(
      HttpClient client,
      HttpRequest request,
      BodyHandler<T> handler,
      @Nullable PushPromiseHandler<T> pushes,
      StatusRules rules,
      @Nullable OriginLimiters limiters,
      int maxAttempts) {
    this.client = client;
    this.request = request;
    this.handler = handler;
    this.pushes = pushes;
    this.rules = rules;
    this.limiters = limiters;
    this.maxAttempts = maxAttempts;
  }

  // ---- one attempt

  HttpResponse<Object> attempt() throws IOException, InterruptedException {
    int attempt = begin();
    return judged(attempt, client.send(request, handler(attempt)));
  }

  CompletionStage<HttpResponse<Object>> attemptAsync() {
    int attempt = begin();
    BodyHandler<Object> handler = handler(attempt);
    CompletableFuture<HttpResponse<Object>> answer = pushes == null
        ? client.sendAsync(request, handler)
        : client.sendAsync(request, handler, (PushPromiseHandler<Object>) pushes);
    return FollowingFuture.of(
        answer,
        (response, failure) -> judgedAsync(attempt, response, failure),
        () -> answer.cancel(true));
  }

  private int begin() {
    HttpResponse<Object> unwanted;
    int attempt;
    synchronized (this) {
      unwanted = answer;
      answer = null;
      failure = null;
      attempt = ++attempts;
    }
    LeftoverBody.letGo(unwanted);
    return attempt;
  }

  /** Decides before the body is read. */
  private BodyHandler<Object> handler(int attempt) {
    return info -> (BodySubscriber<Object>)
        (attempt < maxAttempts && rules.isTransient(info.statusCode())
            ? new HeldBody(info)
            : handler.apply(info));
  }

  private HttpResponse<Object> judged(int attempt, HttpResponse<Object> response)
      throws HttpStatusException {
    if (limiters != null) {
      limiters.observe(request.uri(), response);
    }
    HttpStatusException status = rules.isFailure(response.statusCode())
        ? new HttpStatusException(
            response.uri(),
            response.statusCode(),
            response.headers(),
            rules.isTransient(response.statusCode()))
        : null;
    if (!keep(attempt, response, status)) {
      LeftoverBody.letGo(response);
    }
    if (status != null) {
      throw status;
    }
    return response;
  }

  private synchronized boolean keep(
      int attempt, HttpResponse<Object> response, @Nullable HttpStatusException status) {
    if (isOver || attempt != attempts) {
      return false;
    }
    answer = response;
    failure = status;
    return true;
  }

  private CompletionStage<HttpResponse<Object>> judgedAsync(
      int attempt, @Nullable HttpResponse<Object> response, @Nullable Throwable failure)
      throws Throwable {
    if (response == null) {
      throw failure == null
          ? new IOException("the client returned neither a response nor a failure")
          : failure;
    }
    return CompletableFuture.completedFuture(judged(attempt, response));
  }

  // ---- the end

  /** Returns whether the caller's own handler has not seen a response yet. */
  static boolean isHeld(HttpResponse<Object> response) {
    return response.body() instanceof HeldBody;
  }

  /** Passes the response of the last attempt to the caller. */
  HttpResponse<T> end(HttpResponse<Object> response) throws IOException, InterruptedException {
    try {
      return endAsync(response).toCompletableFuture().get();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof IOException
          || cause instanceof RuntimeException
          || cause instanceof Error) {
        throw Failures.<IOException>as(cause);
      }
      throw new IOException(cause);
    }
  }

  CompletionStage<HttpResponse<T>> endAsync(HttpResponse<Object> response) {
    if (!(response.body() instanceof HeldBody held)) {
      return CompletableFuture.completedFuture(give((HttpResponse<T>) response));
    }
    BodySubscriber<T> subscriber = handler.apply(held.info());
    held.giveTo(subscriber);
    return subscriber.getBody().thenApply(body -> give(new ResponseWithBody<>(response, body)));
  }

  private synchronized HttpResponse<T> give(HttpResponse<T> response) {
    given = response;
    return response;
  }

  /** Returns the response that a call failed with; null if it failed with something else. */
  @Nullable
  synchronized HttpResponse<Object> answerBehind(Throwable thrown) {
    return thrown == failure ? answer : null;
  }

  /**
   * Ends the call.
   *
   * @param response the response that the caller received; null if the call failed
   */
  void over(@Nullable HttpResponse<T> response) {
    HttpResponse<Object> unwanted;
    synchronized (this) {
      isOver = true;
      unwanted = response != null && response == given ? null : answer;
      answer = null;
    }
    LeftoverBody.letGo(unwanted);
  }
}
