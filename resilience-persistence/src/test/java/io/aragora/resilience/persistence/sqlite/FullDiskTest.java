package io.aragora.resilience.persistence.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A runtime whose state is on a disk of one megabyte. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FullDiskTest {
  private static final String THE_DISK_IS_FULL = "the disk is full: free some space";

  @TempDir
  Path folder;

  private ChildJvm start(Path disk, String... options) throws Exception {
    return ChildJvm.start(
        Sandbox.withFileSystem(disk, "size=1m"),
        RuntimeOnDemand.class,
        folder,
        Stream.concat(Stream.of(ChildJvm.NATIVE_ACCESS), Stream.of(options)).toList(),
        "sqlite:" + disk.resolve("state.db"));
  }

  @Test
  @Tag("fault-71")
  @DisplayName("on a full disk calls continue and the status reports why saves fail; once there is "
      + "space, everything is saved")
  void save_diskIsFull_isReportedAndRepeated() throws Exception {
    Path disk = folder.resolve("disk");
    Path ballast = disk.resolve("ballast");
    Path more = disk.resolve("more");
    try (ChildJvm child = start(disk)) {
      assertThat(child.ask("trip before")).isEqualTo("open");
      assertThat(child.ask("flush")).isEqualTo("true");
      assertThat(child.ask("fill " + ballast)).startsWith("filled with ");

      assertThat(child.ask("trip during")).isEqualTo("open");
      assertThat(child.ask("trip k:during")).isEqualTo("open");
      assertThat(child.ask("flush")).isEqualTo("false");
      assertThat(child.ask("error"))
          .startsWith("save: cannot save to " + disk.resolve("state.db"))
          .contains(THE_DISK_IS_FULL);
      assertThat(child.ask("health")).contains("DEGRADED").contains(THE_DISK_IS_FULL);
      assertThat(child.ask("state before")).isEqualTo("open");
      assertThat(child.ask("reset before")).isEqualTo("closed");

      // Closing merges the log into the file, so the store may have helped itself by opening again.
      assertThat(child.ask("advance PT5M")).isEqualTo("advanced");
      assertThat(child.ask("fill " + more)).startsWith("filled with ");
      assertThat(child.ask("trip later")).isEqualTo("open");
      assertThat(child.ask("flush")).isEqualTo("false");
      assertThat(child.ask("error")).contains(THE_DISK_IS_FULL);

      assertThat(child.ask("free " + ballast)).isEqualTo("true");
      assertThat(child.ask("free " + more)).isEqualTo("true");
      assertThat(child.ask("advance PT2M")).isEqualTo("advanced");
      assertThat(child.ask("error")).isEqualTo("null");
      assertThat(child.ask("rows " + disk.resolve("state.db")))
          .isEqualTo("before closed, during open, k:during open, later open");
    }
  }

  @Test
  @DisplayName("a store that cannot be created on a full disk is created once there is space")
  void open_diskIsFull_isReportedAndRepeated() throws Exception {
    Path disk = folder.resolve("disk");
    Path ballast = disk.resolve("ballast");
    try (ChildJvm child = start(disk, "-Dballast=" + ballast)) {
      assertThat(child.ask("error")).startsWith("open: ").contains(THE_DISK_IS_FULL);
      assertThat(child.ask("trip b")).isEqualTo("open");

      assertThat(child.ask("free " + ballast)).isEqualTo("true");
      assertThat(child.ask("advance PT2M")).isEqualTo("advanced");
      assertThat(child.ask("error")).isEqualTo("null");
      assertThat(child.ask("rows " + disk.resolve("state.db"))).isEqualTo("b open");
    }
  }
}
