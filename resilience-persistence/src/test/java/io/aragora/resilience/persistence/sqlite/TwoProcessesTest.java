package io.aragora.resilience.persistence.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two runtimes in two processes that keep their state in one file. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("any-jdk")
class TwoProcessesTest {
  private static final int CHANGES = 300;

  @TempDir
  Path folder;

  private ChildJvm start() throws Exception {
    return ChildJvm.start(
        RuntimeOnDemand.class,
        folder,
        List.of(ChildJvm.NATIVE_ACCESS),
        "sqlite:" + folder.resolve("state.db"));
  }

  private String rows(ChildJvm child) throws Exception {
    return child.ask("rows " + folder.resolve("state.db"));
  }

  @Test
  @Tag("fault-73")
  @DisplayName("two processes that save at once wait for each other, and neither loses a save")
  void save_atOnce_neitherFails() throws Exception {
    try (ChildJvm one = start();
        ChildJvm other = start()) {
      one.send("storm " + CHANGES);
      other.send("storm " + CHANGES);
      assertThat(one.nextLine()).isEqualTo("0 failed");
      assertThat(other.nextLine()).isEqualTo("0 failed");
      assertThat(one.ask("failures")).isEqualTo("0");
      assertThat(other.ask("failures")).isEqualTo("0");

      assertThat(rows(one).split(", "))
          .as("one that both changed, one of each, fifty keys of each")
          .hasSize(1 + 2 + 2 * 50)
          .contains("shared closed");
    }
    Kills.assertSound(folder.resolve("state.db"));
  }

  @Test
  @Tag("PE-10")
  @DisplayName("of two processes' changes the later one stays, whichever is saved last")
  void save_sameBreaker_theLaterChangeStays() throws Exception {
    try (ChildJvm one = start();
        ChildJvm other = start()) {
      // Both have begun, so neither is restored from what the other saves.
      assertThat(one.ask("state shared")).isEqualTo("closed");
      assertThat(other.ask("state shared")).isEqualTo("closed");
      assertThat(one.ask("trip shared")).isEqualTo("open");
      assertThat(one.ask("flush")).isEqualTo("true");
      assertThat(rows(one)).isEqualTo("shared open");

      assertThat(other.ask("advance PT10S")).isEqualTo("advanced");
      assertThat(other.ask("trip shared")).isEqualTo("open");
      assertThat(other.ask("reset shared")).isEqualTo("closed");
      assertThat(other.ask("flush")).isEqualTo("true");
      assertThat(rows(one)).isEqualTo("shared closed");

      assertThat(one.ask("advance PT20S")).isEqualTo("advanced");
      assertThat(one.ask("flush")).isEqualTo("true");
      assertThat(rows(one)).as("saved later, changed earlier").isEqualTo("shared closed");
      assertThat(one.ask("state shared")).as("an instance that does not follow").isEqualTo("open");

      assertThat(one.ask("close")).isEqualTo("closed");
      assertThat(rows(other)).isEqualTo("shared closed");
    }
  }
}
