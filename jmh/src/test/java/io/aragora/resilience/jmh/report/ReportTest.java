package io.aragora.resilience.jmh.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path README = ROOT.resolve("README.md");
  private static final Path PAGE = ROOT.resolve("docs/benchmarks.md");
  private static final Path PLOTS = ROOT.resolve("docs/plots");
  private static final Pattern FOLDER =
      Pattern.compile("\\[[^]]+]\\(\\.\\./(jmh/results/[^)]+)\\):");

  @TempDir
  Path folder;

  private Path soak(String name) throws IOException {
    Path soak = Files.createDirectories(folder.resolve("results").resolve(name));
    Files.write(soak.resolve(RatioTable.FILE), List.of(name + " was measured"));
    return soak;
  }

  private static List<String> published() throws IOException {
    return between(PAGE, Report.START, Report.END);
  }

  private static List<String> between(Path file, String start, String end) throws IOException {
    List<String> lines = Files.readAllLines(file);
    return lines.subList(lines.indexOf(start) + 1, lines.indexOf(end));
  }

  private static List<Path> publishedFolders() throws IOException {
    return published().stream()
        .map(FOLDER::matcher)
        .filter(matcher -> matcher.matches())
        .map(matcher -> ROOT.resolve(matcher.group(1)))
        .toList();
  }

  @Test
  void pages_keptResults_areTheirPlotsAndTables() throws IOException {
    Report report = new Report(PAGE, PLOTS, publishedFolders());
    if (Boolean.getBoolean("benchmarks.update")) {
      // the same runs again, for a change of the text
      report.write();
      report.writeSummary(README);
    }
    assertThat(report.plots()).hasSize(7);
    assertThat(published()).isEqualTo(report.section());
    assertThat(between(README, Report.SUMMARY_START, Report.SUMMARY_END))
        .isEqualTo(report.summary(README))
        .filteredOn(line -> line.startsWith("| "))
        .as("a head and six rows")
        .hasSize(7);
    for (Map.Entry<String, String> plot : report.plots().entrySet()) {
      assertThat(Files.readString(PLOTS.resolve(plot.getKey()))).isEqualTo(plot.getValue());
    }
    try (Stream<Path> files = Files.list(PLOTS)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(report.plots().keySet());
    }
  }

  @Test
  void tables_ofTheKeptRuns_areWhatTheirResultsGive() throws IOException {
    for (Path kept : publishedFolders()) {
      if (Files.exists(kept.resolve(Run.RESULTS)) && Run.read(kept).figures().hasEnoughForks()) {
        assertThat(Files.readAllLines(kept.resolve(RatioTable.FILE)))
            .isEqualTo(new RatioTable(Run.read(kept)).lines());
      }
    }
  }

  @Test
  void write_twice_keepsOnlyTheLastAndAllAround() throws IOException {
    Path file = folder.resolve("README.md");
    Files.write(file, List.of("before", Report.START, "old", Report.END, "after"));
    new Report(file, folder.resolve("plots"), List.of(soak("first"))).write();
    new Report(file, folder.resolve("plots"), List.of(soak("first"), soak("second"))).write();
    assertThat(Files.readAllLines(file))
        .containsExactly(
            "before",
            Report.START,
            "",
            "[first](results/first):",
            "",
            "first was measured",
            "",
            "[second](results/second):",
            "",
            "second was measured",
            "",
            Report.END,
            "after");
  }

  @Test
  void write_noSuchFile_makesOne() throws IOException {
    Path file = folder.resolve("report/report.md");
    new Report(file, file.getParent(), List.of(soak("first"))).write();
    assertThat(Files.readAllLines(file)).contains("[first](../results/first):");
  }

  @Test
  void replaced_noMarkers_isRejected() {
    assertThatThrownBy(() -> Report.replaced(List.of(Report.END), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(Report.START);
  }

  @Test
  void summary_noResults_isRejected() throws IOException {
    Report report = new Report(PAGE, PLOTS, List.of(soak("only")));
    assertThatThrownBy(() -> report.summary(README))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a summary needs a folder with results.json");
  }

  @Test
  void checkPublishable_loadedMachineOrTooFewForks_isRejected() throws IOException {
    Path run = soak("run");
    Files.writeString(run.resolve(Run.RESULTS), """
        [{"benchmark": "a.B.c", "threads": 1, "primaryMetric": {"score": 9.5, "scoreError": 1,
          "scoreUnit": "ns/op", "rawData": [[9], [10], [9.5]]}}]
        """);
    List<String> lines = Run.beginning(Effort.QUICK, "").lines().stream()
        .map(line -> line.startsWith("load") ? "load average at the start: 0.10" : line)
        .toList();
    Files.write(run.resolve(Run.MACHINE), lines);
    new Report(PAGE, PLOTS, List.of(run)).checkPublishable();
    Files.write(
        run.resolve(Run.MACHINE),
        lines.stream()
            .map(line ->
                line.startsWith("used by") ? "used by others in the worst round: 0.3" : line)
            .toList());
    assertThatThrownBy(() -> new Report(PAGE, PLOTS, List.of(run)).checkPublishable())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("others used at most 30 % of the processors in a round");
    Files.write(run.resolve(Run.MACHINE), lines);
    Files.writeString(
        run.resolve(Run.RESULTS), Files.readString(run.resolve(Run.RESULTS)).replace(", [10]", ""));
    assertThatThrownBy(() -> new Report(PAGE, PLOTS, List.of(run)).checkPublishable())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has fewer than 3 forks");
  }

  @Test
  void report_noResultsInAFolder_isRejected() {
    assertThatThrownBy(() -> new Report(PAGE, PLOTS, List.of(folder)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("a folder of results must have results.json or table.md in it:");
  }

  @Test
  void report_runIsNotWhatItHasToBe_saysWhich() throws IOException {
    Path run = soak("broken");
    Files.writeString(run.resolve(Run.RESULTS), "[]");
    Files.write(run.resolve(Run.MACHINE), Run.beginning(Effort.QUICK, "").lines());
    assertThatThrownBy(() -> new Report(PAGE, PLOTS, List.of(run)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("broken: results.json must be a list with a benchmark in it: ARRAY");
  }
}
