package io.aragora.resilience.http.internal;

import io.aragora.resilience.ratelimiter.RateLimitHint;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads what an answer says about the limits of its server. Stateless and thread-safe. */
public final class LimitHeaders {
  private static final String RETRY_AFTER = "Retry-After";

  private LimitHeaders() {}

  /**
   * Returns what an answer says, without a {@code Retry-After} that is about something else: when a job is done, or a page has
   * moved.
   *
   * @param status the status of the answer
   * @param headers its headers, by a map that ignores the case of names
   * @return the hint; null if the answer says nothing
   */
  public static @Nullable RateLimitHint hint(int status, Map<String, List<String>> headers) {
    if (status == 429 || status == 503 || !headers.containsKey(RETRY_AFTER)) {
      return RateLimitHint.parse(headers);
    }
    Map<String, List<String>> others = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    others.putAll(headers);
    others.remove(RETRY_AFTER);
    return RateLimitHint.parse(others);
  }
}
