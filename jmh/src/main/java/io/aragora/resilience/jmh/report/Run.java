package io.aragora.resilience.jmh.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;

/**
 * A run of the benchmarks: its machine, its extent and its figures.
 *
 * @param machine the machine
 * @param date the day, UTC
 * @param effort how long was measured
 * @param only a regular expression that is found in the claims that were measured; empty for all
 * @param libraries the peers with their versions
 * @param project the version of what was measured
 * @param others the part of the processors that other processes and machines used in the worst round; NaN if unknown
 * @param figures what came out
 */
public record Run(
    Machine machine,
    String date,
    String effort,
    String only,
    String libraries,
    String project,
    double others,
    Figures figures) {
  static final String MACHINE = "machine.txt";
  static final String RESULTS = "results.json";

  private static final String ALL = "all";
  private static final String ONLY = "claims";
  private static final String OTHERS = "used by others in the worst round";

  /** A run that begins now, here, and has no figures yet. */
  static Run beginning(Effort effort, String only) {
    return beginning(effort.toString(), only);
  }

  /** The same, of which the effort is told in words. */
  public static Run beginning(String effort, String only) {
    Machine machine = Machine.present();
    Properties versions = new Properties();
    try (InputStream in = Run.class.getResourceAsStream("versions.properties")) {
      versions.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Run(
        machine,
        LocalDate.now(ZoneOffset.UTC).toString(),
        effort,
        only,
        versions.getProperty("libraries"),
        versions.getProperty("project"),
        Double.NaN,
        new Figures(machine.hasVirtualThreads()));
  }

  /**
   * Reads a stored run.
   *
   * @param folder the folder of its files
   * @throws IOException if they cannot be read
   * @throws IllegalArgumentException if they do not say what they have to
   */
  static Run read(Path folder) throws IOException {
    Path described = folder.resolve(MACHINE);
    try {
      Map<String, String> lines = new HashMap<>();
      for (String line : Files.readAllLines(described)) {
        int colon = line.indexOf(": ");
        if (colon < 0) {
          throw new IllegalArgumentException("a line must be a name, a colon and a value: " + line);
        }
        lines.put(line.substring(0, colon), line.substring(colon + 2));
      }
      Machine machine = Machine.of(lines);
      // what older runs say instead, of classes
      if (lines.containsKey("classes")) {
        lines.put(ONLY, lines.get("classes"));
      }
      String only = required(lines, ONLY);
      String others = lines.getOrDefault(OTHERS, Machine.UNKNOWN);
      return new Run(
          machine,
          required(lines, "date"),
          required(lines, "effort"),
          only.equals(ALL) ? "" : only,
          required(lines, "libraries"),
          required(lines, "project"),
          others.equals(Machine.UNKNOWN) ? Double.NaN : number(OTHERS, others),
          ResultsFile.read(folder.resolve(RESULTS), machine.hasVirtualThreads()));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(folder.getFileName() + ": " + e.getMessage(), e);
    }
  }

  static String required(Map<String, String> lines, String name) {
    String value = lines.get(name);
    if (value == null) {
      throw new IllegalArgumentException(MACHINE + " must have the line " + name + ": …");
    }
    return value;
  }

  static double number(String name, String value) {
    try {
      return Double.parseDouble(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + " must be a number: " + value, e);
    }
  }

  /** The lines of the run in {@link #MACHINE}. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>(machine.lines());
    lines.add("date: " + date);
    lines.add("effort: " + effort);
    lines.add(ONLY + ": " + (only.isEmpty() ? ALL : only));
    lines.add("libraries: " + libraries);
    lines.add("project: " + project);
    lines.add(OTHERS + ": "
        + (Double.isNaN(others) ? Machine.UNKNOWN : String.format(Locale.ROOT, "%.2f", others)));
    return lines;
  }

  /** The same, after a round in which others used a part of the processors. */
  Run afterRound(double used) {
    return new Run(
        machine, date, effort, only, libraries, project, OtherLoad.worse(others, used), figures);
  }

  /**
   * Whether so much else was running that the figures must not be published. The load average,
   * which also has the build before the run in it, counts only if the system does not say what
   * others used.
   */
  boolean isLoaded() {
    return Double.isNaN(others) ? machine.isBusy() : others > OtherLoad.LIMIT;
  }

  /** What the report says of other load. */
  String loadText() {
    return "load " + machine.loadText() + " at the start"
        + (Double.isNaN(others)
            ? ""
            : String.format(
                Locale.ROOT,
                ", others used at most %.0f %% of the processors in a round",
                100 * others));
  }

  /** The claims whose classes ran. */
  List<Claim> claims() {
    Pattern pattern = Pattern.compile(only);
    return Claims.ALL.stream().filter(claim -> claim.isFound(pattern)).toList();
  }

  /** The name of the run in the legend of a plot, one or two words. */
  String title() {
    return "JDK " + machine.jdkVersion();
  }
}
