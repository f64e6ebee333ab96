package io.aragora.resilience.jmh.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.jmh.benchmark.ClosedCallBenchmark;
import java.lang.reflect.Field;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Param;

class ClaimTest {
  private static final Figure OURS = Figure.of(ClosedCallBenchmark.class, "oursPermit");
  private static final Figure FLOOR = OURS.sibling("floor");
  private static final Claim CLAIM = Claim.of("call", OURS, Budget.atMost(2.5, FLOOR, "floor"));

  private static Figures figures(double ours, double bytes) {
    Figures figures = new Figures(true);
    figures.add(OURS, new Measured(ours, Double.NaN, bytes, 3));
    figures.add(FLOOR, new Measured(4, Double.NaN, 0, 3));
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
  void verdict_floorNotMeasured_isNone() {
    Figures figures = new Figures(true);
    figures.add(OURS, new Measured(1, Double.NaN, 0, 3));
    assertThat(verdict(CLAIM, figures)).isEqualTo("no floor");
  }

  @Test
  void verdict_nothingClaimed_isNone() {
    Claim claim = Claim.of("empty", OURS.sibling("emptyCall"), Budget.NONE);
    assertThat(claim.verdict(new Measured(1, 0, 24, 3), new Figures(true))).isEqualTo("–");
  }

  @Test
  void row_measured_hasOneCellForEachColumn() {
    Claim claim = CLAIM.peer("R4j", "resilience4jCountLockedPermit");
    Figures figures = figures(8, 0);
    figures.add(claim.peers().get(0).figure(), new Measured(20, 1, 16, 3));
    assertThat(claim.row(figures))
        .hasSameSizeAs(Claim.COLUMNS)
        .containsExactly(
            "call",
            "≤ 2.5 × floor = 10.0 ns, 0 B",
            "8.0",
            "floor 4.0",
            "2.00",
            "yes",
            "R4j 20.0 (16 B)",
            "0");
  }

  @Test
  void row_budgetIsASum_ratioIsToAllOfIt() {
    Budget budget = Budget.atMost(2, FLOOR, "empty").plus(5.5, FLOOR, "synchronous");
    Claim claim = Claim.of("sum", OURS, budget);
    assertThat(claim.row(figures(15, 0)))
        .contains("≤ 2 × empty + 5.5 × synchronous = 30.0 ns, 0 B", "0.50 of the budget");
  }

  @Test
  void row_notMeasured_saysSo() {
    assertThat(CLAIM.row(new Figures(true))).contains("not measured");
  }

  @Test
  void verdict_forksDifferByMoreThanAFifth_isNone() {
    Figures figures = figures(12, 0);
    figures.add(OURS, new Measured(12, 1.3, 0, 3));
    assertThat(verdict(CLAIM, figures)).isEqualTo("forks differ");
    assertThat(CLAIM.isMissed(figures)).isFalse();
    assertThat(CLAIM.isUndecided(figures)).isTrue();
    figures.add(OURS, new Measured(12, 1.2, 0, 3));
    assertThat(CLAIM.isUndecided(figures)).isFalse();
    assertThat(CLAIM.isMissed(figures)).isTrue();
    figures.add(FLOOR, new Measured(4, 0.5, 0, 3));
    assertThat(verdict(CLAIM, figures)).isEqualTo("forks differ");
    figures.add(OURS, new Measured(12, 0.5, 24, 3));
    assertThat(verdict(CLAIM, figures)).isEqualTo("**missed by 24 B**");
  }

  @Test
  void verdict_fewerThanThreeForks_isNone() {
    Figures figures = figures(12, 0);
    figures.add(OURS, new Measured(12, 0.1, 0, 1));
    assertThat(verdict(CLAIM, figures)).isEqualTo("too few forks");
  }

  @Test
  void verdict_bestOfSeveral_isTheLeast() {
    Figure other = OURS.sibling("emptyCall");
    Claim claim = Claim.of("best", OURS, Budget.atMostBest(1, List.of(FLOOR, other), "best peer"));
    Figures figures = figures(3, 0);
    assertThat(verdict(claim, figures)).isEqualTo("no floor");
    figures.add(other, new Measured(2, 0, 0, 3));
    assertThat(claim.row(figures)).contains("≤ best peer = 2.0 ns, 0 B", "best peer 2.0", "1.50");
    assertThat(claim.isMissed(figures)).isTrue();
  }

  @Test
  void claims_everyBudgetIsOfTheSameClass_andEveryParameterIsOfIt() {
    assertThat(Claims.ALL)
        .allSatisfy(claim -> assertThat(claim.figures()).allSatisfy(figure -> {
          assertThat(figure.benchmarks()).isEqualTo(claim.ours().benchmarks());
          for (Field field : figure.benchmarks().getFields()) {
            Param param = field.getAnnotation(Param.class);
            if (param != null) {
              assertThat(param.value()).contains(figure.params().get(field.getName()));
            }
          }
        }));
    assertThat(Claims.ALL)
        .filteredOn(claim ->
            claim.budget().terms().stream().anyMatch(term -> term.name().equals("floor")))
        .hasSizeGreaterThan(20)
        .allMatch(claim ->
            claim.figuresOfBudget().anyMatch(figure -> figure.method().startsWith("floor")));
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
