package io.aragora.resilience.http.client;

import io.aragora.resilience.http.internal.LimitHeaders;
import io.aragora.resilience.http.internal.Origin;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.RateLimitHint;
import io.aragora.resilience.ratelimiter.RateLimiter;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The rate limiters of a client.
 *
 * @param keyed has one for each origin; null if one limiter has all origins
 * @param one the limiter of all origins; null if each has its own
 */
record OriginLimiters(
    @Nullable KeyedRateLimiter keyed, @Nullable RateLimiter one) {
  /** Returns the limiter for an address. */
  Policy limiter(URI uri) {
    return keyed != null ? keyed.forKey(Origin.of(uri)) : Objects.requireNonNull(one, "one");
  }

  /**
   * Reads what an answer says about the limits of its server.
   *
   * @param uri the address of the request, whose origin counts after a redirect, too
   * @param answer any answer
   */
  void observe(URI uri, HttpResponse<?> answer) {
    RateLimitHint hint = LimitHeaders.hint(answer.statusCode(), answer.headers().map());
    if (hint == null) {
      return;
    }
    if (keyed != null) {
      keyed.observe(Origin.of(uri), hint);
    } else {
      Objects.requireNonNull(one, "one").observe(hint);
    }
  }
}
