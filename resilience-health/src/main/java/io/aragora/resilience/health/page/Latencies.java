package io.aragora.resilience.health.page;

import io.aragora.resilience.Subscription;
import io.aragora.resilience.health.json.JsonObject;
import io.aragora.resilience.spi.DurationRecorder;
import io.aragora.resilience.spi.ResilienceContext;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How long the calls of the breakers that are shown take. Only theirs are timed, and none before the first reading and after
 * closing, until it is read again. Used by one thread.
 */
final class Latencies implements AutoCloseable {
  private final ResilienceContext context;
  private Map<String, LatencyMeter> meters = Map.of();
  private @Nullable Subscription recording;

  Latencies(ResilienceContext context) {
    this.context = context;
  }

  /** Reads those of these names, and has them recorded from now on where they are not. */
  void read(Set<String> names, long nowNanos) {
    if (!meters.keySet().equals(names)) {
      recordOnly(names, nowNanos);
    }
    meters.values().forEach(meter -> meter.read(nowNanos));
  }

  /** Adds {@code latency} and {@code latency_most}, in milliseconds; null where no call has ended lately. */
  void addTo(JsonObject json, String name) {
    LatencyMeter meter = meters.get(name);
    json.put("latency", meter == null ? Double.NaN : meter.median())
        .put("latency_most", meter == null ? Double.NaN : meter.most());
  }

  /** Has nothing recorded and forgets what was. */
  @Override
  public void close() {
    meters = Map.of();
    Subscription former = recording;
    recording = null;
    if (former != null) {
      former.close();
    }
  }

  /** The old recorder goes first, since no call may be counted twice; so calls that begin just then are not timed. */
  private void recordOnly(Set<String> names, long nowNanos) {
    Map<String, LatencyMeter> wanted = new HashMap<>();
    Map<String, LatencyCounts> counts = new HashMap<>();
    for (String name : names) {
      LatencyMeter known = meters.get(name);
      LatencyMeter meter = known != null ? known : new LatencyMeter(new LatencyCounts(), nowNanos);
      wanted.put(name, meter);
      counts.put(name, meter.counts());
    }
    close();
    if (!names.isEmpty()) {
      recording =
          context.recordDurations((kind, policy) -> isCall(kind) ? counts.get(policy) : null);
    }
    meters = wanted; // last: if anything before failed, the next reading tries again
  }

  private static boolean isCall(DurationRecorder.Kind kind) {
    return kind == DurationRecorder.Kind.SUCCESSFUL_CALL
        || kind == DurationRecorder.Kind.FAILED_CALL;
  }
}
