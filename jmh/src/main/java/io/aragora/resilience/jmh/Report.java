package io.aragora.resilience.jmh;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Puts the plots and tables of runs between the markers of a Markdown file, in place of what was there, and the plots'
 * files into a folder. Nothing but what the runs left is used, so the same runs give the same bytes.
 */
public final class Report {
  static final String START = "<!-- benchmarks: start -->";
  static final String END = "<!-- benchmarks: end -->";

  private final Path file;
  private final Path plotsFolder;
  private final Map<Path, List<String>> tables = new LinkedHashMap<>();
  private final Map<String, Chart> plots;

  /**
   * A report that is not written yet.
   *
   * @param file the Markdown file
   * @param plotsFolder where the plots' files go
   * @param folders of the runs; those without results, of soaks, have a table and are in no plot
   * @throws IOException if a run cannot be read
   * @throws IllegalArgumentException if a run is not what it has to be
   */
  Report(Path file, Path plotsFolder, List<Path> folders) throws IOException {
    this.file = file.toAbsolutePath().normalize();
    this.plotsFolder = plotsFolder.toAbsolutePath().normalize();
    List<Run> runs = new ArrayList<>();
    for (Path given : folders) {
      Path folder = given.toAbsolutePath().normalize();
      if (Files.exists(folder.resolve(Run.RESULTS))) {
        Run run = Run.read(folder);
        runs.add(run);
        tables.put(folder, new RatioTable(run).lines());
      } else if (Files.exists(folder.resolve(RatioTable.FILE))) {
        tables.put(folder, Files.readAllLines(folder.resolve(RatioTable.FILE)));
      } else {
        throw new IllegalArgumentException("a folder of results must have " + Run.RESULTS + " or "
            + RatioTable.FILE + " in it: " + given);
      }
    }
    plots = runs.isEmpty() ? Map.of() : Plots.of(runs);
  }

  /**
   * Changes the file, or makes one, and writes the plots.
   *
   * @param args the file, the folder for the plots, then each folder of results
   * @throws IOException if something cannot be read or written
   */
  public static void main(String[] args) throws IOException {
    try {
      new Report(
              Path.of(args[0]),
              Path.of(args[1]),
              List.of(args).subList(2, args.length).stream().map(Path::of).toList())
          .write();
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(1);
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

  /** The plots, by the names of their files. */
  Map<String, String> plots() {
    Map<String, String> files = new LinkedHashMap<>();
    plots.forEach((name, chart) -> files.put(name, chart.svg()));
    return files;
  }

  /** What stands between the markers. */
  List<String> section() {
    List<String> lines = new ArrayList<>(List.of(""));
    plots.forEach((name, chart) -> {
      lines.add("![" + chart.title() + "](" + link(plotsFolder.resolve(name)) + ")");
      lines.add("");
    });
    tables.forEach((folder, table) -> {
      lines.add("[" + folder.getFileName() + "](" + link(folder) + "):");
      lines.add("");
      lines.addAll(table);
      lines.add("");
    });
    return lines;
  }

  private String link(Path to) {
    return file.getParent().relativize(to).toString().replace('\\', '/');
  }

  static List<String> replaced(List<String> lines, List<String> section) {
    int start = lines.indexOf(START);
    int end = lines.indexOf(END);
    if (start < 0 || end < start) {
      throw new IllegalArgumentException(
          "the file must have the lines " + START + " and " + END + ", in this order");
    }
    List<String> result = new ArrayList<>(lines.subList(0, start + 1));
    result.addAll(section);
    result.addAll(lines.subList(end, lines.size()));
    return result;
  }
}
