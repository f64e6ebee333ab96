package io.aragora.resilience.spring.http;

import io.aragora.resilience.retry.RetryAfter;
import io.aragora.resilience.spi.HttpFailureInspector;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.util.ClassUtils;
import org.springframework.web.client.RestClientResponseException;
import org.springframework.web.reactive.function.client.WebClientResponseException;

/**
 * Reads status and {@code Retry-After} from the exceptions of {@code RestClient}, {@code RestTemplate} and {@code WebClient},
 * so that {@link io.aragora.resilience.http.client.HttpFailures} classifies them. Found by {@link java.util.ServiceLoader}.
 * Thread-safe.
 */
public final class SpringHttpFailures implements HttpFailureInspector {
  private static final ClassLoader LOADER = SpringHttpFailures.class.getClassLoader();
  private static final boolean HAS_REST =
      ClassUtils.isPresent("org.springframework.web.client.RestClientResponseException", LOADER);
  private static final boolean HAS_REACTIVE = ClassUtils.isPresent(
      "org.springframework.web.reactive.function.client.WebClientResponseException", LOADER);

  /** Creates the inspector. */
  public SpringHttpFailures() {}

  @Override
  public OptionalInt status(Throwable failure) {
    if (failure instanceof HttpAnswerException answer) {
      return OptionalInt.of(answer.status());
    }
    if (HAS_REST && Rest.isIts(failure)) {
      return OptionalInt.of(Rest.status(failure));
    }
    return HAS_REACTIVE && Reactive.isIts(failure)
        ? OptionalInt.of(Reactive.status(failure))
        : OptionalInt.empty();
  }

  @Override
  public @Nullable RetryAfter retryAfter(Throwable failure) {
    if (failure instanceof HttpAnswerException answer) {
      return answer.retryAfter();
    }
    HttpHeaders headers = null;
    if (HAS_REST && Rest.isIts(failure)) {
      headers = Rest.headers(failure);
    } else if (HAS_REACTIVE && Reactive.isIts(failure)) {
      headers = Reactive.headers(failure);
    }
    return headers == null ? null : RetryAfter.parse(headers.getFirst(HttpHeaders.RETRY_AFTER));
  }

  /** Used only if the class is on the path. */
  private static final class Rest {
    static boolean isIts(Throwable failure) {
      return failure instanceof RestClientResponseException;
    }

    static int status(Throwable failure) {
      return ((RestClientResponseException) failure).getStatusCode().value();
    }

    static @Nullable HttpHeaders headers(Throwable failure) {
      return ((RestClientResponseException) failure).getResponseHeaders();
    }
  }

  /** Used only if the class is on the path. */
  private static final class Reactive {
    static boolean isIts(Throwable failure) {
      return failure instanceof WebClientResponseException;
    }

    static int status(Throwable failure) {
      return ((WebClientResponseException) failure).getStatusCode().value();
    }

    static HttpHeaders headers(Throwable failure) {
      return ((WebClientResponseException) failure).getHeaders();
    }
  }

  /**
   * Returns whether another inspector reads the same exceptions.
   *
   * @param other any object
   * @return whether it is an inspector of this class
   */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SpringHttpFailures;
  }

  @Override
  public int hashCode() {
    return SpringHttpFailures.class.hashCode();
  }
}
