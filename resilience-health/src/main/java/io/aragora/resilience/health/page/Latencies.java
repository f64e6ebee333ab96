package io.aragora.resilience.health.page;

import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.health.json.JsonObject;
import io.aragora.resilience.internal.LatencyCounts;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.spi.DurationRecorder;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The latencies of the breakers that are shown. Only their calls are timed, from the first reading until closing. Not thread-safe.
 */
final class Latencies implements AutoCloseable {
  private final ResilienceContext context;
  private Map<String, LatencyMeter> meters = Map.of();
  private @Nullable Subscription recording;

  Latencies(ResilienceContext context) {
    this.context = context;
  }

  /** Reads the latencies of these breakers, and starts to record those not recorded yet. */
  void read(Set<String> names, long nowNanos) {
    if (!meters.keySet().equals(names)) {
      recordOnly(names, nowNanos);
    }
    meters.values().forEach(meter -> meter.read(nowNanos));
  }

  /** Adds {@code latency} and {@code latency_most}, in milliseconds; null if no call has ended lately. */
  void addTo(JsonObject json, String name) {
    LatencyMeter meter = meters.get(name);
    json.put("latency", meter == null ? Double.NaN : meter.median())
        .put("latency_most", meter == null ? Double.NaN : meter.most());
  }

  /** Stops recording and drops the counts. */
  @Override
  public void close() {
    meters = Map.of();
    Subscription former = recording;
    recording = null;
    if (former != null) {
      former.close();
    }
  }

  /** The old recorder is removed first, so that no call is counted twice; calls that begin in between are not timed. */
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
    meters = wanted; // last: if an earlier step failed, the next reading tries again
  }

  private static boolean isCall(DurationRecorder.Kind kind) {
    return kind == DurationRecorder.Kind.SUCCESSFUL_CALL
        || kind == DurationRecorder.Kind.FAILED_CALL;
  }
}
