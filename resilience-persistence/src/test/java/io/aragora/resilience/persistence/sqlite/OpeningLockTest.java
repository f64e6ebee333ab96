package io.aragora.resilience.persistence.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.aragora.resilience.persistence.StateStoreException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OpeningLockTest {
  @TempDir
  Path folder;

  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = folder.resolve("state.db-lock");
  }

  private void takeAndRelease() throws StateStoreException {
    OpeningLock.acquire(file, 0).close();
  }

  @Test
  void acquire_heldByAnotherThread_failsUntilItIsClosed() throws Exception {
    FutureTask<Void> other = new FutureTask<>(() -> {
      takeAndRelease();
      return null;
    });
    OpeningLock held = OpeningLock.acquire(file, 0);
    new Thread(other).start();

    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(other::get)
        .havingCause()
        .isInstanceOf(StateStoreException.class)
        .withMessage("another thread has held " + file
            + " for 0 ms to open the database; if this lasts, find the one that hangs");

    held.close();
    takeAndRelease();
  }

  @Test
  void acquire_heldByAnotherProcess_failsUntilThatIsGone() throws Exception {
    try (ChildJvm holder = ChildJvm.start(LockHolder.class, folder, List.of(), file.toString())) {
      assertThat(holder.line()).isEqualTo("locked");

      assertThatExceptionOfType(StateStoreException.class)
          .isThrownBy(this::takeAndRelease)
          .withMessageStartingWith("another process or class loader has held " + file);

      holder.kill();
      takeAndRelease();
    }
  }

  @Test
  @DisplayName("two class loaders of one JVM do not open the same file")
  void acquire_heldByAnotherClassLoader_failsUntilItIsClosed() throws Exception {
    try (FileChannel other =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      assertThat(other.lock().isValid()).isTrue();

      assertThatExceptionOfType(StateStoreException.class)
          .isThrownBy(this::takeAndRelease)
          .withMessageStartingWith("another process or class loader has held " + file);
    }
    takeAndRelease();
  }

  @Test
  void acquire_fileCannotBeMade_saysWhatToDoAndLeavesNothingLocked() throws Exception {
    Path below = Files.writeString(folder.resolve("file"), "").resolve("lock");

    assertThatExceptionOfType(StateStoreException.class)
        .isThrownBy(() -> OpeningLock.acquire(below, 0))
        .withMessageStartingWith("cannot lock " + below)
        .withMessageEndingWith(
            "; let the user of this process write to its folder, or let stateStore name another place");

    takeAndRelease();
  }

  @Test
  void acquire_interrupted_failsAndKeepsTheFlag() {
    Thread.currentThread().interrupt();

    assertThatExceptionOfType(StateStoreException.class)
        .isThrownBy(this::takeAndRelease)
        .withMessageContaining("interrupted");
    assertThat(Thread.interrupted()).isTrue();
  }
}
