package io.aragora.resilience.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.testing.ManualTime;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** {@code docs/micrometer.md} matches the registered meters. */
class MicrometerPageTest {
  private static final Pattern ROW = Pattern.compile(
      "^\\| `(?<name>resilience\\.[a-z.]+)` \\| (?<type>counter|gauge|timer) \\|(?<tags>[^|]*)\\|(?<unit>[^|]*)\\|",
      Pattern.MULTILINE);
  private static final Pattern TAG = Pattern.compile("`([a-z]+)`( = `[^;|]*)?");

  private final String page;

  MicrometerPageTest() throws IOException {
    page = Files.readString(Path.of("").toAbsolutePath().resolve("../../docs/micrometer.md"));
  }

  @Test
  void everyMeter_hasItsRow_withTypeTagsAndUnit() {
    ManualTime time = ManualTime.create();
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    TreeMap<String, String> shown = new TreeMap<>();
    try (Resilience resilience = EveryKind.builder(time)
        .extension(MicrometerMetrics.builder().registry(registry).timers().build())
        .build()) {
      EveryKind.happens(resilience, time, "a");
      registry.getMeters().forEach(meter -> meter.measure().iterator().next().getValue());
      registry.getMeters().forEach(meter -> shown.put(meter.getId().getName(), row(meter)));
    }

    TreeMap<String, String> rows = new TreeMap<>();
    ROW.matcher(page)
        .results()
        .forEach(row -> assertThat(rows.put(row.group(1), row(row))).isNull());
    assertThat(rows).isEqualTo(shown);
  }

  private static String row(Meter meter) {
    Meter.Id id = meter.getId();
    Set<String> tags =
        id.getTags().stream().map(Tag::getKey).collect(Collectors.toCollection(TreeSet::new));
    assertThat(tags.remove("runtime")).isTrue();
    assertThat(id.getDescription()).as(id.getName()).isNotNull();
    return id.getType().name().toLowerCase(Locale.ROOT)
        + tags
        + Objects.requireNonNullElse(id.getBaseUnit(), "");
  }

  private static String row(MatchResult row) {
    Set<String> tags = new TreeSet<>();
    for (String part : row.group(3).split(";")) {
      TAG.matcher(part.split("=")[0]).results().forEach(tag -> tags.add(tag.group(1)));
    }
    return row.group(2) + tags + row.group(4).strip();
  }
}
