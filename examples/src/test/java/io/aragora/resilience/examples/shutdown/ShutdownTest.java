package io.aragora.resilience.examples.shutdown;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.examples.ChildJvm;
import io.aragora.resilience.persistence.StateStore;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A JVM that exits normally with a runtime that is still open. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ShutdownTest {
  @TempDir
  Path folder;

  private List<SavedBreaker> savedByExit(boolean closeOnShutdown) throws Exception {
    String location = "sqlite:" + folder.resolve("state.db");
    Process child = ChildJvm.start(
        OrderlyExit.class, folder, List.of(), location, String.valueOf(closeOnShutdown));
    assertThat(child.waitFor()).as(() -> ChildJvm.outputOf(child)).isZero();
    try (StateStore store = StateStore.open(location)) {
      return store.load().states();
    }
  }

  @Test
  void closeOnShutdown_savesWhatWasCounted() throws Exception {
    assertThat(savedByExit(true))
        .singleElement()
        .satisfies(row -> assertThat(row.consecutiveFailures()).isEqualTo(1));
  }

  @Test
  void notClosedAtShutdown_savesNothing() throws Exception {
    assertThat(savedByExit(false)).isEmpty();
  }
}
