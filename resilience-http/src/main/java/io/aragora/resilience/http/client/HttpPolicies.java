package io.aragora.resilience.http.client;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.timeout.Timeout;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The policies of a client: breaker, then retry, then rate limiter, then timeout, so that a call is one outcome however many
 * attempts it takes, and each attempt takes a permit and has its own timeout.
 *
 * @param resilience creates the pipelines
 * @param name the client's name
 * @param breakers returns the breaker of an origin; null for none
 * @param retry for requests that may be repeated; null for none
 * @param retryUnsent for requests that may be repeated only if they certainly did not arrive; null for none
 * @param limiters return the rate limiter of an origin, and observe its answers; null for none
 * @param timeout of each attempt; null for none
 * @param isIdempotent which requests may be repeated
 */
record HttpPolicies(
    Resilience resilience,
    String name,
    @Nullable Function<String, CircuitBreaker> breakers,
    @Nullable Retry retry,
    @Nullable Retry retryUnsent,
    @Nullable OriginLimiters limiters,
    @Nullable Timeout timeout,
    Predicate<? super HttpRequest> isIdempotent) {

  Optional<CircuitBreaker> breaker(URI uri) {
    return breakers == null ? Optional.empty() : Optional.of(breakers.apply(Origin.of(uri)));
  }

  /** Returns the retry for a request; null for none. Calls the application's predicate, so once per request. */
  @Nullable
  Retry retry(HttpRequest request) {
    if (!ReplayableBody.isReplayable(request.bodyPublisher())) {
      return null;
    }
    return isIdempotent.test(request) ? retry : retryUnsent;
  }

  /** Returns the maximum number of attempts that may end with a response: one if the request must not be repeated. */
  int maxAnswers(@Nullable Retry chosen) {
    return chosen == null || chosen == retryUnsent ? 1 : chosen.config().maxAttempts();
  }

  /** Created for each call, since an origin's breaker may be evicted and replaced; null if there is no policy. */
  @Nullable
  Pipeline around(URI uri, @Nullable Retry chosen) {
    Optional<CircuitBreaker> breaker = breaker(uri);
    if (breaker.isEmpty() && chosen == null && limiters == null && timeout == null) {
      return null;
    }
    Pipeline.Builder pipeline = resilience.newPipeline(name);
    breaker.ifPresent(pipeline::add);
    if (chosen != null) {
      pipeline.add(chosen);
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
