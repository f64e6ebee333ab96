package io.aragora.resilience.jmh.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Writes the plots and tables of runs between the markers of a Markdown file, and the files of the
 * plots to a folder. It can also write a summary between the markers of another file. The text
 * depends on the runs alone: the same runs yield the same bytes.
 */
public final class Report {
  static final String START = "<!-- benchmarks: start -->";
  static final String END = "<!-- benchmarks: end -->";
  static final String SUMMARY_START = "<!-- summary: start -->";
  static final String SUMMARY_END = "<!-- summary: end -->";

  private static final String SUMMARY_OPTION = "--summary=";

  private final Path file;
  private final Path plotsFolder;
  private final Map<Path, List<String>> tables = new LinkedHashMap<>();
  private final List<Run> runs = new ArrayList<>();
  private final Map<String, Chart> plots;

  /**
   * Reads the runs of a report.
   *
   * @param file the Markdown file
   * @param plotsFolder the folder for the files of the plots
   * @param folders of the runs; a soak has no results, so it has a table but is in no plot
   * @throws IOException if a run cannot be read
   * @throws IllegalArgumentException if a run is invalid
   */
  Report(Path file, Path plotsFolder, List<Path> folders) throws IOException {
    this.file = file.toAbsolutePath().normalize();
    this.plotsFolder = plotsFolder.toAbsolutePath().normalize();
    for (Path given : folders) {
      Path folder = given.toAbsolutePath().normalize();
      if (Files.exists(folder.resolve(Run.RESULTS))) {
        Run run = Run.read(folder);
        runs.add(run);
        tables.put(
            folder, run.figures().hasEnoughForks() ? new RatioTable(run).lines() : kept(folder));
      } else if (Files.exists(folder.resolve(RatioTable.FILE))) {
        tables.put(folder, Files.readAllLines(folder.resolve(RatioTable.FILE)));
      } else {
        throw new IllegalArgumentException("a folder of results must have " + Run.RESULTS + " or "
            + RatioTable.FILE + " in it: " + given);
      }
    }
    plots = runs.isEmpty() ? Map.of() : Plots.of(runs);
    List<Run> kept = runsBeside(tables.keySet());
    if (kept.stream().map(Run::date).distinct().count() > 1) {
      plots.put(Plots.HISTORY, Plots.history(kept));
    }
  }

  /** The runs in the folders that have these in them, the oldest first: names begin with dates. */
  private static List<Run> runsBeside(Collection<Path> folders) throws IOException {
    SortedSet<Path> found = new TreeSet<>();
    for (Path parent : folders.stream().map(Path::getParent).distinct().toList()) {
      try (Stream<Path> all = Files.list(parent)) {
        all.filter(folder -> Files.exists(folder.resolve(Run.RESULTS))).forEach(found::add);
      }
    }
    List<Run> kept = new ArrayList<>();
    for (Path folder : found) {
      kept.add(Run.read(folder));
    }
    return kept;
  }

  /**
   * Changes the file, or creates it, and writes the plots.
   *
   * @param args {@code --summary=} and the file for the summary, if there is one; the file, the folder for the plots, then
   * each
   *     folder of results
   * @throws IOException if something cannot be read or written
   */
  public static void main(String[] args) throws IOException {
    List<String> arguments = new ArrayList<>(List.of(args));
    String option = arguments.get(0).startsWith(SUMMARY_OPTION) ? arguments.remove(0) : "";
    List<Path> paths = arguments.stream().map(Path::of).toList();
    try {
      Report report = new Report(paths.get(0), paths.get(1), paths.subList(2, paths.size()));
      if (!option.isEmpty()) {
        report.checkPublishable();
      }
      report.write();
      if (!option.isEmpty()) {
        report.writeSummary(Path.of(option.substring(SUMMARY_OPTION.length())));
      }
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  /** The table of a run whose forks are too few for verdicts, as it was written then. */
  private static List<String> kept(Path folder) throws IOException {
    List<String> lines = new ArrayList<>(List.of(
        "*Measured by the suite as it was before floors: one fork, the mean of its iterations, and the budgets of that day.*",
        ""));
    lines.addAll(Files.readAllLines(folder.resolve(RatioTable.FILE)));
    return lines;
  }

  /**
   * Rejects figures that may be those of something else.
   *
   * @throws IllegalArgumentException if a run was made on a loaded machine, or in too few forks
   */
  void checkPublishable() {
    for (Run run : runs) {
      String name = run.title() + " of " + run.date();
      if (run.isLoaded()) {
        throw new IllegalArgumentException(
            name + " was measured on a loaded machine, so it is not published: " + run.loadText());
      }
      if (!run.figures().hasEnoughForks()) {
        throw new IllegalArgumentException(name + " has fewer than " + Forks.LEAST
            + " forks of a benchmark, so it is not published: " + run.effort());
      }
    }
  }

  void write() throws IOException {
    List<String> before = Files.exists(file) ? Files.readAllLines(file) : List.of(START, END);
    Files.createDirectories(plotsFolder);
    for (Map.Entry<String, String> plot : plots().entrySet()) {
      Files.writeString(plotsFolder.resolve(plot.getKey()), plot.getValue());
    }
    Files.write(file, replaced(before, section()));
  }

  void writeSummary(Path summary) throws IOException {
    List<String> lines = Files.readAllLines(summary);
    Files.write(summary, replaced(lines, SUMMARY_START, SUMMARY_END, summary(summary)));
  }

  /** Returns the text between the markers of the summary. */
  List<String> summary(Path summary) {
    if (runs.isEmpty()) {
      throw new IllegalArgumentException("a summary needs a folder with " + Run.RESULTS);
    }
    if (!plots.containsKey(Plots.SUMMARY)) {
      throw new IllegalArgumentException("a summary needs figures of the claims that it shows");
    }
    List<String> lines = new ArrayList<>(List.of(plot(Plots.SUMMARY, summary), ""));
    lines.addAll(new Summary(runs).lines());
    return lines;
  }

  private String plot(String name, Path from) {
    return "![" + plots.get(name).title() + "](" + link(from, plotsFolder.resolve(name)) + ")";
  }

  /** Returns the plots, by the names of their files. */
  Map<String, String> plots() {
    Map<String, String> files = new LinkedHashMap<>();
    plots.forEach((name, chart) -> files.put(name, chart.svg()));
    return files;
  }

  /** Returns the text between the markers: all plots except that of the summary, and the tables. */
  List<String> section() {
    List<String> lines = new ArrayList<>(List.of(""));
    for (String name : plots.keySet()) {
      if (!name.equals(Plots.SUMMARY)) {
        lines.add(plot(name, file));
        lines.add("");
      }
    }
    tables.forEach((folder, table) -> {
      lines.add("[" + folder.getFileName() + "](" + link(file, folder) + "):");
      lines.add("");
      lines.addAll(table);
      lines.add("");
    });
    return lines;
  }

  private static String link(Path from, Path to) {
    Path folder = from.toAbsolutePath().normalize().getParent();
    return folder.relativize(to).toString().replace('\\', '/');
  }

  static List<String> replaced(List<String> lines, List<String> section) {
    return replaced(lines, START, END, section);
  }

  private static List<String> replaced(
      List<String> lines, String startLine, String endLine, List<String> section) {
    int start = lines.indexOf(startLine);
    int end = lines.indexOf(endLine);
    if (start < 0 || end < start) {
      throw new IllegalArgumentException(
          "the file must have the lines " + startLine + " and " + endLine + ", in this order");
    }
    List<String> result = new ArrayList<>(lines.subList(0, start + 1));
    result.addAll(section);
    result.addAll(lines.subList(end, lines.size()));
    return result;
  }
}
