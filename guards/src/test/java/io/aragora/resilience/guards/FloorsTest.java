package io.aragora.resilience.guards;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
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
}
