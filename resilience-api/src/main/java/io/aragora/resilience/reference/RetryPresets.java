package io.aragora.resilience.reference;

import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.RetryConfig;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Named configs: those for providers of language models, chat services, and a few parts of the Python package {@code
 * aragora.resilience}, for users of that package. Each is an ordinary {@link RetryConfig}; {@link
 * RetryConfig#toBuilder()} changes a copy.
 *
 * <p>All have an exponential backoff with a multiplicative jitter. They retry {@linkplain
 * RetryConfig#transientFailures() transient failures} and those whose {@linkplain FailureText text} names a rate limit
 * or a server error. Those for remote services abort at once if the text names the status 400, 401, 403, 404 or 422.
 *
 * <p>Thread-safe: all of them are immutable.
 */
public final class RetryPresets {
  private static final Set<Integer> OURS_TO_MEND = Set.of(400, 401, 403, 404, 422);

  /** One object, because a combination of predicates is not equal to another one. */
  private static final Predicate<Throwable> RETRIED = RetryConfig.transientFailures()
      .or(FailureText.namesRateLimit())
      .or(FailureText.namesServerError());

  private static final Map<String, RetryConfig> PRESETS = presets();

  private RetryPresets() {}

  private static Map<String, RetryConfig> presets() {
    Map<String, RetryConfig> all = new LinkedHashMap<>();
    all.put("anthropic", remote(4, 2_000, 120, 0.30));
    all.put("openai", remote(5, 1_000, 60, 0.25));
    all.put("mistral", remote(4, 1_000, 60, 0.25));
    all.put("grok", remote(4, 1_500, 90, 0.30));
    all.put("openrouter", remote(5, 1_500, 120, 0.30));
    all.put("gemini", remote(4, 1_000, 60, 0.25));
    all.put("knowledge_mound", local(4, 500, 30, 0.20));
    all.put("control_plane", local(4, 500, 30, 0.20));
    all.put("memory", local(4, 300, 15, 0.20));
    all.put("slack", remote(4, 1_000, 30, 0.25));
    all.put("discord", remote(4, 1_000, 30, 0.25));
    all.put("teams", remote(4, 1_000, 30, 0.25));
    all.put("github_cli", remote(4, 1_000, 60, 0.25));
    return Collections.unmodifiableMap(all);
  }

  private static RetryConfig remote(int attempts, int baseMillis, int capSeconds, double factor) {
    return local(attempts, baseMillis, capSeconds, factor).toBuilder()
        .abortIf(FailureText.namesStatus(OURS_TO_MEND))
        .build();
  }

  private static RetryConfig local(int attempts, int baseMillis, int capSeconds, double factor) {
    return RetryConfig.builder()
        .maxAttempts(attempts)
        .backoff(Backoff.exponential(Duration.ofMillis(baseMillis))
            .cappedAt(Duration.ofSeconds(capSeconds))
            .withJitter(Jitter.MULTIPLICATIVE, factor))
        .retryIf(RETRIED)
        .build();
  }

  /**
   * Returns the preset of a provider.
   *
   * @param provider its name; case and surrounding blanks are ignored
   * @return the preset; {@link #unknown()} for an unknown provider
   */
  public static RetryConfig named(String provider) {
    return find(provider).orElseGet(RetryPresets::unknown);
  }

  /**
   * Looks up the preset of a provider.
   *
   * @param provider its name; case and surrounding blanks are ignored
   * @return the preset; empty for an unknown provider
   */
  public static Optional<RetryConfig> find(String provider) {
    return Optional.ofNullable(PRESETS.get(provider.strip().toLowerCase(Locale.ROOT)));
  }

  /** {@return the thirteen presets by name in lower case, as an immutable map} */
  public static Map<String, RetryConfig> all() {
    return PRESETS;
  }

  /**
   * {@return the defaults of {@code with_retry}: 4 attempts, exponential from 100 ms to 30 s with a jitter of 0.25, for
   * transient failures}
   */
  public static RetryConfig withRetry() {
    return RetryConfig.builder().maxAttempts(4).build();
  }

  /**
   * Returns the defaults of {@code create_provider_config(name)}.
   *
   * @return 4 attempts, exponential from 1 s to 60 s with a quarter of jitter, for transient failures and texts that
   *     speak of a rate limit or a server's error
   */
  public static RetryConfig createProviderConfig() {
    return local(4, 1_000, 60, 0.25);
  }

  /**
   * Returns the defaults of {@code make_resilient_request(…)}, which are those of the HTTP client of this library too.
   *
   * @return 4 attempts, exponential from 500 ms to 30 s with a quarter of jitter, for transient failures
   */
  public static RetryConfig http() {
    return RetryConfig.builder()
        .maxAttempts(4)
        .backoff(Backoff.exponential(Duration.ofMillis(500)))
        .build();
  }

  /**
   * {@return the config for an unknown provider: 4 attempts, exponential from 1 s to 60 s with a jitter of 0.25, for
   * transient failures only}
   */
  public static RetryConfig unknown() {
    return RetryConfig.builder()
        .maxAttempts(4)
        .backoff(Backoff.exponential(Duration.ofSeconds(1)).cappedAt(Duration.ofSeconds(60)))
        .build();
  }
}
