package io.aragora.resilience.micrometer;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.ResilienceExtension;
import io.aragora.resilience.internal.Exclusive;
import io.aragora.resilience.spi.Attachment;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/**
 * Shows the policies of runtimes as meters of Micrometer. A scrape reads the counters that the policies have anyway, so calls
 * cost nothing more.
 *
 * <pre>{@code
 * Resilience.builder().extension(MicrometerMetrics.on(registry)).build();
 * MicrometerMetrics.of(resilience).bindTo(registry); // a runtime that exists
 * }</pre>
 *
 * <p>One object serves any number of runtimes and registries: what is attached and what is bound, in any order. The meters of a
 * policy appear at the first scrape that begins after the one that found the policy, and go with the policy. The meters of a runtime go
 * when it is closed.
 *
 * <p>Also found by {@link java.util.ServiceLoader}; then it does nothing until the property {@value #REGISTRY_PROPERTY} is {@code
 * global}, which means {@link Metrics#globalRegistry}. Thread-safe.
 */
public final class MicrometerMetrics implements ResilienceExtension, MeterBinder, AutoCloseable {
  /** The property that turns on the extension found on the path: {@code global} for the global registry. */
  public static final String REGISTRY_PROPERTY = "resilience.micrometer.registry";

  /** The property that turns on timers, {@code true} or {@code false}; see {@link Builder#timers()}. */
  public static final String TIMERS_PROPERTY = "resilience.micrometer.timers";

  private final MeterSettings settings;

  // Guarded by this.
  private final List<MeterRegistry> registries = new ArrayList<>();
  private final List<Attached> runtimes = new ArrayList<>();

  /** Creates the extension that the property {@value #REGISTRY_PROPERTY} turns on. */
  public MicrometerMetrics() {
    this(MeterSettings.DEFAULT);
  }

  private MicrometerMetrics(MeterSettings settings) {
    this.settings = settings;
  }

  /**
   * Creates an extension for a registry, with default settings.
   *
   * @param registry the registry
   * @return the extension, for any number of runtimes
   */
  public static MicrometerMetrics on(MeterRegistry registry) {
    return builder().registry(registry).build();
  }

  /**
   * Creates a binder for a runtime that exists, with default settings. It has no timers: durations are recorded by an extension
   * that the runtime is built with.
   *
   * @param resilience the runtime
   * @return a binder for any number of registries
   */
  public static MicrometerMetrics of(Resilience resilience) {
    MicrometerMetrics metrics = new MicrometerMetrics();
    metrics.runtimes.add(
        new Attached(Objects.requireNonNull(resilience, "resilience"), null, false));
    return metrics;
  }

  /**
   * Returns a new builder of an extension.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Shows the runtime in every registry that is bound, or will be.
   *
   * @param context the runtime as extensions see it
   * @return removes the meters of the runtime when closed
   * @throws IllegalArgumentException if a property has an invalid value
   */
  @Override
  public AutoCloseable attach(ResilienceContext context) {
    String global = context.property(REGISTRY_PROPERTY).orElse(null);
    if (global != null && !global.equals("global")) {
      throw new IllegalArgumentException(
          REGISTRY_PROPERTY + " must be global, or not set: " + global);
    }
    Attached runtime = new Attached(
        context.resilience(), context, settings.timers() || areTimersConfigured(context));
    return Attachment.open(opened -> {
      List<MeterRegistry> bound;
      synchronized (this) {
        runtimes.add(runtime);
        bound = List.copyOf(registries);
      }
      opened.add(() -> remove(runtime));
      bound.forEach(registry -> show(runtime, registry));
      if (global != null) {
        show(runtime, Metrics.globalRegistry);
      }
    });
  }

  /**
   * Shows every runtime that is attached, or will be, in a registry. Binding a registry again does nothing. If the registry throws,
   * it is not bound.
   *
   * @param registry the registry
   */
  @Override
  public void bindTo(MeterRegistry registry) {
    Objects.requireNonNull(registry, "registry");
    unbindClosed();
    Attachment.open(opened -> {
      List<Attached> all;
      boolean isBound;
      synchronized (this) {
        isBound = registries.stream().anyMatch(each -> each == registry);
        if (!isBound) {
          registries.add(registry);
        }
        all = List.copyOf(runtimes);
      }
      if (!isBound) {
        opened.add(() -> unbind(registry));
      }
      all.forEach(runtime -> show(runtime, registry));
    });
  }

  private void unbindClosed() {
    List<MeterRegistry> bound;
    synchronized (this) {
      bound = List.copyOf(registries);
    }
    for (MeterRegistry each : bound) {
      if (each.isClosed()) {
        synchronized (this) {
          registries.removeIf(registry -> registry == each);
        }
      }
    }
  }

  private void unbind(MeterRegistry registry) {
    List<Shown> hidden = new ArrayList<>();
    synchronized (this) {
      registries.removeIf(each -> each == registry);
      runtimes.forEach(runtime -> runtime.take(each -> each.registry == registry, hidden));
    }
    hidden.forEach(Shown::close);
  }

  /** Removes all meters from all registries. The object can be bound again. */
  @Override
  public void close() {
    List<Shown> hidden = new ArrayList<>();
    synchronized (this) {
      runtimes.forEach(runtime -> runtime.take(each -> true, hidden));
      registries.clear();
    }
    hidden.forEach(Shown::close);
  }

  private void remove(Attached runtime) {
    List<Shown> hidden = new ArrayList<>();
    synchronized (this) {
      runtime.take(each -> true, hidden);
      runtimes.removeIf(each -> each == runtime);
    }
    hidden.forEach(Shown::close);
  }

  private void show(Attached runtime, MeterRegistry registry) {
    hideClosed(runtime);
    if (runtime.resilience.isClosed()) {
      return;
    }
    Shown shown = new Shown(runtime, registry);
    synchronized (this) {
      if (runtimes.stream().noneMatch(each -> each == runtime)
          || runtime.shown.stream().anyMatch(each -> each.registry == registry)) {
        return;
      }
      runtime.shown.add(shown);
    }
    boolean isOpen = false;
    try {
      shown.open(settings);
      isOpen = true;
    } finally {
      if (!isOpen) {
        synchronized (this) {
          runtime.take(each -> each == shown, new ArrayList<>());
        }
      }
    }
  }

  private void hideClosed(Attached runtime) {
    List<Shown> all;
    synchronized (this) {
      all = List.copyOf(runtime.shown);
    }
    List<Shown> hidden = all.stream().filter(Shown::hasEnded).toList();
    synchronized (this) {
      runtime.take(hidden::contains, new ArrayList<>());
    }
    hidden.forEach(Shown::close);
  }

  private static boolean areTimersConfigured(ResilienceContext context) {
    String value = context.property(TIMERS_PROPERTY).orElse("false");
    if (!value.equals("true") && !value.equals("false")) {
      throw new IllegalArgumentException(
          TIMERS_PROPERTY + " must be true or false, or not set: " + value);
    }
    return value.equals("true");
  }

  /** A runtime, and what of it each registry has. Guarded by the owner. */
  private static final class Attached {
    private final Resilience resilience;
    private final @Nullable ResilienceContext context;
    private final boolean timers;
    private final List<Shown> shown = new ArrayList<>();

    Attached(Resilience resilience, @Nullable ResilienceContext context, boolean timers) {
      this.resilience = resilience;
      this.context = context;
      this.timers = timers;
    }

    /** Moves those that match to a list. */
    void take(Predicate<Shown> which, List<Shown> taken) {
      shown.removeIf(each -> which.test(each) && taken.add(each));
    }
  }

  /** A runtime in a registry. It is opened and closed without a lock, since a registry runs code of the application. */
  private static final class Shown {
    private final Attached runtime;
    private final MeterRegistry registry;
    private final Exclusive alone = new Exclusive(this::end);

    // Written by the thread that is alone.
    private volatile @Nullable RuntimeMeters meters;
    private @Nullable Attachment attachment;

    Shown(Attached runtime, MeterRegistry registry) {
      this.runtime = runtime;
      this.registry = registry;
    }

    void open(MeterSettings settings) {
      alone.tryRun(() -> attachment = Attachment.open(opened -> {
        RuntimeMeters shown = new RuntimeMeters(runtime.resilience, registry, settings);
        opened.add(shown::close);
        shown.start();
        meters = shown;
        ResilienceContext context = runtime.context;
        if (context != null && runtime.timers) {
          DurationTimers durations = new DurationTimers(registry, shown.runtime(), settings);
          opened.add(durations::close);
          opened.add(context.recordDurations(durations));
        }
      }));
    }

    /** Returns whether nothing is shown any more. */
    boolean hasEnded() {
      RuntimeMeters present = meters;
      return present != null && (present.isClosed() || registry.isClosed());
    }

    void close() {
      alone.close();
    }

    private void end() {
      if (attachment != null) {
        attachment.close();
      }
    }
  }

  /** Builds the extension. Every setter checks its value. Not thread-safe. */
  public static final class Builder {
    private final List<MeterRegistry> registries = new ArrayList<>();
    private int maxNames = MeterSettings.DEFAULT.maxNames();
    private long maxAgeNanos = MeterSettings.DEFAULT.maxAgeNanos();
    private boolean timers;
    private List<Double> percentiles = List.of();
    private boolean histograms;

    private Builder() {}

    /**
     * Binds a registry. Default: none, until {@link MicrometerMetrics#bindTo}.
     *
     * @param registry the registry
     * @return this builder
     */
    public Builder registry(MeterRegistry registry) {
      registries.add(Objects.requireNonNull(registry, "registry"));
      return this;
    }

    /**
     * Turns on timers: durations of calls through breakers, waits before calls are admitted, delays of retries and exceeded
     * timeouts. Default: off, since each call through a breaker then costs two readings of the clock and a timer of
     * Micrometer. Calls with permits that the application acquires are not timed.
     *
     * @return this builder
     */
    public Builder timers() {
      this.timers = true;
      return this;
    }

    /**
     * Turns on timers that publish percentiles, computed in this process. Default: none. They cannot be summed up over
     * instances, and each timer then holds a histogram in memory.
     *
     * @param percentiles each from 0 to 1, {@code 0.99} for instance; at least one
     * @return this builder
     * @throws IllegalArgumentException if {@code percentiles} is empty, or one of them is NaN or not in [0, 1]
     */
    public Builder percentiles(double... percentiles) {
      if (percentiles.length == 0) {
        throw new IllegalArgumentException(
            "percentiles must be at least one: call timers() for timers without percentiles");
      }
      for (double percentile : percentiles) {
        if (!(percentile >= 0 && percentile <= 1)) {
          throw new IllegalArgumentException(
              "percentiles must be in [0, 1]: " + percentile + "; 0.99 is the 99th percentile");
        }
      }
      this.percentiles = DoubleStream.of(percentiles).boxed().toList();
      return timers();
    }

    /**
     * Turns on timers that publish the buckets of a histogram, from which the monitoring system computes percentiles. Default:
     * off, since each timer then has some 70 series.
     *
     * @return this builder
     */
    public Builder percentileHistogram() {
      this.histograms = true;
      return timers();
    }

    /**
     * Sets the maximum number of policies of each kind that have meters; the rest are left out, and counted by the
     * meter {@code resilience.policies} alone. Default 1000 of each kind.
     *
     * @param count at least 1
     * @return this builder
     * @throws IllegalArgumentException if {@code count} is less than 1
     */
    public Builder maxNames(int count) {
      if (count < 1) {
        throw new IllegalArgumentException("maxNames must be at least 1: " + count);
      }
      this.maxNames = count;
      return this;
    }

    /**
     * Sets the maximum age of the values that meters show. A scrape reads all policies once, and its meters show that
     * reading; a meter that is asked again, or whose reading is older than this, reads anew. Measured by the clock of the registry.
     * Default 1 s. With zero each meter reads for itself, which suits tests.
     *
     * @param age from 0 to 1 h
     * @return this builder
     * @throws IllegalArgumentException if {@code age} is negative or exceeds 1 h
     */
    public Builder maxAge(Duration age) {
      if (age.isNegative() || age.compareTo(Duration.ofHours(1)) > 0) {
        throw new IllegalArgumentException("maxAge must be in [0, PT1H]: " + age);
      }
      this.maxAgeNanos = age.toNanos();
      return this;
    }

    /**
     * Creates the extension.
     *
     * @return for any number of runtimes
     */
    public MicrometerMetrics build() {
      MicrometerMetrics metrics = new MicrometerMetrics(
          new MeterSettings(maxNames, maxAgeNanos, timers, percentiles, histograms));
      metrics.registries.addAll(registries);
      return metrics;
    }
  }
}
