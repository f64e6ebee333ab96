package io.aragora.resilience.metrics.prometheus;

import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * One scrape in the text format 0.0.4. The families of breakers, which may have a hundred thousand lines, are written from their readings; all others by the Prometheus library, in its order. The text is the one that the library would write, but the series of several runtimes follow one another in each family. Not thread-safe.
 */
final class TextScrape {
  private final List<BreakerText> breakers = new ArrayList<>();
  private final List<MetricSnapshot> others = new ArrayList<>();

  /** Adds the breakers of a runtime under its label. */
  void add(String runtime, BreakerReading reading) {
    if (reading.size() != 0) {
      breakers.add(new BreakerText(runtime, reading));
    }
  }

  /** Adds everything else. */
  void addOthers(MetricSnapshots snapshots) {
    snapshots.forEach(others::add);
  }

  /** Returns whether no other collector has a family of breakers: the library merges such a family, or rejects it. */
  boolean isWritable() {
    return breakers.isEmpty()
        || others.stream().noneMatch(other -> BreakerFamily.NAMES.contains(name(other)));
  }

  void write(OutputStream out) throws IOException {
    TextLines lines = new TextLines(out);
    int written = 0;
    for (BreakerFamily family : BreakerFamily.values()) {
      int next = written;
      while (next < others.size()
          && name(others.get(next)).compareTo(family.prometheusName()) < 0) {
        next++;
      }
      if (next > written) {
        lines.flush();
        writeOthers(written, next, out);
        written = next;
      }
      write(family, lines);
    }
    lines.flush();
    writeOthers(written, others.size(), out);
  }

  private void write(BreakerFamily family, TextLines lines) throws IOException {
    boolean begun = false;
    for (BreakerText text : breakers) {
      if (text.has(family)) {
        if (!begun) {
          lines.write(family.begin());
          begun = true;
        }
        text.write(family, lines);
      }
    }
  }

  private void writeOthers(int from, int to, OutputStream out) throws IOException {
    if (from < to) {
      PrometheusTextFormatWriter.create().write(out, new MetricSnapshots(others.subList(from, to)));
    }
  }

  private static String name(MetricSnapshot snapshot) {
    return snapshot.getMetadata().getPrometheusName();
  }
}
