package io.aragora.resilience.resilience4j;

import io.github.resilience4j.core.ConfigurationNotFoundException;
import io.github.resilience4j.core.registry.AbstractRegistry;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Their registry of views: it holds one for each name, and publishes what is added, replaced and removed.
 *
 * @param <E> their policy
 * @param <C> their config
 */
abstract class ViewRegistry<E, C> extends AbstractRegistry<E, C> {
  ViewRegistry(C defaultConfig) {
    super(defaultConfig);
  }

  /**
   * Creates a view.
   *
   * @param config the config to declare the policy with; null to look it up by its name
   */
  abstract E view(String name, @Nullable C config, Map<String, String> tags);

  final E named(String name, Map<String, String> tags) {
    return computeIfAbsent(name, () -> view(name, null, getAllTags(tags)));
  }

  final E declared(String name, C config, Map<String, String> tags) {
    Objects.requireNonNull(config, "config");
    return computeIfAbsent(name, () -> view(name, config, getAllTags(tags)));
  }

  final E supplied(String name, Supplier<C> config, Map<String, String> tags) {
    return computeIfAbsent(
        name, () -> view(name, Objects.requireNonNull(config.get(), "config"), getAllTags(tags)));
  }

  final E configured(String name, String configName, Map<String, String> tags) {
    return computeIfAbsent(
        name,
        () -> view(
            name,
            getConfiguration(configName)
                .orElseThrow(() -> new ConfigurationNotFoundException(configName)),
            getAllTags(tags)));
  }

  final Set<E> all() {
    return new HashSet<>(entryMap.values());
  }
}
