package io.aragora.resilience.jmh.report;

import io.aragora.resilience.jmh.benchmark.AllocationFree;
import io.aragora.resilience.jmh.report.Bar.Verdict;
import io.aragora.resilience.jmh.report.Chart.Legend;
import io.aragora.resilience.jmh.report.Chart.Panel;
import io.aragora.resilience.jmh.report.Chart.Row;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/** Plots that compare the claims of runs. */
final class Plots {
  /** The plot that the README shows. */
  static final String SUMMARY = "summary.svg";

  /** The plot of all kept runs. */
  static final String HISTORY = "history.svg";

  private static final Legend INTERVAL =
      new Legend("error", "range of the forks; 99.9 % interval of the mean of one fork");

  private final List<Run> runs;
  private final List<Claim> claims;

  private Plots(List<Run> runs) {
    this.runs = runs;
    claims = Claims.ALL.stream()
        .filter(claim -> runs.stream().anyMatch(run -> run.claims().contains(claim)))
        .toList();
  }

  /** A figure of a peer that a claim compares with ours. */
  private record Pair(Claim claim, String name, Figure peer) {}

  /** The ratio of two times. */
  private record Ratio(double value, double error) {
    static Ratio of(Measured over, Measured under) {
      double value = over.nanos() / under.nanos();
      return new Ratio(
          value, value * Math.hypot(over.error() / over.nanos(), under.error() / under.nanos()));
    }
  }

  /** The plots, by the names of their files. A plot without rows is left out. */
  static Map<String, Chart> of(List<Run> runs) {
    Plots plots = new Plots(runs);
    Map<String, Chart> charts = new LinkedHashMap<>();
    charts.put(SUMMARY, plots.summary());
    charts.put("budgets.svg", plots.budgets());
    for (Library library : Library.values()) {
      charts.put(library.name().toLowerCase(Locale.ROOT) + ".svg", plots.beside(library));
    }
    charts.put("threads.svg", plots.threads());
    charts.values().removeIf(chart -> chart.rows().isEmpty());
    return charts;
  }

  /**
   * How long the calls of the summary take with Resilience4j, in multiples of ours, run after run. Both times of a ratio are of
   * one run, so runs on different processors can be compared.
   *
   * @param kept the runs, the oldest first
   */
  static Chart history(List<Run> kept) {
    Plots plots = new Plots(kept);
    List<Row> rows = new ArrayList<>();
    for (Claim claim : Summary.CLAIMS) {
      pairs(claim, Library.RESILIENCE4J)
          .findFirst()
          .ifPresent(pair -> kept.stream()
              .filter(run -> ratio(pair, run).isPresent())
              .map(run -> new Row(
                  plain(claim.title()) + ", " + pair.name(),
                  run.date() + ", " + run.title(),
                  List.of(List.of(times(pair, run)))))
              .forEach(rows::add));
    }
    return plots.chart(
        "All kept runs beside Resilience4j (R4j)",
        rows.stream()
            .map(row -> row.group() + ", " + row.label() + ": "
                + row.cells().get(0).get(0).text())
            .collect(Collectors.joining("; ", "", ".")),
        List.of("one run"),
        List.of(
            new Legend("good", "ours is quicker"),
            new Legend("bad", "ours is slower"),
            new Legend("mark", "ours")),
        List.of(ratios("its time, in multiples of ours", rows, 52)),
        rows);
  }

  private Chart budgets() {
    List<Row> rows = new ArrayList<>();
    for (Claim claim : claims) {
      if (!claim.budget().isNone() || claim.ours().mustNotAllocate()) {
        String budget = claim.budget() + (claim.ours().mustNotAllocate() ? ", 0 B" : "");
        rows.add(new Row(
            plain(claim.title()),
            budget.replaceFirst("^, ", ""),
            List.of(cell(run -> share(claim, run)), cell(run -> ownBytes(claim, run)))));
      }
    }
    rows = measured(rows);
    Panel time = new Panel(
        "time, in percent of the budget",
        Scale.linear(most(rows, 0, 100)),
        0,
        100,
        tick -> number(tick) + " %",
        250,
        52);
    String kept = ofEach(run -> {
      if (!run.figures().hasEnoughForks()) {
        return "not judged, since there are too few forks";
      }
      List<String> missed = run.claims().stream()
          .filter(claim -> claim.isMissed(run.figures()))
          .map(claim -> plain(claim.title()))
          .toList();
      return missed.isEmpty() ? "none is missed" : "missed are " + String.join("; ", missed);
    });
    return chart(
        "Budgets: what a call may cost, and what it costs",
        kept,
        titles(),
        List.of(
            new Legend("good", "kept"),
            new Legend("bad", "missed"),
            new Legend("mark", "the budget")),
        List.of(time, bytesPanel("bytes a call", rows, 70)),
        rows);
  }

  private static Bar share(Claim claim, Run run) {
    Figures figures = run.figures();
    if (claim.budget().isNone()) {
      return Bar.missing("no budget of time");
    }
    Optional<Measured> own = figures.of(claim.ours());
    Optional<Double> limit = claim.budget().limit(figures);
    if (own.isEmpty() || limit.isEmpty()) {
      return Bar.missing(figures.whyMissing(claim.ours()));
    }
    double percent = 100 * own.get().nanos() / limit.get();
    return Bar.of(
            percent,
            verdict(claim, own.get(), figures, percent > 100),
            String.format(
                Locale.ROOT, percent > 100 && percent < 101 ? "%.1f %%" : "%.0f %%", percent))
        .error(100 * own.get().error() / limit.get());
  }

  private static Verdict verdict(Claim claim, Measured own, Figures figures, boolean missed) {
    if (!claim.undecided(own, figures).isEmpty()) {
      return Verdict.PLAIN;
    }
    return missed ? Verdict.BAD : Verdict.GOOD;
  }

  private static Bar ownBytes(Claim claim, Run run) {
    return run.figures()
        .of(claim.ours())
        .map(own -> Double.isNaN(own.bytes())
            ? Bar.missing("unknown")
            : Bar.of(own.bytes(), judged(claim, own.bytes()), Claim.bytes(own.bytes()) + " B"))
        .orElseGet(() -> Bar.missing(run.figures().whyMissing(claim.ours())));
  }

  private static Verdict judged(Claim claim, double bytes) {
    if (!claim.ours().mustNotAllocate()) {
      return Verdict.PLAIN;
    }
    return bytes < AllocationFree.LIMIT ? Verdict.GOOD : Verdict.BAD;
  }

  private Chart summary() {
    List<Pair> pairs = claims.stream()
        .filter(Summary.CLAIMS::contains)
        .flatMap(claim ->
            Stream.concat(pairs(claim, Library.RESILIENCE4J), pairs(claim, Library.FAILSAFE)))
        .toList();
    return beside("Calls beside Resilience4j (R4j) and Failsafe", pairs, Pair::name);
  }

  private Chart beside(Library library) {
    List<Pair> pairs = claims.stream().flatMap(claim -> pairs(claim, library)).toList();
    return beside(
        "Beside " + library.title() + ": time and bytes of a call",
        pairs,
        pair -> library.variant(pair.name()));
  }

  private Chart beside(String title, List<Pair> pairs, Function<Pair, String> label) {
    List<Row> rows = measured(pairs.stream()
        .map(pair -> new Row(
            plain(pair.claim().title()),
            label.apply(pair),
            List.of(cell(run -> times(pair, run)), cell(run -> bytes(pair, run)))))
        .toList());
    String seen = ofEach(run -> {
      List<Pair> measured =
          pairs.stream().filter(pair -> ratio(pair, run).isPresent()).toList();
      List<String> lost = measured.stream()
          .filter(pair -> ratio(pair, run).orElseThrow().value() < 1)
          .map(pair -> plain(pair.claim().title()) + " (" + pair.name() + ")")
          .toList();
      return "ours is quicker in " + (measured.size() - lost.size()) + " of " + measured.size()
          + " comparisons" + (lost.isEmpty() ? "" : "; slower in " + String.join(", ", lost));
    });
    return chart(
        title,
        seen,
        titles(),
        List.of(
            new Legend("good", "ours is quicker, or allocates less"),
            new Legend("bad", "ours is slower, or allocates more"),
            new Legend("mark", "ours")),
        List.of(
            ratios("its time, in multiples of ours", rows, 52),
            bytesPanel("bytes a call", rows, 110)),
        rows);
  }

  private static Stream<Pair> pairs(Claim claim, Library library) {
    Stream<Pair> terms = claim.budget().terms().stream()
        .filter(term -> library.has(term.name()))
        .map(term -> new Pair(claim, term.name(), term.figures().get(0)));
    Stream<Pair> peers = claim.peers().stream()
        .filter(peer -> library.has(peer.name()))
        .map(peer -> new Pair(claim, peer.name(), peer.figure()));
    return Stream.concat(terms, peers);
  }

  private static Optional<Ratio> ratio(Pair pair, Run run) {
    return run.figures()
        .of(pair.peer())
        .flatMap(peer -> run.figures().of(pair.claim().ours()).map(own -> Ratio.of(peer, own)));
  }

  private static Bar times(Pair pair, Run run) {
    return ratio(pair, run)
        .map(ratio -> Bar.of(
                ratio.value(), verdict(pair, run, ratio.value() < 1), factor(ratio.value()))
            .error(ratio.error()))
        .orElseGet(() -> Bar.missing(run.figures().whyMissing(pair.claim().ours())));
  }

  private static Verdict verdict(Pair pair, Run run, boolean slower) {
    boolean differ = Stream.of(pair.peer(), pair.claim().ours())
        .flatMap(figure -> run.figures().of(figure).stream())
        .anyMatch(Measured::forksDiffer);
    if (differ) {
      return Verdict.PLAIN;
    }
    return slower ? Verdict.BAD : Verdict.GOOD;
  }

  private static Bar bytes(Pair pair, Run run) {
    Optional<Measured> own = run.figures().of(pair.claim().ours());
    Optional<Measured> peer = run.figures().of(pair.peer());
    if (own.isEmpty() || peer.isEmpty()) {
      return Bar.missing(run.figures().whyMissing(pair.claim().ours()));
    }
    double ours = own.get().bytes();
    double theirs = peer.get().bytes();
    if (Double.isNaN(ours) || Double.isNaN(theirs)) {
      return Bar.missing("unknown");
    }
    Verdict verdict = Verdict.PLAIN;
    if (Math.abs(theirs - ours) >= AllocationFree.LIMIT) {
      verdict = theirs > ours ? Verdict.GOOD : Verdict.BAD;
    }
    return Bar.of(theirs, verdict, Claim.bytes(theirs) + " B, ours " + Claim.bytes(ours))
        .mark(ours);
  }

  private Chart threads() {
    List<Row> rows = new ArrayList<>();
    for (Claim claim : claims) {
      if (claim.ours().threads() == 2) {
        String title = plain(claim.title()).replace(", 2 threads", "");
        rows.add(new Row(title, "ours", List.of(cell(run -> slower(claim, claim.ours(), run)))));
        for (Library library : Library.values()) {
          pairs(claim, library)
              .map(pair -> new Row(
                  title, pair.name(), List.of(cell(run -> slower(claim, pair.peer(), run)))))
              .forEach(rows::add);
        }
      }
    }
    List<Row> shown = measured(rows);
    return chart(
        "A second thread: how much longer a call takes while another thread calls the same",
        "Beside 1 a second thread costs nothing; from 2 on the threads take turns, or worse. "
            + ofEach(run -> shown.stream()
                .filter(row -> row.label().equals("ours"))
                .map(row -> row.group() + " "
                    + row.cells().get(0).get(runs.indexOf(run)).text())
                .collect(Collectors.joining("; "))),
        titles(),
        List.of(
            new Legend("good", "ours"),
            new Legend("bad", "ours, over its budget"),
            new Legend("mark", "the budget")),
        List.of(ratios("time with two threads by time with one", shown, 170)),
        shown);
  }

  private static Bar slower(Claim claim, Figure two, Run run) {
    Figures figures = run.figures();
    Optional<Measured> both = figures.of(two);
    Optional<Measured> alone = figures.of(two.threads(1));
    if (both.isEmpty() || alone.isEmpty()) {
      return Bar.missing(figures.whyMissing(two));
    }
    Ratio ratio = Ratio.of(both.get(), alone.get());
    boolean ours = two.equals(claim.ours());
    Optional<Double> limit = ours ? claim.budget().limit(figures) : Optional.empty();
    Verdict verdict = Verdict.PLAIN;
    if (ours) {
      verdict = verdict(
          claim,
          both.get(),
          figures,
          limit.filter(most -> both.get().nanos() > most).isPresent());
    }
    return Bar.of(
            ratio.value(),
            verdict,
            factor(ratio.value()) + " (" + Claim.nanos(alone.get().nanos()) + " → "
                + Claim.nanos(both.get().nanos()) + " ns)")
        .error(ratio.error())
        .mark(limit.map(most -> most / alone.get().nanos()).orElse(Double.NaN));
  }

  private List<String> titles() {
    return runs.stream().map(Run::title).toList();
  }

  private Chart chart(
      String title,
      String description,
      List<String> bars,
      List<Legend> legend,
      List<Panel> panels,
      List<Row> rows) {
    List<Legend> all = new ArrayList<>(legend);
    all.add(INTERVAL);
    List<String> footer = new ArrayList<>();
    for (Run run : runs) {
      footer.add(run.machine().jdk() + ", " + run.machine().processor() + ", "
          + run.machine().processors() + " processors, " + run.machine().system() + ", "
          + run.loadText());
      footer.add(run.date() + ", " + run.project() + " beside " + run.libraries() + "; "
          + run.effort().replace("*", ""));
    }
    return new Chart(title, description, bars, all, panels, rows, footer);
  }

  private String ofEach(Function<Run, String> said) {
    return runs.stream()
        .map(run -> run.title() + ": " + said.apply(run))
        .collect(Collectors.joining(". ", "", "."));
  }

  private List<Bar> cell(Function<Run, Bar> bar) {
    return runs.stream().map(bar).toList();
  }

  /** Without the rows of which no run has a figure. */
  private static List<Row> measured(List<Row> rows) {
    return rows.stream()
        .filter(row -> row.cells().stream()
            .flatMap(List::stream)
            .anyMatch(bar -> !bar.text().equals(Figures.NOT_MEASURED)))
        .toList();
  }

  private static Panel ratios(String title, List<Row> rows, double textWidth) {
    double most = most(rows, 0, 2);
    double least = values(rows, 0).min().orElse(1);
    return new Panel(
        title + " (logarithmic)",
        Scale.log(Math.min(least, 0.5), most),
        1,
        1,
        tick -> number(tick) + "×",
        textWidth > 100 ? 400 : 270,
        textWidth);
  }

  private static Panel bytesPanel(String title, List<Row> rows, double textWidth) {
    return new Panel(
        title + " (logarithmic)",
        Scale.counts(most(rows, 1, 10)),
        0,
        Double.NaN,
        Plots::count,
        170,
        textWidth);
  }

  private static double most(List<Row> rows, int panel, double least) {
    return Math.max(values(rows, panel).max().orElse(least), least);
  }

  private static DoubleStream values(List<Row> rows, int panel) {
    return rows.stream()
        .flatMap(row -> row.cells().get(panel).stream())
        .flatMapToDouble(bar -> DoubleStream.of(bar.value(), bar.mark()))
        .filter(value -> !Double.isNaN(value));
  }

  private static String factor(double ratio) {
    return String.format(Locale.ROOT, ratio < 10 ? "%.2f×" : "%,.0f×", ratio);
  }

  private static String count(double value) {
    if (value >= 1e6) {
      return number(value / 1e6) + "M";
    }
    return value >= 1e4 ? number(value / 1e3) + "k" : number(value);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value == Math.rint(value) ? "%,.0f" : "%s", value);
  }

  private static String plain(String markdown) {
    return markdown.replace("`", "");
  }
}
