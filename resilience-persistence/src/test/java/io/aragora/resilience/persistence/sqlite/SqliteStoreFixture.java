package io.aragora.resilience.persistence.sqlite;

import static io.aragora.resilience.persistence.sqlite.SavedBreakers.named;
import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStoreException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Opens stores on a file of the test, closes them, and looks at what lies beside it. */
abstract class SqliteStoreFixture {
  @TempDir
  Path folder;

  Path file;
  final List<SqliteStateStore> opened = new ArrayList<>();
  RecordedLog log;
  private Set<String> claimsBefore = Set.of();

  @BeforeEach
  void recordLog() {
    file = folder.resolve("state.db");
    log = RecordedLog.of(DatabaseFile.class);
    claimsBefore = claims();
  }

  @AfterEach
  void closeAll() throws Exception {
    opened.forEach(SqliteStateStore::close);
    log.close();
    assertThat(openFiles()).as("files that are still open").isEmpty();
    assertThat(claims())
        .as("files that are still claimed, so that no other class loader could open them")
        .isEqualTo(claimsBefore);
  }

  SqliteStateStore open(Path path) throws StateStoreException {
    SqliteStateStore store = SqliteStateStore.open(new DatabaseFile(path), 5_000);
    opened.add(store);
    return store;
  }

  SqliteStateStore open() throws StateStoreException {
    return open(file);
  }

  /** Returns the files that the stores of this process claim, those of other tests too. */
  private static Set<String> claims() {
    return System.getProperties().stringPropertyNames().stream()
        .filter(name -> name.startsWith("io.aragora.resilience.persistence.sqlite.inUse."))
        .collect(Collectors.toSet());
  }

  /** Returns the files of the test that this process has open, on a system that shows them. */
  private List<String> openFiles() throws Exception {
    Path descriptors = Path.of("/proc/self/fd");
    if (!Files.isDirectory(descriptors)) {
      return List.of();
    }
    List<String> found = new ArrayList<>();
    try (Stream<Path> all = Files.list(descriptors)) {
      for (Path each : all.toList()) {
        try {
          found.add(Files.readSymbolicLink(each).toString());
        } catch (NoSuchFileException e) {
          // Closed meanwhile, as the one that lists them is.
          continue;
        }
      }
    }
    String here = folder.toRealPath().toString();
    found.removeIf(path -> !path.startsWith(here));
    return found;
  }

  /** Creates a sound file of many pages, with its log merged into it. */
  void writeDatabase() throws StateStoreException {
    SqliteStateStore store = open();
    store.save(IntStream.range(0, 1_000).mapToObj(i -> named("breaker-" + i)).toList());
    store.close();
  }

  Connection raw() throws Exception {
    return DriverManager.getConnection("jdbc:sqlite:" + file);
  }

  void execute(String... sql) throws Exception {
    try (Connection connection = raw();
        Statement statement = connection.createStatement()) {
      for (String each : sql) {
        statement.execute(each);
      }
    }
  }

  String query(String sql) throws Exception {
    try (Connection connection = raw();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.getString(1);
    }
  }

  List<String> filesNamed(String glob) throws Exception {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(path -> path.getFileName().toString())
          .filter(name -> name.matches(glob))
          .sorted()
          .toList();
    }
  }

  Path asideFile() throws Exception {
    List<String> aside = filesNamed("state\\.db\\.corrupt-\\d{8}T\\d{6}\\.\\d{3}Z(\\.\\d+)?");
    assertThat(aside).hasSize(1);
    return folder.resolve(aside.get(0));
  }

  static List<String> names(SqliteStateStore store) throws StateStoreException {
    return store.load().states().stream().map(SavedBreaker::name).toList();
  }
}
