package io.aragora.resilience.persistence.sqlite;

import static io.aragora.resilience.persistence.sqlite.SavedBreakers.SAVED_AT;
import static io.aragora.resilience.persistence.sqlite.SavedBreakers.named;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.ratelimiter.SavedLimiter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TimeZone;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SqliteStateStoreTest extends SqliteStoreFixture {
  @Nested
  class Owner {
    @BeforeEach
    void needsPosix() {
      assumeTrue(
          folder.getFileSystem().supportedFileAttributeViews().contains("posix"),
          "this file system knows no owners");
    }

    private String permissions(Path path) throws Exception {
      return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    @Tag("PE-01")
    @DisplayName(
        "opening creates the file, its folders and its table, accessible to the owner only")
    void open_missingFolders_createsThemAndTheFilesForTheOwnerAlone() throws Exception {
      Path deep = folder.resolve("a/b/state.db");

      open(deep).save(List.of(named("db")));

      assertThat(permissions(folder.resolve("a"))).isEqualTo("rwx------");
      assertThat(permissions(folder.resolve("a/b"))).isEqualTo("rwx------");
      assertThat(permissions(deep)).isEqualTo("rw-------");
      assertThat(permissions(Path.of(deep + "-wal"))).isEqualTo("rw-------");
      assertThat(permissions(Path.of(deep + "-shm"))).isEqualTo("rw-------");
    }

    @Test
    void open_fileThatOthersMayRead_isRestricted() throws Exception {
      writeDatabase();
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-r--"));

      open().save(List.of(named("db")));

      assertThat(permissions(file)).isEqualTo("rw-------");
      assertThat(permissions(Path.of(file + "-wal"))).isEqualTo("rw-------");
    }

    @Test
    void open_folderThatIsALink_isFollowed() throws Exception {
      Path real = Files.createDirectory(folder.resolve("real"));
      Path link = Files.createSymbolicLink(folder.resolve("link"), real);

      open(link.resolve("state.db")).save(List.of(named("db")));

      assertThat(real.resolve("state.db")).exists();
    }
  }

  @Nested
  class Rows {
    @Test
    @Tag("PE-05")
    @Tag("fault-69")
    @DisplayName("unreadable rows are reported and skipped, and the others are loaded")
    void load_badRows_areReportedAndTheOthersLoaded() throws Exception {
      SqliteStateStore store = open();
      store.save(Stream.of(
              "state", "key", "text", "null byte", "negative", "large", "real", "cooldown", "good")
          .map(SavedBreakers::named)
          .toList());
      execute(
          "UPDATE circuit_breakers SET state = 'ajar' WHERE name = 'state'",
          "UPDATE circuit_breakers SET key = x'00' WHERE name = 'key'",
          "UPDATE circuit_breakers SET generation = 'seven' WHERE name = 'text'",
          "UPDATE circuit_breakers SET declared = x'00ffff' WHERE name = 'null byte'",
          "UPDATE circuit_breakers SET late = -1 WHERE name = 'negative'",
          "UPDATE circuit_breakers SET cooldown_step = 3000000000 WHERE name = 'large'",
          "UPDATE circuit_breakers SET open_until_micros = 1.5 WHERE name = 'real'",
          "UPDATE circuit_breakers SET cooldown_micros = -5 WHERE name = 'cooldown'");

      var loaded = store.load();

      assertThat(loaded.states()).containsExactly(named("good"));
      assertThat(loaded.problems())
          .containsExactlyInAnyOrder(
              "skipped 'state': state must be one of closed, open, half_open, forced_open,"
                  + " metrics_only, disabled: ajar",
              "skipped 'key': key must be text: 1 bytes",
              "skipped 'text': generation must be a whole number: seven",
              "skipped 'null byte': declared must be text: 3 bytes",
              "skipped 'negative': late must not be negative: -1",
              "skipped 'large': cooldown_step must be at most 2147483647: 3000000000",
              "skipped 'real': open_until_micros must be a whole number: 1.5",
              "skipped 'cooldown': cooldown_micros must not be negative: -5");
    }

    @Test
    void load_nameIsNoText_isReportedShortened() throws Exception {
      SqliteStateStore store = open();
      store.save(List.of(named("x".repeat(5_000)), named("y".repeat(100)), named("b")));
      execute(
          "UPDATE circuit_breakers SET generation = -1 WHERE name <> 'b'",
          "UPDATE circuit_breakers SET name = x'010203' WHERE name = 'b'");

      assertThat(store.load().problems())
          .containsExactlyInAnyOrder(
              "skipped '" + "x".repeat(100) + "...': generation must not be negative: -1",
              "skipped '" + "y".repeat(100) + "': generation must not be negative: -1",
              "skipped '3 bytes': name must be text: 3 bytes");
    }

    @Test
    void save_overARowThatCannotBeRead_replacesIt() throws Exception {
      SqliteStateStore store = open();
      store.save(List.of(named("state", 9), named("text", 9), named("entered", 9)));
      execute(
          "UPDATE circuit_breakers SET state = 'ajar' WHERE name = 'state'",
          "UPDATE circuit_breakers SET generation = 'seven' WHERE name = 'text'",
          "UPDATE circuit_breakers SET entered_at_micros = 'noon' WHERE name = 'entered'");

      store.save(List.of(named("state", 1), named("text", 1), named("entered", 1)));

      assertThat(store.load().problems()).isEmpty();
      assertThat(store.load().states())
          .containsExactlyInAnyOrder(named("state", 1), named("text", 1), named("entered", 1));
    }

    @Test
    @DisplayName("the last saved state is loaded first")
    void load_severalAges_newestFirst() throws Exception {
      SqliteStateStore store = open();
      store.save(List.of(
          named("old", 1, SAVED_AT.minusSeconds(10)),
          named("new", 1, SAVED_AT.plusSeconds(10)),
          named("middle", 1, SAVED_AT)));

      assertThat(names(store)).containsExactly("new", "middle", "old");
    }

    @Test
    @Tag("PE-02")
    @DisplayName("saving a breaker again replaces its row, threshold and counts included")
    void save_sameBreakerAgain_replacesTheRow() throws Exception {
      SqliteStateStore store = open();
      store.save(List.of(named("db", 1)));

      assertThat(store.save(List.of(named("db", 2)))).isEqualTo(1);

      assertThat(store.load().states()).singleElement().satisfies(row -> {
        assertThat(row.declared()).isEqualTo("failureThreshold=5");
        assertThat(row.consecutiveFailures()).isEqualTo(2);
        assertThat(row.totals().successes()).isEqualTo(2);
      });
    }

    @Test
    @Tag("PE-13")
    @Tag("fault-72")
    @DisplayName("times are whole microseconds since 1970, independent of time zones")
    void save_times_areNumbersWithoutAZone() throws Exception {
      TimeZone before = TimeZone.getDefault();
      SqliteStateStore store = open();
      try {
        TimeZone.setDefault(TimeZone.getTimeZone("America/St_Johns"));
        store.save(List.of(named("db")));
        TimeZone.setDefault(TimeZone.getTimeZone("Pacific/Kiritimati"));

        assertThat(store.load().states()).containsExactly(named("db"));
        assertThat(store.purgeSavedBefore(SAVED_AT))
            .as("PE-14: not strictly before")
            .isZero();
        assertThat(store.purgeSavedBefore(SAVED_AT.plusNanos(1_000))).isEqualTo(1);
      } finally {
        TimeZone.setDefault(before);
      }
    }

    @Test
    void save_nameWithNulCharacter_comesBack() throws Exception {
      SqliteStateStore store = open();

      store.save(List.of(named("a\0b"), named("a")));

      assertThat(names(store)).containsExactlyInAnyOrder("a\0b", "a");
    }

    @Test
    @DisplayName("each surrogate without a partner is restored, the first and the last one too")
    void save_nameWithUnpairedSurrogate_comesBack() throws Exception {
      SqliteStateStore store = open();
      List<String> names = List.of("\uD7FF", "\uD800", "\uDBFF", "\uDC00", "\uDFFF", "\uE000");

      store.save(names.stream().map(SavedBreakers::named).toList());

      assertThat(names(store)).containsExactlyInAnyOrderElementsOf(names);
    }

    @Test
    @Tag("PE-12")
    @Tag("fault-71")
    @Tag("fault-73")
    @DisplayName("a save is one transaction; if it fails, it writes nothing and throws")
    void save_databaseRejectsOneRow_writesNone() throws Exception {
      SqliteStateStore store = open();
      execute("CREATE TRIGGER reject BEFORE INSERT ON circuit_breakers WHEN new.name = 'bad'"
          + " BEGIN SELECT RAISE(ABORT, 'rejected by a trigger'); END");
      List<SavedBreaker> batch = new ArrayList<>();
      for (int i = 0; i < 1_200; i++) {
        batch.add(named("breaker-" + i));
      }
      batch.add(named("bad"));

      assertThatExceptionOfType(StateStoreException.class)
          .isThrownBy(() -> store.save(batch))
          .withMessageContaining("cannot save to " + file)
          .withMessageContaining("rejected by a trigger");

      assertThat(names(store)).isEmpty();
      store.save(List.of(named("good")));
      assertThat(names(store)).containsExactly("good");
    }

    @Test
    @DisplayName("each row of a batch is counted, however many there are")
    void saveAndRemove_moreThanTheDriverHolds_countsEachRow() throws Exception {
      SqliteStateStore store = open();
      List<SavedBreaker> batch =
          IntStream.range(0, 1_001).mapToObj(i -> named("breaker-" + i)).toList();

      assertThat(store.save(batch)).isEqualTo(1_001);
      assertThat(store.remove(batch.subList(1, 1_001))).isEqualTo(1_000);
      assertThat(names(store)).containsExactly("breaker-0");
    }

    @Test
    @DisplayName("a purge counts the rows of breakers and of rate limiters")
    void purgeSavedBefore_breakersAndLimiters_countsBoth() throws Exception {
      SqliteStateStore store = open();
      store.save(List.of(named("a"), named("b")));
      store.saveLimiters(List.of(SavedLimiter.builder("l")
          .declared("limit=10")
          .fullAt(SAVED_AT)
          .savedAt(SAVED_AT)
          .build()));

      assertThat(store.purgeSavedBefore(SAVED_AT.plusSeconds(1))).isEqualTo(3);
    }

    @Test
    void purgeSavedBefore_farthestInstants_removesAllOrNone() throws Exception {
      SqliteStateStore store = open();
      store.save(List.of(named("a"), named("b")));

      assertThat(store.purgeSavedBefore(Instant.MIN)).isZero();
      assertThat(store.purgeSavedBefore(Instant.MAX)).isEqualTo(2);
    }
  }

  @Nested
  class Places {
    @Test
    void open_belowAFile_saysWhatToDo() throws Exception {
      Path below = Files.writeString(file, "a file").resolve("sub/state.db");

      assertThatExceptionOfType(StateStoreException.class)
          .isThrownBy(() -> open(below))
          .withMessageStartingWith("cannot create " + below)
          .withMessageEndingWith(
              "; let the user of this process write to its folder, or let stateStore name another place");
      assertThat(file).hasContent("a file");
    }

    @Test
    void open_folder_saysSoAndLeavesNothingBehind() throws Exception {
      Files.createDirectory(file);

      assertThatExceptionOfType(StateStoreException.class)
          .isThrownBy(() -> open())
          .withMessage(
              "cannot open " + file + ": it is a folder; let stateStore name a regular file");
      assertThat(filesNamed(".*")).containsExactly("state.db");
    }
  }

  @Test
  void close_anythingAfterwards_saysThatItIsClosed() throws Exception {
    SqliteStateStore store = open();
    store.close();

    assertThatExceptionOfType(StateStoreException.class)
        .isThrownBy(store::load)
        .withMessage("cannot load from " + file + ": it is closed");
    assertThatExceptionOfType(StateStoreException.class)
        .isThrownBy(() -> store.save(List.of()))
        .withMessage("cannot save to " + file + ": it is closed");
    assertThatExceptionOfType(StateStoreException.class)
        .isThrownBy(() -> store.purgeSavedBefore(SAVED_AT))
        .withMessage("cannot purge " + file + ": it is closed");
  }
}
