package io.aragora.resilience.jmh.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SimulationsTest {
  private static final Path DOCS = Path.of("../docs").toAbsolutePath().normalize();

  @Test
  void page_hasTheStoriesAndTheirPlots() throws IOException {
    List<String> lines = Files.readAllLines(DOCS.resolve(Simulations.PAGE));
    List<String> published =
        lines.subList(lines.indexOf(Simulations.START), lines.indexOf(Simulations.END));

    assertThat(published).filteredOn(line -> line.startsWith("### ")).hasSameSizeAs(Story.ALL);
    for (Story story : Story.ALL) {
      assertThat(published)
          .contains("### " + story.title(), story.text())
          .anyMatch(line -> line.endsWith("(" + Simulations.FOLDER + "/" + story.file() + ".svg)"));
    }
    try (Stream<Path> plots = Files.list(DOCS.resolve(Simulations.FOLDER))) {
      assertThat(plots.map(plot -> plot.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(
              Story.ALL.stream().map(story -> story.file() + ".svg").toList());
    }
  }

  @Test
  void run_patienceEnds_callIsDroppedAndStillServed() {
    Scenario scenario = Scenario.overloaded(1, 100, 2, 20).patience(0.05);

    List<Second> run = Simulation.run(scenario, Limiter.none(), 1);

    assertThat(run).hasSize(20);
    assertThat(run.stream().mapToInt(Second::dropped).sum()).isPositive();
    assertThat(run)
        .allSatisfy(second -> assertThat(second.p90Millis())
            .satisfiesAnyOf(
                millis -> assertThat(millis).isLessThanOrEqualTo(50.0),
                millis -> assertThat(millis).isNaN()));
  }

  @Test
  void run_withoutLoad_latenciesAreThoseOfTheService() {
    List<Second> run = Simulation.run(Scenario.overloaded(1000, 10, 0.1, 20), Limiter.none(), 1);

    assertThat(Simulations.median(run, 0, Second::p90Millis)).isBetween(21.0, 25.0);
    assertThat(Simulations.median(run, 0, Second::medianMillis)).isBetween(6.0, 8.0);
  }
}
