package io.aragora.resilience.resilience4j;

import io.aragora.resilience.Resilience;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A registry of views of the rate limiters of a runtime. */
final class RateLimiterViews extends ViewRegistry<RateLimiter, RateLimiterConfig>
    implements RateLimiterRegistry {
  private final Resilience resilience;

  RateLimiterViews(Resilience resilience) {
    super(RateLimiterConfig.ofDefaults());
    this.resilience = resilience;
  }

  @Override
  RateLimiter view(String name, @Nullable RateLimiterConfig config, Map<String, String> tags) {
    var declared = ShownConfig.Declared.of(config, Configs::of);
    return new RateLimiterView(
        declared == null
            ? resilience.rateLimiter(name)
            : resilience.rateLimiter(name, declared.ours()),
        declared,
        tags);
  }

  @Override
  public Set<RateLimiter> getAllRateLimiters() {
    return all();
  }

  @Override
  public RateLimiter rateLimiter(String name) {
    return named(name, Map.of());
  }

  @Override
  public RateLimiter rateLimiter(String name, Map<String, String> tags) {
    return named(name, tags);
  }

  @Override
  public RateLimiter rateLimiter(String name, RateLimiterConfig config) {
    return declared(name, config, Map.of());
  }

  @Override
  public RateLimiter rateLimiter(String name, RateLimiterConfig config, Map<String, String> tags) {
    return declared(name, config, tags);
  }

  @Override
  public RateLimiter rateLimiter(String name, Supplier<RateLimiterConfig> config) {
    return supplied(name, config, Map.of());
  }

  @Override
  public RateLimiter rateLimiter(
      String name, Supplier<RateLimiterConfig> config, Map<String, String> tags) {
    return supplied(name, config, tags);
  }

  @Override
  public RateLimiter rateLimiter(String name, String configName) {
    return configured(name, configName, Map.of());
  }

  @Override
  public RateLimiter rateLimiter(String name, String configName, Map<String, String> tags) {
    return configured(name, configName, tags);
  }
}
