package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.quota.WhenAlone;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Processes that share a limit on a real server. One is killed, and another takes its place. {@code -Dfleet.seconds=120}
 * also takes the server away, and writes what {@code docs/fleet.md} shows to {@code target/fleet}.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("any-jdk")
class FleetProcessesTest {
  private static final int LIMIT = 1_000;
  private static final int BURST = 100;
  private static final int LEASE = LIMIT / 4;

  /** The killed process counts as well. */
  private static final int INSTANCES = 4;

  private static final int CALLS_PER_SECOND = 2_000;
  private static final long SECONDS = Long.getLong("fleet.seconds", 5);
  private static final boolean IS_LONG = SECONDS >= 60;
  private static final long OUTAGE_MILLIS = 10_000;

  private static double bound(long millis) {
    return BURST + LIMIT * millis / 1e3 + INSTANCES * (LEASE + 1);
  }

  @Test
  @Tag("FL-01")
  @Tag("FL-06")
  @Tag("FL-10")
  @DisplayName(
      "processes, of which one is killed, admit no more than their bound, beside a fleet of other settings")
  void fleet_ofProcesses_keepsItsBound() throws Exception {
    try (PostgresServer server = PostgresServer.start();
        ObservedFleet fleet = new ObservedFleet(
            server.location(), LIMIT, BURST, IS_LONG ? WhenAlone.SHARE : WhenAlone.REJECT);
        ObservedFleet others =
            new ObservedFleet(server.location(), LIMIT / 2, BURST, WhenAlone.REJECT)) {
      long millis = TimeUnit.SECONDS.toMillis(SECONDS);
      fleet.start(CALLS_PER_SECOND, millis);
      fleet.start(CALLS_PER_SECOND, millis);
      Process killed = fleet.start(CALLS_PER_SECOND, millis);
      Await.until("they call", fleet::hasCalled);
      Outage outage = new Outage(server, System.currentTimeMillis(), commits(server));
      outage.sleepUntil(millis * 35 / 100);
      killed.destroyForcibly().waitFor();
      fleet.start(CALLS_PER_SECOND, millis * 65 / 100);
      if (IS_LONG) {
        outage.happen(millis);
      } else {
        others.start(CALLS_PER_SECOND, millis / 2);
      }
      fleet.await();
      others.await();

      for (long window : new long[] {100, 1_000, 3_000}) {
        assertThat((double) fleet.mostWithin(window))
            .as("admitted within %s ms", window)
            .isPositive()
            .isLessThanOrEqualTo(bound(window));
      }
      if (IS_LONG) {
        new Report(fleet, outage).write(Path.of("target", "fleet"));
      } else {
        // The later one is alone, and rejects everything: the first one began to call before the
        // start of the processes.
        assertThat(others.mostWithin(1_000)).isLessThanOrEqualTo(1);
      }
    }
  }

  private static long commits(PostgresServer server) throws SQLException {
    try (Connection connection = DatabaseLocation.parse(server.location()).connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")) {
      row.next();
      return row.getLong(1);
    }
  }

  /** The clock of the test, and a server that is away for a while. */
  private static final class Outage {
    private final PostgresServer server;
    private final long begunAt;
    private final long commitsBefore;
    private double statementsPerSecond;
    private long goneAt;
    private long backAt;

    Outage(PostgresServer server, long begunAt, long commitsBefore) {
      this.server = server;
      this.begunAt = begunAt;
      this.commitsBefore = commitsBefore;
    }

    void sleepUntil(long millis) throws Exception {
      Await.until("time passes", () -> System.currentTimeMillis() - begunAt >= millis);
    }

    void happen(long millis) throws Exception {
      sleepUntil(millis * 70 / 100);
      double seconds = (System.currentTimeMillis() - begunAt) / 1e3;
      statementsPerSecond = (commits(server) - commitsBefore) / seconds;
      server.stop();
      goneAt = System.currentTimeMillis();
      sleepUntil(goneAt - begunAt + OUTAGE_MILLIS);
      server.launch();
      backAt = System.currentTimeMillis();
    }
  }

  /** What the page shows. */
  private record Report(ObservedFleet fleet, Outage outage) {
    void write(Path folder) throws IOException {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("seconds.csv"), seconds());
      Files.writeString(folder.resolve("figures.md"), figures());
    }

    private String seconds() {
      StringBuilder lines = new StringBuilder("second,admitted,bound,alone\n");
      for (int second = 0; second < SECONDS; second++) {
        long from = outage.begunAt + second * 1_000L;
        lines.append(String.format(
            Locale.ROOT,
            "%d,%d,%.0f,%d%n",
            second,
            fleet.admittedBetween(from, from + 1_000),
            bound(1_000),
            aloneAt(from + 500)));
      }
      return lines.toString();
    }

    private long aloneAt(long instant) {
      long alone = fleet.changes().stream()
          .filter(change -> change.at() <= instant)
          .mapToLong(change -> change.isAlone() ? 1 : -1)
          .sum();
      return Math.max(0, alone);
    }

    private String figures() {
      // From when all have started and ramped up, to the kill.
      long from = outage.begunAt + 5_000;
      long to = outage.begunAt + SECONDS * 350;
      double rate = fleet.admittedBetween(from, to) * 1e3 / (to - from);
      List<String> rows = new ArrayList<>();
      rows.add("| rate held by three processes that want 6,000 a second, limit 1,000 | "
          + Math.round(rate) + " a second |");
      for (long window : new long[] {100, 1_000, 3_000}) {
        rows.add("| most admitted within " + window / 1e3 + " s, bound of the page | "
            + fleet.mostWithin(window) + " of " + Math.round(bound(window)) + " |");
      }
      rows.add(
          "| statements on the store | " + Math.round(outage.statementsPerSecond) + " a second |");
      rows.add("| server gone: the last process is alone | after "
          + shown(latest(true, outage.goneAt, outage.backAt), outage.goneAt) + " |");
      rows.add("| server back: the last process leases again | after "
          + shown(latest(false, outage.backAt, Long.MAX_VALUE), outage.backAt) + " |");
      return "| | |\n|---|---|\n" + String.join("\n", rows) + "\n";
    }

    private @Nullable Long latest(boolean isAlone, long from, long to) {
      return fleet.changes().stream()
          .filter(change -> change.isAlone() == isAlone && change.at() >= from && change.at() < to)
          .map(ObservedFleet.Change::at)
          .max(Long::compare)
          .orElse(null);
    }

    private static String shown(@Nullable Long at, long since) {
      return at == null ? "not seen" : String.format(Locale.ROOT, "%.1f s", (at - since) / 1e3);
    }
  }
}
