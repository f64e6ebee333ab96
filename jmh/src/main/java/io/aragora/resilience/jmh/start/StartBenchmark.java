package io.aragora.resilience.jmh.start;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Measures the first protected calls of fresh JVMs: processor time, and loaded classes, of every thread and each step, beyond
 * those of an empty program. Forks of all programs take turns. Needs Linux, whose process table has the processor time in
 * nanoseconds.
 *
 * <pre>
 * java -cp jmh/target/benchmarks.jar io.aragora.resilience.jmh.start.StartBenchmark [forks] java-home...
 * </pre>
 */
public final class StartBenchmark {
  private static final int DEFAULT_FORKS = 10;

  /** How long a compilation that a step began may go on until the time of the step is read. */
  private static final long COMPILING_MILLIS = 30;

  private final List<Subject> subjects;
  private final Path scratch;

  private StartBenchmark(Path scratch, List<Subject> subjects) {
    this.scratch = scratch;
    this.subjects = subjects;
  }

  /**
   * Measures and prints a table for each JDK.
   *
   * @param arguments the number of forks of each program, and folders of JDKs; both may be left out
   */
  public static void main(String[] arguments) throws Exception {
    List<String> homes = new ArrayList<>(List.of(arguments));
    int forks = DEFAULT_FORKS;
    if (!homes.isEmpty() && homes.get(0).matches("[0-9]+")) {
      forks = Integer.parseInt(homes.remove(0));
    }
    if (homes.isEmpty()) {
      homes.add(System.getProperty("java.home"));
    }
    Path scratch = Files.createTempDirectory("start");
    try {
      StartBenchmark benchmark = new StartBenchmark(scratch, Subject.all(scratch));
      for (String home : homes) {
        benchmark.measure(Path.of(home), forks);
      }
    } finally {
      try (Stream<Path> files = Files.walk(scratch)) {
        for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private void measure(Path home, int forks) throws Exception {
    int steps = StartedProgram.STEPS.length + 1;
    double[][][] millis = new double[subjects.size()][steps][forks];
    for (int fork = 0; fork < forks; fork++) {
      for (int subject = 0; subject < subjects.size(); subject++) {
        double[] read = run(home, subjects.get(subject), false);
        for (int step = 0; step < steps; step++) {
          millis[subject][step][fork] = read[step];
        }
      }
    }
    System.out.printf("%nJDK %s, %d forks%n%n", home.getFileName(), forks);
    System.out.println("| | at start | " + String.join(" | ", StartedProgram.STEPS)
        + " | sum, CPU ms | slowest fork | classes: at start | "
        + String.join(" | ", StartedProgram.STEPS) + " | sum |");
    System.out.println("|---".repeat(2 * steps + 4) + "|");
    double[] emptyMillis = medians(millis[0]);
    double[] emptyClasses = run(home, subjects.get(0), true);
    for (int subject = 0; subject < subjects.size(); subject++) {
      double[] own = medians(millis[subject]);
      double[] classes = run(home, subjects.get(subject), true);
      StringBuilder row = new StringBuilder("| " + subjects.get(subject).name());
      append(row, "%.1f", own, emptyMillis);
      double[] whole = new double[forks];
      for (int fork = 0; fork < forks; fork++) {
        for (int step = 0; step < steps; step++) {
          whole[fork] += millis[subject][step][fork] - (subject == 0 ? 0 : emptyMillis[step]);
        }
      }
      Arrays.sort(whole);
      row.append(
          String.format(Locale.ROOT, " | **%.0f** | %.0f", median(whole), whole[whole.length - 1]));
      append(row, "%.0f", classes, emptyClasses);
      double sum = 0;
      for (int step = 0; step < steps; step++) {
        sum += classes[step] - (subject == 0 ? 0 : emptyClasses[step]);
      }
      System.out.println(row.append(String.format(Locale.ROOT, " | **%.0f** |", sum)));
    }
  }

  /** The empty program is shown as it is, the others beyond it. */
  private static void append(StringBuilder row, String format, double[] own, double[] empty) {
    for (int step = 0; step < own.length; step++) {
      double value =
          own == empty || Arrays.equals(own, empty) ? own[step] : own[step] - empty[step];
      row.append(" | ").append(String.format(Locale.ROOT, format, value));
    }
  }

  private static double[] medians(double[][] forksOfSteps) {
    double[] medians = new double[forksOfSteps.length];
    for (int step = 0; step < medians.length; step++) {
      double[] sorted = forksOfSteps[step].clone();
      Arrays.sort(sorted);
      medians[step] = median(sorted);
    }
    return medians;
  }

  private static double median(double[] sorted) {
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  /** Returns what the start of the JVM took and each step, in milliseconds of all processors or in classes. */
  private double[] run(Path home, Subject subject, boolean classes) throws Exception {
    Path log = scratch.resolve("classes.log");
    List<String> command = new ArrayList<>();
    command.add(home.resolve("bin").resolve("java").toString());
    if (classes) {
      command.add("-Xlog:class+load:file=" + log + "::filecount=0");
    }
    command.addAll(subject.arguments());
    Process process = new ProcessBuilder(command)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
    try {
      double[] read = new double[StartedProgram.STEPS.length + 1];
      next(process);
      double before = 0;
      for (int step = 0; step < read.length; step++) {
        process.getOutputStream().write('.');
        process.getOutputStream().flush();
        next(process);
        double now = classes ? countLines(log) : cpuMillis(process.pid());
        read[step] = now - before;
        before = now;
      }
      return read;
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  private static void next(Process process) throws Exception {
    if (process.getInputStream().read() < 0) {
      throw new IllegalStateException("the program ended with code " + process.waitFor());
    }
    Thread.sleep(COMPILING_MILLIS);
  }

  private static double countLines(Path log) throws IOException {
    try (Stream<String> lines = Files.lines(log)) {
      return lines.filter(line -> line.contains("source:")).count();
    }
  }

  /** Sums the threads, since the times of the whole process are rounded to a hundredth of a second. */
  private static double cpuMillis(long process) throws IOException {
    long nanos = 0;
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + process + "/task"))) {
      for (Path thread : threads.toList()) {
        nanos += Long.parseLong(Files.readString(thread.resolve("schedstat")).split(" ")[0]);
      }
    }
    return nanos / 1e6;
  }
}
