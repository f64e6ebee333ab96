package io.aragora.resilience.guards;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rules for modules: arrows run one way, core is hidden, providers are declared for both paths. */
class ModulesTest {
  private static final String API = "io.aragora.resilience";
  private static final String CORE = "io.aragora.resilience.core";

  private final List<LibraryModule> modules = LibraryModule.all();

  @Test
  void theLibrary_isWhatItSaysItIs() {
    assertThat(modules)
        .extracting(LibraryModule::name)
        .contains(API, CORE)
        .hasSizeGreaterThanOrEqualTo(7);
    assertThat(modules)
        .allSatisfy(module -> assertThat(module.name())
            .isEqualTo(
                module.artifact().equals("resilience-api")
                    ? API
                    : API + module.artifact().replace("resilience-", ".")));
  }

  @Test
  void arrows_runFromEveryModuleToTheApi_andNowhereElse() {
    assertThat(modules)
        .allSatisfy(module -> assertThat(requiredOfOurs(module))
            .isEqualTo(module.name().equals(API) ? Set.of() : Set.of(API)));
  }

  private static Set<String> requiredOfOurs(LibraryModule module) {
    return module.descriptor().requires().stream()
        .map(ModuleDescriptor.Requires::name)
        .filter(name -> name.startsWith(API))
        .collect(Collectors.toSet());
  }

  @Test
  void aModuleThatExports_requiresTheApiTransitively() {
    assertThat(modules)
        .filteredOn(module ->
            !module.name().equals(API) && !module.descriptor().exports().isEmpty())
        .isNotEmpty()
        .allSatisfy(module -> assertThat(module.descriptor().requires()).anySatisfy(required -> {
          assertThat(required.name()).isEqualTo(API);
          assertThat(required.modifiers()).contains(ModuleDescriptor.Requires.Modifier.TRANSITIVE);
        }));
  }

  @Test
  void core_exportsAndOpensNothing() {
    ModuleDescriptor core = named(CORE).descriptor();

    assertThat(core.exports()).isEmpty();
    assertThat(core.opens()).isEmpty();
    assertThat(core.isOpen()).isFalse();
  }

  @Test
  void theApi_needsNothingAtRunTime_andExportsEveryPackage() {
    LibraryModule api = named(API);

    assertThat(api.descriptor().requires())
        .filteredOn(
            required -> !required.modifiers().contains(ModuleDescriptor.Requires.Modifier.STATIC))
        .extracting(ModuleDescriptor.Requires::name)
        .containsExactly("java.base");
    assertThat(api.descriptor().exports())
        .extracting(ModuleDescriptor.Exports::source)
        .containsExactlyInAnyOrderElementsOf(api.packages());
  }

  @Test
  void noPackage_isInTwoModules() {
    Map<String, Set<String>> owners = new TreeMap<>();
    for (LibraryModule module : modules) {
      for (String name : module.packages()) {
        owners.computeIfAbsent(name, any -> new TreeSet<>()).add(module.name());
      }
    }

    assertThat(owners)
        .hasSizeGreaterThan(modules.size())
        .allSatisfy((name, of) -> assertThat(of).as(name).hasSize(1));
  }

  @Test
  void everyProvider_isDeclaredForBothPaths() throws IOException {
    for (LibraryModule module : modules) {
      assertThat(declaredInResources(module))
          .as("META-INF/services of %s", module)
          .isEqualTo(declaredInDescriptor(module));
    }
    assertThat(declaredInDescriptor(named(CORE))).isNotEmpty();
  }

  private static Map<String, Set<String>> declaredInDescriptor(LibraryModule module) {
    return module.descriptor().provides().stream()
        .collect(Collectors.toMap(
            ModuleDescriptor.Provides::service, provides -> Set.copyOf(provides.providers())));
  }

  private static Map<String, Set<String>> declaredInResources(LibraryModule module)
      throws IOException {
    Path folder = module.classes().resolve("META-INF/services");
    Map<String, Set<String>> declared = new LinkedHashMap<>();
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.toList()) {
          declared.put(
              file.getFileName().toString(),
              Files.readAllLines(file).stream()
                  .map(line -> line.replaceFirst("#.*", "").strip())
                  .filter(line -> !line.isEmpty())
                  .collect(Collectors.toSet()));
        }
      }
    }
    return declared;
  }

  @Test
  void everyService_isAnInterfaceOfTheSpi_thatTheApiUses() {
    Set<String> used = named(API).descriptor().uses();

    assertThat(used).allSatisfy(service -> assertThat(service).startsWith(API + ".spi."));
    assertThat(modules)
        .flatExtracting(module -> module.descriptor().provides())
        .extracting(ModuleDescriptor.Provides::service)
        .isSubsetOf(used);
  }

  private LibraryModule named(String name) {
    return modules.stream()
        .filter(module -> module.name().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
