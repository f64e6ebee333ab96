package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Compares the ids at the beginning of display names, before the first colon, with those on {@code docs/acceptance.md}: each
 * must be in both places. Reads the sources of the tests of all modules.
 */
class SpecCoverageTest {
  /** A line of the page: an id, then a sentence. */
  private static final Pattern LINE = Pattern.compile("(?m)^- `([^`]+)` \\S");

  /** A display name, which may be a concatenation of several literals. */
  private static final Pattern DISPLAY_NAME =
      Pattern.compile("@DisplayName\\(\\s*((?:\"(?:[^\"\\\\]|\\\\.)*\"\\s*\\+?\\s*)+)\\)");

  private static final Pattern TEXT = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");

  /** A list of faults, a case, or a defect of another library. */
  private static final Pattern ID = Pattern.compile("faults? (\\d+(?:[ ,]+\\d+)*)"
      + "|(?<![\\w-])(?:(?:CB|V2|SC|RG|CF|RT|TO|DC|HT|IN|HE|ME|PM|PE)-\\d+"
      + "|R4j#\\d+|(?:R|F|S|SN)\\d+[ab]?|(?:Polly|Sentinel|Failsafe)-\\w+)(?![\\w-])");

  @Test
  @DisplayName("docs/acceptance.md lists the ids that display names contain, and no others")
  void page_listsTheIdsOfTests() {
    List<String> listed = idsOfPage();
    assertThat(listed).hasSizeGreaterThan(400).doesNotHaveDuplicates();
    Set<String> named = new TreeSet<>();
    for (Path source : testSources()) {
      displayNames(read(source)).forEach(name -> named.addAll(idsOf(name)));
    }
    Set<String> notListed = new TreeSet<>(named);
    listed.forEach(notListed::remove);
    assertThat(notListed).as("in a display name, not in docs/acceptance.md").isEmpty();
    Set<String> notNamed = new TreeSet<>(listed);
    notNamed.removeAll(named);
    assertThat(notNamed).as("in docs/acceptance.md, in no display name").isEmpty();
  }

  private static List<String> idsOfPage() {
    return LINE.matcher(read(root().resolve("docs/acceptance.md")))
        .results()
        .map(line -> line.group(1))
        .toList();
  }

  @Test
  @DisplayName("ids stand before the first colon, and one name may list several faults")
  void ids_areReadFromNames() {
    assertThat(idsOf("CB-04 V2-06, fault 1: only failures in a row, not CB-05: never"))
        .containsExactlyInAnyOrder("CB-04", "V2-06", "fault 1");
    assertThat(idsOf("faults 1, 5 SC-01 R2b: some")).contains("fault 1", "fault 5", "SC-01", "R2b");
    assertThat(idsOf("fault 1, fault 50: some")).containsExactlyInAnyOrder("fault 1", "fault 50");
    assertThat(idsOf("a name without ids, such as CB-01")).isEmpty();
    assertThat(displayNames(
            "@Test\n@DisplayName(\n    \"CB-01 CB-02:\"\n        + \" say \\\"hi\\\"\")"))
        .containsExactly("CB-01 CB-02: say \\\"hi\\\"");
  }

  private static Set<String> idsOf(String displayName) {
    Set<String> ids = new TreeSet<>();
    int colon = displayName.indexOf(':');
    Matcher matcher = ID.matcher(displayName.substring(0, Math.max(0, colon)));
    while (matcher.find()) {
      String faults = matcher.group(1);
      if (faults == null) {
        ids.add(matcher.group());
      } else {
        Stream.of(faults.split("[ ,]+")).forEach(number -> ids.add("fault " + number));
      }
    }
    return ids;
  }

  private static List<String> displayNames(String source) {
    return DISPLAY_NAME
        .matcher(source)
        .results()
        .map(found -> TEXT.matcher(found.group(1))
            .results()
            .map((MatchResult text) -> text.group(1))
            .collect(Collectors.joining()))
        .toList();
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
