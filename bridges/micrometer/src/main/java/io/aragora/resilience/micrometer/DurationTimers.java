package io.aragora.resilience.micrometer;

import io.aragora.resilience.spi.DurationRecorder;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** The timers of one runtime in one registry, each looked up once for a policy. Thread-safe. */
final class DurationTimers implements DurationRecorder, AutoCloseable {
  private final MeterRegistry registry;
  private final String runtime;
  private final MeterSettings settings;

  // Guarded by this.
  private final Map<Kind, Map<String, Timer>> timers = new EnumMap<>(Kind.class);

  DurationTimers(MeterRegistry registry, String runtime, MeterSettings settings) {
    this.registry = registry;
    this.runtime = runtime;
    this.settings = settings;
  }

  @Override
  public synchronized @Nullable LongConsumer of(Kind kind, String policy) {
    Map<String, Timer> ofKind = timers.computeIfAbsent(kind, any -> new HashMap<>());
    Timer known = ofKind.get(policy);
    if (known == null && ofKind.size() >= settings.maxNames()) {
      return null;
    }
    Timer timer = known != null ? known : register(kind, policy);
    ofKind.put(policy, timer);
    return nanos -> timer.record(nanos, TimeUnit.NANOSECONDS);
  }

  private Timer register(Kind kind, String policy) {
    Timer.Builder builder = Timer.builder(MeterNames.timer(kind))
        .tags(MeterNames.tags(runtime, policy, kind))
        .description(description(kind));
    if (!settings.percentiles().isEmpty()) {
      builder.publishPercentiles(
          settings.percentiles().stream().mapToDouble(Double::doubleValue).toArray());
    }
    if (settings.histograms()) {
      builder.publishPercentileHistogram();
    }
    return builder.register(registry);
  }

  private static String description(Kind kind) {
    return switch (kind) {
      case SUCCESSFUL_CALL, FAILED_CALL -> "Durations of calls that the breaker counted";
      case RETRY_DELAY -> "Delays before further attempts";
      case EXCEEDED_LIMIT -> "Limits of the timeout that calls exceeded";
      default -> "Waits of calls before they were admitted";
    };
  }

  @Override
  public synchronized void forget(Kind kind, String policy) {
    Map<String, Timer> ofKind = timers.get(kind);
    Timer timer = ofKind == null ? null : ofKind.remove(policy);
    if (timer != null) {
      registry.remove(timer);
    }
  }

  /** Removes all timers. */
  @Override
  public synchronized void close() {
    timers.values().forEach(ofKind -> ofKind.values().forEach(registry::remove));
    timers.clear();
  }
}
