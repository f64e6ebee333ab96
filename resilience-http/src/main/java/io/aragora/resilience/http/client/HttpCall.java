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
 * One call of the caller, and its attempts, of which there is one at a time. An attempt whose answer is a failure throws it,
 * so that the policies see it; the answer itself is kept, and is what the caller gets where it was the last one.
 *
 * @param <T> the type of the body
 */
@SuppressWarnings(
    "unchecked") // a body is T, or a HeldBody that is replaced by a T before anybody sees it
final class HttpCall<T> {
  private record Answer(HttpResponse<Object> response, HttpStatusException failure) {}

  private final HttpClient client;
  private final HttpRequest request;
  private final BodyHandler<T> handler;
  private final @Nullable PushPromiseHandler<T> pushes;
  private final StatusRules rules;
  private final int maxAttempts;
  private int attempts;
  private volatile @Nullable Answer last;

  /**
   * Prepares a call.
   *
   * @param client sends
   * @param request what is sent
   * @param handler the caller's
   * @param pushes the caller's; null for none
   * @param rules which answers are failures
   * @param maxAttempts how many there may be
   */
  HttpCall(
      HttpClient client,
      HttpRequest request,
      BodyHandler<T> handler,
      @Nullable PushPromiseHandler<T> pushes,
      StatusRules rules,
      int maxAttempts) {
    this.client = client;
    this.request = request;
    this.handler = handler;
    this.pushes = pushes;
    this.rules = rules;
    this.maxAttempts = maxAttempts;
  }

  // ---- one attempt

  HttpResponse<Object> attempt() throws IOException, InterruptedException {
    return judged(client.send(request, begin()));
  }

  CompletionStage<HttpResponse<Object>> attemptAsync() {
    BodyHandler<Object> attempt = begin();
    CompletableFuture<HttpResponse<Object>> answer = pushes == null
        ? client.sendAsync(request, attempt)
        : client.sendAsync(request, attempt, (PushPromiseHandler<Object>) pushes);
    return FollowingFuture.of(answer, this::judgedAsync);
  }

  /** Decides in the body handler, while nothing of the body is read. */
  private BodyHandler<Object> begin() {
    discard();
    boolean isLast = ++attempts >= maxAttempts;
    return info -> (BodySubscriber<Object>)
        (!isLast && rules.isTransient(info.statusCode())
            ? new HeldBody(info)
            : handler.apply(info));
  }

  private HttpResponse<Object> judged(HttpResponse<Object> response) throws HttpStatusException {
    if (!rules.isFailure(response.statusCode())) {
      return response;
    }
    HttpStatusException failure = new HttpStatusException(
        response.uri(),
        response.statusCode(),
        response.headers(),
        rules.isTransient(response.statusCode()));
    last = new Answer(response, failure);
    throw failure;
  }

  private CompletionStage<HttpResponse<Object>> judgedAsync(
      @Nullable HttpResponse<Object> response, @Nullable Throwable failure) throws Throwable {
    if (response == null) {
      throw failure == null ? new IOException("the client gave no response") : failure;
    }
    return CompletableFuture.completedFuture(judged(response));
  }

  // ---- the end

  /** Gives the caller the response of the last attempt. */
  HttpResponse<T> end(HttpResponse<Object> response) throws IOException, InterruptedException {
    try {
      return endAsync(response).toCompletableFuture().get();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof IOException || cause instanceof RuntimeException) {
        throw Failures.<IOException>as(cause);
      }
      throw new IOException(cause);
    } catch (InterruptedException e) {
      discard();
      throw e;
    }
  }

  CompletionStage<HttpResponse<T>> endAsync(HttpResponse<Object> response) {
    if (!(response.body() instanceof HeldBody held)) {
      return CompletableFuture.completedFuture((HttpResponse<T>) response);
    }
    BodySubscriber<T> subscriber = handler.apply(held.info());
    held.giveTo(subscriber);
    return subscriber.getBody().thenApply(body -> new ResponseWithBody<>(response, body));
  }

  /** Gives the response that a call failed with; null where it failed with something else. */
  @Nullable
  HttpResponse<Object> answerBehind(Throwable failure) {
    Answer answer = last;
    return answer != null && answer.failure == failure ? answer.response : null;
  }

  /** Lets the connection of an answer go that nobody wants. */
  void discard() {
    Answer answer = last;
    if (answer != null && answer.response.body() instanceof HeldBody held) {
      held.discard();
    }
    last = null;
  }
}
