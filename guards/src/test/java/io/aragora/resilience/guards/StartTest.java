package io.aragora.resilience.guards;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the first protected calls of a process load, counted in a JVM of its own: creating a runtime, and one call of a breaker,
 * a retry and an asynchronous timeout. Each class costs some 0.2 ms, and the first lambda, or the first concatenation that is linked
 * at run time, some 20 ms. The times are in docs/benchmarks.md.
 */
class StartTest {
  /** Of the library and of JCTools: 223 when this was written. */
  private static final int MOST_OF_OURS = 228;

  /** Of the JDK, beyond an empty program, opening of the jars included: 270 of 17 and 427 of 25 when this was written. */
  private static final int MOST_OF_THE_JDK = Runtime.version().feature() < 21 ? 300 : 470;

  /** Parts of the JDK that are expensive to start, and the library's parts that a first call does not need. */
  private static final List<String> UNUSED = List.of(
      "$$Lambda",
      "java.lang.invoke.InnerClassLambdaMetafactory",
      "java.lang.invoke.StringConcatFactory",
      "java.lang.runtime.ObjectMethods",
      "java.util.regex.Pattern",
      "java.time.format.DateTimeFormatter",
      "java.math.BigDecimal",
      "java.util.Formatter",
      "java.lang.System$LoggerFinder",
      "java.util.logging.",
      "jdk.jfr.Event",
      "io.aragora.resilience.core.health.",
      "io.aragora.resilience.core.persistence.State",
      "io.aragora.resilience.core.proxy.Protect",
      "io.aragora.resilience.core.recording.FlightRecording",
      "jdk.jfr.internal");

  private static final String CORE = "io.aragora.resilience.core.";

  @TempDir
  private Path folder;

  @Test
  void firstCalls_loadFewClasses_andLinkNothing() throws Exception {
    List<String> loaded = loadedBy();
    loaded.removeAll(loadedBy("empty"));

    List<String> ours = loaded.stream().filter(StartTest::isOurs).toList();
    assertThat(ours).contains("io.aragora.resilience.core.timeout.CoreTimeout");
    assertThat(loaded).noneMatch(type -> UNUSED.stream().anyMatch(type::contains));
    assertThat(ours)
        .as("of each kind of policy that is not used, nothing")
        .filteredOn(type ->
            type.matches("io\\.aragora\\.resilience\\.core\\.(settings\\.)?\\w+(Kind|Table)"))
        .containsExactlyInAnyOrder(
            CORE + "BreakerKind",
            CORE + "RetryKind",
            CORE + "TimeoutKind",
            CORE + "settings.SettingTable",
            CORE + "settings.BreakerTable",
            CORE + "settings.RetryTable",
            CORE + "settings.TimeoutTable");
    assertThat(ours).hasSizeLessThanOrEqualTo(MOST_OF_OURS);
    assertThat(loaded.size() - ours.size())
        .as("classes of the JDK")
        .isLessThanOrEqualTo(MOST_OF_THE_JDK);
  }

  private static boolean isOurs(String type) {
    return type.startsWith("io.aragora.") || type.startsWith("org.jctools.");
  }

  private List<String> loadedBy(String... arguments) throws Exception {
    Path log = folder.resolve("classes-" + arguments.length + ".log");
    List<String> command = new ArrayList<>(List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xlog:class+load:file=" + log + ":none:filecount=0",
        "-cp",
        classPath(),
        FirstCalls.class.getName()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).inheritIO().start();
    assertThat(process.waitFor()).isZero();
    try (Stream<String> lines = Files.lines(log)) {
      return lines
          .filter(line -> line.contains("source:"))
          .map(line -> line.substring(0, line.indexOf(' ')))
          .collect(Collectors.toCollection(ArrayList::new));
    }
  }

  /** Without the other modules, so that no plug-in is found. */
  private static String classPath() throws Exception {
    List<Path> path = new ArrayList<>();
    path.add(pathOf(FirstCalls.class));
    for (LibraryModule module : LibraryModule.all()) {
      if (List.of("resilience-api", "resilience-core").contains(module.artifact())) {
        path.add(module.classes());
      }
    }
    path.add(pathOf(Class.forName("org.jctools.queues.MessagePassingQueue")));
    path.add(
        pathOf(Class.forName("org.jctools.queues.varhandle.MpscUnboundedVarHandleArrayQueue")));
    return path.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
  }

  private static Path pathOf(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }
}
