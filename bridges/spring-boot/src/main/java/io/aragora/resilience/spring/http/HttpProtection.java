package io.aragora.resilience.spring.http;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.http.client.HttpErrorClassifier;
import io.aragora.resilience.http.client.HttpFailures;
import io.aragora.resilience.http.internal.ClientRules;
import io.aragora.resilience.http.internal.IdempotenceCheck;
import io.aragora.resilience.http.internal.LimitHeaders;
import io.aragora.resilience.http.internal.Origin;
import io.aragora.resilience.ratelimiter.RateLimitHint;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.reference.CircuitBreakerPresets;
import io.aragora.resilience.reference.RetryPresets;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.timeout.Timeout;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;

/**
 * The policies of one HTTP client of Spring, for a {@link ResilientRequestFactory}: a circuit
 * breaker for each origin, then a retry, then a rate limiter, then a timeout. A call is one outcome for its breaker, however many
 * attempts it takes; each attempt takes a permit and has its own timeout.
 *
 * <p>All policies have the name of the client, so settings outside the code change them: {@code
 * resilience.retry.<name>.maxAttempts}, for instance. Statuses are classified as by {@code resilience-http}; a request that is not
 * idempotent is never repeated. Immutable and thread-safe.
 */
public final class HttpProtection {
  private final Resilience resilience;
  private final String name;
  private final HttpErrorClassifier classifier;
  private final ClientRules rules;
  private final IdempotenceCheck idempotence;
  private final BiPredicate<? super HttpMethod, ? super HttpHeaders> idempotentIf;
  private final @Nullable KeyedCircuitBreaker breakers;
  private final @Nullable Retry retry;
  private final @Nullable RateLimiter limiter;
  private final @Nullable Timeout timeout;

  private HttpProtection(Builder builder) {
    this.resilience = builder.resilience;
    this.name = builder.name;
    this.classifier = builder.classifier;
    this.idempotence = new IdempotenceCheck(name);
    this.idempotentIf = builder.idempotentIf;
    this.rules = new ClientRules(builder.recordClientErrors, idempotentIf, Judgement.INSTANCE);
    HttpFailures failures = HttpFailures.of(classifier, new SpringHttpFailures());
    this.breakers = builder.hasBreaker ? builder.breakers(failures, rules) : null;
    this.retry = builder.hasRetry ? resilience.retry(name, builder.retry(failures, rules)) : null;
    this.limiter = builder.limiter;
    this.timeout = builder.timeout;
  }

  /**
   * Creates a builder.
   *
   * @param resilience the runtime of the policies
   * @return a new builder
   */
  public static Builder builder(Resilience resilience) {
    return new Builder(resilience);
  }

  /** {@return the name of the client and its policies} */
  public String name() {
    return name;
  }

  /** Returns whether a request may be repeated although it may have arrived. */
  boolean isRepeatable(HttpMethod method, HttpHeaders headers) {
    return retry != null && idempotence.test(() -> idempotentIf.test(method, headers));
  }

  /** Returns the largest number of attempts of a request. */
  int maxAttempts(boolean isRepeatable) {
    return isRepeatable && retry != null ? retry.config().maxAttempts() : 1;
  }

  /** Created for each call, since the breaker of an origin may be evicted and replaced; null if there is no policy. */
  @Nullable
  Pipeline around(URI uri, boolean isRepeatable) {
    boolean isRetried = isRepeatable && retry != null;
    if (breakers == null && !isRetried && limiter == null && timeout == null) {
      return null;
    }
    Pipeline.Builder pipeline = resilience.unregistered().pipelineBuilder(name);
    if (breakers != null) {
      pipeline.add(breakers.forKey(Origin.of(uri)));
    }
    if (isRetried) {
      pipeline.add(Objects.requireNonNull(retry));
    }
    if (limiter != null) {
      pipeline.add(limiter);
    }
    if (timeout != null) {
      pipeline.add(timeout);
    }
    return pipeline.build();
  }

  /**
   * Judges a response, and lets the rate limiter observe it.
   *
   * @return the failure that the policies see; null if the response is none
   */
  @Nullable
  HttpAnswerException judge(URI uri, int status, HttpHeaders given) {
    Map<String, List<String>> headers = HttpAnswerException.copyOf(given);
    if (limiter != null) {
      RateLimitHint hint = LimitHeaders.hint(status, headers);
      if (hint != null) {
        limiter.observe(hint);
      }
    }
    boolean isTransient = classifier.isTransient(status);
    boolean counts = isTransient || rules.isRecordedClientError(status);
    return counts ? new HttpAnswerException(uri, status, isTransient, headers) : null;
  }

  private static boolean isIdempotent(HttpMethod method, HttpHeaders headers) {
    return IdempotenceCheck.isIdempotent(
        method.name(), headers.getFirst(IdempotenceCheck.KEY) != null);
  }

  /** A response that a client has judged by its own rules, since several clients may share a retry. */
  private enum Judgement implements Function<Throwable, @Nullable Boolean> {
    INSTANCE;

    @Override
    public @Nullable Boolean apply(Throwable failure) {
      return failure instanceof HttpAnswerException answer ? answer.isTransient() : null;
    }
  }

  /** Builds a {@link HttpProtection}. Every setter checks its value. Not thread-safe. */
  public static final class Builder {
    private final Resilience resilience;
    private String name = "http";
    private @Nullable CircuitBreakerConfig breakerConfig;
    private boolean hasBreaker = true;
    private int maxOrigins = 1000;
    private @Nullable RetryConfig retryConfig;
    private boolean hasRetry = true;
    private @Nullable RateLimiter limiter;
    private @Nullable Timeout timeout;
    private HttpErrorClassifier classifier = HttpErrorClassifier.DEFAULT;
    private boolean recordClientErrors;
    private BiPredicate<? super HttpMethod, ? super HttpHeaders> idempotentIf =
        HttpProtection::isIdempotent;

    private Builder(Resilience resilience) {
      this.resilience = Objects.requireNonNull(resilience, "resilience");
    }

    /**
     * Sets the name of the policies. Default: "http". Two clients of one name share their policies, and must have
     * equal settings, predicates included.
     *
     * @param name not blank, at most 10,000 characters; checked by {@link #build()}
     * @return this builder
     */
    public Builder name(String name) {
      this.name = Objects.requireNonNull(name, "name");
      return this;
    }

    /**
     * Sets the config of the breakers, one for each origin. Default: {@link CircuitBreakerPresets#http()}. Failures that the server
     * did not cause do not count, whatever the config.
     *
     * @param config the config of each breaker
     * @return this builder
     */
    public Builder circuitBreaker(CircuitBreakerConfig config) {
      breakerConfig = Objects.requireNonNull(config, "circuitBreaker");
      hasBreaker = true;
      return this;
    }

    /**
     * Disables breakers.
     *
     * @return this builder
     */
    public Builder noCircuitBreaker() {
      hasBreaker = false;
      return this;
    }

    /**
     * Sets the maximum number of origins with a breaker of their own. Default 1000.
     *
     * @param count in [1, 10,000,000]; checked by {@link #build()}
     * @return this builder
     */
    public Builder maxOrigins(int count) {
      maxOrigins = count;
      return this;
    }

    /**
     * Sets the retry. Default: {@link RetryPresets#http()}, for transient statuses and failures of the network.
     *
     * @param config the config of the retry; a {@code retryIf} of its own is not asked about statuses
     * @return this builder
     */
    public Builder retry(RetryConfig config) {
      retryConfig = Objects.requireNonNull(config, "retry");
      hasRetry = true;
      return this;
    }

    /**
     * Disables the retry.
     *
     * @return this builder
     */
    public Builder noRetry() {
      hasRetry = false;
      return this;
    }

    /**
     * Sets the rate limiter, from which each attempt takes a permit. It observes every answer, so a 429 that says for how long
     * pauses it. Default: none.
     *
     * @param limiter the limiter
     * @return this builder
     */
    public Builder rateLimiter(RateLimiter limiter) {
      this.limiter = Objects.requireNonNull(limiter, "rateLimiter");
      return this;
    }

    /**
     * Sets the timeout of each attempt, until the head of the response is there. Default: none, beside those of the client.
     *
     * @param timeout the timeout
     * @return this builder
     */
    public Builder timeout(Timeout timeout) {
      this.timeout = Objects.requireNonNull(timeout, "timeout");
      return this;
    }

    /**
     * Sets the transient statuses, which may be gone at the next attempt. Default: 429, 500, 502, 503 and 504.
     *
     * @param statuses each in [400, 599]
     * @return this builder
     * @throws IllegalArgumentException if a status is not in [400, 599]
     */
    public Builder transientStatuses(Set<Integer> statuses) {
      classifier = HttpErrorClassifier.of(statuses);
      return this;
    }

    /**
     * Sets whether statuses from 400 to 499 count against the origin. Default false: the server works correctly.
     *
     * @param record whether they count
     * @return this builder
     */
    public Builder recordClientErrors(boolean record) {
      recordClientErrors = record;
      return this;
    }

    /**
     * Sets which requests may be repeated although they may have arrived. Default: those with the methods GET, HEAD, OPTIONS,
     * TRACE, PUT or DELETE, or with an {@code Idempotency-Key} header.
     *
     * @param predicate called once for each request; if it throws, the request is not repeated, and the log shows it once
     * @return this builder
     */
    public Builder idempotentIf(BiPredicate<? super HttpMethod, ? super HttpHeaders> predicate) {
      idempotentIf = Objects.requireNonNull(predicate, "idempotentIf");
      return this;
    }

    /**
     * Declares the policies.
     *
     * @return the protection
     * @throws IllegalArgumentException if a value is not in its range
     * @throws io.aragora.resilience.policy.ResilienceConfigurationException if policies of this name are declared with other
     *     settings, or the runtime is full
     */
    public HttpProtection build() {
      return new HttpProtection(this);
    }

    private KeyedCircuitBreaker breakers(HttpFailures failures, ClientRules rules) {
      CircuitBreakerConfig given =
          breakerConfig != null ? breakerConfig : CircuitBreakerPresets.http();
      CircuitBreakerConfig.Builder config = given.toBuilder()
          .ignoreIf(rules.notTheServers(failures.serverFailures(), given.ignoreIf()));
      if (given.cooldownFrom() == null) {
        config.cooldownFrom(failures.retryAfter());
      }
      return resilience.keyedCircuitBreaker(
          name,
          KeyedCircuitBreakerConfig.builder()
              .breaker(config.build())
              .maxKeys(maxOrigins)
              .build());
    }

    private RetryConfig retry(HttpFailures failures, ClientRules rules) {
      RetryConfig given = retryConfig != null ? retryConfig : RetryPresets.http();
      Predicate<? super Throwable> others = given.retryIf() == RetryConfig.transientFailures()
          ? failures.transientFailures()
          : given.retryIf();
      RetryConfig.Builder config = given.toBuilder().retryIf(rules.transientAnswers(others));
      if (given.retryAfter() == null) {
        config.retryAfter(failures.retryAfter());
      }
      return config.build();
    }
  }
}
