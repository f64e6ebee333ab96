package io.aragora.resilience.http.client;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.http.internal.Origin;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.timeout.Timeout;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The policies of a client: breaker, then retry, then hedge, then rate limiter, then timeout, so that a call is one outcome
 * however many attempts it takes, and each attempt takes a permit and has its own timeout.
 *
 * @param resilience creates the pipelines
 * @param name the client's name
 * @param breakers returns the breaker of an origin; null for none
 * @param retry for requests that may be repeated; null for none
 * @param retryUnsent for requests that may be repeated only if they certainly did not arrive; null for none
 * @param hedge for requests that may be repeated; null for none
 * @param limiters return the rate limiter of an origin, and observe its answers; null for none
 * @param timeout of each attempt; null for none
 * @param chaos is around each attempt, inside everything else; null for none
 * @param isIdempotent which requests may be repeated
 */
record HttpPolicies(
    Resilience resilience,
    String name,
    @Nullable Function<String, CircuitBreaker> breakers,
    @Nullable Retry retry,
    @Nullable Retry retryUnsent,
    @Nullable Hedge hedge,
    @Nullable OriginLimiters limiters,
    @Nullable Timeout timeout,
    @Nullable Chaos chaos,
    Predicate<? super HttpRequest> isIdempotent) {

  Optional<CircuitBreaker> breaker(URI uri) {
    return breakers == null ? Optional.empty() : Optional.of(breakers.apply(Origin.of(uri)));
  }

  /**
   * The policies of one request that repeat it.
   *
   * @param retry null for none
   * @param hedge null for none
   * @param maxAnswers the maximum number of attempts, one after the other, that may end with a response: one if the request
   *     must not be repeated
   */
  record Repeats(@Nullable Retry retry, @Nullable Hedge hedge, int maxAnswers) {
    private static final Repeats NONE = new Repeats(null, null, 1);

    boolean isNone() {
      return retry == null && hedge == null;
    }
  }

  /**
   * Returns what repeats a request. Calls the application's predicate, so once per request.
   *
   * @param request the request
   * @param isPushed whether the caller has a push handler, which must not see the pushes of two attempts at a time
   */
  Repeats repeats(HttpRequest request, boolean isPushed) {
    if (!ReplayableBody.isReplayable(request.bodyPublisher())) {
      return Repeats.NONE;
    }
    if (!isIdempotent.test(request)) {
      return new Repeats(retryUnsent, null, 1);
    }
    boolean isHedged = hedge != null && !isPushed && !CallContext.current().isHedge();
    int answers = retry == null ? 1 : retry.config().maxAttempts();
    return new Repeats(retry, isHedged && isHealthy(request.uri()) ? hedge : null, answers);
  }

  /** Returns whether the breaker of an address is closed. A call that it lets through otherwise is a probe, which is not doubled. */
  private boolean isHealthy(URI uri) {
    return breaker(uri)
        .map(breaker -> switch (breaker.state()) {
          case OPEN, HALF_OPEN, FORCED_OPEN -> false;
          default -> true;
        })
        .orElse(true);
  }

  /** Created for each call, since an origin's breaker may be evicted and replaced; null if there is no policy. */
  @Nullable
  Pipeline around(URI uri, Repeats repeats) {
    Optional<CircuitBreaker> breaker = breaker(uri);
    if (breaker.isEmpty() && repeats.isNone() && limiters == null && timeout == null) {
      return null;
    }
    Pipeline.Builder pipeline = resilience.unregistered().pipelineBuilder(name);
    breaker.ifPresent(pipeline::add);
    if (repeats.retry() != null) {
      pipeline.add(repeats.retry());
    }
    if (repeats.hedge() != null) {
      pipeline.add(repeats.hedge());
    }
    if (limiters != null) {
      pipeline.add(limiters.limiter(uri));
    }
    if (timeout != null) {
      pipeline.add(timeout);
    }
    return pipeline.build();
  }
}
