package io.aragora.resilience.jmh.report;

import io.aragora.resilience.jmh.benchmark.InVirtualThreads;
import io.aragora.resilience.jmh.benchmark.Suite;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
 * Measures all benchmarks with one thread and with two, and prints the claims beside the results. It writes the results after
 * every class, so that an aborted run keeps those of the classes before.
 */
public final class Ratios {
  private final Effort effort;
  private final Path folder;
  private final Path logs;
  private final Run run;
  private final List<RunResult> results = new ArrayList<>();
  private final long began = System.nanoTime();
  private int lost;

  private Ratios(Effort effort, Path folder, Path logs, Run run) {
    this.effort = effort;
    this.folder = folder;
    this.logs = logs;
    this.run = run;
  }

  /**
   * Benchmarks that are measured together.
   *
   * @param benchmarks their class
   * @param threads how many threads of JMH call at the same time
   * @param methods which of the class
   */
  private record Step(Class<?> benchmarks, int threads, List<String> methods) {
    /** The number of its figures. */
    int figures() {
      int variants = 1;
      for (var field : benchmarks.getFields()) {
        Param param = field.getAnnotation(Param.class);
        variants *= param == null ? 1 : param.value().length;
      }
      return variants * methods.size();
    }

    @Override
    public String toString() {
      return benchmarks.getSimpleName() + (threads == 1 ? ", 1 thread" : ", 2 threads");
    }
  }

  /**
   * Measures.
   *
   * @param args smoke, five-minutes, quick or nightly; the folder for results; the folder for JMH's own output; optionally,
   * the first letters of the classes to run
   * @throws IOException if results cannot be written
   */
  public static void main(String[] args) throws IOException {
    Effort effort = Effort.of(args[0]);
    Run run = Run.beginning(effort, args.length > 3 ? args[3] : "");
    if (run.suite().isEmpty()) {
      System.err.println("no benchmark class begins with " + run.classes() + "; there are "
          + Suite.CLASSES.stream().map(Class::getSimpleName).collect(Collectors.joining(", ")));
      System.exit(2);
    }
    Ratios ratios = new Ratios(effort, Path.of(args[1]), Path.of(args[2]), run);
    ratios.measure();
    System.exit(ratios.lost == 0 ? 0 : 1);
  }

  private void measure() throws IOException {
    Files.createDirectories(folder);
    Files.createDirectories(logs);
    Files.write(folder.resolve(Run.MACHINE), run.lines());
    System.out.println(run.machine().title() + "; " + run.effort());
    if (run.machine().isBusy()) {
      System.out.println(
          "this machine is busy (load " + run.machine().loadText() + "): measure on an idle one");
    }
    List<Step> steps = steps();
    int left = steps.stream().mapToInt(Step::figures).sum();
    int done = 0;
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      String progress = (i + 1) + " of " + steps.size() + ": " + step + ": " + take(step);
      done += step.figures();
      left -= step.figures();
      long secondsLeft = (System.nanoTime() - began) / 1_000_000_000 * left / done;
      System.out.println(progress + (left == 0 ? "" : ", some " + minutes(secondsLeft) + " left"));
    }
    System.out.println();
    new RatioTable(run).lines().forEach(System.out::println);
    System.out.println();
    if (lost > 0) {
      System.out.println(lost + " benchmarks failed; see the logs of JMH");
    }
  }

  private static String minutes(long seconds) {
    return seconds < 90 ? seconds + " s" : (seconds + 30) / 60 + " min";
  }

  private List<Step> steps() {
    List<Step> steps = new ArrayList<>();
    for (Class<?> benchmarks : run.suite()) {
      if (!InVirtualThreads.class.isAssignableFrom(benchmarks)) {
        steps.add(step(benchmarks, 1));
        steps.add(step(benchmarks, 2));
      } else if (run.machine().hasVirtualThreads()) {
        steps.add(step(benchmarks, 1));
      } else {
        System.out.println(
            benchmarks.getSimpleName() + ": left out, virtual threads need JDK 21 or later");
      }
    }
    steps.removeIf(step -> step.methods().isEmpty());
    return steps;
  }

  private Step step(Class<?> benchmarks, int threads) {
    Stream<String> methods = Suite.methods(benchmarks).map(Method::getName);
    if (effort.isClaimsOnly()) {
      Set<String> claimed = Claims.figures().stream()
          .filter(figure -> figure.benchmarks() == benchmarks && figure.threads() == threads)
          .map(Figure::method)
          .collect(Collectors.toSet());
      methods = methods.filter(claimed::contains);
    }
    return new Step(benchmarks, threads, methods.sorted().toList());
  }

  /** Measures, stores the results, and prints their number. */
  private String take(Step step) throws IOException {
    long start = System.nanoTime();
    Collection<RunResult> measured = List.of();
    String failure = "";
    try {
      measured = new Runner(options(step).build()).run();
    } catch (RunnerException e) {
      failure = ", " + e.getMessage();
    }
    lost += step.figures() - measured.size();
    results.addAll(measured);
    run.figures().add(measured);
    write();
    return measured.size() + " of " + step.figures() + " in "
        + (System.nanoTime() - start) / 1_000_000_000 + " s" + failure;
  }

  private ChainedOptionsBuilder options(Step step) {
    // The forks get no arguments of this process, so that a run does not depend on where it is
    // started.
    return effort
        .spend(new OptionsBuilder())
        .include("^" + Pattern.quote(step.benchmarks().getName()) + "\\."
            + step.methods().stream().collect(Collectors.joining("|", "(", ")")) + "$")
        .threads(step.threads())
        .addProfiler(GCProfiler.class)
        .jvmArgs()
        .output(logs.resolve(step.benchmarks().getSimpleName() + "-" + step.threads() + ".log")
            .toString());
  }

  private void write() throws IOException {
    if (results.isEmpty()) {
      return;
    }
    // results must not contain the path of the JVM
    String json = format(ResultFormatType.JSON)
        .lines()
        .filter(line -> !line.strip().startsWith("\"jvm\" :"))
        .collect(Collectors.joining("\n", "", "\n"));
    Files.writeString(folder.resolve(Run.RESULTS), json);
    Files.writeString(folder.resolve("results.txt"), format(ResultFormatType.TEXT));
    Files.write(folder.resolve(RatioTable.FILE), new RatioTable(run).lines());
  }

  private String format(ResultFormatType type) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      ResultFormatFactory.getInstance(type, out).writeOut(results);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
