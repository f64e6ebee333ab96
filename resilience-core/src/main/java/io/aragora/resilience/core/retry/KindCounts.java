package io.aragora.resilience.core.retry;

import io.aragora.resilience.core.window.StripedCount;
import io.aragora.resilience.retry.RetryEvent.Kind;
import io.aragora.resilience.retry.RetryTotals;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** The counts of a retry by the kind of its events. Thread-safe. */
final class KindCounts {
  /** Complete from the beginning, and never changed. */
  private final Map<Kind, StripedCount> counts = new EnumMap<>(Kind.class);

  KindCounts() {
    for (Kind kind : Kind.values()) {
      counts.put(kind, new StripedCount());
    }
  }

  void count(Kind kind) {
    Objects.requireNonNull(counts.get(kind)).increment();
  }

  long sum(Kind kind) {
    return Objects.requireNonNull(counts.get(kind)).sum();
  }

  void addTo(RetryTotals.Builder totals) {
    counts.forEach((kind, count) -> totals.count(kind, count.sum()));
  }
}
