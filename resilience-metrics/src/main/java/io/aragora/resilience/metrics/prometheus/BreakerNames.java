package io.aragora.resilience.metrics.prometheus;

import io.prometheus.metrics.model.snapshots.Labels;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/** The names of breakers that have a series, in their order, each as it is written. Immutable but for what the Prometheus library asks for. */
final class BreakerNames {
  static final BreakerNames NONE = new BreakerNames(new String[0], new boolean[0]);

  private static final int PLAIN = BreakerSeries.OUTCOMES.length;
  private static final int TRIP = PLAIN + 1;

  private final String[] names;

  /** The labels of the names as they are written, one after the other: so they are read in the order of memory. */
  private final byte[] texts;

  /** The index at which each label begins, and at which the last one ends. */
  private final int[] begins;

  /** Whether a breaker has this name, so that there is a state to show. */
  private final boolean[] own;

  // Made when the Prometheus library asks for snapshots; the text needs none.
  private Labels @Nullable [][] labels;

  /** Takes over the arrays, which are in the order of names. */
  BreakerNames(String[] names, boolean[] own) {
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    int[] starts = new int[names.length + 1];
    for (int at = 0; at < names.length; at++) {
      written.writeBytes(TextLines.label(MetricNames.NAME, names[at]));
      starts[at + 1] = written.size();
    }
    this.names = names;
    this.texts = written.toByteArray();
    this.begins = starts;
    this.own = own;
  }

  int size() {
    return names.length;
  }

  String name(int at) {
    return names[at];
  }

  /** The array that has the label of each name as it is written. */
  byte[] texts() {
    return texts;
  }

  /** Returns where the label of a name begins; that of the next one follows. */
  int begin(int at) {
    return begins[at];
  }

  boolean isOwn(int at) {
    return own[at];
  }

  Labels plain(int at, SampleList samples) {
    return kept(at, samples)[PLAIN];
  }

  Labels ofOutcome(int at, int outcome, SampleList samples) {
    return kept(at, samples)[outcome];
  }

  Labels ofChange(int at, int change, SampleList samples) {
    return change == StateChanges.TRIP
        ? kept(at, samples)[TRIP]
        : StateChanges.labels(names[at], change, samples);
  }

  private Labels[] kept(int at, SampleList samples) {
    Labels[][] all = labels;
    if (all == null) {
      all = new Labels[names.length][];
      labels = all;
    }
    if (all[at] == null) {
      Labels[] made = new Labels[TRIP + 1];
      for (int i = 0; i < BreakerSeries.OUTCOMES.length; i++) {
        made[i] = samples.labels(names[at], MetricNames.OUTCOME, BreakerSeries.OUTCOMES[i]);
      }
      made[PLAIN] = samples.labels(names[at]);
      made[TRIP] = StateChanges.labels(names[at], StateChanges.TRIP, samples);
      all[at] = made;
    }
    return all[at];
  }
}
