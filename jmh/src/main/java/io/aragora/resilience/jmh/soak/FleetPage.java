package io.aragora.resilience.jmh.soak;

import io.aragora.resilience.jmh.report.LineChart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes the figures of a fleet of processes to docs/fleet.md, and its plot. The arguments are the folder of the
 * measured fleet and that of the docs.
 */
public final class FleetPage {
  private static final String START = "<!-- fleet: start -->";
  private static final String END = "<!-- fleet: end -->";

  private FleetPage() {}

  public static void main(String... arguments) throws IOException {
    Path measured = Path.of(arguments[0]);
    Path docs = Path.of(arguments[1]);
    List<String> seconds = Files.readAllLines(measured.resolve("seconds.csv"));
    Files.writeString(
        docs.resolve("images").resolve("fleet.svg"), chart(seconds).svg());
    Path page = docs.resolve("fleet.md");
    List<String> lines = new ArrayList<>(Files.readAllLines(page));
    List<String> published = lines.subList(lines.indexOf(START) + 1, lines.indexOf(END));
    published.clear();
    published.add("");
    published.addAll(Files.readAllLines(measured.resolve("figures.md")));
    published.add("");
    Files.write(page, lines);
  }

  private static LineChart chart(List<String> seconds) {
    return new LineChart(
        "Calls that a fleet of three processes admits",
        "A limit of 1,000 a second with a burst of 100. A process is killed and replaced after a third of the time; the server is"
            + " away for ten seconds after two thirds.",
        List.of("admitted", "bound of a second"),
        List.of(
            new LineChart.Panel(
                "calls admitted a second", false, List.of(column(seconds, 1), column(seconds, 2))),
            new LineChart.Panel("processes that work alone", false, List.of(column(seconds, 3)))));
  }

  private static double[] column(List<String> seconds, int column) {
    return seconds.stream()
        .skip(1)
        .mapToDouble(line -> Double.parseDouble(line.split(",")[column]))
        .toArray();
  }
}
