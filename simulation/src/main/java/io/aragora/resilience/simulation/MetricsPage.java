package io.aragora.resilience.simulation;

import io.aragora.resilience.ResilienceBuilder;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.ResilienceExtension;
import io.aragora.resilience.metrics.prometheus.MetricsEndpoint;
import io.aragora.resilience.metrics.prometheus.PrometheusMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The metrics of a process, read from the text that the endpoint writes. */
final class MetricsPage implements ResilienceExtension {
  private static final Pattern LINE = Pattern.compile("(\\w+)(?:\\{(.*)\\})? (\\S+)");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*)\"");
  private static final String CALLS = "_calls_total";

  private final MetricsEndpoint endpoint = new MetricsEndpoint();
  private @Nullable ResilienceContext context;

  /**
   * One reading.
   *
   * @param counters all counters by name and labels
   * @param calls those that count calls by their end, as {@link Counts#calls()}
   */
  record Reading(Map<String, Double> counters, Map<String, Double> calls) {}

  /** Shows a process in a registry of its own, or not; without one, the endpoint shows the process alone. */
  static void addTo(ResilienceBuilder builder, Chance chance) {
    if (chance.percent(60)) {
      PrometheusMetrics.Builder metrics = PrometheusMetrics.builder(new PrometheusRegistry());
      if (chance.percent(50)) {
        metrics.durations();
      }
      builder.extension(metrics.build());
    }
  }

  @Override
  public AutoCloseable attach(ResilienceContext attached) {
    context = attached;
    return () -> {};
  }

  Reading read() {
    if (context == null) {
      throw new Violation("reading: an extension is attached", "the page has no runtime");
    }
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try {
      endpoint.write(context, text);
    } catch (IOException e) {
      throw new Violation("reading: the metrics can be read", e);
    }
    Reading reading = new Reading(new TreeMap<>(), new TreeMap<>());
    for (String line : text.toString(StandardCharsets.UTF_8).lines().toList()) {
      Matcher matcher = LINE.matcher(line);
      if (!line.startsWith("#") && matcher.matches()) {
        add(reading, matcher);
      }
    }
    return reading;
  }

  private static void add(Reading reading, Matcher line) {
    String family = line.group(1);
    String labels = line.group(2) == null ? "" : line.group(2);
    double value = Double.parseDouble(line.group(3));
    // A key that was evicted and comes again is counted from zero.
    if (!family.endsWith("_total") || family.startsWith("resilience_keyed_")) {
      return;
    }
    reading.counters.put(family + "{" + labels + "}", value);
    if (family.endsWith(CALLS)) {
      String kind = family.substring("resilience_".length(), family.length() - CALLS.length());
      Map<String, String> known = new TreeMap<>();
      for (Matcher label = LABEL.matcher(labels); label.find(); ) {
        known.put(label.group(1), label.group(2));
      }
      reading.calls.merge(
          Counts.key(
              kind.replace("_", ""),
              known.getOrDefault("name", ""),
              known.getOrDefault("outcome", "")),
          value,
          Double::sum);
    }
  }
}
