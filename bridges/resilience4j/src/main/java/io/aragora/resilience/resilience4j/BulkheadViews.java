package io.aragora.resilience.resilience4j;

import io.aragora.resilience.Resilience;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A registry of views of the bulkheads of a runtime. */
final class BulkheadViews extends ViewRegistry<Bulkhead, BulkheadConfig>
    implements BulkheadRegistry {
  private final Resilience resilience;

  BulkheadViews(Resilience resilience) {
    super(BulkheadConfig.ofDefaults());
    this.resilience = resilience;
  }

  @Override
  Bulkhead view(String name, @Nullable BulkheadConfig config, Map<String, String> tags) {
    var declared = ShownConfig.Declared.of(config, Configs::of);
    return new BulkheadView(
        declared == null ? resilience.bulkhead(name) : resilience.bulkhead(name, declared.ours()),
        declared,
        tags);
  }

  @Override
  public Set<Bulkhead> getAllBulkheads() {
    return all();
  }

  @Override
  public Bulkhead bulkhead(String name) {
    return named(name, Map.of());
  }

  @Override
  public Bulkhead bulkhead(String name, Map<String, String> tags) {
    return named(name, tags);
  }

  @Override
  public Bulkhead bulkhead(String name, BulkheadConfig config) {
    return declared(name, config, Map.of());
  }

  @Override
  public Bulkhead bulkhead(String name, BulkheadConfig config, Map<String, String> tags) {
    return declared(name, config, tags);
  }

  @Override
  public Bulkhead bulkhead(String name, Supplier<BulkheadConfig> config) {
    return supplied(name, config, Map.of());
  }

  @Override
  public Bulkhead bulkhead(String name, Supplier<BulkheadConfig> config, Map<String, String> tags) {
    return supplied(name, config, tags);
  }

  @Override
  public Bulkhead bulkhead(String name, String configName) {
    return configured(name, configName, Map.of());
  }

  @Override
  public Bulkhead bulkhead(String name, String configName, Map<String, String> tags) {
    return configured(name, configName, tags);
  }
}
