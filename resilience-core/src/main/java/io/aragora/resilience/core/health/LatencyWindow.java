package io.aragora.resilience.core.health;

import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The last N latencies. Not thread-safe. */
final class LatencyWindow {
  private final long[] nanos;
  private int size;
  private int next;

  LatencyWindow(int length) {
    nanos = new long[length];
  }

  /** Returns a window of another length with the latest latencies that fit. */
  LatencyWindow resized(int length) {
    LatencyWindow resized = new LatencyWindow(length);
    for (int age = Math.min(size, length); age > 0; age--) {
      resized.add(nanos[Math.floorMod(next - age, nanos.length)]);
    }
    return resized;
  }

  void add(long latency) {
    nanos[next] = latency;
    next = (next + 1) % nanos.length;
    size = Math.min(size + 1, nanos.length);
  }

  @Nullable
  Duration mean() {
    // Two of the longest ones overflow a long.
    return size == 0
        ? null
        : Duration.ofNanos(
            Math.round(Arrays.stream(nanos, 0, size).asDoubleStream().average().orElse(0)));
  }

  @Nullable
  Duration max() {
    return size == 0
        ? null
        : Duration.ofNanos(Arrays.stream(nanos, 0, size).max().orElse(0));
  }

  void clear() {
    size = 0;
    next = 0;
  }
}
