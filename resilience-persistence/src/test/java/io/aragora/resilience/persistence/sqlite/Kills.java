package io.aragora.resilience.persistence.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** How often and when tests kill a process that prints the numbers of acknowledged saves. */
final class Kills {
  /** As many as fit into a build. A hundred: {@code -Dresilience.kills=100}. */
  static final int COUNT = Integer.getInteger("resilience.kills", 10);

  /** Far beyond a hundred kills on a slow machine: ends what hangs. */
  static final int LIMIT_SECONDS = 1_800;

  private static final int MOST_NANOS_BETWEEN = (int) TimeUnit.MILLISECONDS.toNanos(5);

  private final Random random;

  Kills(long seed) {
    random = new Random(seed);
  }

  /**
   * Lets it print some numbers, and kills it at some instant afterwards.
   *
   * @param last the number before the first
   * @param most the most numbers to wait for
   * @return the last number that it printed
   */
  int killAmongWrites(ChildJvm child, int last, int most) throws Exception {
    int acknowledged = last;
    for (int left = 1 + random.nextInt(most); left > 0; left--) {
      acknowledged = Integer.parseInt(child.nextLine());
    }
    long end = System.nanoTime() + random.nextInt(MOST_NANOS_BETWEEN);
    while (System.nanoTime() - end < 0) {
      Thread.onSpinWait();
    }
    child.kill();
    // What it had printed before it died; the last line may have been cut off.
    for (String line = child.line(); line != null; line = child.line()) {
      if (line.equals(String.valueOf(acknowledged + 1))) {
        acknowledged++;
      }
    }
    return acknowledged;
  }

  static void assertSound(Path file) throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA integrity_check")) {
      assertThat(row.getString(1)).isEqualTo("ok");
    }
    try (Stream<Path> files = Files.list(file.getParent())) {
      assertThat(files.filter(path -> path.toString().contains(".corrupt-"))).isEmpty();
    }
  }
}
