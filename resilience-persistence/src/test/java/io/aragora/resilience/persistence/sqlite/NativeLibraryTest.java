package io.aragora.resilience.persistence.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/** A library is loaded once in the life of a JVM, so each case has its own. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NativeLibraryTest {
  @TempDir
  Path folder;

  private String outcome(String... options) throws Exception {
    return outcomeOf(List.of(), options);
  }

  private String outcomeOf(List<String> starter, String... options) throws Exception {
    try (ChildJvm child = ChildJvm.start(
        starter,
        OpenOnce.class,
        folder,
        List.of(options),
        "sqlite:" + folder.resolve("state.db"))) {
      String line = child.nextLine();
      assertThat(child.exitCode()).as(child.errors()).isZero();
      return line;
    }
  }

  private List<String> unpacked() throws Exception {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(path -> path.getFileName().toString())
          .filter(name -> name.contains("sqlitejdbc"))
          .toList();
    }
  }

  private void killAfterLoading(String... options) throws Exception {
    try (ChildJvm child = ChildJvm.start(
        RuntimeOnDemand.class,
        folder,
        Stream.concat(Stream.of(ChildJvm.NATIVE_ACCESS), Stream.of(options)).toList(),
        "sqlite:" + folder.resolve("state.db"))) {
      assertThat(child.ask("error")).isEqualTo("null");
      child.kill();
    }
  }

  @Test
  @DisplayName(
      "the error names a temporary folder that forbids execution, and the setting for another"
          + " one")
  void load_folderForbidsExecution_namesTheSettingThatHelps() throws Exception {
    Path noexec = folder.resolve("noexec");
    List<String> starter = Sandbox.withFileSystem(noexec, "size=16m,noexec");

    assertThat(outcomeOf(starter, ChildJvm.NATIVE_ACCESS, "-Dorg.sqlite.tmpdir=" + noexec))
        .startsWith("cannot load SQLite's native library: ")
        .contains("it is unpacked to " + noexec)
        .contains("start Java with -Dorg.sqlite.tmpdir=");
    assertThat(folder.resolve("state.db")).doesNotExist();

    // The last of two settings of one name is the one that counts.
    assertThat(outcomeOf(
            starter,
            ChildJvm.NATIVE_ACCESS,
            "-Djava.io.tmpdir=" + noexec,
            "-Dorg.sqlite.tmpdir=" + folder))
        .as("with what the message says")
        .isEqualTo("opened");
  }

  @Test
  @DisplayName("a killed process leaves its unpacked library, unless the library's location is"
      + " configured")
  void load_processIsKilled_leavesTheLibraryUnlessItWasUnpackedBefore() throws Exception {
    killAfterLoading();
    assertThat(unpacked()).as("library and lock").hasSize(2);
    Path library;
    try (Stream<Path> files = Files.list(folder)) {
      library = files
          .filter(path -> path.toString().endsWith("sqlitejdbc.so"))
          .findFirst()
          .orElseThrow(() -> new TestAbortedException("skipped: another system's library"));
    }
    Path own = Files.createDirectory(folder.resolve("own"));
    Files.move(library, own.resolve("libsqlitejdbc.so"));

    killAfterLoading("-Dorg.sqlite.lib.path=" + own);

    assertThat(unpacked()).as("the lock of the first one").hasSize(1);
  }

  @Test
  void load_everythingAllowed_opens() throws Exception {
    assertThat(outcome("--enable-native-access=ALL-UNNAMED")).isEqualTo("opened");
  }

  @Test
  void load_nothingCanBeUnpacked_namesTheSettingThatHelps() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "no folder");

    assertThat(
            outcome("--enable-native-access=ALL-UNNAMED", "-Dorg.sqlite.tmpdir=" + file + "/sub"))
        .startsWith("cannot load SQLite's native library: ")
        .contains("it is unpacked to " + file + "/sub")
        .contains("-Dorg.sqlite.tmpdir=");
    assertThat(folder.resolve("state.db")).doesNotExist();
  }

  @Test
  void load_nativeAccessDenied_namesTheOptionThatHelps() throws Exception {
    assumeTrue(Runtime.version().feature() >= 24, "this JDK denies nothing");

    assertThat(outcome("--illegal-native-access=deny"))
        .startsWith("cannot load SQLite's native library: ")
        .contains("--enable-native-access=org.xerial.sqlitejdbc");
  }
}
