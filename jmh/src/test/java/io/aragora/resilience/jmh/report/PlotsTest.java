package io.aragora.resilience.jmh.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.jmh.benchmark.ClosedCallBenchmark;
import io.aragora.resilience.jmh.benchmark.Suite;
import io.aragora.resilience.jmh.report.Bar.Verdict;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PlotsTest {
  private static final Figure OURS = Figure.of(ClosedCallBenchmark.class, "oursPermit");
  private static final Figure FLOOR = OURS.sibling("floor");
  private static final Figure PEER = OURS.sibling("resilience4jCountLockedPermit");

  private static Run run(double ours, double peer, double bytes) {
    Figures figures = new Figures(false);
    figures.add(OURS, new Measured(ours, 0.5, bytes, 3));
    figures.add(FLOOR, new Measured(4, 0, 0, 3));
    figures.add(PEER, new Measured(peer, 1, 24, 3));
    figures.add(OURS.threads(2), new Measured(ours * 2, 1, bytes, 3));
    return run("2026-11-26", figures);
  }

  private static Run run(String date, Figures figures) {
    Machine machine = new Machine("<processor>", 2, "system", "VM 17.0.15+6", 0.5);
    return new Run(machine, date, "quick", "", "peers", "0.1.0", 0.02, figures);
  }

  /** A run of a claim of the summary alone. */
  private static Run ofCall(String date, double ours, double peer) {
    Figure call = Figure.of(ClosedCallBenchmark.class, "oursCall");
    Figures figures = new Figures(false);
    figures.add(call, new Measured(ours, 0.5, 0, 3));
    figures.add(call.sibling("resilience4jCountLockedCall"), new Measured(peer, 1, 24, 3));
    return run(date, figures);
  }

  private static Chart plot(String name, Run... runs) {
    return Plots.of(List.of(runs)).get(name);
  }

  private static Chart.Row row(Chart chart, String group, String label) {
    return chart.rows().stream()
        .filter(row -> row.group().equals(group) && row.label().equals(label))
        .findFirst()
        .orElseThrow();
  }

  private static Bar bar(Chart chart, String group, String label, int panel) {
    return row(chart, group, label).cells().get(panel).get(0);
  }

  @Test
  void of_theSameRuns_isTheSameText() {
    assertThat(Plots.of(List.of(run(8, 16, 0))).keySet())
        .containsExactly("budgets.svg", "resilience4j.svg", "failsafe.svg", "threads.svg");
    assertThat(plot("budgets.svg", run(8, 16, 0)).svg())
        .isEqualTo(plot("budgets.svg", run(8, 16, 0)).svg());
  }

  @Test
  void budgets_keptAndMissed_lookDifferent() {
    String label = "≤ 2 × floor, 0 B";
    Bar kept = bar(plot("budgets.svg", run(8, 16, 0)), "closed call by permit", label, 0);
    assertThat(kept.verdict()).isEqualTo(Verdict.GOOD);
    assertThat(kept.value()).isEqualTo(100);
    assertThat(kept.error()).isEqualTo(6.25);
    Chart missed = plot("budgets.svg", run(12, 16, 24));
    assertThat(bar(missed, "closed call by permit", label, 0).verdict()).isEqualTo(Verdict.BAD);
    assertThat(bar(missed, "closed call by permit", label, 1).verdict()).isEqualTo(Verdict.BAD);
    assertThat(missed.description()).startsWith("JDK 17.0.15: missed are closed call by permit");
  }

  @Test
  void beside_ratioIsThePeersByOurs_withBothErrors() {
    Chart chart = plot("resilience4j.svg", run(8, 16, 0));
    Bar quicker = bar(chart, "closed call by permit", "count", 0);
    assertThat(quicker.verdict()).isEqualTo(Verdict.GOOD);
    assertThat(quicker.value()).isEqualTo(2);
    assertThat(quicker.error()).isEqualTo(2 * Math.hypot(0.5 / 8, 1.0 / 16));
    assertThat(bar(chart, "closed call by permit", "count", 1).text()).isEqualTo("24 B, ours 0");
    Chart slower = plot("resilience4j.svg", run(32, 16, 48));
    assertThat(bar(slower, "closed call by permit", "count", 0).verdict()).isEqualTo(Verdict.BAD);
    assertThat(bar(slower, "closed call by permit", "count", 1).verdict()).isEqualTo(Verdict.BAD);
    assertThat(slower.description())
        .contains("quicker in 0 of 1 comparisons; slower in closed call by permit (R4j count)");
  }

  @Test
  void history_callsOfTheSummary_haveARowForEachRunOfThem() {
    Chart chart = Plots.history(
        List.of(ofCall("2026-11-26", 10, 60), ofCall("2026-11-30", 20, 10), run(8, 16, 0)));
    String call = "closed call by call, R4j count";
    assertThat(chart.rows()).hasSize(2).allMatch(row -> row.group().equals(call));
    Bar first = bar(chart, call, "2026-11-26, JDK 17.0.15", 0);
    assertThat(first.value()).isEqualTo(6);
    assertThat(first.verdict()).isEqualTo(Verdict.GOOD);
    assertThat(bar(chart, call, "2026-11-30, JDK 17.0.15", 0).verdict()).isEqualTo(Verdict.BAD);
  }

  @Test
  void threads_oursHasItsBudgetMarked() {
    Bar bar = bar(plot("threads.svg", run(8, 16, 0)), "closed call by permit", "ours", 0);
    assertThat(bar.value()).isEqualTo(2);
    assertThat(bar.mark()).isEqualTo(1.2);
    assertThat(bar.verdict()).isEqualTo(Verdict.BAD);
  }

  @Test
  void budgets_forksDiffer_areNeitherKeptNorMissed() {
    Run run = run(12, 16, 0);
    run.figures().add(OURS, new Measured(12, 2, 0, 3));
    assertThat(bar(plot("budgets.svg", run), "closed call by permit", "≤ 2 × floor, 0 B", 0)
            .verdict())
        .isEqualTo(Verdict.PLAIN);
  }

  @Test
  void missing_saysWhy_andARowOfWhichNoRunHasAFigureIsLeftOut() {
    Chart chart = plot("failsafe.svg", run(8, 16, 0), run(9, 16, 0));
    assertThat(chart.runs()).hasSize(2);
    assertThat(chart.rows()).noneMatch(row -> row.group().equals("closed call by permit"));
    assertThat(
            bar(chart, "closed call by permit, 2 virtual threads", "count", 0).text())
        .isEqualTo("needs JDK 21");
    assertThat(chart.svg()).contains("&lt;processor&gt;", "others used at most 2 %");
  }

  @Test
  void libraries_haveAllThatThePeersAreMeasuredBy() {
    Stream<Claim.Peer> terms = Claims.ALL.stream()
        .flatMap(claim -> claim.budget().terms().stream())
        .filter(term -> term.figures().size() == 1 && !term.name().equals("best peer"))
        .map(term -> new Claim.Peer(term.name(), term.figures().get(0)));
    List<Claim.Peer> all = Stream.concat(
            terms, Claims.ALL.stream().flatMap(claim -> claim.peers().stream()))
        .toList();
    assertThat(all).isNotEmpty().allSatisfy(peer -> {
      String method = peer.figure().method();
      assertThat(Library.RESILIENCE4J.has(peer.name()))
          .isEqualTo(method.startsWith("resilience4j"));
      assertThat(Library.FAILSAFE.has(peer.name())).isEqualTo(method.startsWith("failsafe"));
    });
  }

  @Test
  void claims_everyClassAndEveryPeer_isMeasured() {
    assertThat(Claims.figures().stream().map(Figure::benchmarks).distinct())
        .containsExactlyInAnyOrderElementsOf(Suite.CLASSES);
    assertThat(Claims.figures())
        .anyMatch(figure -> figure.threads() == 8)
        .anyMatch(figure -> figure.threads() == 2 && figure.method().startsWith("resilience4j"))
        .anyMatch(figure -> figure.threads() == 2 && figure.method().startsWith("failsafe"));
  }
}
