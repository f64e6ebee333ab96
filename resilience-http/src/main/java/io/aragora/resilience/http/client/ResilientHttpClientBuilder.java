package io.aragora.resilience.http.client;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.chaos.ChaosConfig;
import io.aragora.resilience.chaos.ChaosState;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.http.internal.ClientRules;
import io.aragora.resilience.http.internal.IdempotenceCheck;
import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.CallRejectedException;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.reference.CircuitBreakerPresets;
import io.aragora.resilience.reference.RetryPresets;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Builds a {@link ResilientHttpClient}. Every setter checks its value. Not thread-safe. */
public final class ResilientHttpClientBuilder {
  private final Resilience resilience;
  private String name = "http";
  private @Nullable HttpClient client;
  private @Nullable CircuitBreakerConfig breakerConfig;
  private @Nullable CircuitBreaker breaker;
  private boolean hasBreaker = true;
  private int maxOrigins = 1000;
  private @Nullable RetryConfig retryConfig;
  private boolean hasRetry = true;
  private @Nullable HedgeConfig hedgeConfig;
  private @Nullable RateLimiterConfig limiterConfig;
  private @Nullable RateLimiter limiter;
  private @Nullable TimeoutConfig timeout;
  private @Nullable ChaosConfig chaosConfig;
  private final Map<Integer, Double> chaosStatuses = new LinkedHashMap<>();
  private HttpErrorClassifier classifier = HttpErrorClassifier.DEFAULT;
  private boolean recordClientErrors;
  private Predicate<? super HttpRequest> idempotentIf = ResilientHttpClientBuilder::isIdempotent;

  ResilientHttpClientBuilder(Resilience resilience) {
    this.resilience = resilience;
  }

  private static boolean isIdempotent(HttpRequest request) {
    return IdempotenceCheck.isIdempotent(
        request.method(), request.headers().firstValue(IdempotenceCheck.KEY).isPresent());
  }

  /**
   * Sets the name of this client's policies. Default: "http". Two clients of one name share the policies, and must have equal settings.
   *
   * @param name not blank, at most 10,000 characters
   * @return this builder
   * @throws IllegalArgumentException if {@code name} is blank or longer than 10,000 characters
   */
  public ResilientHttpClientBuilder name(String name) {
    this.name = Setting.name("name", name);
    return this;
  }

  /**
   * Sets the wrapped client. Default: {@link HttpClient#newHttpClient()}.
   *
   * @param client any client; closed by {@link ResilientHttpClient#close()}
   * @return this builder
   */
  public ResilientHttpClientBuilder client(HttpClient client) {
    this.client = Objects.requireNonNull(client, "client");
    return this;
  }

  /**
   * Sets the config of the breakers, one for each origin. Default: {@link CircuitBreakerPresets#http()}. Failures that
   * the server did not cause do not count, whatever the config. A {@code Retry-After} of the answer that opens a
   * breaker is its cooldown, unless the config has a {@link CircuitBreakerConfig.Builder#cooldownFrom}.
   *
   * @param config the config of each breaker
   * @return this builder
   */
  public ResilientHttpClientBuilder circuitBreaker(CircuitBreakerConfig config) {
    breakerConfig = Objects.requireNonNull(config, "circuitBreaker");
    breaker = null;
    hasBreaker = true;
    return this;
  }

  /**
   * Sets one breaker for all origins. Default: each origin has its own.
   *
   * @param breaker the breaker; it receives a transient status as an {@link HttpStatusException}
   * @return this builder
   */
  public ResilientHttpClientBuilder circuitBreaker(CircuitBreaker breaker) {
    this.breaker = Objects.requireNonNull(breaker, "circuitBreaker");
    hasBreaker = true;
    return this;
  }

  /**
   * Disables breakers.
   *
   * @return this builder
   */
  public ResilientHttpClientBuilder noCircuitBreaker() {
    hasBreaker = false;
    breaker = null;
    return this;
  }

  /**
   * Sets the maximum number of origins with their own breaker and rate limiter, {@link KeyedCircuitBreakerConfig.Builder#maxKeys}. Default 1000.
   *
   * @param count in [1, 10,000,000]
   * @return this builder
   * @throws IllegalArgumentException if {@code count} is not in [1, 10,000,000]
   */
  public ResilientHttpClientBuilder maxOrigins(int count) {
    maxOrigins = Setting.inRange("maxOrigins", 1, 10_000_000, count);
    return this;
  }

  /**
   * Sets the retry. Default: {@link RetryPresets#http()}, for transient statuses and failures. If {@code retryIf} is
   * set, it also decides about transient statuses, as {@link HttpStatusException}; {@code Retry-After} is followed
   * unless another {@code retryAfter} is set.
   *
   * @param config the config of the retry
   * @return this builder
   */
  public ResilientHttpClientBuilder retry(RetryConfig config) {
    retryConfig = Objects.requireNonNull(config, "retry");
    hasRetry = true;
    return this;
  }

  /**
   * Disables the retry.
   *
   * @return this builder
   */
  public ResilientHttpClientBuilder noRetry() {
    hasRetry = false;
    return this;
  }

  /**
   * Sets the config of the hedge, one for all origins, like the retry. An attempt that is slow, or fails with a transient status,
   * runs a second time beside itself, and the first response is that of the call; the others are closed. Only requests that may be
   * repeated although they may have arrived are hedged, see {@link #idempotentIf}; none whose breaker is not closed, and none
   * with a push handler. After a 429, a 503 or a {@code Retry-After} no further hedge of the call starts.
   *
   * <p>The caller's handler sees one response. It is called when the response has won: when its headers are there, or its whole
   * body, if that is known to be short.
   *
   * <p>A config without a budget shares that of the {@link #retry}, if that has one. {@code hedgeOn} and {@code acceptResult}
   * judge a response by its status and its headers; {@code onLoser} is not called. Default: no hedge.
   *
   * @param config the config of the hedge
   * @return this builder
   */
  public ResilientHttpClientBuilder hedge(HedgeConfig config) {
    hedgeConfig = Objects.requireNonNull(config, "hedge");
    return this;
  }

  /**
   * Sets the config of the rate limiters, one for each origin, at most {@link #maxOrigins}. Each attempt takes a permit. Every
   * answer is {@linkplain RateLimiter#observe observed}, so a 429 that says for how long pauses all requests of its origin.
   * Default: no rate limiter.
   *
   * @param config the config of each rate limiter
   * @return this builder
   */
  public ResilientHttpClientBuilder rateLimiter(RateLimiterConfig config) {
    limiterConfig = Objects.requireNonNull(config, "rateLimiter");
    limiter = null;
    return this;
  }

  /**
   * Sets one rate limiter for all origins, for a server that counts by the account. Default: no rate limiter.
   *
   * @param limiter the rate limiter; it observes the answers of all origins
   * @return this builder
   */
  public ResilientHttpClientBuilder rateLimiter(RateLimiter limiter) {
    this.limiter = Objects.requireNonNull(limiter, "rateLimiter");
    limiterConfig = null;
    return this;
  }

  /**
   * Sets the timeout of each attempt, until the body handler has completed its body. Default: none, beside those of the client and of the request.
   *
   * @param limit positive, at most 106,751 days
   * @return this builder
   * @throws IllegalArgumentException if {@code limit} is not positive, or longer than 106,751 days
   */
  public ResilientHttpClientBuilder timeout(Duration limit) {
    timeout = TimeoutConfig.of(Setting.positive("timeout", limit));
    return this;
  }

  /**
   * Sets the transient statuses, which may be gone at the next attempt. Default: 429, 500, 502, 503 and 504.
   *
   * @param statuses each in [400, 599]
   * @return this builder
   * @throws IllegalArgumentException if a status is not in [400, 599]
   */
  public ResilientHttpClientBuilder transientStatuses(Set<Integer> statuses) {
    classifier = HttpErrorClassifier.of(statuses);
    return this;
  }

  /**
   * Sets whether statuses from 400 to 499 count against the origin. Default false: the server works correctly. Requests
   * with such a status are repeated only if it is transient.
   *
   * @param record whether they count
   * @return this builder
   */
  public ResilientHttpClientBuilder recordClientErrors(boolean record) {
    recordClientErrors = record;
    return this;
  }

  /**
   * Sets which requests may be repeated although they may have arrived. Default: those with the methods GET, HEAD, OPTIONS,
   * TRACE, PUT or DELETE, or with an {@code Idempotency-Key} header.
   *
   * @param predicate called for each request; if it throws, the request is not repeated, and the log shows it once
   * @return this builder
   */
  public ResilientHttpClientBuilder idempotentIf(Predicate<? super HttpRequest> predicate) {
    idempotentIf = Objects.requireNonNull(predicate, "idempotentIf");
    return this;
  }

  /**
   * Sets the chaos of this client, which is around each attempt, inside all other policies. It injects nothing until chaos is
   * enabled for the process and {@linkplain io.aragora.resilience.chaos.ChaosControl#start started}. {@code onLost} is not called:
   * lost responses are closed. Default: no chaos.
   *
   * @param config what may be injected; a failure should be an {@link java.io.IOException}, as those of a client are
   * @return this builder
   */
  public ResilientHttpClientBuilder chaos(ChaosConfig config) {
    chaosConfig = Objects.requireNonNull(config, "chaos");
    return this;
  }

  /**
   * Adds a chance that an attempt gets a response with a status, without a header or a body, and nothing is sent. Retry, hedge,
   * breaker and rate limiter see a response like any other. As {@link #chaos}, it injects nothing until chaos is enabled and
   * started. A second call with the same status replaces the first. Default: none.
   *
   * @param percent the share of the attempts in percent, in (0, 100]; together with the other chances at most 100
   * @param status the status, in [200, 599]
   * @return this builder
   * @throws IllegalArgumentException if {@code percent} is NaN or not in (0, 100], or if {@code status} is not in [200, 599]
   */
  public ResilientHttpClientBuilder chaosStatus(double percent, int status) {
    Setting.percent("percent", percent);
    Setting.inRange("status", 200, 599, status);
    chaosStatuses.put(status, percent);
    return this;
  }

  /**
   * Builds the client.
   *
   * @return the client
   * @throws io.aragora.resilience.policy.ResilienceConfigurationException if policies of this name are declared with
   * other settings, or the runtime is full
   */
  public ResilientHttpClient build() {
    ClientRules rules = new ClientRules(recordClientErrors, idempotentIf, Judgement.INSTANCE);
    HttpFailures failures = HttpFailures.of(classifier);
    RetryConfig config = retryConfig(failures, rules);
    HttpClient sender = client != null ? client : HttpClient.newHttpClient();
    Retry retry = hasRetry ? resilience.retry(name, config) : null;
    // A failed connection proves that nothing arrived only if it is the first one: a redirect
    // follows a POST that did arrive.
    Retry retryUnsent = hasRetry && sender.followRedirects() == HttpClient.Redirect.NEVER
        ? resilience.retry(
            name + ".unsent",
            config.toBuilder()
                .retryIf(ResilientHttpClientBuilder::isUnsent)
                .retryResultIf(response -> false)
                .build())
        : null;
    Timeout limit = timeout == null ? null : resilience.timeout(name, timeout);
    HttpPolicies policies = new HttpPolicies(
        resilience,
        name,
        breakers(failures, rules),
        retry,
        retryUnsent,
        hedge(failures, rules, config),
        limiters(),
        limit,
        chaos(),
        guarded(name, idempotentIf));
    return new ResilientHttpClient(sender, policies, new StatusRules(classifier, rules));
  }

  private static Predicate<HttpRequest> guarded(
      String client, Predicate<? super HttpRequest> idempotentIf) {
    IdempotenceCheck check = new IdempotenceCheck(client);
    return request -> check.test(() -> idempotentIf.test(request));
  }

  private RetryConfig retryConfig(HttpFailures failures, ClientRules rules) {
    RetryConfig given = retryConfig != null ? retryConfig : RetryPresets.http();
    RetryConfig.Builder config = given.toBuilder();
    config.retryIf(
        given.retryIf() == RetryConfig.transientFailures()
            ? rules.transientAnswers(failures.transientFailures())
            : new NoClientErrors(rules, given.retryIf()));
    if (given.retryAfter() == null) {
      config.retryAfter(failures.retryAfter());
    }
    return config.build();
  }

  private @Nullable Hedge hedge(HttpFailures failures, ClientRules rules, RetryConfig retry) {
    HedgeConfig given = hedgeConfig;
    if (given == null) {
      return null;
    }
    HedgeConfig.Builder config = given.toBuilder()
        .hedgeOn(
            given.hedgeOn() == RetryConfig.transientFailures()
                ? new NoPushBack(failures, rules.transientAnswers(failures.transientFailures()))
                : new NoPushBack(failures, new NoClientErrors(rules, given.hedgeOn())))
        .onLoser(LeftoverBody.CLOSER);
    RetryBudget shared = hasRetry ? retry.budget() : null;
    if (given.budget() == null && shared != null) {
      config.budget(shared);
    }
    return resilience.hedge(name, config.build());
  }

  /** The declaration stays although the process does not enable chaos; the client then has none. */
  private @Nullable Chaos chaos() {
    if (chaosConfig == null && chaosStatuses.isEmpty()) {
      return null;
    }
    ChaosConfig.Builder config =
        chaosConfig == null ? ChaosConfig.builder() : chaosConfig.toBuilder();
    chaosStatuses.forEach(
        (status, percent) -> config.fail(percent, new InjectedAnswer.Status(status)));
    Chaos chaos = resilience.chaos(name, config.onLost(LeftoverBody.CLOSER).build());
    return resilience.chaos().state() == ChaosState.NOT_ENABLED ? null : chaos;
  }

  private static boolean isUnsent(Throwable failure) {
    return failure instanceof ConnectException
        || failure instanceof HttpConnectTimeoutException
        || failure instanceof CallRejectedException;
  }

  /*
   * The predicates that the client adds to the configured ones. Records, not lambdas, so that two clients of one name with
   * equal settings have equal declarations.
   */

  /** A response that a client has judged by its own rules, since several clients may share a retry. */
  private enum Judgement implements Function<Throwable, @Nullable Boolean> {
    INSTANCE;

    @Override
    public @Nullable Boolean apply(Throwable failure) {
      return failure instanceof HttpStatusException answer ? answer.isTransient() : null;
    }
  }

  private record NoClientErrors(ClientRules rules, Predicate<? super Throwable> given)
      implements Predicate<Throwable> {
    /** A status that counts has a response that already belongs to the caller, so no retry follows. */
    @Override
    public boolean test(Throwable failure) {
      return !Boolean.FALSE.equals(Judgement.INSTANCE.apply(failure)) && given.test(failure);
    }
  }

  /** A server that asks its callers to slow down is not asked twice at a time. */
  private record NoPushBack(HttpFailures failures, Predicate<? super Throwable> given)
      implements Predicate<Throwable> {
    @Override
    public boolean test(Throwable failure) {
      return !failures.asksToSlowDown(failure) && given.test(failure);
    }
  }

  private @Nullable OriginLimiters limiters() {
    if (limiter != null) {
      return new OriginLimiters(null, limiter);
    }
    if (limiterConfig == null) {
      return null;
    }
    KeyedRateLimiterConfig config = KeyedRateLimiterConfig.builder()
        .limiter(limiterConfig)
        .maxKeys(maxOrigins)
        .build();
    return new OriginLimiters(resilience.keyedRateLimiter(name, config), null);
  }

  private @Nullable Function<String, CircuitBreaker> breakers(
      HttpFailures failures, ClientRules rules) {
    if (!hasBreaker) {
      return null;
    }
    CircuitBreaker one = breaker;
    if (one != null) {
      return origin -> one;
    }
    CircuitBreakerConfig given =
        breakerConfig != null ? breakerConfig : CircuitBreakerPresets.http();
    CircuitBreakerConfig.Builder builder = given.toBuilder()
        .ignoreIf(rules.notTheServers(failures.serverFailures(), given.ignoreIf()));
    if (given.cooldownFrom() == null) {
      builder.cooldownFrom(failures.retryAfter());
    }
    CircuitBreakerConfig config = builder.build();
    KeyedCircuitBreaker keyed = resilience.keyedCircuitBreaker(
        name,
        KeyedCircuitBreakerConfig.builder().breaker(config).maxKeys(maxOrigins).build());
    return keyed::forKey;
  }
}
