package io.aragora.resilience.metrics.prometheus;

import io.prometheus.metrics.model.snapshots.Labels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The series of one breaker, or of the rest: what all its lines have in common. Not thread-safe but for the final fields. */
final class Series {
  final String name;

  /** The label {@code name} as it is written. */
  final byte[] text;

  /** Whether a breaker has this name, so that there is a state to show. */
  boolean named;

  /** Whether the present reading has a breaker for it. */
  boolean used;

  /** The place in the present reading, which is in the order of names. */
  int place;

  // Made when the Prometheus library asks for snapshots; the text needs none.
  private @Nullable Labels plain;
  private @Nullable List<Labels> byOutcome;
  private @Nullable Map<Integer, Labels> byChange;

  Series(String name) {
    this.name = name;
    this.text = TextLines.label(MetricNames.NAME, name);
  }

  Labels plain(SampleList samples) {
    Labels labels = plain;
    if (labels == null) {
      labels = samples.labels(name);
      plain = labels;
    }
    return labels;
  }

  Labels ofOutcome(int outcome, SampleList samples) {
    List<Labels> labels = byOutcome;
    if (labels == null) {
      labels = new ArrayList<>();
      for (String text : BreakerSeries.OUTCOMES) {
        labels.add(samples.labels(name, MetricNames.OUTCOME, text));
      }
      byOutcome = labels;
    }
    return labels.get(outcome);
  }

  Labels ofChange(int change, SampleList samples) {
    Map<Integer, Labels> labels = byChange;
    if (labels == null) {
      labels = new HashMap<>(2);
      byChange = labels;
    }
    return labels.computeIfAbsent(change, number -> StateChanges.labels(name, number, samples));
  }
}
