package io.aragora.resilience.core.recording;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * If an image has no module {@code jdk.jfr}, or no code requires it, everything works and nothing
 * is recorded.
 */
class WithoutRecorderTest {
  private static final String CORE = "io.aragora.resilience.core";

  @TempDir
  Path folder;

  @Test
  void classPath_imageWithoutTheModule() throws Exception {
    EndedProcess ended =
        run("--limit-modules", "java.base", "-cp", everything(), WithoutRecorder.class.getName());
    assertThat(ended.output()).contains("module: false");
    assertWorked(ended);
  }

  @Test
  void modulePath_imageWithoutTheModule() throws Exception {
    EndedProcess ended = run(
        "--limit-modules",
        "java.base," + CORE,
        "-p",
        everything(),
        "--patch-module",
        CORE + "=" + Path.of("target", "test-classes").toAbsolutePath(),
        "-m",
        CORE + "/" + WithoutRecorder.class.getName());
    assertThat(ended.output()).contains("module: true");
    assertWorked(ended);
  }

  private static void assertWorked(EndedProcess ended) {
    assertThat(ended.exit()).as(ended.output()).isZero();
    assertThat(ended.output())
        .contains("recorder module: false", "rejected: true", "timed out: true", "done")
        .doesNotContain("Error");
  }

  private EndedProcess run(String... arguments) throws InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(arguments));
    return EndedProcess.of(command, folder);
  }

  /** The class path or module path of this test. */
  private static String everything() {
    return Stream.of("jdk.module.path", "java.class.path")
        .map(System::getProperty)
        .filter(Objects::nonNull)
        .filter(path -> !path.isEmpty())
        .reduce((one, other) -> one + File.pathSeparator + other)
        .orElseThrow();
  }
}
