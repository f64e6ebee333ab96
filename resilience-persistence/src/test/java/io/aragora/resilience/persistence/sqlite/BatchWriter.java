package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Saves batch after batch until it is killed or its output is closed, and prints the number of each batch once its save has
 * returned. Batch n holds the breaker {@code batch-n}, and a hundred that every batch replaces, at generation n.
 */
final class BatchWriter {
  static final int REPLACED = 100;

  /** The last step, if it is not killed. */
  private static final int MOST = 100_000;

  private BatchWriter() {}

  public static void main(String[] arguments) throws Exception {
    int first = Integer.parseInt(arguments[1]);
    SqliteStateStore store = SqliteStateStore.open(new DatabaseFile(Path.of(arguments[0])), 5_000);
    for (int batch = first; batch < first + MOST && !System.out.checkError(); batch++) {
      List<SavedBreaker> states = new ArrayList<>();
      states.add(SavedBreakers.named("batch-" + batch, batch));
      for (int i = 0; i < REPLACED; i++) {
        states.add(SavedBreakers.named("replaced-" + i, batch));
      }
      store.save(states);
      System.out.println(batch);
    }
  }
}
