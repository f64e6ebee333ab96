package io.aragora.resilience.metrics.prometheus;

import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One scrape in the text format 0.0.4. The counters and gauges of this module, which may have a hundred thousand lines, are
 * written from their readings; histograms and all foreign families by the Prometheus library, in its order. The text is the one
 * that the library would write, but the series of breakers of several runtimes follow one another in each family. Not
 * thread-safe.
 */
final class TextScrape {
  private interface Part {
    void write(TextLines lines) throws IOException;
  }

  private final List<BreakerText> breakers = new ArrayList<>();
  private final List<Sample> samples = new ArrayList<>();
  private final List<MetricSnapshot> others = new ArrayList<>();

  /** Adds the breakers of a runtime under its label. */
  void add(String runtime, BreakerReading reading) {
    if (reading.size() != 0) {
      breakers.add(new BreakerText(runtime, reading));
    }
  }

  /** Adds what is not of breakers. */
  void add(List<Sample> more) {
    samples.addAll(more);
  }

  /** Adds everything else. */
  void addOthers(MetricSnapshots snapshots) {
    snapshots.forEach(others::add);
  }

  /**
   * Writes all, unless another collector has a family of this module: the library merges such a family, or rejects it.
   * Returns whether it was written.
   */
  boolean write(OutputStream out) throws IOException {
    Map<String, Part> parts = parts();
    for (MetricSnapshot other : others) {
      if (parts.containsKey(name(other))) {
        return false;
      }
    }
    TextLines lines = new TextLines(out);
    int written = 0;
    for (Map.Entry<String, Part> part : parts.entrySet()) {
      int next = written;
      while (next < others.size() && name(others.get(next)).compareTo(part.getKey()) < 0) {
        next++;
      }
      if (next > written) {
        lines.flush();
        writeOthers(written, next, out);
        written = next;
      }
      part.getValue().write(lines);
    }
    lines.flush();
    writeOthers(written, others.size(), out);
    return true;
  }

  private Map<String, Part> parts() {
    Map<String, Part> parts = new TreeMap<>();
    for (BreakerFamily family : BreakerFamily.values()) {
      if (breakers.stream().anyMatch(text -> text.has(family))) {
        parts.put(family.head().prometheusName(), lines -> write(family, lines));
      }
    }
    Sample.byFamily(samples)
        .forEach((family, members) -> parts.put(
            family.getMetadata().getPrometheusName(), lines -> write(family, members, lines)));
    return parts;
  }

  private void write(BreakerFamily family, TextLines lines) throws IOException {
    lines.write(family.head().begin());
    for (BreakerText text : breakers) {
      text.write(family, lines);
    }
  }

  private static void write(MetricFamilyDescriptor family, List<Sample> members, TextLines lines)
      throws IOException {
    FamilyHead head = FamilyHead.of(family);
    lines.write(head.begin());
    members.sort(Comparator.comparing(Sample::labels));
    for (Sample sample : members) {
      lines.write(head.written(), sample.labels(), sample.value());
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
