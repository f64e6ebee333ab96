package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.Subscription;
import io.aragora.resilience.spi.ResilienceContext;
import io.aragora.resilience.spi.ResilienceExtension;
import io.aragora.resilience.spi.Setting;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.ArrayList;
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

  /** The property that has calls timed, {@code true} or {@code false}; see {@link Builder#durations()}. */
  public static final String DURATIONS_PROPERTY = "resilience.metrics.durations";

  private final @Nullable PrometheusRegistry registry;
  private final MetricsSettings settings;
  private final List<Attachment> attachments = new CopyOnWriteArrayList<>();

  /** Makes the extension that the property {@value #PROPERTY} turns on. */
  public PrometheusMetrics() {
    this(null, MetricsSettings.DEFAULT);
  }

  private PrometheusMetrics(@Nullable PrometheusRegistry registry, MetricsSettings settings) {
    this.registry = registry;
    this.settings = settings;
  }

  /**
   * Makes an extension for a registry, whatever the property says.
   *
   * @param registry where the runtime is to be shown
   * @return the extension, for any number of runtimes
   */
  public static PrometheusMetrics on(PrometheusRegistry registry) {
    return builder(registry).build();
  }

  /**
   * Starts to describe an extension for a registry.
   *
   * @param registry where the runtime is to be shown
   * @return a new builder
   */
  public static Builder builder(PrometheusRegistry registry) {
    return new Builder(Objects.requireNonNull(registry, "registry"));
  }

  /**
   * Registers the runtime.
   *
   * @param context the runtime as extensions see it
   * @return takes it out again
   * @throws IllegalArgumentException if a property has a value that it cannot have, or somebody else has registered one of our
   *     metric names
   */
  @Override
  public AutoCloseable attach(ResilienceContext context) {
    PrometheusRegistry target = registry != null ? registry : configured(context);
    if (target == null) {
      return () -> {};
    }
    Resilience resilience = context.resilience();
    RegistryCollectors.Shown shown = RegistryCollectors.attach(
        target, resilience, settings.withDurations(areDurationsConfigured(context)));
    Attachment attachment = new Attachment(resilience, target);
    attachments.add(attachment);
    DurationHistograms durations = shown.durations();
    Subscription recording = durations == null ? () -> {} : context.recordDurations(durations);
    return () -> {
      recording.close();
      attachments.remove(attachment);
      shown.detach().run();
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

  private static boolean areDurationsConfigured(ResilienceContext context) {
    String value = context.property(DURATIONS_PROPERTY).orElse("false");
    if (!value.equals("true") && !value.equals("false")) {
      throw new IllegalArgumentException(
          DURATIONS_PROPERTY + " must be true or false, or not set: " + value);
    }
    return value.equals("true");
  }

  /** Describes the extension. Every setter checks its value. Not thread-safe. */
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
     * Has calls of breakers timed, and shows how long they took, how long retries waited, and which limits were exceeded, as
     * histograms, native and classic. Default: not, since it costs each call two readings of the clock. Calls by permits of
     * one's own are not timed.
     *
     * @return this builder
     */
    public Builder durations() {
      this.durations = true;
      return this;
    }

    /**
     * Has calls timed, with classic buckets of one's own for how long they took. Default: thirteen from 1 ms to 10 s.
     *
     * @param upperBounds positive and ascending, 1 to 100 of them
     * @return this builder
     * @throws IllegalArgumentException if they are outside
     */
    public Builder durations(Duration... upperBounds) {
      if (upperBounds.length < 1 || upperBounds.length > 100) {
        throw new IllegalArgumentException(
            "durations must have 1 to 100 upper bounds: " + upperBounds.length);
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
     * Sets the most breakers, and keyed breakers, retries, budgets, timeouts and pipelines, that have series of their own; the
     * rest are summed up as {@value MetricNames#OTHER}. Default 1000 of each.
     *
     * @param count at least 1
     * @return this builder
     * @throws IllegalArgumentException if {@code count} is smaller
     */
    public Builder maxNames(int count) {
      this.maxNames = Setting.atLeast("maxNames", 1, count);
      return this;
    }

    /**
     * Sets the most keys of one keyed breaker that have series of their own: those in trouble first, then those in most use.
     * The rest are summed up as {@value MetricNames#OTHER}. Default 20.
     *
     * @param count at least 0
     * @return this builder
     * @throws IllegalArgumentException if {@code count} is smaller
     */
    public Builder maxKeys(int count) {
      this.maxKeys = Setting.atLeast("maxKeys", 0, count);
      return this;
    }

    /**
     * Makes the extension.
     *
     * @return for any number of runtimes
     */
    public PrometheusMetrics build() {
      return new PrometheusMetrics(
          registry, new MetricsSettings(maxNames, maxKeys, durations, bounds));
    }
  }

  private record Attachment(Resilience resilience, PrometheusRegistry registry) {}
}
