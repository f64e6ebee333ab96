package io.aragora.resilience.http.client;

import io.aragora.resilience.retry.RetryAfter;
import java.net.http.HttpHeaders;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Tells which statuses may be gone at the next attempt.
 *
 * @param transientStatuses those that may, unmodifiable; each in [400, 599]
 */
public record HttpErrorClassifier(Set<Integer> transientStatuses) {
  private static final int LONGEST_MESSAGE = 200;

  /** The usual: 429, 500, 502, 503 and 504. */
  public static final HttpErrorClassifier DEFAULT =
      new HttpErrorClassifier(Set.of(429, 500, 502, 503, 504));

  /**
   * Copies and checks the statuses.
   *
   * @param transientStatuses those that may be gone at the next attempt; each in [400, 599]
   * @throws IllegalArgumentException if one is outside
   */
  public HttpErrorClassifier {
    transientStatuses = Set.copyOf(transientStatuses);
    for (int status : transientStatuses) {
      if (status < 400 || status > 599) {
        throw new IllegalArgumentException("transientStatuses must be in [400, 599]: " + status);
      }
    }
  }

  /**
   * Tells whether a status may be gone at the next attempt.
   *
   * @param status the status of an answer
   * @return whether it may
   */
  public boolean isTransient(int status) {
    return transientStatuses.contains(status);
  }

  /**
   * Sums an answer up.
   *
   * @param status its status
   * @param headers its headers; null where they are not known
   * @param body its body as text; null where it is not known
   * @return what it says; the message is the first 200 characters of the body
   */
  public HttpErrorInfo classify(int status, @Nullable HttpHeaders headers, @Nullable String body) {
    return info(status, headers, body == null ? "" : body);
  }

  /**
   * Sums an answer up.
   *
   * @param status its status
   * @param headers its headers; null where they are not known
   * @param body its body as a map
   * @return what it says; the message is what the body has under {@code error}, {@code message} or {@code Message}, or
   *     else its text, the first 200 characters of it
   */
  public HttpErrorInfo classify(
      int status, @Nullable HttpHeaders headers, Map<String, ? extends @Nullable Object> body) {
    String message = Stream.of("error", "message", "Message")
        .map(key -> body.containsKey(key) ? String.valueOf(body.get(key)) : "")
        .filter(text -> !text.isBlank() && !text.equals("null"))
        .findFirst()
        .orElseGet(() -> body.isEmpty() ? "" : body.toString());
    return info(status, headers, message);
  }

  private HttpErrorInfo info(int status, @Nullable HttpHeaders headers, String message) {
    String text = message.isBlank() ? "HTTP " + status : message;
    return new HttpErrorInfo(
        status,
        isTransient(status),
        headers == null ? null : retryAfter(headers),
        text.substring(0, Math.min(text.length(), LONGEST_MESSAGE)));
  }

  static @Nullable RetryAfter retryAfter(HttpHeaders headers) {
    return RetryAfter.parse(headers.firstValue("Retry-After").orElse(null));
  }
}
