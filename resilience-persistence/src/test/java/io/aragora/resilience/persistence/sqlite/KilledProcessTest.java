package io.aragora.resilience.persistence.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = Kills.LIMIT_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("any-jdk")
class KilledProcessTest {
  private static final long SEED = 6;

  @TempDir
  Path folder;

  @Test
  @DisplayName(
      "a store killed while writing keeps every acknowledged batch completely, and a valid file")
  void save_processIsKilled_keepsEveryAcknowledgedBatchWholeAndTheFileSound() throws Exception {
    Path file = folder.resolve("state.db");
    Kills kills = new Kills(SEED);
    int last = 0;
    for (int round = 1; round <= Kills.COUNT; round++) {
      try (ChildJvm child = ChildJvm.start(
          BatchWriter.class,
          folder,
          List.of(ChildJvm.NATIVE_ACCESS),
          file.toString(),
          String.valueOf(last + 1))) {
        // More than a merge of the log into the file takes, and fewer.
        last = kills.killAmongWrites(child, last, 200);
      }

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
      Kills.assertSound(file);
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
}
