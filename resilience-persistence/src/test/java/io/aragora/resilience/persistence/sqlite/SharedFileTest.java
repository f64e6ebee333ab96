package io.aragora.resilience.persistence.sqlite;

import static io.aragora.resilience.persistence.sqlite.SavedBreakers.SAVED_AT;
import static io.aragora.resilience.persistence.sqlite.SavedBreakers.entered;
import static io.aragora.resilience.persistence.sqlite.SavedBreakers.named;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStoreException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What stores that share a file may do to each other. */
@Timeout(60)
class SharedFileTest extends SqliteStoreFixture {
  @Test
  void save_twoStoresOnOneFile_seeEachOtherAndKeepTheNewer() throws Exception {
    SqliteStateStore one = open();
    SqliteStateStore other = open();
    SavedBreaker later = entered("shared", 2, SAVED_AT.minusSeconds(1), SAVED_AT);
    one.save(List.of(later, named("of one")));
    other.save(List.of(named("shared", 3), named("of the other")));

    assertThat(one.load().states())
        .containsExactlyInAnyOrder(later, named("of one"), named("of the other"));
    assertThat(other.load().states())
        .containsExactlyInAnyOrderElementsOf(one.load().states());
  }

  @Test
  @DisplayName("a process whose wall clock is ahead does not block the saves of others for ever")
  void save_oneClockWasAhead_theOtherReplacesIt() throws Exception {
    SqliteStateStore ahead = open();
    SqliteStateStore right = open();
    Instant tomorrow = SAVED_AT.plus(Duration.ofDays(1));
    ahead.save(List.of(entered("db", 9, tomorrow, tomorrow)));

    SavedBreaker now = entered("db", 2, SAVED_AT.minusSeconds(5), SAVED_AT);
    assertThat(right.save(List.of(now))).isEqualTo(1);

    assertThat(ahead.load().states()).containsExactly(now);
  }

  @Test
  @DisplayName("a row of a process whose wall clock was ahead can be removed")
  void remove_oneClockWasAhead_removesTheRow() throws Exception {
    SqliteStateStore ahead = open();
    SqliteStateStore right = open();
    Instant tomorrow = SAVED_AT.plus(Duration.ofDays(1));
    ahead.save(List.of(entered("db", 9, tomorrow, tomorrow)));

    assertThat(right.remove(List.of(entered("db", 2, SAVED_AT.minusSeconds(5), SAVED_AT))))
        .isEqualTo(1);

    assertThat(ahead.load().states()).isEmpty();
  }

  @Test
  @DisplayName(
      "a process whose wall clock was set back loses to the later change, until it catches up")
  void save_oneClockIsBehind_theLaterChangeStays() throws Exception {
    SqliteStateStore behind = open();
    SqliteStateStore right = open();
    SavedBreaker present = entered("db", 2, SAVED_AT.minusSeconds(5), SAVED_AT);
    right.save(List.of(present));
    Instant before = SAVED_AT.minusSeconds(3);

    assertThat(behind.save(List.of(entered("db", 3, before.minusSeconds(9), before))))
        .isZero();
    assertThat(right.load().states()).containsExactly(present);

    SavedBreaker caughtUp = entered("db", 4, SAVED_AT.plusSeconds(1), SAVED_AT.plusSeconds(1));
    assertThat(behind.save(List.of(caughtUp))).isEqualTo(1);
    assertThat(right.load().states()).containsExactly(caughtUp);
  }

  private void openAndSaveAtOnce(int count) throws Exception {
    CyclicBarrier start = new CyclicBarrier(count);
    ExecutorService threads = Executors.newFixedThreadPool(count);
    try {
      List<Future<SqliteStateStore>> stores = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        String name = "breaker-" + i;
        stores.add(threads.submit(() -> {
          start.await(30, TimeUnit.SECONDS);
          SqliteStateStore store = SqliteStateStore.open(new DatabaseFile(file), 30_000);
          store.save(List.of(named(name)));
          return store;
        }));
      }
      for (Future<SqliteStateStore> store : stores) {
        opened.add(store.get());
      }
    } finally {
      threads.shutdownNow();
    }

    assertThat(names(opened.get(0)))
        .containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, count).mapToObj(i -> "breaker-" + i).toList());
  }

  @Test
  void open_manyAtOnceOnANewFile_allOpenAndNothingIsLost() throws Exception {
    openAndSaveAtOnce(8);

    assertThat(log.messages()).isEmpty();
  }

  @Test
  void open_manyAtOnceOnADamagedFile_oneSetsItAsideAndNothingIsLost() throws Exception {
    Files.writeString(file, "This is not a database.");

    openAndSaveAtOnce(8);

    assertThat(asideFile()).hasContent("This is not a database.");
  }

  @Test
  void save_anotherProcessHoldsTheLock_failsAfterTheTimeoutAndWorksLater() throws Exception {
    SqliteStateStore store = SqliteStateStore.open(new DatabaseFile(file), 1);
    opened.add(store);
    try (Connection other = raw();
        Statement statement = other.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");

      assertThatExceptionOfType(StateStoreException.class)
          .isThrownBy(() -> store.save(List.of(named("db"))))
          .withMessageContaining("cannot save to " + file)
          .withMessageContaining("another process holds the file");
      statement.execute("ROLLBACK");
    }

    store.save(List.of(named("db")));
    assertThat(names(store)).containsExactly("db");
  }
}
