package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Compares the tags of tests with the ids on {@code docs/acceptance.md}: each must be in both places. Reads the sources of the
 * tests of all modules.
 */
class SpecCoverageTest {
  /** A line of the page: an id, then a sentence. */
  private static final Pattern LINE = Pattern.compile("(?m)^- `([^`]+)` \\S");

  private static final Pattern TAG = Pattern.compile("@Tag\\(\"([^\"]+)\"\\)");

  /** A display name, which may be a concatenation of several literals. */
  private static final Pattern DISPLAY_NAME =
      Pattern.compile("@DisplayName\\(\\s*((?:\"(?:[^\"\\\\]|\\\\.)*\"\\s*\\+?\\s*)+)\\)");

  /** A case, a case of a later pattern, a fault of the reference package, or a defect of another library. */
  private static final Pattern ID = Pattern.compile(
      "(?<![\\w-])(?:"
          + "(?:CB|V2|SC|RG|CF|RT|TO|DC|HT|IN|HE|ME|PM|PE|GW|BH|RL|HG|CL|CA|CH|FL|PO)-\\d+|faults?[ -]\\d+"
          + "|R4j#\\d+|(?:R|F|S|SN)\\d+[ab]?|(?:Polly|Sentinel|Failsafe|singleflight|golang|netpulse|rueidis|fak|xet|SAP)-\\w+)(?![\\w-])");

  @Test
  @DisplayName("docs/acceptance.md lists the ids that tags of tests contain, and no others")
  void page_listsTheIdsOfTests() {
    List<String> listed = idsOfPage();
    assertThat(listed).hasSizeGreaterThan(400).doesNotHaveDuplicates();
    Set<String> tagged = new TreeSet<>();
    for (Path source : testSources()) {
      tagged.addAll(idsOf(read(source)));
    }
    Set<String> notListed = new TreeSet<>(tagged);
    listed.forEach(notListed::remove);
    assertThat(notListed).as("the tag of a test, not in docs/acceptance.md").isEmpty();
    Set<String> notTagged = new TreeSet<>(listed);
    notTagged.removeAll(tagged);
    assertThat(notTagged).as("in docs/acceptance.md, the tag of no test").isEmpty();
  }

  @Test
  @DisplayName("display names are sentences without ids")
  void displayNames_haveNoIds() {
    Set<String> findings = new TreeSet<>();
    for (Path source : testSources()) {
      DISPLAY_NAME
          .matcher(read(source))
          .results()
          .map(name -> name.group(1))
          .filter(name -> ID.matcher(name).find())
          .forEach(name -> findings.add(source.getFileName() + ": " + name));
    }
    assertThat(findings).isEmpty();
  }

  private static List<String> idsOfPage() {
    return LINE.matcher(read(root().resolve("docs/acceptance.md")))
        .results()
        .map(line -> line.group(1))
        .toList();
  }

  @Test
  @DisplayName("only tags that are ids are compared with the page")
  void tags_areReadFromSources() {
    String at = "@";
    assertThat(idsOf(at + "Tag(\"CB-04\")\n" + at + "Tag(\"fault-1\") " + at + "Tag(\"R4j#1597\")"))
        .containsExactlyInAnyOrder("CB-04", "fault-1", "R4j#1597");
    assertThat(idsOf(at + "Tag(\"module-path\") // such as CB-01")).isEmpty();
  }

  private static Set<String> idsOf(String source) {
    return TAG.matcher(source)
        .results()
        .map(tag -> tag.group(1))
        .filter(tag -> ID.matcher(tag).matches())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The working directory of tests is their module's folder. */
  private static Path root() {
    return Path.of("").toAbsolutePath().resolve("..").normalize();
  }

  private static List<Path> testSources() {
    try (Stream<Path> folders = Files.list(root())) {
      return folders
          .map(module -> module.resolve("src/test/java"))
          .filter(Files::isDirectory)
          .flatMap(SpecCoverageTest::javaFiles)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Stream<Path> javaFiles(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path source) {
    try {
      return Files.readString(source);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
