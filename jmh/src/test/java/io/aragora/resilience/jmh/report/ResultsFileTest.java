package io.aragora.resilience.jmh.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.jmh.benchmark.ClosedCallBenchmark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResultsFileTest {
  private static final Figure FIGURE = Figure.of(ClosedCallBenchmark.class, "oursPermit");
  private static final String VALID = """
      [{"benchmark": "io.aragora.resilience.jmh.ClosedCallBenchmark.oursPermit", "threads": 1,
        "primaryMetric": {"score": 9.5, "scoreError": 1.25, "scoreUnit": "ns/op"},
        "secondaryMetrics": {"gc.alloc.rate.norm": {"score": 0.25}}}]
      """;

  @TempDir
  Path folder;

  private Figures read(String json) throws IOException {
    return ResultsFile.read(Files.writeString(folder.resolve(Run.RESULTS), json), true);
  }

  @Test
  void read_whatJmhWrote_isFoundByItsFigure() throws IOException {
    assertThat(read(VALID).of(FIGURE)).contains(new Measured(9.5, 1.25, 0.25, 0));
    assertThat(read(VALID).of(FIGURE.threads(2))).isEmpty();
  }

  @Test
  void read_oneIterationOnly_hasNoError() throws IOException {
    assertThat(read(VALID.replace("1.25", "\"NaN\"")).of(FIGURE))
        .contains(new Measured(9.5, Double.NaN, 0.25, 0));
  }

  @Test
  void read_threeForks_isTheMedianOfTheirMedians() throws IOException {
    String json = VALID.replace(
        "\"scoreUnit\"", "\"rawData\": [[9, 1, 10], [12, 11, 10], [10, 10, 99]], \"scoreUnit\"");
    assertThat(read(json).of(FIGURE)).contains(new Measured(10, 1, 0.25, 3));
  }

  @Test
  void read_bytesNotMeasured_areNotANumber() throws IOException {
    assertThat(read(VALID.replace("gc.alloc.rate.norm", "gc.count")).of(FIGURE))
        .contains(new Measured(9.5, 1.25, Double.NaN, 0));
  }

  @Test
  void read_virtualThreads_areAParameterOfTheFigure() throws IOException {
    String json =
        VALID.replace("\"threads\": 1", "\"threads\": 1, \"params\": {\"virtualThreads\": \"64\"}");
    assertThat(read(json).of(FIGURE.virtualThreads(64))).isPresent();
    assertThat(read(json).of(FIGURE)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "9.5       | 0           | score must be positive: 0.0",
        "9.5       | \"NaN\"     | score must be positive: NaN",
        "9.5       | \"much\"    | score must be a number: \"much\"",
        "1.25      | null        | scoreError must be a number: null",
        "0.25      | {}          | score must be a number: {}",
        "ns/op     | ms/op       | scoreUnit must be ns/op: \"ms/op\"",
        "benchmark | name        | [0].benchmark must be a name:",
        "threads   | strands     | threads must be at least 1:",
        "[{        | {           | must be JSON:",
        "}]        | }] trailing | must be JSON:",
        "}]        | }, 7]       | [1].benchmark must be a name:"
      })
  void read_notWhatJmhWrites_isRejectedWithTheReason(String part, String other, String message) {
    assertThatThrownBy(() -> read(VALID.replace(part, other)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("results.json ")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource({"[]", "{}", "''"})
  void read_nothingInIt_isRejected(String json) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must be a list with a benchmark in it");
  }
}
