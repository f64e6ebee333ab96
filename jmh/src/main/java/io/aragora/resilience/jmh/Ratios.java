package io.aragora.resilience.jmh;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Measures all benchmarks with one thread and with two, and prints what the project says about its speed beside what came
 * out. Results are written after every class, so that a run that is cut short leaves what it had.
 */
public final class Ratios {
  private static final List<Integer> THREADS = List.of(1, 2);

  private final Effort effort;
  private final Path folder;
  private final Path logs;
  private final List<Class<?>> chosen;
  private final RatioTable table;
  private final Machine machine = Machine.present();
  private final Figures figures = new Figures();
  private final List<RunResult> results = new ArrayList<>();
  private int lost;

  private Ratios(Effort effort, Path folder, Path logs, List<Class<?>> chosen) {
    this.effort = effort;
    this.folder = folder;
    this.logs = logs;
    this.chosen = chosen;
    this.table = new RatioTable(machine, effort, chosen);
  }

  /**
   * Measures.
   *
   * @param args smoke, quick or full; the folder for results; the folder for JMH's own output; if not all are to run, what
   *     the names of the classes that do begin with
   * @throws IOException if results cannot be written
   */
  public static void main(String[] args) throws IOException {
    String prefix = args.length > 3 ? args[3] : "";
    List<Class<?>> chosen = Suite.CLASSES.stream()
        .filter(benchmarks -> benchmarks.getSimpleName().startsWith(prefix))
        .toList();
    if (chosen.isEmpty()) {
      System.err.println("no benchmark class begins with " + prefix);
      System.exit(2);
    }
    Ratios ratios = new Ratios(Effort.of(args[0]), Path.of(args[1]), Path.of(args[2]), chosen);
    ratios.run();
    System.exit(ratios.lost == 0 ? 0 : 1);
  }

  private void run() throws IOException {
    Files.createDirectories(folder);
    Files.createDirectories(logs);
    Files.write(folder.resolve("machine.txt"), machine.lines());
    for (Class<?> benchmarks : chosen) {
      if (!InVirtualThreads.class.isAssignableFrom(benchmarks)) {
        for (int threads : THREADS) {
          measure(benchmarks, threads);
        }
      } else if (InVirtualThreads.isSupported()) {
        measure(benchmarks, 1);
      } else {
        System.out.println(
            benchmarks.getSimpleName() + ": left out, virtual threads need JDK 21 or later");
      }
    }
    System.out.println();
    table.lines(figures).forEach(System.out::println);
    System.out.println();
    if (lost > 0) {
      System.out.println(lost + " benchmarks failed; what JMH said is in its logs");
    }
  }

  private void measure(Class<?> benchmarks, int threads) throws IOException {
    String title = benchmarks.getSimpleName() + (threads == 1 ? ", 1 thread" : ", 2 threads");
    long began = System.nanoTime();
    Collection<RunResult> measured = List.of();
    try {
      measured = new Runner(options(benchmarks, threads).build()).run();
    } catch (RunnerException e) {
      System.out.println(title + ": " + e.getMessage());
    }
    long expected = expected(benchmarks);
    lost += (int) (expected - measured.size());
    System.out.printf(
        "%s: %d of %d in %d s%n",
        title, measured.size(), expected, (System.nanoTime() - began) / 1_000_000_000);
    results.addAll(measured);
    figures.add(measured);
    write();
  }

  private ChainedOptionsBuilder options(Class<?> benchmarks, int threads) {
    // No arguments of this process for the forks, so that a run is the same wherever it is started.
    return effort
        .spend(new OptionsBuilder())
        .include("^" + benchmarks.getName().replace(".", "\\.") + "\\.")
        .threads(threads)
        .addProfiler(GCProfiler.class)
        .jvmArgs()
        .output(
            logs.resolve(benchmarks.getSimpleName() + "-" + threads + ".log").toString());
  }

  private static long expected(Class<?> benchmarks) {
    long variants = 1;
    for (var field : benchmarks.getFields()) {
      Param param = field.getAnnotation(Param.class);
      variants *= param == null ? 1 : param.value().length;
    }
    return variants * Suite.methods(benchmarks).count();
  }

  private void write() throws IOException {
    // where the JVM lies on this machine is nobody's business
    String json = format(ResultFormatType.JSON)
        .lines()
        .filter(line -> !line.strip().startsWith("\"jvm\" :"))
        .collect(Collectors.joining("\n", "", "\n"));
    Files.writeString(folder.resolve("results.json"), json);
    Files.writeString(folder.resolve("results.txt"), format(ResultFormatType.TEXT));
    Files.write(folder.resolve("table.md"), table.lines(figures));
  }

  private String format(ResultFormatType type) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      ResultFormatFactory.getInstance(type, out).writeOut(results);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
