package io.aragora.resilience.opentelemetry;

import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.spi.DurationRecorder;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.Meter;
import java.lang.System.Logger.Level;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** The durations of one runtime, each histogram with the attributes of a policy. Thread-safe. */
final class DurationHistograms implements DurationRecorder {
  private static final GuardedLog LOG = GuardedLog.of(OpenTelemetryMetrics.class);

  /** The buckets that the conventions advise for durations in seconds. */
  private static final List<Double> BOUNDS =
      List.of(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0);

  private static final double NANOS_PER_SECOND = 1e9;

  private final Meter meter;
  private final String runtime;
  private final int maxNames;

  // Guarded by this.
  private final Map<Kind, Set<String>> names = new EnumMap<>(Kind.class);
  private boolean hasWarned;

  DurationHistograms(Meter meter, String runtime, int maxNames) {
    this.meter = meter;
    this.runtime = runtime;
    this.maxNames = maxNames;
  }

  @Override
  public @Nullable LongConsumer of(Kind kind, String policy) {
    if (!isShown(kind, policy)) {
      return null;
    }
    DoubleHistogram histogram = meter
        .histogramBuilder(name(kind))
        .setUnit("s")
        .setDescription(description(kind))
        .setExplicitBucketBoundariesAdvice(BOUNDS)
        .build();
    Attributes attributes = attributes(kind, policy);
    return nanos -> histogram.record(nanos / NANOS_PER_SECOND, attributes);
  }

  private boolean isShown(Kind kind, String policy) {
    boolean warns;
    synchronized (this) {
      Set<String> known = names.computeIfAbsent(kind, any -> new HashSet<>());
      if (known.contains(policy) || known.size() < maxNames) {
        known.add(policy);
        return true;
      }
      warns = !hasWarned;
      hasWarned = true;
    }
    if (warns) {
      LOG.log(
          Level.WARNING,
          "metrics of runtime '" + runtime + "': " + maxNames + " policies have " + name(kind)
              + " already, so '" + policy
              + "' and later ones have none. Raise maxNames if there are as many policies on purpose."
              + " (logged once)");
    }
    return false;
  }

  /** Another policy can be shown instead. The SDK may still export what it has of this one. */
  @Override
  public synchronized void forget(Kind kind, String policy) {
    Set<String> known = names.get(kind);
    if (known != null) {
      known.remove(policy);
    }
  }

  private Attributes attributes(Kind kind, String policy) {
    AttributesBuilder attributes = Attributes.builder()
        .put(TelemetryNames.RUNTIME, runtime)
        .put(TelemetryNames.POLICY, policy);
    if (kind == Kind.SUCCESSFUL_CALL || kind == Kind.FAILED_CALL) {
      attributes.put(TelemetryNames.OUTCOME, kind == Kind.SUCCESSFUL_CALL ? "success" : "failure");
    }
    return attributes.build();
  }

  private static String name(Kind kind) {
    return switch (kind) {
      case SUCCESSFUL_CALL, FAILED_CALL -> "resilience.circuitbreaker.call.duration";
      case RETRY_DELAY -> "resilience.retry.delay";
      case EXCEEDED_LIMIT -> "resilience.timeout.exceeded";
      case BULKHEAD_WAIT -> "resilience.bulkhead.wait";
      case RATE_LIMITER_WAIT -> "resilience.ratelimiter.wait";
      case CONCURRENCY_LIMIT_WAIT -> "resilience.concurrencylimit.wait";
      default -> "resilience." + kind.name().toLowerCase(Locale.ROOT);
    };
  }

  private static String description(Kind kind) {
    return switch (kind) {
      case SUCCESSFUL_CALL, FAILED_CALL -> "Durations of calls that the breaker counted";
      case RETRY_DELAY -> "Delays before further attempts";
      case EXCEEDED_LIMIT -> "Limits of the timeout that calls exceeded";
      default -> "Waits of calls before they were admitted";
    };
  }
}
