package io.aragora.resilience.persistence.sqlite;

import static io.aragora.resilience.persistence.sqlite.SavedBreakers.named;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.aragora.resilience.persistence.StateStoreException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LogCheckTest extends SqliteStoreFixture {
  private Path log() {
    return Path.of(file + "-wal");
  }

  private long size() throws Exception {
    return Files.size(log());
  }

  private void overwrite(long from) throws Exception {
    try (FileChannel channel = FileChannel.open(log(), StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap("damaged".getBytes()), from);
    }
  }

  @Test
  @DisplayName(
      "a log damaged in the middle is detected, even without changes to save, and not merged")
  void save_logIsOverwritten_failsAndLeavesTheFile() throws Exception {
    SqliteStateStore store = open();
    store.save(List.of(named("early")));
    long whole = size();
    store.save(IntStream.range(0, 200).mapToObj(i -> named("lost-" + i)).toList());
    byte[] before = Files.readAllBytes(file);
    overwrite(whole + 100);

    for (int i = 0; i < 2; i++) {
      assertThatExceptionOfType(StateStoreException.class)
          .isThrownBy(() -> store.save(List.of()))
          .withMessageContaining(log() + " was cut off or overwritten");
    }
    store.close();

    assertThat(Files.readAllBytes(file)).isEqualTo(before);
    assertThat(names(open())).containsExactly("early");
  }

  @Test
  @DisplayName("a log that another process has merged and emptied does not count as damaged")
  void save_logWasMergedByAnotherProcess_succeeds() throws Exception {
    SqliteStateStore store = open();
    store.save(List.of(named("early")));
    execute("PRAGMA wal_checkpoint(TRUNCATE)");
    assertThat(size()).isZero();

    assertThat(store.save(List.of())).isZero();
    assertThat(store.save(List.of(named("late")))).isEqualTo(1);

    assertThat(names(store)).containsExactlyInAnyOrder("early", "late");
  }

  @Test
  @DisplayName("a long log is merged and restarted")
  void save_again_logStaysShort() throws Exception {
    SqliteStateStore store = open();
    for (int i = 0; i < 60; i++) {
      store.save(
          IntStream.range(0, 500).mapToObj(each -> named("breaker-" + each)).toList());
    }
    assertThat(size()).isLessThan(8 << 20);
    assertThat(WriteAheadLog.isReadable(log())).isTrue();
    store.close();
    assertThat(log()).doesNotExist();
  }
}
