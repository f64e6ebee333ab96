package io.aragora.resilience.resilience4j;

import io.aragora.resilience.Resilience;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.RetryRegistry;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A registry of views of the retries of a runtime. */
final class RetryViews extends ViewRegistry<Retry, RetryConfig> implements RetryRegistry {
  private final Resilience resilience;

  RetryViews(Resilience resilience) {
    super(RetryConfig.ofDefaults());
    this.resilience = resilience;
  }

  @Override
  Retry view(String name, @Nullable RetryConfig config, Map<String, String> tags) {
    var declared = ShownConfig.Declared.of(config, Configs::of);
    return new RetryView(
        declared == null ? resilience.retry(name) : resilience.retry(name, declared.ours()),
        declared,
        tags);
  }

  @Override
  public Set<Retry> getAllRetries() {
    return all();
  }

  @Override
  public Retry retry(String name) {
    return named(name, Map.of());
  }

  @Override
  public Retry retry(String name, Map<String, String> tags) {
    return named(name, tags);
  }

  @Override
  public Retry retry(String name, RetryConfig config) {
    return declared(name, config, Map.of());
  }

  @Override
  public Retry retry(String name, RetryConfig config, Map<String, String> tags) {
    return declared(name, config, tags);
  }

  @Override
  public Retry retry(String name, Supplier<RetryConfig> config) {
    return supplied(name, config, Map.of());
  }

  @Override
  public Retry retry(String name, Supplier<RetryConfig> config, Map<String, String> tags) {
    return supplied(name, config, tags);
  }

  @Override
  public Retry retry(String name, String configName) {
    return configured(name, configName, Map.of());
  }

  @Override
  public Retry retry(String name, String configName, Map<String, String> tags) {
    return configured(name, configName, tags);
  }
}
