package io.aragora.resilience.jmh.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.jmh.benchmark.ClosedCallBenchmark;
import org.junit.jupiter.api.Test;

class ClaimTest {
  private static final Figure OURS = Figure.of(ClosedCallBenchmark.class, "oursPermit");
  private static final Figure BASELINE = OURS.sibling("getAndAdd");
  private static final Claim CLAIM =
      Claim.of("call", OURS, Budget.atMost(2.5, BASELINE, "getAndAdd"));

  private static Figures figures(double ours, double bytes) {
    Figures figures = new Figures(true);
    figures.add(OURS, new Measured(ours, Double.NaN, bytes));
    figures.add(BASELINE, new Measured(4, Double.NaN, 0));
    return figures;
  }

  private static String verdict(Claim claim, Figures figures) {
    return claim.verdict(figures.of(claim.ours()).orElseThrow(), figures);
  }

  @Test
  void verdict_atTheLimit_isMet() {
    assertThat(verdict(CLAIM, figures(10, 0.49))).isEqualTo("yes");
    assertThat(CLAIM.isMissed(figures(10, 0))).isFalse();
  }

  @Test
  void verdict_overTheLimit_saysByHowMuch() {
    assertThat(verdict(CLAIM, figures(12, 0))).isEqualTo("**missed by 2.0 ns (20 %)**");
    assertThat(CLAIM.isMissed(figures(12, 0))).isTrue();
  }

  @Test
  void verdict_pathThatMustNotAllocateDoes_isMissed() {
    assertThat(verdict(CLAIM, figures(12, 24))).isEqualTo("**missed by 2.0 ns (20 %) and 24 B**");
    assertThat(verdict(Claim.of("call", OURS, Budget.NONE), figures(12, 24)))
        .isEqualTo("**missed by 24 B**");
  }

  @Test
  void verdict_bytesNotMeasured_isMissed() {
    assertThat(verdict(CLAIM, figures(1, Double.NaN))).isEqualTo("**missed by unknown B**");
  }

  @Test
  void verdict_baselineNotMeasured_isNone() {
    Figures figures = new Figures(true);
    figures.add(OURS, new Measured(1, Double.NaN, 0));
    assertThat(verdict(CLAIM, figures)).isEqualTo("no baseline");
  }

  @Test
  void verdict_nothingClaimed_isNone() {
    Claim claim = Claim.of("empty", OURS.sibling("emptyCall"), Budget.NONE);
    assertThat(claim.verdict(new Measured(1, 0, 24), new Figures(true))).isEqualTo("–");
  }

  @Test
  void row_measured_hasOneCellForEachColumn() {
    Claim claim = CLAIM.peer("R4j", "resilience4jCountLockedPermit");
    Figures figures = figures(8, 0);
    figures.add(claim.peers().get(0).figure(), new Measured(20, 1, 16));
    assertThat(claim.row(figures))
        .hasSameSizeAs(Claim.COLUMNS)
        .containsExactly(
            "call",
            "≤ 2.5 × getAndAdd = 10.0 ns, 0 B",
            "8.0",
            "getAndAdd 4.0",
            "2.00",
            "yes",
            "R4j 20.0 (16 B)",
            "0");
  }

  @Test
  void row_budgetIsASum_ratioIsToAllOfIt() {
    Budget budget =
        Budget.atMost(2, BASELINE, "nanoTime").plus(4, BASELINE, "getAndAdd").plusNanos(6);
    Claim claim = Claim.of("sum", OURS, budget);
    assertThat(claim.row(figures(15, 0)))
        .contains("≤ 2 × nanoTime + 4 × getAndAdd + 6 ns = 30.0 ns, 0 B", "0.50 of the budget");
  }

  @Test
  void row_notMeasured_saysSo() {
    assertThat(CLAIM.row(new Figures(true))).contains("not measured");
  }

  @Test
  void figure_noSuchBenchmark_isRejected() {
    assertThatThrownBy(() -> OURS.sibling("ourPermit"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("method must be a benchmark of ClosedCallBenchmark: ourPermit");
  }

  @Test
  void claims_eachAboutOurs_andEachFigureExists() {
    assertThat(Claims.ALL)
        .isNotEmpty()
        .allMatch(claim -> claim.ours().method().startsWith("ours"))
        .extracting(Claim::title)
        .doesNotHaveDuplicates();
  }
}
