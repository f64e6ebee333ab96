package io.aragora.resilience.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** {@code docs/metrics.md} matches the registered metrics. */
class MetricsPageTest {
  private static final Pattern ROW = Pattern.compile(
      "^\\| `(resilience_\\w+)` \\| (counter|gauge|histogram) \\|([^|]*)\\|", Pattern.MULTILINE);
  private static final Pattern LABEL = Pattern.compile("`([a-z_]+)`");
  private static final Pattern REFERENCE =
      Pattern.compile("^\\| `(resilience_\\w+)` \\| (kept|mapped)(.*)\\|$", Pattern.MULTILINE);

  private final String page;

  MetricsPageTest() throws IOException {
    page = Files.readString(Path.of("").toAbsolutePath().resolve("../docs/metrics.md"));
  }

  @Test
  void everyMetric_hasItsRow_withItsTypeAndLabels() {
    try (Shop shop = new Shop()) {
      shop.everythingHappens("a");
      Exposition exposition = Exposition.of(shop.text());
      List<MatchResult> rows = ROW.matcher(page).results().toList();
      assertThat(rows.stream().map(row -> row.group(1) + " " + row.group(2)))
          .containsExactlyInAnyOrderElementsOf(exposition.types.entrySet().stream()
              .map(type -> type.getKey() + " " + type.getValue())
              .toList());
      for (MatchResult row : rows) {
        Set<String> shown = exposition.samples.stream()
            .filter(sample -> sample.name().matches(row.group(1) + "(_bucket|_sum|_count)?"))
            .flatMap(sample -> sample.labels().keySet().stream())
            .collect(Collectors.toCollection(TreeSet::new));
        shown.removeAll(Set.of("runtime", "le"));
        boolean unnamed = row.group(3).contains("(no `name`)");
        assertThat(shown.remove("name")).as(row.group(1)).isEqualTo(!unnamed);
        Set<String> labels = labels(row.group(3));
        if (unnamed) {
          labels.remove("name");
        }
        assertThat(shown).as(row.group(1)).isEqualTo(labels);
      }
    }
  }

  /** Labels come first in a cell, and what they may be after an equals sign. */
  private static Set<String> labels(String cell) {
    Set<String> labels = new TreeSet<>();
    for (String part : cell.split(";")) {
      LABEL.matcher(part.split("=")[0]).results().forEach(label -> labels.add(label.group(1)));
    }
    return labels;
  }

  @Test
  void theNamesOfTheReference_areKeptOrMapped() {
    List<MatchResult> rows = REFERENCE.matcher(page).results().toList();
    assertThat(rows.stream().map(row -> row.group(1)))
        .containsExactlyInAnyOrderElementsOf(PatternMetricsTest.REFERENCE.keySet());
    assertThat(rows).allSatisfy(row -> {
      String here = PatternMetricsTest.REFERENCE.get(row.group(1));
      if (row.group(2).equals("kept")) {
        assertThat(here).isEqualTo(row.group(1));
      } else {
        assertThat(row.group(3)).contains("`" + here + "{");
      }
    });
  }
}
