package io.aragora.resilience.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.testing.ManualTime;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** {@code docs/opentelemetry.md} matches the metrics. */
class OpenTelemetryPageTest {
  private static final Pattern ROW = Pattern.compile(
      "^\\| `(resilience\\.[a-z._]+)` \\| (counter|up-down counter|gauge|histogram) \\|([^|]*)\\|([^|]*)\\|",
      Pattern.MULTILINE);
  private static final Pattern ATTRIBUTE = Pattern.compile("`([a-z._]+)`");

  private final String page;

  OpenTelemetryPageTest() throws IOException {
    page = Files.readString(Path.of("").toAbsolutePath().resolve("../../docs/opentelemetry.md"));
  }

  @Test
  void everyMetric_hasItsRow_withInstrumentUnitAndAttributes() {
    InMemoryMetricReader reader = InMemoryMetricReader.create();
    ManualTime time = ManualTime.create();
    TreeMap<String, String> shown = new TreeMap<>();
    try (OpenTelemetrySdk sdk = OpenTelemetrySdk.builder()
            .setMeterProvider(
                SdkMeterProvider.builder().registerMetricReader(reader).build())
            .build();
        Resilience resilience = EveryKind.builder(time)
            .extension(OpenTelemetryMetrics.builder(sdk).durations().build())
            .build()) {
      EveryKind.happens(resilience, time, "a");
      resilience.concurrencyLimit("a");
      reader.collectAllMetrics().forEach(metric -> shown.put(metric.getName(), row(metric)));
    }

    TreeMap<String, String> rows = new TreeMap<>();
    ROW.matcher(page).results().forEach(row -> rows.put(row.group(1), row(row)));
    // A wait that did not occur has no point.
    rows.keySet()
        .removeIf(name -> name.matches("resilience\\.(concurrencylimit|ratelimiter)\\.wait"));
    assertThat(rows).isEqualTo(shown);
  }

  private static String row(MetricData metric) {
    Set<String> attributes = new TreeSet<>();
    metric
        .getData()
        .getPoints()
        .forEach(point -> point
            .getAttributes()
            .forEach((AttributeKey<?> key, Object value) -> attributes.add(key.getKey())));
    assertThat(attributes.remove("resilience.runtime.name")).isTrue();
    assertThat(attributes.remove("resilience.policy.name")).isTrue();
    String type = switch (metric.getType()) {
      case LONG_SUM -> "counter";
      case DOUBLE_SUM -> "up-down counter";
      case DOUBLE_GAUGE -> "gauge";
      default -> "histogram";
    };
    return type + " " + metric.getUnit() + " " + attributes;
  }

  private static String row(MatchResult row) {
    Set<String> attributes = new TreeSet<>();
    for (String part : row.group(4).split(";")) {
      ATTRIBUTE
          .matcher(part.split("=")[0])
          .results()
          .forEach(each -> attributes.add(each.group(1)));
    }
    return row.group(2) + " " + row.group(3).replace("`", "").strip() + " " + attributes;
  }
}
