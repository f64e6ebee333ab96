package io.aragora.resilience.http.client;

import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.RateLimitHint;
import io.aragora.resilience.ratelimiter.RateLimiter;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The rate limiters of a client.
 *
 * @param keyed has one for each origin; null if one limiter has all origins
 * @param one the limiter of all origins; null if each has its own
 */
record OriginLimiters(
    @Nullable KeyedRateLimiter keyed, @Nullable RateLimiter one) {
  private static final String RETRY_AFTER = "Retry-After";

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
    RateLimitHint hint = RateLimitHint.parse(ofLimits(answer));
    if (hint == null) {
      return;
    }
    if (keyed != null) {
      keyed.observe(Origin.of(uri), hint);
    } else {
      Objects.requireNonNull(one, "one").observe(hint);
    }
  }

  /** Returns the headers without a {@code Retry-After} that is about something else: when a job is done, or a page has moved. */
  private static Map<String, List<String>> ofLimits(HttpResponse<?> answer) {
    Map<String, List<String>> headers = answer.headers().map();
    int status = answer.statusCode();
    if (status == 429 || status == 503 || !headers.containsKey(RETRY_AFTER)) {
      return headers;
    }
    Map<String, List<String>> others = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    others.putAll(headers);
    others.remove(RETRY_AFTER);
    return others;
  }
}
