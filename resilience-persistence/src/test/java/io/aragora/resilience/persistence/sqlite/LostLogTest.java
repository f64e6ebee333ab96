package io.aragora.resilience.persistence.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A process whose files were damaged while it ran, and that is killed then, has lost nothing that a flush acknowledged. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("any-jdk")
class LostLogTest {
  @TempDir
  Path folder;

  private static void damage(String how, Path file) throws Exception {
    Path log = Path.of(file + "-wal");
    switch (how) {
      case "log cut off to nothing" -> truncate(log, 0);
      case "log cut off to a half" -> truncate(log, Files.size(log) / 2);
      case "log cut off by one byte" -> truncate(log, Files.size(log) - 1);
      case "log overwritten" -> {
        try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
          channel.write(ByteBuffer.allocate((int) Files.size(log)), 0);
        }
      }
      case "log deleted" -> Files.delete(log);
      case "index deleted" -> Files.delete(Path.of(file + "-shm"));
      case "file deleted" -> Files.delete(file);
      case "file cut off" -> truncate(file, 0);
      case "file replaced" -> {
        Path other = Files.copy(file, Path.of(file + "-other"));
        Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
      }
      case "everything deleted" -> {
        for (String suffix : List.of("", "-wal", "-shm", "-lock")) {
          Files.delete(Path.of(file + suffix));
        }
      }
      default -> throw new IllegalArgumentException(how);
    }
  }

  private static void truncate(Path file, long size) throws Exception {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(size);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "log cut off to nothing",
        "log cut off to a half",
        "log cut off by one byte",
        "log overwritten",
        "log deleted",
        "index deleted",
        "file deleted",
        "file cut off",
        "file replaced",
        "everything deleted"
      })
  @DisplayName("state that a flush acknowledges after the damage survives kill -9")
  void flush_filesWereDamaged_acknowledgesOnlyWhatIsKept(String how) throws Exception {
    Path file = folder.resolve("state.db");
    try (ChildJvm child = ChildJvm.start(
        RuntimeOnDemand.class, folder, List.of(ChildJvm.NATIVE_ACCESS), "sqlite:" + file)) {
      for (String name : List.of("early", "k:early", "earlier")) {
        child.ask("trip " + name);
        assertThat(child.ask("flush")).isEqualTo("true");
      }
      damage(how, file);
      child.ask("trip late");
      for (int i = 0; i < 5; i++) {
        child.ask("flush");
      }
      child.ask("trip latest");
      assertThat(child.ask("flush")).as(child.ask("error")).isEqualTo("true");
      child.kill();
    }
    try (SqliteStateStore store = SqliteStateStore.open(new DatabaseFile(file), 5_000)) {
      assertThat(store.load().states())
          .filteredOn(state -> state.state() == CircuitBreakerState.OPEN)
          .extracting(state -> state.id().toString())
          .contains("early", "k:early", "earlier", "late", "latest");
    }
  }
}
