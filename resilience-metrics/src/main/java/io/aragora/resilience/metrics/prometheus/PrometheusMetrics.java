package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.ResilienceExtension;
import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.spi.Attachment;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Shows a runtime in a Prometheus registry: a collector reads its counters when the registry is scraped. Closing the runtime
 * removes it.
 *
 * <pre>{@code
 * Resilience.builder().extension(PrometheusMetrics.on(registry)).build();
 * }</pre>
 *
 * <p>Also found by {@link java.util.ServiceLoader}; then it is off until the property {@value #PROPERTY} is {@code default},
 * which means {@link PrometheusRegistry#defaultRegistry}.
 *
 * <p>Any number of runtimes may share a registry: each series has the label {@code runtime}, which is the runtime's name,
 * followed by a number if another runtime on that registry has the same name. {@link PrometheusRegistry#clear()} drops them
 * all; they return when the last of them has been closed and another attaches. Thread-safe.
 */
public final class PrometheusMetrics implements ResilienceExtension {
  /** The property that turns on the metrics found on the path: {@code default} for the default registry. */
  public static final String PROPERTY = "resilience.metrics.prometheus";

  /** The property that turns on the timing of calls, {@code true} or {@code false}; see {@link Builder#durations()}. */
  public static final String DURATIONS_PROPERTY = "resilience.metrics.durations";

  private final @Nullable PrometheusRegistry registry;
  private final MetricsSettings settings;
  private final List<Attached> attachments = new CopyOnWriteArrayList<>();

  /** Creates the extension that the property {@value #PROPERTY} turns on. */
  public PrometheusMetrics() {
    this(null, MetricsSettings.DEFAULT);
  }

  private PrometheusMetrics(@Nullable PrometheusRegistry registry, MetricsSettings settings) {
    this.registry = registry;
    this.settings = settings;
  }

  /**
   * Creates an extension for a registry, regardless of the property.
   *
   * @param registry the registry
   * @return the extension, for any number of runtimes
   */
  public static PrometheusMetrics on(PrometheusRegistry registry) {
    return builder(registry).build();
  }

  /**
   * Returns a new builder of an extension for a registry.
   *
   * @param registry the registry
   * @return a new builder
   */
  public static Builder builder(PrometheusRegistry registry) {
    return new Builder(Objects.requireNonNull(registry, "registry"));
  }

  /**
   * Registers the runtime.
   *
   * @param context the runtime as extensions see it
   * @return the subscription whose close removes it
   * @throws IllegalArgumentException if a property has an invalid value, or the registry has one of these metric names from
   * another collector
   */
  @Override
  public AutoCloseable attach(ResilienceContext context) {
    PrometheusRegistry target = registry != null ? registry : configured(context);
    if (target == null) {
      return () -> {};
    }
    boolean isTimed = areDurationsConfigured(context);
    return Attachment.open(opened -> {
      Resilience resilience = context.resilience();
      RegistryCollectors.Shown shown =
          RegistryCollectors.attach(target, resilience, settings.withDurations(isTimed));
      opened.add(shown.detach()::run);
      Attached attached = new Attached(resilience, target);
      attachments.add(attached);
      opened.add(() -> attachments.remove(attached));
      DurationHistograms durations = shown.durations();
      if (durations != null) {
        opened.add(context.recordDurations(durations));
      }
    });
  }

  /** Returns the registry that shows a runtime; empty if there is none. */
  Optional<PrometheusRegistry> registryOf(Resilience resilience) {
    return attachments.stream()
        .filter(attachment -> attachment.resilience == resilience)
        .map(Attached::registry)
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

  private static boolean areDurationsConfigured(ResilienceContext context) {
    String value = context.property(DURATIONS_PROPERTY).orElse("false");
    if (!value.equals("true") && !value.equals("false")) {
      throw new IllegalArgumentException(
          DURATIONS_PROPERTY + " must be true or false, or not set: " + value);
    }
    return value.equals("true");
  }

  /** Builds the extension. Every setter checks its value. Not thread-safe. */
  public static final class Builder {
    private final PrometheusRegistry registry;
    private int maxNames = MetricsSettings.DEFAULT.maxNames();
    private int maxKeys = MetricsSettings.DEFAULT.maxKeys();
    private List<Double> bounds = MetricsSettings.DEFAULT.bounds();
    private boolean durations;

    private Builder(PrometheusRegistry registry) {
      this.registry = registry;
    }

    /**
     * Turns on the timing of breaker calls, and shows their durations, the delays of retries and the exceeded timeouts as
     * native and classic histograms. Default: off, since timing costs each call two readings of the clock. Calls with permits
     * that the application acquires are not timed.
     *
     * @return this builder
     */
    public Builder durations() {
      this.durations = true;
      return this;
    }

    /**
     * Turns on the timing of calls with the given classic buckets. Default: thirteen from 1 ms to 10 s.
     *
     * @param upperBounds positive and ascending, 1 to 100 of them
     * @return this builder
     * @throws IllegalArgumentException if {@code upperBounds} are not positive and ascending, or not 1 to 100
     */
    public Builder durations(Duration... upperBounds) {
      if (upperBounds.length < 1 || upperBounds.length > 100) {
        throw new IllegalArgumentException(
            "durations must have 1 to 100 upper bounds, not " + upperBounds.length);
      }
      List<Double> seconds = new ArrayList<>();
      Duration before = Duration.ZERO;
      for (Duration bound : upperBounds) {
        Setting.positive("durations", bound);
        if (bound.compareTo(before) <= 0) {
          throw new IllegalArgumentException(
              "durations must have ascending upper bounds: " + List.of(upperBounds));
        }
        before = bound;
        seconds.add(bound.toNanos() / 1e9);
      }
      this.bounds = List.copyOf(seconds);
      return durations();
    }

    /**
     * Sets the maximum number of breakers, keyed breakers, retries, budgets, timeouts and pipelines, each, that have their own
     * series; the rest are summed up as {@value MetricNames#OTHER}. Default 1000 of each.
     *
     * @param count at least 1
     * @return this builder
     * @throws IllegalArgumentException if {@code count} is less than 1
     */
    public Builder maxNames(int count) {
      this.maxNames = Setting.atLeast("maxNames", 1, count);
      return this;
    }

    /**
     * Sets the maximum number of keys of one keyed breaker with their own series: impaired keys first, then the most used.
     * The rest are summed up as {@value MetricNames#OTHER}. Default 20.
     *
     * @param count at least 0
     * @return this builder
     * @throws IllegalArgumentException if {@code count} is negative
     */
    public Builder maxKeys(int count) {
      this.maxKeys = Setting.atLeast("maxKeys", 0, count);
      return this;
    }

    /**
     * Creates the extension.
     *
     * @return for any number of runtimes
     */
    public PrometheusMetrics build() {
      return new PrometheusMetrics(
          registry, new MetricsSettings(maxNames, maxKeys, durations, bounds));
    }
  }

  private record Attached(Resilience resilience, PrometheusRegistry registry) {}
}
