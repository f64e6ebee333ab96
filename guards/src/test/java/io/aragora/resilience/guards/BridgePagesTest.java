package io.aragora.resilience.guards;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** {@code docs/bridges.md} lists every bridge, each with a page that has the same sections, and the versions of the build. */
class BridgePagesTest {
  private static final Path DOCS = LibraryModule.ROOT.resolve("docs");

  /** Page, artifact, what it was tested with. */
  private static final Pattern ROW = Pattern.compile(
      "^\\| \\[[^\\]]+\\]\\((?<page>[^)]+)\\), `(?<artifact>resilience-[a-z0-9-]+)` \\|[^|]*\\|[^|]*\\|(?<tested>[^|]*)\\|",
      Pattern.MULTILINE);

  /** What a user looks for; some pages have two of them in one section, or a word of their own. */
  private static final List<Pattern> SECTIONS = Stream.of(
          "[Ss]ettings|Configs", "[Mm]etrics|Meters", "Limits", "What to avoid")
      .map(words -> Pattern.compile("^## .*(" + words + ")", Pattern.MULTILINE))
      .toList();

  private static final Pattern NUMBER = Pattern.compile("\\d+\\.\\d+(\\.\\d+)?");
  private static final Pattern EXACT = Pattern.compile("\\d+\\.\\d+\\.\\d+");
  private static final Pattern PROPERTY = Pattern.compile("<[a-z0-9.-]+\\.version>([^<]+)<");

  private record Row(String page, String artifact, String tested) {}

  private static List<Row> rows() throws IOException {
    List<Row> rows = new ArrayList<>();
    Matcher row = ROW.matcher(Files.readString(DOCS.resolve("bridges.md")));
    while (row.find()) {
      rows.add(new Row(row.group("page"), row.group("artifact"), row.group("tested")));
    }
    return rows;
  }

  @Test
  void everyBridgeThatIsReleased_hasItsRow() throws IOException {
    List<String> released = new ArrayList<>();
    try (Stream<Path> bridges = Files.list(LibraryModule.BRIDGES)) {
      for (Path bridge : bridges.toList()) {
        Path pom = bridge.resolve("pom.xml");
        if (Files.exists(pom) && !Files.readString(pom).contains("<maven.deploy.skip>true")) {
          released.add("resilience-" + bridge.getFileName());
        }
      }
    }

    assertThat(rows()).extracting(Row::artifact).containsExactlyInAnyOrderElementsOf(released);
  }

  @TestFactory
  Stream<DynamicTest> everyPage_hasSettingsMetricsLimitsAndWhatToAvoid() throws IOException {
    return rows().stream()
        .map(row -> DynamicTest.dynamicTest(row.page(), () -> {
          String page = Files.readString(DOCS.resolve(row.page()));
          for (Pattern section : SECTIONS) {
            assertThat(page).containsPattern(section);
          }
        }));
  }

  /** The first version of each framework is that of the build, and so is each that is exact. */
  @TestFactory
  Stream<DynamicTest> everyRow_hasTheVersionsOfTheBuild() throws IOException {
    String pom = Files.readString(LibraryModule.ROOT.resolve("pom.xml"));
    List<String> ofTheBuild =
        PROPERTY.matcher(pom).results().map(property -> property.group(1)).toList();
    return rows().stream()
        .map(row -> DynamicTest.dynamicTest(row.artifact(), () -> {
          for (String framework : row.tested().split("[;,] (?=[A-Za-z])")) {
            List<String> versions =
                NUMBER.matcher(framework).results().map(MatchResult::group).toList();
            for (String version : versions) {
              if (version.equals(versions.get(0)) || EXACT.matcher(version).matches()) {
                assertThat(ofTheBuild)
                    .as(framework)
                    .anyMatch(each -> each.equals(version) || each.startsWith(version + "."));
              }
            }
          }
        }));
  }
}
