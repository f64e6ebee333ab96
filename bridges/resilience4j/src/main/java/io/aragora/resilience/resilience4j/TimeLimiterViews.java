package io.aragora.resilience.resilience4j;

import io.aragora.resilience.Resilience;
import io.github.resilience4j.timelimiter.TimeLimiter;
import io.github.resilience4j.timelimiter.TimeLimiterConfig;
import io.github.resilience4j.timelimiter.TimeLimiterRegistry;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A registry of views of the timeouts of a runtime. */
final class TimeLimiterViews extends ViewRegistry<TimeLimiter, TimeLimiterConfig>
    implements TimeLimiterRegistry {
  private final Resilience resilience;

  TimeLimiterViews(Resilience resilience) {
    super(TimeLimiterConfig.ofDefaults());
    this.resilience = resilience;
  }

  @Override
  TimeLimiter view(String name, @Nullable TimeLimiterConfig config, Map<String, String> tags) {
    var declared = ShownConfig.Declared.of(config, Configs::of);
    return new TimeLimiterView(
        declared == null ? resilience.timeout(name) : resilience.timeout(name, declared.ours()),
        declared,
        tags);
  }

  @Override
  public Set<TimeLimiter> getAllTimeLimiters() {
    return all();
  }

  @Override
  public TimeLimiter timeLimiter(String name) {
    return named(name, Map.of());
  }

  @Override
  public TimeLimiter timeLimiter(String name, Map<String, String> tags) {
    return named(name, tags);
  }

  @Override
  public TimeLimiter timeLimiter(String name, TimeLimiterConfig config) {
    return declared(name, config, Map.of());
  }

  @Override
  public TimeLimiter timeLimiter(String name, TimeLimiterConfig config, Map<String, String> tags) {
    return declared(name, config, tags);
  }

  @Override
  public TimeLimiter timeLimiter(String name, Supplier<TimeLimiterConfig> config) {
    return supplied(name, config, Map.of());
  }

  @Override
  public TimeLimiter timeLimiter(
      String name, Supplier<TimeLimiterConfig> config, Map<String, String> tags) {
    return supplied(name, config, tags);
  }

  @Override
  public TimeLimiter timeLimiter(String name, String configName) {
    return configured(name, configName, Map.of());
  }

  @Override
  public TimeLimiter timeLimiter(String name, String configName, Map<String, String> tags) {
    return configured(name, configName, tags);
  }
}
