package io.aragora.resilience.jmh.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.jmh.benchmark.RejectionBenchmark;
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
    Run run = Run.beginning(Effort.QUICK, "Rejection");
    keep(run.lines());
    assertThat(Run.read(folder).lines()).isEqualTo(run.lines());
    assertThat(Run.read(folder).suite()).containsExactly(RejectionBenchmark.class);
  }

  @Test
  void beginning_knowsTheVersionsOfThePeers() {
    assertThat(Run.beginning(Effort.QUICK, "").libraries())
        .matches("Resilience4j \\d+\\.\\S+ \\(R4j\\), Failsafe \\d+\\.\\S+, JMH \\d+\\.\\S+");
  }

  @Test
  void read_lineIsMissing_isRejectedByItsName() throws IOException {
    for (String line : Run.beginning(Effort.QUICK, "").lines()) {
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
    assertThat(Effort.of("five-minutes")).isEqualTo(Effort.FIVE_MINUTES);
    assertThatThrownBy(() -> Effort.of("full"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("form must be one of smoke, five-minutes, quick, nightly: full");
  }
}
