package io.aragora.resilience.jmh.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunTest {
  @TempDir
  Path folder;

  private void keep(List<String> lines) throws IOException {
    Files.write(folder.resolve(Run.MACHINE), lines);
    Files.writeString(folder.resolve(Run.RESULTS), """
        [{"benchmark": "b", "threads": 1,
          "primaryMetric": {"score": 1, "scoreError": 0, "scoreUnit": "ns/op"}}]
        """);
  }

  @Test
  void read_whatARunSaysOfItself_isTheSame() throws IOException {
    Run run = Run.beginning(Effort.QUICK, "RejectionBenchmark");
    keep(run.lines());
    assertThat(Run.read(folder).lines()).isEqualTo(run.lines());
    assertThat(Run.read(folder).claims())
        .extracting(Claim::title)
        .containsExactly("rejection by permit", "rejection by `tryCall`", "rejection by exception");
  }

  @Test
  void claims_expression_isFoundInTheTitle() {
    assertThat(Run.beginning(Effort.QUICK, "^retry, .*2 threads").claims())
        .extracting(Claim::title)
        .containsExactly("retry, succeeds at once, 2 threads");
  }

  @Test
  void isLoaded_othersInAnyRound() {
    Run run = new Run(
        new Machine("p", 2, "s", "VM 17.0.15", 0.1),
        "",
        "",
        "",
        "",
        "",
        Double.NaN,
        new Figures(false));
    assertThat(run.afterRound(0.05).afterRound(Double.NaN).isLoaded()).isFalse();
    assertThat(run.afterRound(0.2).afterRound(0.05).isLoaded()).isTrue();
  }

  @Test
  void beginning_knowsTheVersionsOfThePeers() {
    assertThat(Run.beginning(Effort.QUICK, "").libraries())
        .matches("Resilience4j \\d+\\.\\S+ \\(R4j\\), Failsafe \\d+\\.\\S+, JMH \\d+\\.\\S+");
  }

  @Test
  void read_lineIsMissing_isRejectedByItsName() throws IOException {
    for (String line : Run.beginning(Effort.QUICK, "").lines()) {
      if (line.startsWith("used by others")) {
        // older runs do not say
        continue;
      }
      keep(Run.beginning(Effort.QUICK, "").lines().stream()
          .filter(kept -> !kept.equals(line))
          .toList());
      assertThatThrownBy(() -> Run.read(folder))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(
              "machine.txt must have the line " + line.substring(0, line.indexOf(':')));
    }
  }

  @Test
  void machine_virtualThreads_areOfTheJdkThatWasMeasured() {
    Machine machine = new Machine("processor", 2, "system", "VM 17.0.15+6-Debian-1deb12u1", 0.5);
    assertThat(machine.jdkVersion()).isEqualTo("17.0.15");
    assertThat(machine.hasVirtualThreads()).isFalse();
    assertThat(new Machine("p", 2, "s", "VM 25+36-LTS", 0.5).hasVirtualThreads())
        .isTrue();
  }

  @Test
  void effort_unknown_isRejectedWithThoseThatThereAre() {
    assertThat(Effort.of("quick")).isEqualTo(Effort.QUICK);
    assertThatThrownBy(() -> Effort.of("full"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("form must be one of smoke, quick, nightly: full");
  }
}
