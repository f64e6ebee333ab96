package io.aragora.resilience.jmh.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.aragora.resilience.jmh.benchmark.AllocatedBytes;
import io.aragora.resilience.jmh.benchmark.Suite;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Measures the same benchmarks of two jars, say before and after a change, and prints a table with
 * their ratio. Each figure of a fork is a virtual machine of its own, and those of the two jars
 * take turns, so that what else the machine does meets both.
 */
public final class Compare {
  private static final String USAGE =
      "usage: Compare [--jdk java-home]... [--forks 3] [--threads 1] [--millis 300] before.jar after.jar regular-expression";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<String> javas = new ArrayList<>();
  private final List<Path> jars = new ArrayList<>();

  /** The benchmarks that both jars have, by the JDK's command. */
  private final Map<String, Set<String>> listed = new HashMap<>();

  private String expression = "";
  private int forks = Forks.LEAST;
  private int threads = 1;
  private int millis = 300;

  /**
   * What is compared.
   *
   * @param java the JDK's command
   * @param benchmark its name, for JMH
   * @param params its parameters, as text
   */
  private record Row(String java, String benchmark, String params) {}

  /** What came out for one jar. */
  private static final class Side {
    private final List<List<Double>> iterations = new ArrayList<>();
    private final List<Double> bytes = new ArrayList<>();

    Forks forks() {
      return Forks.of(iterations);
    }

    double best() {
      return iterations.stream().flatMap(List::stream).min(Double::compare).orElseThrow();
    }
  }

  Compare() {}

  /**
   * Measures and prints.
   *
   * @param args the two jars and a regular expression that is found in the names of the benchmarks; before them, {@code --jdk} and
   *     a JDK's folder for each JDK, {@code --forks}, {@code --threads} and {@code --millis}, the length of an iteration
   * @throws IOException if a virtual machine cannot be started
   * @throws InterruptedException if this thread is interrupted
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    Compare compare = new Compare();
    try {
      compare.parse(args);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.err.println(USAGE);
      System.exit(2);
    }
    compare.run();
  }

  void parse(String[] args) {
    List<String> plain = new ArrayList<>();
    for (int i = 0; i < args.length; i++) {
      if (!args[i].startsWith("--")) {
        plain.add(args[i]);
        continue;
      }
      if (i + 1 == args.length) {
        throw new IllegalArgumentException(args[i] + " must have a value");
      }
      String value = args[++i];
      switch (args[i - 1]) {
        case "--jdk" -> javas.add(java(Path.of(value)));
        case "--forks" -> forks = atLeastOne("--forks", value);
        case "--threads" -> threads = atLeastOne("--threads", value);
        case "--millis" -> millis = atLeastOne("--millis", value);
        default -> throw new IllegalArgumentException("there is no option " + args[i - 1]);
      }
    }
    if (plain.size() != 3) {
      throw new IllegalArgumentException("there must be two jars and an expression: " + plain);
    }
    for (String jar : plain.subList(0, 2)) {
      if (!Files.isReadable(Path.of(jar))) {
        throw new IllegalArgumentException("a jar must be a file that can be read: " + jar);
      }
      jars.add(Path.of(jar).toAbsolutePath());
    }
    expression = plain.get(2);
    if (javas.isEmpty()) {
      javas.add(java(Path.of(System.getProperty("java.home"))));
    }
  }

  private static String java(Path home) {
    Path java = home.resolve("bin").resolve("java");
    if (!Files.isExecutable(java)) {
      throw new IllegalArgumentException("--jdk must be a folder with bin/java: " + home);
    }
    return java.toString();
  }

  private static int atLeastOne(String option, String value) {
    int number = (int) Run.number(option, value);
    if (number < 1) {
      throw new IllegalArgumentException(option + " must be at least 1: " + value);
    }
    return number;
  }

  private void run() throws IOException, InterruptedException {
    Map<Row, List<Side>> rows = new LinkedHashMap<>();
    OtherLoad others = new OtherLoad();
    double worst = Double.NaN;
    for (int fork = 0; fork < forks; fork++) {
      for (String java : javas) {
        for (String benchmark : shared(java)) {
          for (int turn = 0; turn < 2; turn++) {
            // the first is the second in the next round, so that neither is always the one that
            // finds a warm machine
            int jar = (fork + turn) % 2;
            take(java, benchmark, jar, rows);
            worst = OtherLoad.worse(worst, others.next());
          }
        }
      }
      System.err.printf("round %d of %d is done%n", fork + 1, forks);
    }
    table(rows, worst).forEach(System.out::println);
  }

  private Set<String> shared(String java) throws IOException, InterruptedException {
    Set<String> shared = listed.get(java);
    if (shared == null) {
      shared = list(java, jars.get(0));
      Set<String> after = list(java, jars.get(1));
      for (String only : symmetricDifference(shared, after)) {
        System.err.println("in one jar only, left out: " + Suite.shortName(only));
      }
      shared.retainAll(after);
      if (shared.isEmpty()) {
        System.err.println("no benchmark of both jars matches " + expression);
        System.exit(2);
      }
      listed.put(java, shared);
    }
    return shared;
  }

  private static Set<String> symmetricDifference(Set<String> some, Set<String> others) {
    Set<String> difference = new LinkedHashSet<>(some);
    difference.addAll(others);
    difference.removeIf(name -> some.contains(name) && others.contains(name));
    return difference;
  }

  private Set<String> list(String java, Path jar) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(
            java, "-cp", jar.toString(), "org.openjdk.jmh.Main", "-l", expression)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    boolean virtualThreads = hasVirtualThreads(java);
    return output
        .lines()
        .filter(line -> line.matches("[\\w.$]+\\.\\w+"))
        .filter(line -> virtualThreads || !line.contains("VirtualThread"))
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /** Whether the JDK has virtual threads, by the file in which it says its version. */
  private static boolean hasVirtualThreads(String java) throws IOException {
    Path release = Path.of(java).getParent().resolveSibling("release");
    Properties properties = new Properties();
    try (Reader in = Files.newBufferedReader(release)) {
      properties.load(in);
    }
    String version = properties.getProperty("JAVA_VERSION", "17").replace("\"", "");
    return Run.number("JAVA_VERSION", version.split("\\.", 2)[0]) >= 21;
  }

  private void take(String java, String benchmark, int jar, Map<Row, List<Side>> rows)
      throws IOException, InterruptedException {
    Path results = Files.createTempFile("compare", ".json");
    try {
      String length = millis + "ms";
      Process process = new ProcessBuilder(
              java,
              // what else runs is measured, and told
              "-Djmh.ignoreLock=true",
              "-cp",
              jars.get(jar).toString(),
              "org.openjdk.jmh.Main",
              "^" + benchmark.replace(".", "\\.").replace("$", "\\$") + "$",
              "-jvmArgs",
              "-Xbatch",
              "-f",
              "1",
              "-wi",
              "4",
              "-w",
              length,
              "-i",
              "5",
              "-r",
              length,
              "-t",
              String.valueOf(threads),
              "-tu",
              "ns",
              "-prof",
              "gc",
              "-rf",
              "json",
              "-rff",
              results.toString())
          .redirectErrorStream(true)
          .start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0 || Files.size(results) == 0) {
        System.err.println(output);
        System.err.println("failed in " + jars.get(jar) + ": " + benchmark);
        return;
      }
      for (JsonNode entry : JSON.readTree(Files.readString(results))) {
        Row row = new Row(java, benchmark, entry.path("params").toString());
        Side side =
            rows.computeIfAbsent(row, any -> List.of(new Side(), new Side())).get(jar);
        JsonNode metric = entry.path("primaryMetric");
        for (JsonNode fork : metric.path("rawData")) {
          List<Double> iterations = new ArrayList<>();
          fork.forEach(value -> iterations.add(value.doubleValue()));
          side.iterations.add(iterations);
        }
        side.bytes.add(entry
            .path("secondaryMetrics")
            .path(AllocatedBytes.NAME)
            .path("score")
            .asDouble());
      }
    } finally {
      Files.deleteIfExists(results);
    }
  }

  private List<String> table(Map<Row, List<Side>> rows, double worst) {
    List<String> lines = new ArrayList<>();
    lines.add("");
    lines.add(Machine.present().processor() + "; " + forks + " forks of 5 × " + millis
        + " ms, after 4 × " + millis + " ms; " + threads + (threads == 1 ? " thread" : " threads")
        + "; ns, median of the forks' medians, in parentheses by how much of it the forks differ");
    lines.add("");
    lines.add(
        "| benchmark | JDK | before | after | after / before | verdict | best iterations | B/op |");
    lines.add("|---|---|---|---|---|---|---|---|");
    rows.forEach((row, sides) -> {
      if (sides.stream().noneMatch(side -> side.iterations.isEmpty())) {
        lines.add(line(row, sides.get(0), sides.get(1)));
      }
    });
    lines.add("");
    lines.add(
        Double.isNaN(worst)
            ? "How much others used of the processors is unknown."
            : String.format(
                Locale.ROOT,
                "Others used at most %.0f %% of the processors during a fork.%s",
                100 * worst,
                worst > OtherLoad.LIMIT
                    ? " **That is too much: measure again on a machine that does nothing else.**"
                    : ""));
    return lines;
  }

  private static String line(Row row, Side before, Side after) {
    double ratio = after.forks().median() / before.forks().median();
    return String.format(
        Locale.ROOT,
        "| %s | %s | %s | %s | %.2f | %s | %s → %s = %.2f | %s → %s |",
        Suite.shortName(row.benchmark())
            + (row.params().isEmpty() ? "" : " " + row.params().replaceAll("[{}\"]", "")),
        Path.of(row.java()).getParent().getParent().getFileName(),
        text(before.forks()),
        text(after.forks()),
        ratio,
        verdict(before.forks(), after.forks()),
        Claim.nanos(before.best()),
        Claim.nanos(after.best()),
        after.best() / before.best(),
        Claim.bytes(Forks.median(before.bytes)),
        Claim.bytes(Forks.median(after.bytes)));
  }

  private static String text(Forks forks) {
    return Claim.nanos(forks.median())
        + String.format(Locale.ROOT, " (%.0f %%)", 100 * forks.spread());
  }

  /** A difference counts if every fork of one is quicker than every fork of the other. */
  static String verdict(Forks before, Forks after) {
    if (!before.areEnough() || !after.areEnough()) {
      return "too few forks";
    }
    if (!before.agree() || !after.agree()) {
      return "forks differ";
    }
    if (after.most() < before.least()) {
      return "faster";
    }
    return after.least() > before.most() ? "slower" : "same";
  }
}
