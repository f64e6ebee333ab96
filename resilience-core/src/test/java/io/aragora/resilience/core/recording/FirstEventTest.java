package io.aragora.resilience.core.recording;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The first event of a process initializes nothing on its caller's thread, and is still recorded.
 */
class FirstEventTest {
  @TempDir
  Path folder;

  @Test
  void theFirstEvent_isCommittedByAThreadOfTheRuntime() throws Exception {
    String everything = Stream.of("jdk.module.path", "java.class.path")
        .map(System::getProperty)
        .filter(Objects::nonNull)
        .filter(path -> !path.isEmpty())
        .collect(Collectors.joining(File.pathSeparator));
    String tests = Path.of("target", "test-classes").toAbsolutePath().toString();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", tests + File.pathSeparator + everything));
    command.add(FirstEventProcess.class.getName());
    command.add(folder.resolve("first.jfr").toString());
    EndedProcess ended = EndedProcess.of(command, folder);
    assertThat(ended.exit()).as(ended.output()).isZero();
    assertThat(ended.output()).contains("recorded: forced_open by recording");
  }
}
