package io.aragora.resilience.examples.shutdown;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.examples.ChildJvm;
import io.aragora.resilience.persistence.StateStore;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
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

  /** Closing waits five seconds for what hangs. Here nothing does: the listener waits for the exit, which must not wait for it. */
  @Test
  void exitOfAListener_endsTheProcessAtOnce_andSavesItsState() throws Exception {
    String location = "sqlite:" + folder.resolve("state.db");
    Process child = ChildJvm.start(ExitOfAListener.class, folder, List.of(), location);
    BufferedReader output = child.inputReader();
    String line = output.readLine();
    while (line != null && !line.equals(ExitOfAListener.EXITING)) {
      line = output.readLine();
    }
    boolean hasEnded = child.waitFor(4, TimeUnit.SECONDS);
    child.destroyForcibly();

    assertThat(line).isNotNull();
    assertThat(hasEnded).as("the process ends before closing gives up").isTrue();
    assertThat(child.exitValue()).isEqualTo(3);
    try (StateStore store = StateStore.open(location)) {
      assertThat(store.load().states())
          .singleElement()
          .satisfies(row -> assertThat(row.state()).isEqualTo(CircuitBreakerState.OPEN));
    }
  }
}
