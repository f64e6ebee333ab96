package io.aragora.resilience.persistence.sqlite;

import static io.aragora.resilience.persistence.sqlite.SavedBreakers.entered;
import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Changes to the file by others while a runtime has it open. */
@Timeout(60)
class DamagedWhileRunningTest {
  private static final CircuitBreakerConfig CONFIG = CircuitBreakerConfig.builder()
      .failureThreshold(1)
      .cooldown(Duration.ofDays(1))
      .build();

  /** The time within which a failing store is closed, opened again, and receives the state. */
  private static final Duration A_FEW_TRIES = Duration.ofSeconds(30);

  @TempDir
  Path folder;

  private final ManualTime time = ManualTime.create();
  private Path file;
  private Resilience resilience;
  private RecordedLog log;
  private RecordedLog outages;

  @BeforeEach
  void openRuntimeWithOpenBreakers() {
    log = RecordedLog.of(DatabaseFile.class);
    outages = RecordedLog.of("io.aragora.resilience.core.persistence.StoreConnection");
    file = folder.resolve("state.db");
    resilience = open();
    trip(breaker("early"));
    trip(keys().forKey("early"));
    CircuitBreaker idle = keys().forKey("idle");
    idle.recordSuccess(idle.acquirePermit());
    assertThat(resilience.flush(Duration.ofSeconds(5))).isTrue();
    // Idle for so long that neither is saved by itself.
    time.advance(Duration.ofMinutes(10));
  }

  @AfterEach
  void close() {
    resilience.close();
    log.close();
    outages.close();
  }

  private Resilience open() {
    return Resilience.builder().timeSource(time).stateStore("sqlite:" + file).build();
  }

  private CircuitBreaker breaker(String name) {
    return resilience.circuitBreaker(name, CONFIG);
  }

  private KeyedCircuitBreaker keys() {
    return resilience.keyedCircuitBreaker("k", KeyedCircuitBreakerConfig.of(CONFIG));
  }

  private static void trip(CircuitBreaker breaker) {
    breaker.recordFailure(breaker.acquirePermit(), new IOException("down"));
  }

  private static List<String> rows(Path file) throws Exception {
    try (SqliteStateStore store = SqliteStateStore.open(new DatabaseFile(file), 5_000)) {
      StateStore.Loaded loaded = store.load();
      assertThat(loaded.problems()).isEmpty();
      return loaded.states().stream()
          .map(state -> state.id() + " " + state.state().text())
          .toList();
    }
  }

  private void assertOutage(String said) {
    trip(breaker("late"));
    assertThat(resilience.flush(Duration.ofSeconds(5))).isFalse();
    assertThat(resilience.status().stateStore().lastError()).contains(said);
    assertThat(resilience.health().checkAll().checks().get("state store").status())
        .isEqualTo(HealthStatus.DEGRADED);
  }

  /** Every breaker is as before, and the file contains all of them, idle ones included. */
  private void assertAllSavedAnew() throws Exception {
    time.advance(A_FEW_TRIES);
    assertThat(resilience.status().stateStore().lastError()).isNull();
    assertThat(outages.messages())
        .as("one line for the outage, one for its end")
        .hasSize(2);
    for (CircuitBreaker each : List.of(breaker("early"), breaker("late"), keys().forKey("early"))) {
      assertThat(each.state()).as(each.name()).isEqualTo(CircuitBreakerState.OPEN);
      assertThat(each.snapshot().totals().failures()).as(each.name()).isEqualTo(1);
    }
    assertThat(rows(file)).contains("early open", "k:early open", "late open");
    time.advance(Duration.ofHours(2));
    assertThat(rows(file))
        .as("closed keys come with the hourly save of all")
        .contains("early open", "k:early open", "late open", "k:idle closed");
  }

  private Path setAside(String why) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(path -> path.getFileName().toString().startsWith("state.db." + why))
          // Moved with the log, and of no interest.
          .filter(path -> !path.toString().endsWith("-shm"))
          .findFirst()
          .orElseThrow(() -> new AssertionError("nothing was set aside"));
    }
  }

  @Test
  @DisplayName("a deleted file is created again, and all live state is saved again")
  void file_isDeleted_isMadeAnewWithEverythingInIt() throws Exception {
    Files.delete(file);

    assertOutage(file + " is gone");
    assertAllSavedAnew();
    assertThat(setAside("replaced-")).as("its log").asString().endsWith("-wal");
  }

  @Test
  @DisplayName("a file that is deleted with its log and index is created again")
  void everyFile_isDeleted_isMadeAnewWithEverythingInIt() throws Exception {
    for (String suffix : List.of("", "-wal", "-shm", "-lock")) {
      Files.delete(Path.of(file + suffix));
    }

    assertOutage(file + " is gone");
    assertAllSavedAnew();
    assertThat(log.messages()).isEmpty();
  }

  @Test
  @DisplayName("another database that replaces the file is used, and keeps its content")
  void file_isReplacedByAnother_isUsedTogetherWithWhatIsInIt() throws Exception {
    Path other = folder.resolve("other.db");
    try (SqliteStateStore store = SqliteStateStore.open(new DatabaseFile(other), 5_000)) {
      store.save(List.of(
          entered("of the other", 2, time.wallTime(), time.wallTime()),
          entered("early", 2, time.wallTime().minusSeconds(86_400), time.wallTime())));
    }
    Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);

    assertOutage("another file took its place");
    assertAllSavedAnew();
    assertThat(rows(file)).contains("of the other open");
    assertThat(log.messages())
        .containsExactly("WARNING " + file + " was replaced while it was open: its log is set"
            + " aside as " + setAside("replaced-"));
  }

  @Test
  @DisplayName("a replacement of the file that is no database is set aside")
  void file_isReplacedByNoDatabase_isSetAsideAndMadeAnew() throws Exception {
    Path other = Files.writeString(folder.resolve("other"), "This is not a database. ".repeat(99));
    Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);

    assertOutage("another file took its place");
    assertAllSavedAnew();
    assertThat(setAside("corrupt-")).content().startsWith("This is not a database.");
  }

  @Test
  @DisplayName("the next save detects a file that was cut off, sets it aside, and creates it again")
  void file_isCutOff_isSetAsideAndMadeAnew() throws Exception {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(0);
    }

    assertOutage("it was cut off");
    assertAllSavedAnew();
    assertThat(setAside("corrupt-")).exists();
  }

  @Test
  @DisplayName("the hourly purge detects an overwritten file, sets it aside, and creates it again")
  void file_isOverwritten_isSetAsideAndMadeAnew() throws Exception {
    byte[] rubbish = new byte[(int) Files.size(file)];
    Arrays.fill(rubbish, (byte) 0x5a);
    Files.write(file, rubbish, StandardOpenOption.WRITE);

    trip(breaker("late"));
    time.advance(Duration.ofMinutes(70));
    assertThat(resilience.status().stateStore().failures()).isPositive();
    assertAllSavedAnew();
    assertThat(setAside("corrupt-")).exists();
  }

  @Test
  @DisplayName("the next save detects a deleted log, and all live state is saved again")
  void log_isDeleted_isSeenAndEverythingIsSavedAnew() throws Exception {
    Files.delete(Path.of(file + "-wal"));

    assertOutage(file + "-wal is gone");
    assertAllSavedAnew();
  }
}
