package io.aragora.resilience.persistence.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.persistence.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class KilledProcessTest {
  private static final int ROUNDS = 10;

  @TempDir
  Path folder;

  @Test
  void save_processIsKilled_keepsEveryAcknowledgedBatchWholeAndTheFileSound() throws Exception {
    Path file = folder.resolve("state.db");
    int last = 0;
    for (int round = 1; round <= ROUNDS; round++) {
      // A different number each time, so that the kill meets the log at different lengths, merges
      // included.
      last = acknowledgedBeforeKill(file, last + 1, 3 + 20 * round);

      try (SqliteStateStore store = SqliteStateStore.open(new DatabaseFile(file), 5_000)) {
        StateStore.Loaded loaded = store.load();

        assertThat(loaded.problems()).isEmpty();
        assertThat(names(loaded, "batch-"))
            .containsAll(
                IntStream.rangeClosed(1, last).mapToObj(i -> "batch-" + i).toList());
        List<Long> generations = replacedGenerations(loaded);
        assertThat(generations).hasSize(BatchWriter.REPLACED);
        // One that was saved and not yet acknowledged may be there too, but whole.
        assertThat(generations.stream().distinct()).hasSize(1);
        assertThat(generations.get(0)).isBetween((long) last, last + 1L);
        assertThat(names(loaded, "batch-")).hasSize(generations.get(0).intValue());
        last = generations.get(0).intValue();
      }
      assertThat(integrity(file)).isEqualTo("ok");
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.filter(path -> path.toString().contains(".corrupt-"))).isEmpty();
    }
  }

  private int acknowledgedBeforeKill(Path file, int first, int count) throws Exception {
    int last = first - 1;
    try (ChildJvm child = ChildJvm.start(
        BatchWriter.class,
        folder,
        List.of("--enable-native-access=ALL-UNNAMED"),
        file.toString(),
        String.valueOf(first))) {
      for (int i = 0; i < count; i++) {
        last = Integer.parseInt(lineOf(child));
      }
      child.kill();
      // What it had printed before it died; the last line may have been cut off.
      for (String line = child.line(); line != null; line = child.line()) {
        if (line.equals(String.valueOf(last + 1))) {
          last++;
        }
      }
    }
    return last;
  }

  private static String lineOf(ChildJvm child) throws Exception {
    String line = child.line();
    assertThat(line).as(() -> "the child ended by itself: " + errorsOf(child)).isNotNull();
    return line;
  }

  private static String errorsOf(ChildJvm child) {
    try {
      return child.errors();
    } catch (java.io.IOException e) {
      return e.toString();
    }
  }

  private static List<String> names(StateStore.Loaded loaded, String prefix) {
    return loaded.states().stream()
        .map(SavedBreaker::name)
        .filter(name -> name.startsWith(prefix))
        .collect(Collectors.toList());
  }

  private static List<Long> replacedGenerations(StateStore.Loaded loaded) {
    return loaded.states().stream()
        .filter(state -> state.name().startsWith("replaced-"))
        .map(SavedBreaker::generation)
        .toList();
  }

  private static String integrity(Path file) throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA integrity_check")) {
      return row.getString(1);
    }
  }
}
