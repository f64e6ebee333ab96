package io.aragora.resilience.opentelemetry;

import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.ResilienceExtension;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.spi.Attachment;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.metrics.Meter;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Shows the policies of a runtime as metrics of OpenTelemetry. A collection reads the counters that the policies have anyway, in one
 * callback, so calls cost nothing more. Closing the runtime ends the callback.
 *
 * <pre>{@code
 * Resilience.builder().extension(OpenTelemetryMetrics.on(openTelemetry)).build();
 * }</pre>
 *
 * <p>Also found by {@link java.util.ServiceLoader}; then it is off until the property {@value #PROPERTY} is {@code global}, which means
 * {@link GlobalOpenTelemetry}, which an agent or the auto-configuration of the SDK sets. Thread-safe.
 */
public final class OpenTelemetryMetrics implements ResilienceExtension {
  /** The property that turns on the metrics found on the path: {@code global}, or not set. */
  public static final String PROPERTY = "resilience.opentelemetry.metrics";

  /** The property that turns on the timing of calls, {@code true} or {@code false}; see {@link Builder#durations()}. */
  public static final String DURATIONS_PROPERTY = "resilience.opentelemetry.durations";

  private static final GuardedLog LOG = GuardedLog.of(OpenTelemetryMetrics.class);

  private final @Nullable OpenTelemetry openTelemetry;
  private final int maxNames;
  private final boolean durations;

  /** The names of the runtimes that this object shows. Guarded by itself. */
  private final Set<String> names = new HashSet<>();

  /** Creates the extension that the property {@value #PROPERTY} turns on. */
  public OpenTelemetryMetrics() {
    this(null, Builder.MAX_NAMES, false);
  }

  private OpenTelemetryMetrics(
      @Nullable OpenTelemetry openTelemetry, int maxNames, boolean durations) {
    this.openTelemetry = openTelemetry;
    this.maxNames = maxNames;
    this.durations = durations;
  }

  /**
   * Creates an extension with default settings, regardless of the property.
   *
   * @param openTelemetry receives the metrics
   * @return the extension, for any number of runtimes
   */
  public static OpenTelemetryMetrics on(OpenTelemetry openTelemetry) {
    return builder(openTelemetry).build();
  }

  /**
   * Returns a new builder of an extension.
   *
   * @param openTelemetry receives the metrics
   * @return a new builder
   */
  public static Builder builder(OpenTelemetry openTelemetry) {
    return new Builder(Objects.requireNonNull(openTelemetry, "openTelemetry"));
  }

  /**
   * Registers the callback of a runtime.
   *
   * @param context the runtime as extensions see it
   * @return ends the callback when closed
   * @throws IllegalArgumentException if a property has an invalid value
   */
  @Override
  public AutoCloseable attach(ResilienceContext context) {
    OpenTelemetry target = openTelemetry != null ? openTelemetry : configured(context);
    boolean isTimed = durations || areDurationsConfigured(context);
    if (target == null) {
      return () -> {};
    }
    Meter meter = target.getMeter(TelemetryNames.SCOPE);
    return Attachment.open(opened -> {
      String runtime = takeName(context.resilience().name());
      opened.add(() -> releaseName(runtime));
      RuntimeInstruments instruments =
          new RuntimeInstruments(context.resilience(), meter, runtime, maxNames);
      opened.add(instruments::close);
      instruments.start();
      if (isTimed) {
        opened.add(context.recordDurations(new DurationHistograms(meter, runtime, maxNames)));
      }
    });
  }

  /** Two runtimes of one name would write the same series, of which the SDK drops one. */
  private String takeName(String wanted) {
    String free = wanted;
    synchronized (names) {
      for (int number = 2; !names.add(free); number++) {
        free = wanted + "-" + number;
      }
    }
    if (!free.equals(wanted)) {
      LOG.log(
          Level.WARNING,
          "there is already a runtime named " + wanted + "; the metrics of this one have "
              + TelemetryNames.RUNTIME + "=" + free + ". Give each runtime its own name.");
    }
    return free;
  }

  private void releaseName(String name) {
    synchronized (names) {
      names.remove(name);
    }
  }

  private static @Nullable OpenTelemetry configured(ResilienceContext context) {
    String value = context.property(PROPERTY).orElse(null);
    if (value == null) {
      return null;
    }
    if (!value.equals("global")) {
      throw new IllegalArgumentException(PROPERTY + " must be global, or not set: " + value);
    }
    if (!isGlobalSet() && !isGlobalConfiguredByGet()) {
      LOG.log(
          Level.WARNING,
          PROPERTY + "=global, but GlobalOpenTelemetry is not set yet, so there are no metrics of"
              + " runtime '" + context.resilience().name()
              + "'. Set it before the runtime is built,"
              + " or give the runtime the extension OpenTelemetryMetrics.on(openTelemetry).");
      return null;
    }
    return GlobalOpenTelemetry.get();
  }

  /** A get before the global instance is set would set it, for good, to one that does nothing. */
  private static boolean isGlobalSet() {
    try {
      return GlobalOpenTelemetry.isSet();
    } catch (NoSuchMethodError e) {
      // Older versions of the API have no such method.
      return true;
    }
  }

  /** Returns whether the SDK is configured by the first get, a setting of OpenTelemetry's. */
  private static boolean isGlobalConfiguredByGet() {
    String property = System.getProperty("otel.java.global-autoconfigure.enabled");
    return Boolean.parseBoolean(
        property != null ? property : System.getenv("OTEL_JAVA_GLOBAL_AUTOCONFIGURE_ENABLED"));
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
    private static final int MAX_NAMES = 1000;

    private final OpenTelemetry openTelemetry;
    private int maxNames = MAX_NAMES;
    private boolean durations;

    private Builder(OpenTelemetry openTelemetry) {
      this.openTelemetry = openTelemetry;
    }

    /**
     * Turns on histograms: durations of calls through breakers, waits before calls are admitted, delays of retries and exceeded
     * timeouts. Default: off, since each call through a breaker then costs two readings of the clock and a histogram of
     * the SDK. Calls with permits that the application acquires are not timed.
     *
     * @return this builder
     */
    public Builder durations() {
      this.durations = true;
      return this;
    }

    /**
     * Sets the maximum number of policies of each kind that are shown; the rest are left out. Default 1000 of each kind. The SDK
     * has a limit of its own, 2000 sets of attributes for each metric unless it is configured.
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
     * Creates the extension.
     *
     * @return for any number of runtimes
     */
    public OpenTelemetryMetrics build() {
      return new OpenTelemetryMetrics(openTelemetry, maxNames, durations);
    }
  }
}
