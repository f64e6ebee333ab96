package io.aragora.resilience.examples.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("any-jdk")
class OutageSimulationTest {
  private static final StringWriter STORM_LOG = new StringWriter();
  private static final StringWriter CALM_LOG = new StringWriter();
  private static Outcome storm;
  private static Outcome calm;

  @BeforeAll
  static void run() {
    storm = OutageSimulation.run(42, false, STORM_LOG);
    calm = OutageSimulation.run(42, true, CALM_LOG);
  }

  @Test
  void sameSeed_sameLog_byteForByte() {
    StringWriter again = new StringWriter();
    assertThat(OutageSimulation.run(42, true, again)).isEqualTo(calm);
    assertThat(again.toString()).isEqualTo(CALM_LOG.toString());
  }

  @Test
  void anotherSeed_anotherLog() {
    StringWriter other = new StringWriter();
    OutageSimulation.run(43, true, other);
    assertThat(other.toString()).isNotEqualTo(CALM_LOG.toString());
  }

  @Test
  void simulation_everyCall_endsOnce() {
    assertThat(storm.ended()).isEqualTo(storm.calls());
    assertThat(calm.ended()).isEqualTo(calm.calls());
    assertThat(calm.calls()).as("a thousand callers for quarter of an hour").isGreaterThan(100_000);
  }

  @Test
  void simulation_withABudget_hasNoStorm() {
    assertThat(storm.worstLoad()).as("requests for a hundred calls").isGreaterThan(250);
    assertThat(calm.worstLoad()).isLessThan(160);
    assertThat(calm.attempts()).isLessThan(storm.attempts() * 3 / 4);
    assertThat(calm.answeredInOutage()).isGreaterThan(storm.answeredInOutage());
    assertThat(storm.rejected()).isZero();
    assertThat(calm.rejected()).isPositive();
    assertThat(calm.recoverySeconds()).isPositive();
  }

  @Test
  void page_hasTheFiguresOfThisRun() throws IOException {
    Path root = Path.of(System.getProperty("readme.file")).getParent();
    String page = Files.readString(root.resolve("docs/testing.md")).replace("\r\n", "\n");
    assertThat(page).contains(OutageSimulation.row(false, storm), OutageSimulation.row(true, calm));
    assertThat(page.lines().filter(line -> line.startsWith(" 71.000")))
        .containsExactly(inOutage(STORM_LOG), inOutage(CALM_LOG));
  }

  private static String inOutage(StringWriter log) {
    return log.toString()
        .lines()
        .filter(line -> line.startsWith(" 71.000"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void simulation_log_hasEachPhase() {
    assertThat(CALM_LOG.toString())
        .contains("the dependency fails")
        .contains("breaker CLOSED -> OPEN")
        .contains("the dependency has recovered");
    assertThat(STORM_LOG.toString()).contains("without a retry budget");
  }
}
