package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
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
 * Every acceptance case and every known fault has a test that says so: the name shown for a test begins with the ids that it
 * covers, then comes a colon. Reads the sources of the tests of all modules.
 */
class SpecCoverageTest {
  private static final List<String> PEERS = List.of(
      "R1",
      "R2",
      "R2b",
      "R3",
      "R4",
      "R5",
      "R6a",
      "R6b",
      "R7",
      "R8",
      "R9",
      "R9b",
      "R10",
      "R11",
      "R13",
      "R14",
      "R15",
      "R17",
      "F1",
      "F2",
      "F2b",
      "F3",
      "F4",
      "F5",
      "S1",
      "S2",
      "SN1",
      "Polly-stale",
      "Polly-hung",
      "Polly-cancelled",
      "Sentinel-deadline",
      "Sentinel-blocked",
      "Failsafe-monitor");

  /** A name that may be put together of several texts. */
  private static final Pattern DISPLAY_NAME =
      Pattern.compile("@DisplayName\\(\\s*((?:\"(?:[^\"\\\\]|\\\\.)*\"\\s*\\+?\\s*)+)\\)");

  private static final Pattern TEXT = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");

  /** A fault, or a few of them, or one word. */
  private static final Pattern ID =
      Pattern.compile("faults? (\\d+(?:[ ,]+\\d+)*)|[A-Za-z][\\w#-]*");

  private static Set<String> expected() {
    Set<String> ids = new LinkedHashSet<>();
    addRange(ids, "CB-%02d", 1, 54);
    addRange(ids, "V2-%02d", 1, 39);
    addRange(ids, "SC-%02d", 1, 11);
    addRange(ids, "RG-%02d", 1, 17);
    addRange(ids, "CF-%02d", 1, 9);
    addRange(ids, "RT-%02d", 1, 34);
    addRange(ids, "TO-%02d", 1, 21);
    addRange(ids, "DC-%02d", 1, 10);
    addRange(ids, "HT-%02d", 1, 25);
    addRange(ids, "IN-%02d", 1, 9);
    addRange(ids, "HE-%02d", 1, 30);
    addRange(ids, "ME-%02d", 1, 11);
    addRange(ids, "PM-%02d", 1, 13);
    addRange(ids, "PE-%02d", 1, 15);
    addRange(ids, "fault %d", 1, 74);
    ids.addAll(PEERS);
    return ids;
  }

  private static void addRange(Set<String> ids, String format, int first, int last) {
    for (int i = first; i <= last; i++) {
      ids.add(String.format(format, i));
    }
  }

  @Test
  @DisplayName("every case, fault and defect of a peer has a test that names it")
  void everyId_isCovered() {
    Set<String> covered = new TreeSet<>();
    for (Path source : testSources()) {
      displayNames(read(source)).forEach(name -> covered.addAll(idsOf(name)));
    }
    Set<String> missing = expected();
    assertThat(missing).hasSizeGreaterThan(100);
    missing.removeAll(covered);
    assertThat(missing).as("covered by no test").isEmpty();
  }

  @Test
  @DisplayName("ids are what stands before the first colon, and faults may be listed")
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

  /** This module's folder is the working directory of its tests, and the others are beside it. */
  private static List<Path> testSources() {
    Path modules = Path.of("").toAbsolutePath().getParent();
    try (Stream<Path> folders = Files.list(modules)) {
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
