package io.aragora.resilience.consumers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.aragora.resilience.persistence.postgresql.PostgresServer;
import java.io.IOException;
import java.lang.module.Configuration;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Runs the programs that the builds of the consumers created, by the commands of the documentation,
 * on the JDK of the test. Checks their output, and that they log no warning.
 */
class ConsumersTest {
  private static final Path FOLDER = Path.of(System.getProperty("consumers.folder"));
  private static final Path MODULE_PATH = FOLDER.resolve("module-path");
  private static final Path CLASS_PATH = FOLDER.resolve("class-path");
  private static final Path IMAGE = FOLDER.resolve("image");
  private static final Path BRIDGES =
      Path.of(System.getProperty("readme.file")).resolve("../../../bridges").normalize();

  /** How a name of a module ends if it is not as that of the artifact. */
  private static final Map<String, String> SUFFIXES = Map.of("api", "", "spring-boot", ".spring");

  private static final Commands README = new Commands(Path.of(System.getProperty("readme.file")));
  private static final Commands JLINK = new Commands(Path.of(System.getProperty("jlink.page")));

  /** The modules of an application: all except {@code io.aragora.resilience.testing}, and {@code .redis}, whose client {@code jlink} rejects. */
  private static final List<String> EVERYTHING = List.of(
      "io.aragora.resilience",
      "io.aragora.resilience.core",
      "io.aragora.resilience.health",
      "io.aragora.resilience.http",
      "io.aragora.resilience.metrics",
      "io.aragora.resilience.persistence",
      "io.aragora.resilience.postgresql");

  @BeforeEach
  void forgetEarlierRuns() throws IOException {
    for (Path project : List.of(MODULE_PATH, CLASS_PATH, IMAGE)) {
      Path target = project.resolve("target");
      Files.deleteIfExists(target.resolve("shop.state"));
      for (String suffix : List.of("", "-wal", "-shm")) {
        Files.deleteIfExists(target.resolve("shop.db" + suffix));
      }
      deleteTree(target.resolve("image"));
    }
  }

  private static void deleteTree(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private static List<String> onTheModulePath(String checks, String state) {
    return List.of(
        "runtime: module io.aragora.resilience.core",
        "checks: " + checks,
        "prices: " + state,
        "ready: {\"status\":\"degraded\"}",
        "metrics: resilience_circuit_breaker_state{name=\"prices\",runtime=\"shop\"} 1.0");
  }

  private static List<String> onTheClassPath(String checks, String state) {
    return List.of(
        "runtime named: false",
        "checks: " + checks,
        "prices: " + state,
        "apples: 1.20, at attempt 2",
        "metrics: resilience_circuit_breaker_state{name=\"prices\",runtime=\"shop\"} 1.0");
  }

  @Test
  void everyArtifactOfTheBom_isAModule_andAllResolveTogether() throws IOException {
    Path modules = FOLDER.resolve("everything/target/modules");
    assumeTrue(Files.exists(modules), "built with -Drelease.repository only");
    List<String> names = new ArrayList<>();
    for (String artifact : artifactsOfTheBom()) {
      ModuleDescriptor module = descriptorOf(artifact, modules);
      String feature = artifact.substring("resilience-".length());
      assertThat(module.name())
          .isEqualTo("io.aragora.resilience" + SUFFIXES.getOrDefault(feature, "." + feature));
      assertThat(module.isAutomatic())
          .as(artifact + " has no descriptor, as bridges have none")
          .isEqualTo(Files.isDirectory(BRIDGES.resolve(feature)));
      names.add(module.name());
    }

    assertThat(names).containsAll(EVERYTHING);
    assertThatCode(() ->
            Configuration.empty().resolve(ModuleFinder.of(modules), ModuleFinder.ofSystem(), names))
        .doesNotThrowAnyException();
  }

  private static ModuleDescriptor descriptorOf(String artifact, Path modules) throws IOException {
    try (Stream<Path> jars = Files.list(modules)) {
      List<Path> named = jars.filter(
              jar -> jar.getFileName().toString().matches(artifact + "-\\d.*\\.jar"))
          .toList();
      assertThat(named).as("the jar of " + artifact).hasSize(1);
      return ModuleFinder.of(named.get(0)).findAll().iterator().next().descriptor();
    }
  }

  private static Set<String> artifactsOfTheBom() throws IOException {
    Set<String> artifacts = new TreeSet<>();
    Matcher artifact = Pattern.compile("<artifactId>(resilience-[^<]+)<")
        .matcher(Files.readString(FOLDER.resolve("everything/target/bom.xml")));
    while (artifact.find()) {
      artifacts.add(artifact.group(1));
    }
    artifacts.remove("resilience-bom");
    return artifacts;
  }

  @Test
  void anApplicationOnTheModulePath_findsEveryModule() throws Exception {
    String command = README.named("module path");

    assertThat(Program.run(MODULE_PATH, command).isWell().output())
        .isEqualTo(onTheModulePath("[endpoint]", "CLOSED"));
    assertThat(Program.run(MODULE_PATH, command).isWell().output())
        .isEqualTo(onTheModulePath("[endpoint]", "FORCED_OPEN"));
  }

  @Test
  void anApplicationOnTheClassPath_findsEveryArtifact() throws Exception {
    String command = README.named("class path");

    assertThat(Program.run(CLASS_PATH, command).isWell().output())
        .isEqualTo(onTheClassPath("[endpoint]", "CLOSED"));
    assertThat(Program.run(CLASS_PATH, command).isWell().output())
        .isEqualTo(onTheClassPath("[endpoint]", "FORCED_OPEN"));
  }

  @Test
  void aPlugIn_isFoundOnTheModulePath() throws Exception {
    String command = README.named("plug-in on the module path");

    assertThat(Program.run(MODULE_PATH, command).isWell().output())
        .isEqualTo(onTheModulePath("[disk-space, endpoint]", "CLOSED"));
    assertThat(Program.run(MODULE_PATH, command).isWell().output())
        .isEqualTo(onTheModulePath("[disk-space, endpoint]", "FORCED_OPEN"));
    assertThat(MODULE_PATH.resolve("target/shop.state")).isNotEmptyFile();
  }

  @Test
  void aPlugIn_isFoundOnTheClassPath() throws Exception {
    String command = README.named("plug-in on the class path");

    assertThat(Program.run(CLASS_PATH, command).isWell().output())
        .isEqualTo(onTheClassPath("[disk-space, endpoint]", "CLOSED"));
    assertThat(Program.run(CLASS_PATH, command).isWell().output())
        .isEqualTo(onTheClassPath("[disk-space, endpoint]", "FORCED_OPEN"));
    assertThat(CLASS_PATH.resolve("target/shop.state")).isNotEmptyFile();
  }

  @Test
  void stateInPostgresql_isFoundAgainOnTheModulePath() throws Exception {
    String command = onAServer(README.named("PostgreSQL on the module path"));

    assertThat(Program.run(MODULE_PATH, command).isWell().output())
        .isEqualTo(onTheModulePath("[endpoint]", "CLOSED"));
    assertThat(Program.run(MODULE_PATH, command).isWell().output())
        .isEqualTo(onTheModulePath("[endpoint]", "FORCED_OPEN"));
  }

  @Test
  void stateInPostgresql_isFoundAgainOnTheClassPath() throws Exception {
    String command = onAServer(README.named("PostgreSQL on the class path"));

    assertThat(Program.run(CLASS_PATH, command).isWell().output())
        .isEqualTo(onTheClassPath("[endpoint]", "CLOSED"));
    assertThat(Program.run(CLASS_PATH, command).isWell().output())
        .isEqualTo(onTheClassPath("[endpoint]", "FORCED_OPEN"));
  }

  /** Replaces the server of the documentation by an empty schema of a running server. */
  private static String onAServer(String command) throws Exception {
    String madeUp = "postgresql://db:5432/shop?user=shop";
    assertThat(command).contains(madeUp);
    return command.replace(madeUp, PostgresServer.shared().newSchema());
  }

  @Test
  void anImageOfCore_needsNoOption() throws Exception {
    Program.run(IMAGE, JLINK.named("image of core")).isWell();

    assertThat(Program.run(IMAGE, JLINK.named("run the image of core")).isWell().output())
        .containsExactly("hello from module io.aragora.resilience.core", "hello again, CLOSED");
    assertThat(modulesOf(IMAGE))
        .containsExactlyInAnyOrder(
            "java.base",
            "com.example.hello",
            "io.aragora.resilience",
            "io.aragora.resilience.core",
            "org.jctools.core",
            "org.jctools.core.jdk11");
  }

  @Test
  void anImageOfEverything_remembersItsState() throws Exception {
    Program.run(MODULE_PATH, JLINK.named("image of everything")).isWell();
    String command = JLINK.named("run the image of everything");

    assertThat(Program.run(MODULE_PATH, command).isWell().output())
        .isEqualTo(onTheModulePath("[endpoint]", "CLOSED"));
    assertThat(Program.run(MODULE_PATH, command).isWell().output())
        .isEqualTo(onTheModulePath("[endpoint]", "FORCED_OPEN"));
    assertThat(modulesOf(MODULE_PATH))
        .contains("io.prometheus.metrics.model", "org.xerial.sqlitejdbc", "org.postgresql.jdbc")
        .containsAll(EVERYTHING)
        .doesNotContain("java.desktop");

    String onAServer = onAServer(JLINK.named("run the image of everything with PostgreSQL"));
    assertThat(Program.run(MODULE_PATH, onAServer).isWell().output())
        .isEqualTo(onTheModulePath("[endpoint]", "CLOSED"));
    assertThat(Program.run(MODULE_PATH, onAServer).isWell().output())
        .isEqualTo(onTheModulePath("[endpoint]", "FORCED_OPEN"));
  }

  private static List<String> modulesOf(Path project) throws Exception {
    return Program.run(project, "target/image/bin/java --list-modules").isWell().output().stream()
        .map(module -> module.replaceFirst("@.*", ""))
        .toList();
  }
}
