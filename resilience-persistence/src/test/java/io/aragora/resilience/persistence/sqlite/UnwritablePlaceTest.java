package io.aragora.resilience.persistence.sqlite;

import static io.aragora.resilience.persistence.sqlite.SavedBreakers.named;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/** Folders and files that permissions keep a runtime from writing to. It runs without what root may do in spite of them. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class UnwritablePlaceTest {
  @TempDir
  Path temporary;

  private Path folder;
  private Path file;

  @BeforeEach
  void needsPosix() throws Exception {
    assumeTrue(
        temporary.getFileSystem().supportedFileAttributeViews().contains("posix"),
        "skipped: this file system knows no owners");
    folder = Files.createDirectory(temporary.resolve("place"));
    file = folder.resolve("state.db");
  }

  @AfterEach
  void unlock() throws Exception {
    permit(folder, "rwx------");
  }

  private static void permit(Path path, String permissions) throws Exception {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }

  private ChildJvm start() throws Exception {
    return ChildJvm.start(
        Sandbox.withoutPrivileges(),
        RuntimeOnDemand.class,
        temporary,
        List.of(ChildJvm.NATIVE_ACCESS),
        "sqlite:" + file);
  }

  private void writeDatabase() throws Exception {
    try (SqliteStateStore store = SqliteStateStore.open(new DatabaseFile(file), 5_000)) {
      store.save(List.of(named("saved")));
    }
  }

  /** Saves fail, which is reported and affects no call; then the place is repaired. */
  private void assertOutage(String said, Path mended, String permissions) throws Exception {
    try (ChildJvm child = start()) {
      assertThat(child.ask("error")).startsWith("open: ").contains(said);
      assertThat(child.ask("trip b")).isEqualTo("open");
      assertThat(child.ask("flush")).isEqualTo("false");
      assertThat(child.ask("health")).contains("DEGRADED").contains(said);
      assertThat(child.ask("advance PT1M")).isEqualTo("advanced");
      assertThat(child.ask("error")).contains(said);

      permit(mended, permissions);
      assertThat(child.ask("advance PT2M")).isEqualTo("advanced");
      assertThat(child.ask("error")).isEqualTo("null");
      assertThat(child.ask("rows " + file)).contains("b open");
    }
  }

  @Test
  @Tag("PE-15")
  @DisplayName(
      "an unwritable folder is reported with what to do, and state is saved once it is writable")
  void open_folderIsReadOnly_isReportedAndRepeated() throws Exception {
    permit(folder, "r-xr-xr-x");

    assertOutage("let the user of this process write to its folder", folder, "rwx------");
  }

  @Test
  @Tag("PE-15")
  @DisplayName("a valid file in an unwritable folder is reported, too")
  void open_folderOfAFileIsReadOnly_isReportedAndRepeated() throws Exception {
    writeDatabase();
    permit(folder, "r-xr-xr-x");

    assertOutage("let the user of this process write to the folder " + folder, folder, "rwx------");
  }

  @Test
  @Tag("PE-15")
  @DisplayName("an unwritable file is reported, and neither it nor its permissions change")
  void open_fileIsReadOnly_isReportedAndRepeated() throws Exception {
    writeDatabase();
    permit(file, "r--r--r--");
    byte[] before = Files.readAllBytes(file);
    try (ChildJvm child = start()) {
      assertThat(child.ask("error")).contains("cannot write " + file);
      assertThat(Files.readAllBytes(file)).isEqualTo(before);
    }

    assertOutage("let the user of this process write to it", file, "rw-------");
  }

  @Test
  @Tag("PE-15")
  @DisplayName("a read-only file of another user is reported")
  void open_fileOfAnotherUser_isReported() throws Exception {
    writeDatabase();
    try {
      Files.setAttribute(file, "unix:uid", 65_534);
    } catch (FileSystemException e) {
      throw new TestAbortedException("skipped: only root can give files to others", e);
    }
    permit(file, "rw-r--r--");

    assertOutage("cannot write " + file, file, "rw-rw-rw-");
  }
}
