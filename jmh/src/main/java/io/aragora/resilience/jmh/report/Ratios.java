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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Measures the benchmarks class by class, and prints the claims beside the results. The forks of a class take turns: each of
 * its benchmarks is measured in one fork, then each in a second one, so that what else the machine does meets ours, the
 * floor and the peers alike. Results are written after every class, so that an aborted run keeps its results so far.
 */
public final class Ratios {
  private final Effort effort;
  private final Path folder;
  private final Path logs;
  private final OtherLoad others = new OtherLoad();
  private final List<RunResult> results = new ArrayList<>();
  private final long began = System.nanoTime();
  private Run run;
  private int lost;

  Ratios(Effort effort, Path folder, Path logs, Run run) {
    this.effort = effort;
    this.folder = folder;
    this.logs = logs;
    this.run = run;
  }

  /**
   * Benchmarks that JMH measures in one go.
   *
   * @param benchmarks their class
   * @param threads how many threads of JMH call at the same time
   * @param params the values of parameters; those that are missing are measured with all their values
   * @param methods which of the class
   */
  private record Part(
      Class<?> benchmarks, int threads, Map<String, String> params, Set<String> methods) {
    /** How many figures come out of it. */
    int figures() {
      int variants = 1;
      for (var field : benchmarks.getFields()) {
        Param param = field.getAnnotation(Param.class);
        if (param != null && !params.containsKey(field.getName())) {
          variants *= param.value().length;
        }
      }
      return variants * methods.size();
    }
  }

  /**
   * Measures.
   *
   * @param args smoke, quick or nightly; the folder for results; the folder for JMH's own output; if not all claims are to be
   *     measured, a regular expression that is found in their titles, or in their benchmarks as {@code Class.method}
   * @throws IOException if results cannot be written
   */
  public static void main(String[] args) throws IOException {
    Effort effort = Effort.of(args[0]);
    Run run = Run.beginning(effort, args.length > 3 ? args[3] : "");
    if (run.claims().isEmpty()) {
      System.err.println("no claim matches " + run.only() + "; there are "
          + Claims.ALL.stream().map(Claim::title).collect(Collectors.joining("; ")));
      System.exit(2);
    }
    Ratios ratios = new Ratios(effort, Path.of(args[1]), Path.of(args[2]), run);
    ratios.measure();
    System.exit(ratios.lost == 0 ? 0 : 1);
  }

  /** Measures class by class, and returns how many figures are missing. */
  int measure() throws IOException {
    Files.createDirectories(folder);
    Files.createDirectories(logs);
    if (effort == Effort.SMOKE) {
      // its figures mean nothing, so other benchmarks may run meanwhile
      System.setProperty("jmh.ignoreLock", "true");
    }
    System.out.println(run.machine().title() + "; " + run.effort());
    if (run.machine().isBusy()) {
      System.out.println(
          "this machine is busy (load " + run.machine().loadText() + "): measure on an idle one");
    }
    Map<Class<?>, List<Part>> classes = parts();
    int left = classes.values().stream().mapToInt(Ratios::figures).sum();
    int done = 0;
    int number = 0;
    for (Map.Entry<Class<?>, List<Part>> each : classes.entrySet()) {
      number++;
      String progress = number + " of " + classes.size() + ": " + each.getKey().getSimpleName()
          + ": " + take(each.getValue());
      done += figures(each.getValue());
      left -= figures(each.getValue());
      long secondsLeft = (System.nanoTime() - began) / 1_000_000_000 * left / done;
      System.out.println(progress + (left == 0 ? "" : ", some " + minutes(secondsLeft) + " left"));
    }
    System.out.println();
    new RatioTable(run).lines().forEach(System.out::println);
    System.out.println();
    if (lost > 0) {
      System.out.println(lost + " benchmarks failed; see the logs of JMH");
    }
    return lost;
  }

  private static int figures(List<Part> parts) {
    return parts.stream().mapToInt(Part::figures).sum();
  }

  private static String minutes(long seconds) {
    return seconds < 90 ? seconds + " s" : (seconds + 30) / 60 + " min";
  }

  /** What is measured, by class, in the order of the suite. */
  private Map<Class<?>, List<Part>> parts() {
    Map<Class<?>, List<Part>> classes = new LinkedHashMap<>();
    for (Class<?> benchmarks : Suite.CLASSES) {
      if (InVirtualThreads.class.isAssignableFrom(benchmarks)
          && !run.machine().hasVirtualThreads()) {
        System.out.println(
            benchmarks.getSimpleName() + ": left out, virtual threads need JDK 21 or later");
        continue;
      }
      List<Part> parts = parts(benchmarks);
      if (!parts.isEmpty()) {
        classes.put(benchmarks, parts);
      }
    }
    return classes;
  }

  private List<Part> parts(Class<?> benchmarks) {
    List<Part> parts = new ArrayList<>();
    if (effort.isOfFirstValues()) {
      Map<String, String> params = new TreeMap<>();
      for (var field : benchmarks.getFields()) {
        Param param = field.getAnnotation(Param.class);
        if (param != null) {
          params.put(field.getName(), param.value()[0]);
        }
      }
      Set<String> methods = run.only().isEmpty()
          ? methods(benchmarks)
          : figures(benchmarks).map(Figure::method).collect(Collectors.toCollection(TreeSet::new));
      parts.add(new Part(benchmarks, 1, params, methods));
    } else {
      figures(benchmarks).forEach(figure -> add(parts, figure));
    }
    parts.removeIf(part -> part.methods().isEmpty());
    return parts;
  }

  private static void add(List<Part> parts, Figure figure) {
    for (Part part : parts) {
      if (part.threads() == figure.threads() && part.params().equals(figure.params())) {
        part.methods().add(figure.method());
        return;
      }
    }
    parts.add(new Part(
        figure.benchmarks(),
        figure.threads(),
        figure.params(),
        new TreeSet<>(Set.of(figure.method()))));
  }

  private static Set<String> methods(Class<?> benchmarks) {
    return Suite.methods(benchmarks)
        .map(Method::getName)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** What the claims need of a class; peers too, if few claims were asked for. */
  private Stream<Figure> figures(Class<?> benchmarks) {
    return run.claims().stream()
        .filter(claim -> !run.only().isEmpty()
            || !effort.isOfBudgets()
            || !claim.budget().isNone()
            || claim.ours().mustNotAllocate())
        .flatMap(
            run.only().isEmpty() && effort.isOfBudgets() ? Claim::figuresOfBudget : Claim::figures)
        .filter(figure -> figure.benchmarks() == benchmarks)
        .distinct();
  }

  /** Measures, fork by fork of everything, keeps what came out, and says how much that was. */
  private String take(List<Part> parts) throws IOException {
    long start = System.nanoTime();
    Map<String, RunResult> merged = new LinkedHashMap<>();
    String failure = "";
    for (int round = 1; round <= effort.rounds(); round++) {
      others.next();
      for (Part part : parts) {
        try {
          for (RunResult result : new Runner(options(part, round).build()).run()) {
            merged.merge(key(result.getParams()), result, Ratios::together);
          }
        } catch (RunnerException e) {
          failure = ", " + e.getMessage();
        }
      }
      run = run.afterRound(others.next());
    }
    // a benchmark that failed in one round has fewer forks than the others, and is of no use
    merged.values().removeIf(result -> result.getBenchmarkResults().size() < effort.rounds());
    int wanted = figures(parts);
    lost += wanted - merged.size();
    results.addAll(merged.values());
    run.figures().add(merged.values());
    write();
    return merged.size() + " of " + wanted + " in " + (System.nanoTime() - start) / 1_000_000_000
        + " s" + failure;
  }

  /** The id of JMH does not contain the number of threads. */
  static String key(BenchmarkParams measured) {
    return measured.getThreads() + " threads, " + measured.id();
  }

  private static RunResult together(RunResult some, RunResult more) {
    List<BenchmarkResult> forks = new ArrayList<>(some.getBenchmarkResults());
    forks.addAll(more.getBenchmarkResults());
    return new RunResult(some.getParams(), forks);
  }

  private ChainedOptionsBuilder options(Part part, int round) {
    // The forks get no arguments of this process, so that a run does not depend on where it is
    // started. Two threads leave the compiler of a small machine no processor, so it works in their
    // place.
    ChainedOptionsBuilder options = effort
        .spend(new OptionsBuilder(), part.benchmarks())
        .include("^" + Pattern.quote(part.benchmarks().getName()) + "\\."
            + part.methods().stream().collect(Collectors.joining("|", "(", ")")) + "$")
        .threads(part.threads())
        .addProfiler(GCProfiler.class)
        .jvmArgs("-Xbatch")
        .output(logs.resolve(
                part.benchmarks().getSimpleName() + "-" + part.threads() + "-" + round + ".log")
            .toString());
    part.params().forEach(options::param);
    return options;
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
    Files.write(folder.resolve(Run.MACHINE), run.lines());
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
