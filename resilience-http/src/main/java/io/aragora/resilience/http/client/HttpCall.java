package io.aragora.resilience.http.client;

import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.policy.CallContext;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.PushPromiseHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A call and its attempts: rounds, one at a time, each of one attempt and its hedges, which run side by side. An attempt whose
 * response is a failure throws, so that the policies see it; the response is held, and returned to the caller if the call ends
 * with it. Every other response is released, also one that arrives after its round, or the call, has ended.
 *
 * <p>The caller's handler sees one response, so all responses of a hedged call are held until one of them has won.
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
  private final @Nullable Chaos chaos;
  private final int maxRounds;
  private final boolean isHedged;

  /** A response, and what its attempt failed with; null if it did not fail. */
  private record Kept(
      HttpResponse<Object> response, @Nullable HttpStatusException failure) {}

  // Guarded by this: responses may arrive side by side, and while their attempts are being
  // abandoned.
  private int round;
  private boolean isDecided;
  private List<Kept> kept = new ArrayList<>(1);
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
   * @param chaos is around each attempt; null for none
   * @param repeats what repeats the request
   */
  HttpCall(
      HttpClient client,
      HttpRequest request,
      BodyHandler<T> handler,
      @Nullable PushPromiseHandler<T> pushes,
      StatusRules rules,
      @Nullable OriginLimiters limiters,
      @Nullable Chaos chaos,
      HttpPolicies.Repeats repeats) {
    this.client = client;
    this.request = request;
    this.handler = handler;
    this.pushes = pushes;
    this.rules = rules;
    this.limiters = limiters;
    this.chaos = chaos;
    this.maxRounds = repeats.maxAnswers();
    this.isHedged = repeats.hedge() != null;
  }

  // ---- one attempt

  HttpResponse<Object> attempt() throws IOException, InterruptedException {
    int ofRound = begin();
    return judged(ofRound, send(handler(ofRound)));
  }

  private HttpResponse<Object> send(BodyHandler<Object> handler)
      throws IOException, InterruptedException {
    if (chaos == null) {
      return client.send(request, handler);
    }
    try {
      return chaos.<HttpResponse<Object>, IOException>callInterruptibly(
          () -> client.send(request, handler));
    } catch (InjectedAnswer.Injected e) {
      // The handler has the body, which is empty.
      return await(InjectedAnswer.of(request, e.status, handler));
    }
  }

  CompletionStage<HttpResponse<Object>> attemptAsync() {
    int ofRound = begin();
    BodyHandler<Object> handler = handler(ofRound);
    CompletableFuture<HttpResponse<Object>> answer =
        chaos == null ? sendAsync(handler) : chaos.callAsync(() -> sendAsync(handler));
    return FollowingFuture.of(
        answer,
        (response, failure) -> failure instanceof InjectedAnswer.Injected injected
            ? InjectedAnswer.of(request, injected.status, handler)
                .thenCompose(instead -> judgedOf(ofRound, instead))
            : judgedAsync(ofRound, response, failure),
        () -> answer.cancel(true),
        judged -> {});
  }

  private CompletableFuture<HttpResponse<Object>> sendAsync(BodyHandler<Object> handler) {
    return pushes == null
        ? client.sendAsync(request, handler)
        : client.sendAsync(request, handler, (PushPromiseHandler<Object>) pushes);
  }

  private CompletionStage<HttpResponse<Object>> judgedOf(
      int ofRound, HttpResponse<Object> response) {
    try {
      return CompletableFuture.completedFuture(judged(ofRound, response));
    } catch (HttpStatusException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /**
   * Returns the round of a new attempt. A hedge has the number that the retry gave to its first attempt, and may begin before
   * that, which waits for a permit, for instance. The first of a round releases the responses of earlier rounds.
   */
  private int begin() {
    int ofRetry = isHedged ? CallContext.current().attempt() : 0;
    List<Kept> unwanted = List.of();
    int ofRound;
    synchronized (this) {
      ofRound = isHedged ? ofRetry : round + 1;
      if (ofRound > round) {
        round = ofRound;
        unwanted = replaceKept(null);
      }
    }
    letGo(unwanted);
    return ofRound;
  }

  /** Keeps at most one response. Called with the lock. */
  private List<Kept> replaceKept(@Nullable HttpResponse<?> wanted) {
    List<Kept> stays = new ArrayList<>(1);
    List<Kept> others = new ArrayList<>(kept.size());
    for (Kept each : kept) {
      (each.response == wanted ? stays : others).add(each);
    }
    kept = stays;
    return others;
  }

  private static void letGo(List<Kept> unwanted) {
    for (Kept each : unwanted) {
      LeftoverBody.letGo(each.response);
    }
  }

  /** Decides before the body is read. */
  private BodyHandler<Object> handler(int ofRound) {
    return info -> {
      boolean isTransient = rules.isTransient(info.statusCode());
      if (isHedged || (isTransient && ofRound < maxRounds)) {
        return (BodySubscriber<Object>) (BodySubscriber<?>) new HeldBody(info, isTransient);
      }
      return (BodySubscriber<Object>) handler.apply(info);
    };
  }

  private HttpResponse<Object> judged(int ofRound, HttpResponse<Object> response)
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
    if (!keep(ofRound, response, status)) {
      LeftoverBody.letGo(response);
    }
    if (status != null) {
      throw status;
    }
    return response;
  }

  private synchronized boolean keep(
      int ofRound, HttpResponse<Object> response, @Nullable HttpStatusException status) {
    if (isDecided || ofRound != round) {
      return false;
    }
    kept.add(new Kept(response, status));
    return true;
  }

  private CompletionStage<HttpResponse<Object>> judgedAsync(
      int ofRound, @Nullable HttpResponse<Object> response, @Nullable Throwable failure)
      throws Throwable {
    if (response == null) {
      throw failure == null
          ? new IOException("the client returned neither a response nor a failure")
          : failure;
    }
    return CompletableFuture.completedFuture(judged(ofRound, response));
  }

  // ---- the end

  /** Returns whether the caller's own handler has not seen a response yet. */
  static boolean isHeld(HttpResponse<Object> response) {
    return response.body() instanceof HeldBody;
  }

  /** Passes the response that the call ends with to the caller. */
  HttpResponse<T> end(HttpResponse<Object> response) throws IOException, InterruptedException {
    return await(endAsync(response));
  }

  /** Waits for what a handler of the caller completes. */
  private static <R> R await(CompletionStage<R> stage) throws IOException, InterruptedException {
    try {
      return stage.toCompletableFuture().get();
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
    decide(response);
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
    for (Kept each : kept) {
      if (each.failure == thrown) {
        return each.response;
      }
    }
    return null;
  }

  /** Releases all responses but one, those that arrive from now on included. */
  private void decide(@Nullable HttpResponse<?> wanted) {
    List<Kept> unwanted;
    synchronized (this) {
      isDecided = true;
      unwanted = replaceKept(wanted);
    }
    letGo(unwanted);
  }

  /**
   * Ends the call.
   *
   * @param response the response that the caller received; null if the call failed
   */
  void over(@Nullable HttpResponse<T> response) {
    List<Kept> unwanted;
    synchronized (this) {
      isDecided = true;
      unwanted = replaceKept(null);
      if (response != null && response == given) {
        // The one that the call ended with: all others were released when that was decided.
        unwanted = List.of();
      }
    }
    letGo(unwanted);
  }
}
