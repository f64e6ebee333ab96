package io.aragora.resilience.http.client;

import io.aragora.resilience.retry.RetryAfter;
import java.net.http.HttpHeaders;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Classifies HTTP statuses: transient ones may be gone at the next attempt. Immutable. */
public final class HttpErrorClassifier {
  private static final int LONGEST_MESSAGE = 200;

  /** The default: 429, 500, 502, 503 and 504. */
  public static final HttpErrorClassifier DEFAULT = of(Set.of(429, 500, 502, 503, 504));

  private final Set<Integer> transientStatuses;

  private HttpErrorClassifier(Set<Integer> transientStatuses) {
    this.transientStatuses = transientStatuses;
  }

  /**
   * Creates a classifier.
   *
   * @param transientStatuses the transient statuses, which are copied; each in [400, 599]
   * @return the classifier
   * @throws IllegalArgumentException if a status is not in [400, 599]
   */
  public static HttpErrorClassifier of(Set<Integer> transientStatuses) {
    Set<Integer> copy = Set.copyOf(transientStatuses);
    for (int status : copy) {
      if (status < 400 || status > 599) {
        throw new IllegalArgumentException("transientStatuses must be in [400, 599]: " + status);
      }
    }
    return new HttpErrorClassifier(copy);
  }

  /** {@return the transient statuses, unmodifiable; each in [400, 599]} */
  public Set<Integer> transientStatuses() {
    return transientStatuses;
  }

  /**
   * Returns whether a status is transient.
   *
   * @param status the status of a response
   * @return whether it is transient
   */
  public boolean isTransient(int status) {
    return transientStatuses.contains(status);
  }

  /**
   * Summarizes a response.
   *
   * @param status its status
   * @param headers its headers; null if they are not known
   * @param body its body as text; null if it is not known
   * @return the summary; its message is the first 200 characters of the body
   */
  public HttpErrorInfo classify(int status, @Nullable HttpHeaders headers, @Nullable String body) {
    return info(status, headers, body == null ? "" : body);
  }

  /**
   * Summarizes a response.
   *
   * @param status its status
   * @param headers its headers; null if they are not known
   * @param body its body as a map
   * @return the summary; its message is the body's value of {@code error}, {@code message} or {@code Message}, else the
   * text of the body; at most 200 characters
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
        text.length() <= LONGEST_MESSAGE ? text : text.substring(0, end(text)));
  }

  /** The end of the longest message, which does not divide a surrogate pair. */
  private static int end(String text) {
    return Character.isHighSurrogate(text.charAt(LONGEST_MESSAGE - 1))
        ? LONGEST_MESSAGE - 1
        : LONGEST_MESSAGE;
  }

  static @Nullable RetryAfter retryAfter(HttpHeaders headers) {
    return RetryAfter.parse(headers.firstValue("Retry-After").orElse(null));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof HttpErrorClassifier classifier
        && transientStatuses.equals(classifier.transientStatuses);
  }

  @Override
  public int hashCode() {
    return transientStatuses.hashCode();
  }

  @Override
  public String toString() {
    return "HTTP error classifier, transient: " + new TreeSet<>(transientStatuses);
  }
}
