package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.spi.ResilienceContext;
import io.aragora.resilience.spi.ResilienceExtension;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Shows a runtime in a Prometheus registry: a collector reads its counters when the registry is scraped. Closing the
 * runtime takes it out again.
 *
 * <pre>{@code
 * Resilience.builder().extension(PrometheusMetrics.on(registry)).build();
 * }</pre>
 *
 * <p>Found by {@link java.util.ServiceLoader} too, and then off until {@value #PROPERTY} is set to {@code default}, for
 * {@link PrometheusRegistry#defaultRegistry}.
 *
 * <p>Any number of runtimes may share a registry: each series has the label {@code runtime}, which is the runtime's name,
 * with a number behind it where another on that registry has the same. {@link PrometheusRegistry#clear()} drops them all;
 * they come back when the last of them was closed and one attaches again. Thread-safe.
 */
public final class PrometheusMetrics implements ResilienceExtension {
  /** The property that turns on what was found on the path: {@code default} for the default registry. */
  public static final String PROPERTY = "resilience.metrics.prometheus";

  private final @Nullable PrometheusRegistry registry;
  private final List<Attachment> attachments = new CopyOnWriteArrayList<>();

  /** Makes the extension that the property {@value #PROPERTY} turns on. */
  public PrometheusMetrics() {
    this.registry = null;
  }

  private PrometheusMetrics(PrometheusRegistry registry) {
    this.registry = registry;
  }

  /**
   * Makes an extension for a registry, whatever the property says.
   *
   * @param registry where the runtime is to be shown
   * @return the extension, for any number of runtimes
   */
  public static PrometheusMetrics on(PrometheusRegistry registry) {
    return new PrometheusMetrics(Objects.requireNonNull(registry, "registry"));
  }

  /**
   * Registers the runtime.
   *
   * @param context the runtime as extensions see it
   * @return takes it out again
   * @throws IllegalArgumentException if the property has another value than {@code default}, or somebody else has
   *     registered one of our metric names
   */
  @Override
  public AutoCloseable attach(ResilienceContext context) {
    PrometheusRegistry target = registry != null ? registry : configured(context);
    if (target == null) {
      return () -> {};
    }
    Resilience resilience = context.resilience();
    Runnable detach = RegistryCollectors.attach(target, resilience);
    Attachment attachment = new Attachment(resilience, target);
    attachments.add(attachment);
    return () -> {
      attachments.remove(attachment);
      detach.run();
    };
  }

  /** Tells where a runtime is shown; empty where it is not. */
  Optional<PrometheusRegistry> registryOf(Resilience resilience) {
    return attachments.stream()
        .filter(attachment -> attachment.resilience == resilience)
        .map(Attachment::registry)
        .findFirst();
  }

  private static @Nullable PrometheusRegistry configured(ResilienceContext context) {
    String value = context.property(PROPERTY).orElse(null);
    if (value == null) {
      return null;
    }
    if (!value.equals("default")) {
      throw new IllegalArgumentException(PROPERTY + " must be default, or not set: " + value);
    }
    return PrometheusRegistry.defaultRegistry;
  }

  private record Attachment(Resilience resilience, PrometheusRegistry registry) {}
}
