package io.aragora.resilience.jmh.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RatiosTest {
  @TempDir
  Path folder;

  @Test
  void measure_smokeOfAClaim_writesItsFigures() throws IOException {
    Run run = Run.beginning(Effort.SMOKE, "^rejection by permit$");
    Path results = folder.resolve("results");
    assertThat(new Ratios(Effort.SMOKE, results, folder.resolve("logs"), run).measure())
        .isZero();
    Run kept = Run.read(results);
    assertThat(kept.claims()).hasSize(1).allSatisfy(claim -> {
      assertThat(claim.figures()).allMatch(figure -> kept.figures().of(figure).isPresent());
      assertThat(claim.row(kept.figures())).contains("too few forks");
    });
    assertThat(Files.readAllLines(results.resolve(RatioTable.FILE)))
        .anyMatch(line -> line.startsWith("| rejection by permit |"));
  }
}
