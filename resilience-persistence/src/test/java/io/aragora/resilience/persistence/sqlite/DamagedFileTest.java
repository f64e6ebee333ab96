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
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are no valid database when they are opened, or are damaged afterwards. */
@Timeout(60)
class DamagedFileTest extends SqliteStoreFixture {
  @Test
  @DisplayName("a file that is no database is set aside unchanged, and a new one is created")
  void open_noDatabase_isSetAsideAsItWasAndANewOneStarted() throws Exception {
    byte[] content = "This is not a database. ".repeat(500).getBytes();
    Files.write(file, content);

    SqliteStateStore store = open();
    store.save(List.of(named("db")));

    assertThat(names(store)).containsExactly("db");
    Path aside = asideFile();
    assertThat(Files.readAllBytes(aside)).isEqualTo(content);
    assertThat(log.messages())
        .containsExactly("WARNING " + file + " is damaged ([SQLITE_NOTADB] File opened that is not"
            + " a database file (file is not a database)): set aside"
            + " as " + aside + ", starting a new one");
  }

  @Test
  void open_truncated_isSetAside() throws Exception {
    writeDatabase();
    long size = Files.size(file);
    for (long kept : new long[] {20, 100, 4_096, size / 2 + 17}) {
      writeDatabase();
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(kept);
      }

      SqliteStateStore store = open();

      assertThat(names(store)).isEmpty();
      Path aside = asideFile();
      assertThat(Files.size(aside)).isEqualTo(kept);
      store.close();
      Files.delete(aside);
    }
  }

  @Test
  @DisplayName("an empty file beside its log is set aside with it")
  void open_truncatedToNothingBesideItsLog_isSetAsideWithTheLog() throws Exception {
    SqliteStateStore store = open();
    store.save(List.of(named("in the log")));
    byte[] logged = Files.readAllBytes(Path.of(file + "-wal"));
    store.close();
    Files.write(file, new byte[0]);
    Files.write(Path.of(file + "-wal"), logged);

    assertThat(names(open())).isEmpty();

    assertThat(Files.readAllBytes(Path.of(asideFile() + "-wal"))).isEqualTo(logged);
  }

  @Test
  @DisplayName("a file with an overwritten page is set aside")
  void open_pageOverwritten_isSetAside() throws Exception {
    writeDatabase();
    byte[] content = Files.readAllBytes(file);
    Arrays.fill(content, content.length / 2, content.length / 2 + 4_096, (byte) 0x5a);
    Files.write(file, content);

    assertThat(names(open())).isEmpty();

    assertThat(Files.readAllBytes(asideFile())).isEqualTo(content);
  }

  @Test
  void open_damagedTwice_keepsBoth() throws Exception {
    for (String content : List.of("first, and long enough", "second, and long enough")) {
      Files.writeString(file, content);
      open().close();
    }

    List<String> aside = filesNamed("state\\.db\\.corrupt-.*");
    assertThat(aside).hasSize(2);
    assertThat(folder.resolve(aside.get(0))).hasContent("first, and long enough");
    assertThat(folder.resolve(aside.get(1))).hasContent("second, and long enough");
  }

  @Test
  @DisplayName("a torn page is repaired from the log")
  void open_firstPageTornButWholeInTheLog_isHealedByIt() throws Exception {
    SqliteStateStore store = open();
    // Enough to make the file grow, which the first page notes.
    store.save(IntStream.range(0, 500).mapToObj(i -> named("breaker-" + i)).toList());
    byte[] content = Files.readAllBytes(file);
    byte[] logged = Files.readAllBytes(Path.of(file + "-wal"));
    store.close();
    Arrays.fill(content, 0, 512, (byte) 0);
    Path copy = folder.resolve("copy.db");
    Files.write(copy, content);
    Files.write(Path.of(copy + "-wal"), logged);

    assertThat(names(open(copy))).hasSize(500);
    assertThat(log.messages()).isEmpty();
  }

  @Test
  @DisplayName("a file whose header is overwritten is set aside")
  void open_headerOverwritten_isSetAside() throws Exception {
    writeDatabase();
    byte[] content = Files.readAllBytes(file);
    Arrays.fill(content, 0, 16, (byte) 0x5a);
    Files.write(file, content);

    assertThat(names(open())).isEmpty();

    assertThat(Files.readAllBytes(asideFile())).isEqualTo(content);
  }

  @ParameterizedTest
  @DisplayName("an invalid log is ignored, and the data in the file is kept")
  @ValueSource(ints = {1, 31, 32, 5_000, 100_000})
  void open_logIsRubbish_keepsWhatIsInTheFile(int length) throws Exception {
    writeDatabase();
    byte[] rubbish = new byte[length];
    Arrays.fill(rubbish, (byte) 0x5a);
    Files.write(Path.of(file + "-wal"), rubbish);
    Files.write(Path.of(file + "-shm"), rubbish);

    SqliteStateStore store = open();
    store.save(List.of(named("after")));

    assertThat(names(store)).hasSize(1_001).contains("breaker-999", "after");
    store.close();
    assertThat(names(open())).hasSize(1_001);
    assertThat(log.messages()).isEmpty();
  }

  @Test
  @DisplayName("a log that was cut off in the middle of a save keeps the saves before")
  void open_logIsCutOff_keepsTheSavesBefore() throws Exception {
    SqliteStateStore store = open();
    store.save(List.of(named("first")));
    byte[] content = Files.readAllBytes(file);
    Path walFile = Path.of(file + "-wal");
    int sound = (int) Files.size(walFile);
    store.save(IntStream.range(0, 500).mapToObj(i -> named("torn-" + i)).toList());
    byte[] logged = Files.readAllBytes(walFile);
    store.close();
    Path copy = folder.resolve("copy.db");
    Files.write(copy, content);
    Files.write(Path.of(copy + "-wal"), Arrays.copyOf(logged, (sound + logged.length) / 2));

    assertThat(names(open(copy))).containsExactly("first");
    assertThat(log.messages()).isEmpty();
  }

  @Test
  @DisplayName("a purge detects damage to a page that SQLite has in memory, and after that nothing"
      + " is saved any more")
  void purge_pageWasOverwritten_isDetected() throws Exception {
    writeDatabase();
    SqliteStateStore store = open();
    assertThat(store.purgeSavedBefore(Instant.EPOCH)).isZero();
    overwriteAPageOfRows();

    for (int i = 0; i < 2; i++) {
      assertThatExceptionOfType(StateStoreException.class)
          .isThrownBy(() -> store.purgeSavedBefore(Instant.EPOCH))
          .withMessageContaining("the file is damaged; the next opening will set it aside");
    }
    assertThatExceptionOfType(StateStoreException.class)
        .isThrownBy(() -> store.save(List.of(named("db"))))
        .withMessageContaining("the file is damaged");
  }

  /** Overwrites the last page of the file that contains rows of a table, as its first byte says. */
  private void overwriteAPageOfRows() throws Exception {
    byte[] content = Files.readAllBytes(file);
    int page = content.length - 4_096;
    while (content[page] != 13) {
      page -= 4_096;
    }
    assertThat(page).isPositive();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap("damaged ".repeat(512).getBytes()), page);
    }
  }

  @Test
  void load_tableIsGone_saysWhere() throws Exception {
    SqliteStateStore store = open();
    execute("DROP TABLE circuit_breakers");

    assertThatExceptionOfType(StateStoreException.class)
        .isThrownBy(store::load)
        .withMessageContaining("cannot load from " + file)
        .withMessageContaining("no such table");
  }
}
