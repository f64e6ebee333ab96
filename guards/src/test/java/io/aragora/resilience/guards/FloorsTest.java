package io.aragora.resilience.guards;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The packages of a module are ordered: no two of them depend on each other, directly or through others. */
class FloorsTest {
  private static final String API = "io.aragora.resilience";

  /** The packages of the API from the top; each line is a floor, and uses lower floors only. */
  private static final List<List<String>> FLOORS = List.of(
      List.of(".reference"),
      List.of(""),
      List.of(".spi", ".internal.runtime"),
      List.of(".persistence", ".annotation"),
      List.of(
          ".circuitbreaker",
          ".bulkhead",
          ".ratelimiter",
          ".concurrencylimit",
          ".hedge",
          ".chaos",
          ".coalescing"),
      List.of(".retry", ".fallback", ".health"),
      List.of(".timeout", ".quota"),
      List.of(".internal.discovery"),
      List.of(".policy", ".time"),
      List.of(".internal"));

  static List<LibraryModule> modules() {
    return LibraryModule.all();
  }

  @ParameterizedTest
  @MethodSource("modules")
  void packages_areFreeOfCycles(LibraryModule module) {
    slices()
        .matching(API + ".(**)")
        .as("packages of " + module.name())
        .should()
        .beFreeOfCycles()
        .allowEmptyShould(true)
        .check(new ClassFileImporter().importPath(module.classes()));
  }

  @Test
  void arrowsOfTheApi_runDownward() {
    Map<String, Integer> floors = new HashMap<>();
    for (int i = 0; i < FLOORS.size(); i++) {
      for (String name : FLOORS.get(i)) {
        floors.put(API + name, i);
      }
    }
    LibraryModule api = LibraryModule.all().stream()
        .filter(module -> module.name().equals(API))
        .findFirst()
        .orElseThrow();
    Set<String> wrong = new TreeSet<>();
    Set<String> seen = new TreeSet<>();
    for (JavaClass type : new ClassFileImporter().importPath(api.classes())) {
      seen.add(type.getPackageName());
      for (Dependency arrow : type.getDirectDependenciesFromSelf()) {
        String from = type.getPackageName();
        String to = arrow.getTargetClass().getPackageName();
        if (floors.containsKey(to) && !to.equals(from) && floors.get(to) <= floors.get(from)) {
          wrong.add(type.getName() + " -> " + arrow.getTargetClass().getName());
        }
      }
    }
    seen.remove("");

    assertThat(wrong).isEmpty();
    assertThat(floors.keySet()).isEqualTo(seen);
  }

  @Test
  void floorsOnThePages_areThoseOfTheApi() throws IOException {
    List<Set<String>> exported = FLOORS.stream()
        .map(floor -> floor.stream()
            .filter(name -> !name.startsWith(".internal"))
            .map(name -> name.isEmpty() ? API : name.substring(1))
            .collect(Collectors.toSet()))
        .filter(floor -> !floor.isEmpty())
        .toList();
    List<Set<String>> ofThePage =
        Files.readAllLines(LibraryModule.ROOT.resolve("docs/architecture.md")).stream()
            .dropWhile(line -> !line.startsWith("| floor |"))
            .skip(2)
            .takeWhile(line -> line.startsWith("|"))
            .map(line -> names(line.split("\\|")[2], "`([^`]+)`"))
            .toList();
    String comment = Files.readString(LibraryModule.ROOT.resolve(
            "resilience-api/src/main/java/io/aragora/resilience/package-info.java"))
        .replaceAll("\\s+\\*?\\s*", " ")
        .replace("this package", "{@code " + API + "}");
    String ofTheComment =
        comment.substring(comment.indexOf("From the top:"), comment.lastIndexOf(" package "));

    assertThat(ofThePage).isEqualTo(exported);
    assertThat(Arrays.stream(ofTheComment.split(";"))
            .map(floor -> names(floor, "\\{@code ([^}]+)}"))
            .toList())
        .isEqualTo(exported);
  }

  private static Set<String> names(String text, String pattern) {
    return Pattern.compile(pattern)
        .matcher(text)
        .results()
        .map(found -> found.group(1))
        .collect(Collectors.toSet());
  }
}
