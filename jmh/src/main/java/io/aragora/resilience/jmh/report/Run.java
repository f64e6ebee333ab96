package io.aragora.resilience.jmh.report;

import io.aragora.resilience.jmh.benchmark.Suite;
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
import java.util.Map;
import java.util.Properties;

/**
 * A run of the benchmarks: its machine, its extent and its figures.
 *
 * @param machine the machine
 * @param date the day, UTC
 * @param effort the extent of the run
 * @param classes the first letters of the classes that ran; empty for all of them
 * @param libraries the peers with their versions
 * @param project the measured version of this library
 * @param figures the results
 */
public record Run(
    Machine machine,
    String date,
    String effort,
    String classes,
    String libraries,
    String project,
    Figures figures) {
  static final String MACHINE = "machine.txt";
  static final String RESULTS = "results.json";

  private static final String ALL = "all";

  /** A run that begins now on this machine, without figures. */
  static Run beginning(Effort effort, String classes) {
    return beginning(effort.toString(), classes);
  }

  /** A run with a description of its effort. */
  public static Run beginning(String effort, String classes) {
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
        classes,
        versions.getProperty("libraries"),
        versions.getProperty("project"),
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
      String classes = required(lines, "classes");
      return new Run(
          machine,
          required(lines, "date"),
          required(lines, "effort"),
          classes.equals(ALL) ? "" : classes,
          required(lines, "libraries"),
          required(lines, "project"),
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
    lines.add("classes: " + (classes.isEmpty() ? ALL : classes));
    lines.add("libraries: " + libraries);
    lines.add("project: " + project);
    return lines;
  }

  /** The classes of the suite that ran. */
  List<Class<?>> suite() {
    return Suite.CLASSES.stream()
        .filter(benchmarks -> benchmarks.getSimpleName().startsWith(classes))
        .toList();
  }

  /** The claims whose classes ran. */
  List<Claim> claims() {
    List<Class<?>> suite = suite();
    return Claims.ALL.stream()
        .filter(claim -> suite.contains(claim.ours().benchmarks()))
        .toList();
  }

  /** The name of the run in the legend of a plot, one or two words. */
  String title() {
    return "JDK " + machine.jdkVersion();
  }
}
