package io.aragora.resilience.http.client;

import io.aragora.resilience.retry.RetryAfter;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.spi.HttpFailureInspector;
import io.aragora.resilience.spi.Providers;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the failures of HTTP clients mean to a retry and a breaker: of this one, and of any other whose exceptions a {@link
 * HttpFailureInspector} reads. A status decides before the type of an exception does. Immutable.
 *
 * <pre>{@code
 * HttpFailures failures = HttpFailures.standard();
 * RetryConfig config = RetryPresets.http().toBuilder()
 *     .retryIf(failures.transientFailures())
 *     .retryAfter(failures::retryAfter)
 *     .build();
 * }</pre>
 */
public final class HttpFailures {
  /** How far causes are followed: further than anybody wraps, and an end where they go round in a circle. */
  private static final int DEEPEST_CAUSE = 8;

  private final HttpErrorClassifier classifier;
  private final List<HttpFailureInspector> given;
  private final List<HttpFailureInspector> inspectors;

  private HttpFailures(
      HttpErrorClassifier classifier,
      List<HttpFailureInspector> given,
      List<HttpFailureInspector> inspectors) {
    this.classifier = classifier;
    this.given = given;
    this.inspectors = List.copyOf(inspectors);
  }

  /**
   * Takes {@link HttpErrorClassifier#DEFAULT}, and the inspectors that {@link java.util.ServiceLoader} finds.
   *
   * @return the meaning of failures
   */
  public static HttpFailures standard() {
    return of(HttpErrorClassifier.DEFAULT);
  }

  /**
   * Takes the inspectors that {@link java.util.ServiceLoader} finds, after those that are given.
   *
   * @param classifier tells which statuses are transient
   * @param inspectors read the exceptions of other clients; the first that knows a failure is believed
   * @return the meaning of failures
   */
  public static HttpFailures of(
      HttpErrorClassifier classifier, HttpFailureInspector... inspectors) {
    List<HttpFailureInspector> all = new ArrayList<>();
    all.add(new OwnFailures());
    all.addAll(List.of(inspectors));
    all.addAll(Providers.ofThread().all(HttpFailureInspector.class));
    return new HttpFailures(classifier, List.of(inspectors), all);
  }

  /**
   * Finds the status of a failure, or of what caused it.
   *
   * @param failure of any kind
   * @return the status; empty where there is none
   */
  public OptionalInt status(Throwable failure) {
    OptionalInt found = first(failure, (inspector, cause) -> {
      OptionalInt status = inspector.status(cause);
      return status.isPresent() ? status : null;
    });
    return found != null ? found : OptionalInt.empty();
  }

  /**
   * Finds when a failure, or what caused it, asks to come back; for {@link RetryConfig.Builder#retryAfter}.
   *
   * @param failure of any kind
   * @return what it asks for; null where it does not
   */
  public @Nullable RetryAfter retryAfter(Throwable failure) {
    return first(failure, HttpFailureInspector::retryAfter);
  }

  @FunctionalInterface
  private interface Question<A> {
    @Nullable
    A ask(HttpFailureInspector inspector, Throwable cause);
  }

  private <A> @Nullable A first(Throwable failure, Question<A> question) {
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < DEEPEST_CAUSE; depth++) {
      for (HttpFailureInspector inspector : inspectors) {
        A answer = question.ask(inspector, cause);
        if (answer != null) {
          return answer;
        }
      }
      cause = cause.getCause();
    }
    return null;
  }

  /**
   * Tells which failures may be gone at the next attempt: by their status, and without one by {@link
   * RetryConfig#transientFailures()}. For {@link RetryConfig.Builder#retryIf}.
   *
   * @return a predicate
   */
  public Predicate<Throwable> transientFailures() {
    return new ByStatus(this, RetryConfig.transientFailures());
  }

  /**
   * Tells which failures are the server's: statuses that are transient, and without a status all that can go wrong on the way.
   * For {@link io.aragora.resilience.circuitbreaker.CircuitBreakerConfig.Builder#recordIf}; what the caller did wrong does not
   * count against the server.
   *
   * @return a predicate
   */
  public Predicate<Throwable> serverFailures() {
    return new ByStatus(this, OnTheWay.INSTANCE);
  }

  /** What comes from the network, and not from a mistake of the caller. */
  static boolean isOnTheWay(Throwable failure) {
    return failure instanceof IOException
        || failure instanceof TimeoutException
        || failure instanceof TimeoutExceededException
        || (failure.getCause() instanceof IOException);
  }

  /**
   * Returns whether another one reads failures the same, so that its predicates may be declared twice.
   *
   * @param other anything
   * @return whether it has the same statuses and inspectors; of what {@link java.util.ServiceLoader} found, the same classes
   */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof HttpFailures failures
        && classifier.equals(failures.classifier)
        && given.equals(failures.given)
        && classes().equals(failures.classes());
  }

  @Override
  public int hashCode() {
    return classifier.hashCode();
  }

  /**
   * Shows the statuses and what reads them.
   *
   * @return the meaning of failures as text
   */
  @Override
  public String toString() {
    return "transient statuses " + new TreeSet<>(classifier.transientStatuses()) + ", read by "
        + classes().stream().map(Class::getName).collect(Collectors.joining(", "));
  }

  private List<Class<?>> classes() {
    return inspectors.stream().<Class<?>>map(Object::getClass).toList();
  }

  private enum OnTheWay implements Predicate<Throwable> {
    INSTANCE;

    @Override
    public boolean test(Throwable failure) {
      return isOnTheWay(failure);
    }
  }

  private record ByStatus(HttpFailures failures, Predicate<Throwable> otherwise)
      implements Predicate<Throwable> {
    @Override
    public boolean test(Throwable failure) {
      OptionalInt status = failures.status(failure);
      return status.isPresent()
          ? failures.classifier.isTransient(status.getAsInt())
          : otherwise.test(failure);
    }
  }

  private static final class OwnFailures implements HttpFailureInspector {
    @Override
    public OptionalInt status(Throwable failure) {
      return failure instanceof HttpStatusException answer
          ? OptionalInt.of(answer.status())
          : OptionalInt.empty();
    }

    @Override
    public @Nullable RetryAfter retryAfter(Throwable failure) {
      return failure instanceof HttpStatusException answer
          ? HttpErrorClassifier.retryAfter(answer.headers())
          : null;
    }
  }
}
