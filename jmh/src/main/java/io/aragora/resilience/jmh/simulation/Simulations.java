package io.aragora.resilience.jmh.simulation;

import io.aragora.resilience.jmh.report.LineChart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** Writes the plots and tables of docs/concurrency-limit-simulations.md. The argument is the folder of the docs. */
public final class Simulations {
  static final String PAGE = "concurrency-limit-simulations.md";
  static final String FOLDER = "simulations";
  static final String START = "<!-- simulations: start -->";
  static final String END = "<!-- simulations: end -->";

  private static final int SEEDS = 10;
  private static final int LAST = 60;

  private Simulations() {}

  public static void main(String... arguments) throws IOException {
    Path docs = Path.of(arguments[0]);
    Files.createDirectories(docs.resolve(FOLDER));
    List<String> section = new ArrayList<>(List.of(START));
    for (Story story : Story.ALL) {
      System.out.println(story.title());
      section.addAll(tell(story, docs.resolve(FOLDER)));
    }
    Path page = docs.resolve(PAGE);
    List<String> lines = new ArrayList<>(Files.readAllLines(page));
    List<String> published = lines.subList(lines.indexOf(START), lines.indexOf(END));
    published.clear();
    published.addAll(section);
    Files.write(page, lines);
  }

  private static List<String> tell(Story story, Path folder) throws IOException {
    List<String> names = new ArrayList<>();
    List<List<Second>> first = new ArrayList<>();
    List<String> rows = new ArrayList<>();
    for (Contestant contestant : Contestant.values()) {
      if (story.compares(contestant)) {
        List<List<Second>> runs = new ArrayList<>();
        for (long seed = 1; seed <= SEEDS; seed++) {
          try (Limiter limiter = contestant.limiter(seed)) {
            runs.add(Simulation.run(story.scenario(), limiter, seed));
          }
        }
        names.add(contestant.title());
        first.add(runs.get(0));
        rows.add(row(contestant, story, runs));
      }
    }
    Files.writeString(
        folder.resolve(story.file() + ".svg"), chart(story, names, first).svg());

    List<String> lines = new ArrayList<>(List.of(
        "",
        "### " + story.title(),
        "",
        story.text(),
        "",
        "![" + story.title() + "](" + FOLDER + "/" + story.file() + ".svg)",
        "",
        "| limiter | limit | served a second (worst seed) | 90th percentile, ms |",
        "|---|---|---|---|"));
    lines.addAll(rows);
    return lines;
  }

  private static String row(Contestant contestant, Story story, List<List<Second>> runs) {
    int seconds = story.scenario().seconds();
    double[] limits = runs.stream()
        .mapToDouble(run -> median(run, seconds - LAST, Second::limit))
        .toArray();
    double[] served = runs.stream()
        .mapToDouble(run -> run.subList(story.measuredFrom(), seconds).stream()
            .mapToInt(Second::served)
            .average()
            .orElseThrow())
        .toArray();
    double[] latencies = runs.stream()
        .mapToDouble(run -> median(run, seconds - LAST, Second::p90Millis))
        .toArray();
    return String.format(
        Locale.ROOT,
        "| %s | %s | %,.0f (%,.0f) | %s |",
        contestant.title(),
        mean(limits, "none"),
        Arrays.stream(served).average().orElseThrow(),
        Arrays.stream(served).min().orElseThrow(),
        mean(latencies, "none is served"));
  }

  private static String mean(double[] values, String none) {
    double mean = Arrays.stream(values).average().orElseThrow();
    return Double.isNaN(mean) ? none : String.format(Locale.ROOT, "%,.0f", mean);
  }

  /** {@return the median of a figure from a second on} */
  static double median(List<Second> run, int from, ToDoubleFunction<Second> figure) {
    double[] values =
        run.subList(from, run.size()).stream().mapToDouble(figure).sorted().toArray();
    return values[values.length / 2];
  }

  private static LineChart chart(Story story, List<String> names, List<List<Second>> runs) {
    return new LineChart(
        story.title(),
        story.text(),
        names,
        List.of(
            new LineChart.Panel("limit (logarithmic)", true, lines(runs, Second::limit)),
            new LineChart.Panel("calls served a second", false, lines(runs, Second::served)),
            new LineChart.Panel(
                "90th percentile of their latencies, ms (logarithmic)",
                true,
                lines(runs, Second::p90Millis))));
  }

  private static List<double[]> lines(List<List<Second>> runs, ToDoubleFunction<Second> figure) {
    return runs.stream().map(run -> run.stream().mapToDouble(figure).toArray()).toList();
  }
}
