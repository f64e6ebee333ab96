package io.aragora.resilience.persistence.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ShutdownTest {
  @TempDir
  Path folder;

  @Test
  @Tag("fault-74")
  @DisplayName("a runtime with closeOnShutdown saves its state when the process is asked to end")
  void closedAtShutdown_processIsTerminated_savesWhatThereIs() throws Exception {
    Path file = folder.resolve("state.db");
    try (ChildJvm child = ChildJvm.start(
        RuntimeOnDemand.class, folder, List.of(ChildJvm.NATIVE_ACCESS), "sqlite:" + file)) {
      // Its time does not pass, so nothing is saved by itself.
      assertThat(child.ask("trip b")).isEqualTo("open");
      assertThat(child.ask("rows " + file)).isEmpty();

      child.terminate();
    }

    try (SqliteStateStore store = SqliteStateStore.open(new DatabaseFile(file), 5_000)) {
      assertThat(store.load().states())
          .extracting(state -> state.id() + " " + state.state())
          .containsExactly("b OPEN");
    }
  }
}
