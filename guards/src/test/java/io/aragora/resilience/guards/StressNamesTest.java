package io.aragora.resilience.guards;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Comments and pages name stress cases that exist, and the list contains every case. */
class StressNamesTest {
  private static final Path SOURCES = LibraryModule.ROOT.resolve("jcstress-tests/src/main/java");
  private static final Path LIST = LibraryModule.ROOT.resolve("jcstress-tests/README.md");
  private static final Path SYNCHRONIZATION = LibraryModule.ROOT.resolve("docs/synchronization.md");

  private static final Pattern CASE = Pattern.compile("@State\\R  public static class (\\w+)");
  private static final Pattern LINE_BREAK = Pattern.compile("\\R *(//|\\*)? *");

  /** A class and its case, and further cases of the same class behind commas. */
  private static final Pattern NAMES =
      Pattern.compile("\\b(\\w+Stress)\\.(\\w+(?:, [A-Z][a-z]*[A-Z]\\w*\\b(?!\\.\\w))*)");

  private static final Pattern PLAIN = Pattern.compile("`(\\w+)`");

  /** The names of cases by the name of their class. */
  private static final Map<String, Set<String>> CASES = cases();

  private static Map<String, Set<String>> cases() {
    Map<String, Set<String>> cases = new TreeMap<>();
    for (Path file : javaIn(SOURCES)) {
      String name = file.getFileName().toString().replace(".java", "");
      if (name.endsWith("Stress")) {
        cases.put(
            name,
            CASE.matcher(read(file))
                .results()
                .map(match -> match.group(1))
                .collect(toCollection(TreeSet::new)));
      }
    }
    return cases;
  }

  private static List<Path> javaIn(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The cases that a text names, as {@code Class.Case}. */
  private static List<String> named(String text) {
    List<String> named = new ArrayList<>();
    for (MatchResult match : NAMES.matcher(text.replace("`", "")).results().toList()) {
      for (String name : match.group(2).split(", ")) {
        if (!name.endsWith("Test") && !name.endsWith("Stress")) {
          named.add(match.group(1) + "." + name);
        }
      }
    }
    return named;
  }

  private static List<String> plain(String cell) {
    return PLAIN.matcher(cell).results().map(match -> match.group(1)).toList();
  }

  private static boolean isCase(String name) {
    int dot = name.indexOf('.');
    return CASES.getOrDefault(name.substring(0, dot), Set.of()).contains(name.substring(dot + 1));
  }

  private static boolean isCaseOfAny(String plain) {
    return CASES.values().stream().anyMatch(cases -> cases.contains(plain));
  }

  /** Returns the rows of the tables before the first section. */
  private static List<String> rows(Path page) {
    return read(page)
        .lines()
        .takeWhile(line -> !line.startsWith("## "))
        .filter(line -> line.startsWith("| "))
        .skip(1)
        .toList();
  }

  private static String cell(String row, int index) {
    return row.split(" ?\\|(?: |$)", -1)[index];
  }

  @Test
  void cases_areAllFound() {
    String sources = javaIn(SOURCES).stream().map(StressNamesTest::read).collect(joining());

    assertThat(CASES.values().stream().mapToInt(Set::size).sum())
        .isGreaterThan(100)
        .isEqualTo(sources.split("\\R  @JCStressTest\\b", -1).length - 1);
  }

  @Test
  void comments_nameCasesThatExist() {
    List<String> wrong = new ArrayList<>();
    int found = 0;
    for (LibraryModule module : LibraryModule.all()) {
      for (Path file : javaIn(module.sources())) {
        List<String> named = named(LINE_BREAK.matcher(read(file)).replaceAll(" "));
        found += named.size();
        named.stream()
            .filter(name -> !isCase(name))
            .forEach(name -> wrong.add(file.getFileName() + ": " + name));
      }
    }

    assertThat(found).isGreaterThan(40);
    assertThat(wrong).isEmpty();
  }

  @Test
  void pages_nameCasesThatExist() {
    assertThat(named(read(LIST))).hasSizeGreaterThan(50).allMatch(StressNamesTest::isCase);
    assertThat(named(read(SYNCHRONIZATION)))
        .hasSizeGreaterThan(15)
        .allMatch(StressNamesTest::isCase);
    for (String row : rows(SYNCHRONIZATION)) {
      assertThat(plain(cell(row, 5)))
          .as(row)
          .allMatch(name -> name.endsWith("Test") || CASES.containsKey(name) || isCaseOfAny(name));
    }
  }

  /** A twin belongs to the class of the row's first test, unless another row names it. */
  @Test
  void everyCase_isInTheList() {
    Set<String> listed = new TreeSet<>();
    for (String row : rows(LIST)) {
      List<String> tests = named(cell(row, 2));
      assertThat(tests).as(row).isNotEmpty();
      listed.addAll(tests);
      String first = tests.get(0);
      String owner = first.substring(0, first.indexOf('.'));
      for (String twin : plain(cell(row, 3))) {
        assertThat(twin).as(row).startsWith("Broken").matches(StressNamesTest::isCaseOfAny);
        if (isCase(owner + "." + twin)) {
          listed.add(owner + "." + twin);
        }
      }
    }

    Set<String> all = new TreeSet<>();
    CASES.forEach((name, cases) -> cases.forEach(each -> all.add(name + "." + each)));
    assertThat(listed).isEqualTo(all);
  }
}
