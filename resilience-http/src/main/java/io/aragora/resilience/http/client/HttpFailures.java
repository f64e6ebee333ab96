package io.aragora.resilience.http.client;

import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.internal.discovery.Providers;
import io.aragora.resilience.retry.RetryAfter;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.spi.HttpFailureInspector;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.net.http.HttpTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Classifies failures of HTTP clients for retries and breakers: of this client, and of any other whose exceptions a {@link
 * HttpFailureInspector} reads. A status takes precedence over the type of the exception. Immutable.
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
  /** The depth to which causes are followed: deeper than real nesting, and an end for cyclic causes. */
  private static final int DEEPEST_CAUSE = 8;

  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVICE_UNAVAILABLE = 503;

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
   * Returns the classification by {@link HttpErrorClassifier#DEFAULT} and the inspectors that {@link java.util.ServiceLoader}
   * finds.
   *
   * @return the classification
   */
  public static HttpFailures standard() {
    return of(HttpErrorClassifier.DEFAULT);
  }

  /**
   * Creates a classification with the given inspectors, followed by those that {@link java.util.ServiceLoader} finds.
   *
   * @param classifier which statuses are transient
   * @param inspectors read the exceptions of other clients; the first that recognizes a failure decides
   * @return the classification
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
   * Returns the status of a failure or of its causes.
   *
   * @param failure of any kind
   * @return the status; empty if there is none
   */
  public OptionalInt status(Throwable failure) {
    OptionalInt found = first(failure, (inspector, cause) -> {
      OptionalInt status = inspector.status(cause);
      return status.isPresent() ? status : null;
    });
    return found != null ? found : OptionalInt.empty();
  }

  /**
   * Returns the delay that a failure or its cause requests; for {@link RetryConfig.Builder#retryAfter}.
   *
   * @param failure of any kind
   * @return the request; null if there is none
   */
  public @Nullable RetryAfter retryAfter(Throwable failure) {
    return first(failure, HttpFailureInspector::retryAfter);
  }

  /**
   * Returns a function for the delay that a failure or its cause requests; for {@link RetryConfig.Builder#retryAfter} and {@link
   * io.aragora.resilience.circuitbreaker.CircuitBreakerConfig.Builder#cooldownFrom}. Functions of equal classifications are equal,
   * so that they count as the same declaration.
   *
   * @return a function that returns the request; null if there is none
   */
  public Function<Throwable, @Nullable RetryAfter> retryAfter() {
    return new Asked(this);
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
   * Returns a predicate for transient failures: by their status, and without a status by {@link
   * RetryConfig#transientFailures()}. For {@link RetryConfig.Builder#retryIf}.
   *
   * @return a predicate
   */
  public Predicate<Throwable> transientFailures() {
    return new ByStatus(this, RetryConfig.transientFailures());
  }

  /**
   * Returns a predicate for failures of the server. A failure with a status matches if the status is transient; one without
   * matches if it is a failure of the network. For {@link
   * io.aragora.resilience.circuitbreaker.CircuitBreakerConfig.Builder#recordIf}, so that client errors do not count against
   * the server.
   *
   * @return a predicate
   */
  public Predicate<Throwable> serverFailures() {
    return new ByStatus(this, OnTheWay.INSTANCE);
  }

  /**
   * Returns a predicate for signs of overload: the statuses 429 and 503, a timeout of the JDK's client, and without a status what
   * {@link ConcurrencyLimitConfig#overloadFailures()} matches. For {@link ConcurrencyLimitConfig.Builder#overloadIf}.
   *
   * @return a predicate
   */
  public Predicate<Throwable> overload() {
    return new Overload(this);
  }

  /** Returns whether a server asks its callers to slow down: by the statuses 429 and 503, or by a time to wait. */
  boolean asksToSlowDown(Throwable failure) {
    return isOverload(status(failure)) || retryAfter(failure) != null;
  }

  private static boolean isOverload(OptionalInt status) {
    int code = status.orElse(0);
    return code == TOO_MANY_REQUESTS || code == SERVICE_UNAVAILABLE;
  }

  /** Failures of the network, as opposed to mistakes of the caller. */
  private static boolean isOnTheWay(Throwable failure) {
    return failure instanceof IOException
        || failure instanceof TimeoutException
        || failure instanceof TimeoutExceededException
        || (failure.getCause() instanceof IOException);
  }

  /**
   * Returns whether another classification is equal, so that its predicates count as the same declaration.
   *
   * @param other any object
   * @return whether it has the same statuses and inspectors; inspectors found by {@link java.util.ServiceLoader} are compared
   * by class
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
   * Returns the statuses and the inspectors as text.
   *
   * @return the classification as text
   */
  @Override
  public String toString() {
    return "transient statuses " + new TreeSet<>(classifier.transientStatuses()) + ", read by "
        + classes().stream().map(Class::getName).collect(Collectors.joining(", "));
  }

  private List<Class<?>> classes() {
    return inspectors.stream().<Class<?>>map(Object::getClass).toList();
  }

  private record Asked(HttpFailures failures) implements Function<Throwable, @Nullable RetryAfter> {
    @Override
    public @Nullable RetryAfter apply(Throwable failure) {
      return failures.retryAfter(failure);
    }
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

  private record Overload(HttpFailures failures) implements Predicate<Throwable> {
    @Override
    public boolean test(Throwable failure) {
      OptionalInt status = failures.status(failure);
      return status.isPresent()
          ? isOverload(status)
          : failure instanceof HttpTimeoutException
              || ConcurrencyLimitConfig.overloadFailures().test(failure);
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
