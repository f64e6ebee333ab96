package io.aragora.resilience.persistence.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A library is loaded once in the life of a JVM, so each case has its own. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NativeLibraryTest {
  @TempDir
  Path folder;

  private String outcome(String... options) throws Exception {
    try (ChildJvm child = ChildJvm.start(
        OpenOnce.class, folder, List.of(options), "sqlite:" + folder.resolve("state.db"))) {
      String line = child.line();
      assertThat(child.exitCode()).as(child.errors()).isZero();
      return line;
    }
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
