package io.aragora.resilience.guards;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;

/** The rules for modules: dependencies have one direction, core is hidden, providers are declared for both paths. */
class ModulesTest {
  private static final String API = "io.aragora.resilience";
  private static final String CORE = "io.aragora.resilience.core";

  /** The packages of a module whose names differ from the module's: a store is a mechanism of persistence. */
  private static final Map<String, String> PACKAGES =
      Map.of(API + ".postgresql", API + ".persistence.postgresql");

  private static final Pattern BRIDGE = Pattern.compile("<bridge\\.module>(.*)</bridge\\.module>");

  /** The package of an import. */
  private static final Pattern IMPORT =
      Pattern.compile("^import (?:static )?(io\\.aragora(?:\\.[a-z0-9_]+)+)\\.", Pattern.MULTILINE);

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

  /** Bridges are compiled on the class path, where everything is accessible, and may run on the module path. */
  @Test
  void bridges_importOnlyWhatIsExportedToThem() throws IOException {
    Map<String, Set<String>> exported = new TreeMap<>();
    for (LibraryModule module : modules) {
      module.packages().forEach(hidden -> exported.put(hidden, Set.of()));
      for (ModuleDescriptor.Exports exports : module.descriptor().exports()) {
        exported.put(exports.source(), exports.isQualified() ? exports.targets() : Set.of("all"));
      }
    }
    Set<String> imported = new TreeSet<>();
    Set<String> findings = new TreeSet<>();
    for (Path folder : PublishedPomsTest.published()) {
      Matcher bridge = BRIDGE.matcher(Files.readString(folder.resolve("pom.xml")));
      if (!bridge.find()) {
        continue;
      }
      try (Stream<Path> sources = Files.walk(folder.resolve("src/main"))) {
        for (Path source :
            sources.filter(file -> file.toString().matches(".*\\.(java|kt)")).toList()) {
          Matcher line = IMPORT.matcher(Files.readString(source));
          while (line.find()) {
            Set<String> targets = exported.get(line.group(1));
            if (targets != null) {
              imported.add(line.group(1));
              if (!targets.contains("all") && !targets.contains(bridge.group(1))) {
                findings.add(line.group(1) + " is not exported to " + bridge.group(1));
              }
            }
          }
        }
      }
    }

    assertThat(imported).contains(API, API + ".internal", API + ".http.internal");
    assertThat(findings).isEmpty();
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
  void packages_areNamedAfterTheirFeature() {
    assertThat(named(API).packages())
        .allSatisfy(name -> assertThat(name)
            .as("the API owns features, no mechanisms")
            .matches(Pattern.quote(API) + "(\\.internal)?(\\.[a-z]+)?"));
    assertThat(named(CORE).packages())
        .allSatisfy(name -> assertThat(name).matches(Pattern.quote(CORE) + "(\\.[a-z]+)*"));
    for (LibraryModule module : modules) {
      if (!module.name().equals(API)) {
        String owned = PACKAGES.getOrDefault(module.name(), module.name());
        assertThat(module.packages())
            .allSatisfy(name -> assertThat(name).matches(Pattern.quote(owned) + "(\\.[a-z]+)*"));
      }
    }
  }

  @Test
  void whatCoreTakesFromAgrona_isHidden_andKeepsItsLicence() {
    LibraryModule core = named(CORE);

    assertThat(core.packages()).anyMatch(name -> name.startsWith(CORE + ".agrona"));
    assertThat(core.sources().resolve("io/aragora/resilience/core/agrona"))
        .as("made by the build, never committed")
        .doesNotExist();
    assertThat(core.descriptor().requires())
        .extracting(ModuleDescriptor.Requires::name)
        .doesNotContain("org.agrona", "jdk.unsupported");
    assertThat(core.classes().resolve("META-INF/NOTICE"))
        .content()
        .contains("Agrona", "Real Logic", CORE + ".agrona");
    assertThat(core.classes().resolve("META-INF/LICENSE"))
        .content()
        .contains("Apache License", "Version 2.0");
  }

  /** The path of this test has everything that an application can have, and what tests need beside. */
  @Test
  void noClass_isInTwoJars() throws IOException {
    Map<String, Set<Path>> owners = new TreeMap<>();
    Set<Path> path = new LinkedHashSet<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      if (Files.exists(Path.of(entry))) {
        path.add(Path.of(entry).toRealPath());
      }
    }
    for (Path entry : path) {
      for (String type : classesIn(entry)) {
        owners.computeIfAbsent(type, any -> new TreeSet<>()).add(entry);
      }
    }
    owners.values().removeIf(jars -> jars.size() == 1);

    assertThat(path)
        .extracting(Path::toString)
        .anyMatch(entry -> entry.contains("sqlite-jdbc"))
        .anyMatch(entry -> entry.contains("postgresql"))
        .anyMatch(entry -> entry.contains("prometheus-metrics-core"))
        .anyMatch(entry -> entry.contains("jctools-core"));
    assertThat(owners).isEmpty();
  }

  private static List<String> classesIn(Path entry) throws IOException {
    if (Files.isDirectory(entry)) {
      try (Stream<Path> files = Files.walk(entry)) {
        return classes(files.map(file -> entry.relativize(file).toString().replace('\\', '/')));
      }
    }
    try (ZipFile jar = new ZipFile(entry.toFile())) {
      return classes(jar.stream().map(ZipEntry::getName));
    }
  }

  private static List<String> classes(Stream<String> files) {
    return files
        .filter(file -> file.endsWith(".class")
            && !file.endsWith("-info.class")
            && !file.startsWith("META-INF/"))
        .toList();
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
  void everyService_isAnInterfaceOfTheApi_thatItUses() {
    Set<String> used = named(API).descriptor().uses();

    assertThat(used)
        .allSatisfy(service ->
            assertThat(named(API).packages()).contains(service.replaceFirst("\\.\\w+$", "")));
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
