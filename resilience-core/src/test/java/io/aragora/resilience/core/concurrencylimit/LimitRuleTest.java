package io.aragora.resilience.core.concurrencylimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.aragora.resilience.concurrencylimit.LimitChange;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LimitRuleTest {
  private static final long MILLI = 1_000_000;
  private static final double UNKNOWN = Double.POSITIVE_INFINITY;

  private static LimitSettings settings(int initial, int least, int most) {
    return new LimitSettings(initial, least, most, 1.5, 0);
  }

  private static LimitRule rule(LimitSettings settings) {
    return new LimitRule(settings, () -> 0.5);
  }

  private static LimitRule rule(int initial, int least, int most) {
    return rule(settings(initial, least, most));
  }

  private static LimitWindow window(double millis, int inFlight) {
    return new LimitWindow(100, millis * MILLI, millis * MILLI, inFlight, 0);
  }

  /** A window in which all permits were in use. */
  private static Decision full(LimitRule rule, double millis) {
    return rule.decide(window(millis, rule.limit()));
  }

  private static Decision quiet(LimitRule rule, double millis) {
    return rule.decide(window(millis, 0));
  }

  private static Decision drops(LimitRule rule, long drops) {
    return rule.decide(new LimitWindow(0, 0, UNKNOWN, rule.limit(), drops));
  }

  private static double baseMillis(LimitRule rule) {
    return rule.baseNanos() / MILLI;
  }

  @Test
  @Tag("CL-03")
  void decide_latencyIsSteadyAndPermitsAreInUse_growsByTheRoot() {
    LimitRule rule = rule(20, 4, 200);

    assertThat(full(rule, 10).to()).isEqualTo(24);
    Decision second = full(rule, 10);

    assertThat(second)
        .extracting(Decision::from, Decision::to, Decision::rule)
        .containsExactly(24, 29, LimitChange.GROWTH);
    assertThat(baseMillis(rule)).isEqualTo(10);
  }

  @Test
  @Tag("CL-03")
  void decide_fewerThanHalfInUse_holds() {
    LimitRule rule = rule(20, 4, 200);

    assertThat(rule.decide(window(10, 9)).rule()).isEqualTo(LimitChange.HELD);
    assertThat(rule.decide(window(10, 10)).rule()).isEqualTo(LimitChange.GROWTH);
  }

  @Test
  @Tag("CL-03")
  void decide_growth_endsAtTheMost() {
    LimitRule rule = rule(20, 4, 22);

    assertThat(full(rule, 10).to()).isEqualTo(22);
    assertThat(full(rule, 10)).extracting(Decision::from, Decision::to).containsExactly(22, 22);
  }

  @Test
  void decide_limitOfOne_growsToFiveTimesTheMostInFlightAtMost() {
    LimitRule rule = rule(1, 1, 200);

    for (int window = 0; window < 20; window++) {
      rule.decide(window(10, 1));
    }

    assertThat(rule.limit()).isEqualTo(3); // from then on, one in flight is fewer than half
  }

  @Test
  @Tag("CL-04")
  void decide_latencyIsFourTimesTheBase_fallsByATenthAndKeepsTheBase() {
    LimitRule rule = rule(100, 4, 200);
    quiet(rule, 10);

    assertThat(full(rule, 40))
        .extracting(Decision::from, Decision::to, Decision::gradient, Decision::rule)
        .containsExactly(100, 90, 0.5, LimitChange.GRADIENT);
    assertThat(full(rule, 40).to()).isEqualTo(81);
    for (int window = 0; window < 10; window++) {
      full(rule, 40);
    }
    assertThat(baseMillis(rule)).isEqualTo(10);
  }

  @Test
  @Tag("CL-05")
  void decide_thirtyDropsInAWindow_fallsOnce() {
    LimitRule rule = rule(100, 4, 200);

    Decision decision = rule.decide(new LimitWindow(100, 10 * MILLI, 10 * MILLI, 100, 30));

    assertThat(decision)
        .extracting(Decision::to, Decision::rule, Decision::drops)
        .containsExactly(90, LimitChange.DROPS, 30L);
  }

  @Test
  @Tag("CL-06")
  void decide_allCallsTimeOut_fallsToTheLeast() {
    LimitRule rule = rule(200, 4, 200);

    for (int window = 0; window < 40; window++) {
      int before = rule.limit();
      assertThat(drops(rule, 100).to()).isLessThanOrEqualTo(before);
    }

    assertThat(rule.limit()).isEqualTo(4);
    assertThat(rule.baseNanos()).isZero();
  }

  @Test
  @Tag("CL-08")
  void decide_gradientBelowOne_fallsInEachWindow() {
    LimitRule rule = rule(1_000_000, 1, 1_000_000);
    quiet(rule, 8);

    for (int window = 0; window < 100; window++) {
      int before = rule.limit();
      Decision decision =
          rule.decide(window(15, before / 2 - 1)); // more in flight would lead to a look
      assertThat(decision.gradient()).isEqualTo(0.8, within(1e-9));
      assertThat(decision.to()).isLessThan(before);
    }
  }

  @Test
  @Tag("CL-09")
  void decide_latencyCreepsAtAFullLimit_baseStaysAndTheLimitFalls() {
    LimitRule rule = rule(100, 4, 100);
    quiet(rule, 10);
    double millis = 10;
    for (; millis <= 15; millis *= 1.01) {
      assertThat(full(rule, millis).rule())
          .isIn(LimitChange.GROWTH, LimitChange.LOOK, LimitChange.LOOK_ENDED);
      assertThat(baseMillis(rule)).isEqualTo(10);
    }

    assertThat(full(rule, millis).rule()).isEqualTo(LimitChange.GRADIENT);
    assertThat(rule.limit()).isEqualTo(99);
  }

  @Test
  @Tag("CL-09")
  void decide_latencyCreepsWithFewInFlight_baseFollows() {
    LimitRule rule = rule(100, 4, 100);
    for (double millis = 10; millis <= 40; millis *= 1.01) {
      assertThat(quiet(rule, millis).rule()).isEqualTo(LimitChange.HELD);
    }

    assertThat(baseMillis(rule)).isBetween(35.0, 40.0);
  }

  @Test
  @Tag("CL-09")
  void decide_latencyExceedsTheHealthyOne_fallsWhateverTheBase() {
    LimitRule rule = rule(new LimitSettings(100, 4, 100, 1.5, 300 * MILLI));
    quiet(rule, 290);
    assertThat(full(rule, 300).to()).isEqualTo(100);

    Decision decision = full(rule, 301);

    assertThat(decision)
        .extracting(Decision::to, Decision::gradient, Decision::rule)
        .containsExactly(98, 0.9, LimitChange.HEALTHY_LATENCY);
  }

  @Test
  @Tag("CL-10")
  void decide_overloadEnds_growsInThatWindow() {
    LimitRule rule = rule(100, 4, 200);
    quiet(rule, 10);
    full(rule, 40);

    assertThat(full(rule, 14).rule()).isEqualTo(LimitChange.GROWTH);
    assertThat(rule.limit()).isEqualTo(99); // 90 and its root
  }

  @Test
  @Tag("CL-11")
  void decide_fiveSlowWindowsAtTheLeast_learnsTheBaseAnewAndGrows() {
    LimitRule rule = rule(4, 4, 200);
    quiet(rule, 10);
    for (int window = 1; window <= 4; window++) {
      assertThat(full(rule, 60).rule()).isEqualTo(LimitChange.GRADIENT);
    }

    Decision fifth = full(rule, 60);

    assertThat(fifth.rule()).isEqualTo(LimitChange.RELEARNED);
    assertThat(fifth.atLeast()).isEqualTo(5);
    assertThat(fifth).extracting(Decision::from, Decision::to).containsExactly(4, 6);
    assertThat(baseMillis(rule)).isEqualTo(60);
  }

  @Test
  @Tag("CL-11")
  void decide_relearningBeyondTheHealthyLatency_endsAtIt() {
    LimitRule rule = rule(new LimitSettings(4, 4, 200, 1.5, 50 * MILLI));
    quiet(rule, 10);
    for (int window = 1; window <= 4; window++) {
      full(rule, 60);
    }

    assertThat(full(rule, 60).rule()).isEqualTo(LimitChange.RELEARNED);
    assertThat(baseMillis(rule)).isEqualTo(50);
    for (int window = 0; window < 20; window++) {
      assertThat(full(rule, 60).rule()).isEqualTo(LimitChange.HEALTHY_LATENCY);
    }
    assertThat(full(rule, 50).rule()).isEqualTo(LimitChange.GROWTH);
  }

  @Test
  @Tag("CL-11")
  void decide_dropsAtTheLeast_learnsNothing() {
    LimitRule rule = rule(4, 4, 200);
    quiet(rule, 10);
    for (int window = 1; window <= 4; window++) {
      full(rule, 60);
    }
    rule.decide(new LimitWindow(100, 60 * MILLI, 60 * MILLI, 4, 1));

    for (int window = 1; window <= 4; window++) {
      assertThat(full(rule, 60).rule()).isNotEqualTo(LimitChange.RELEARNED);
    }
    assertThat(full(rule, 60).rule()).isEqualTo(LimitChange.RELEARNED);
  }

  @Test
  void decide_aFastWindow_lowersTheBaseByATwentiethAtMost() {
    LimitRule rule = rule(20, 4, 20);
    quiet(rule, 100);

    full(rule, 10);
    assertThat(baseMillis(rule)).isEqualTo(95);
    full(rule, 55);
    assertThat(baseMillis(rule)).isEqualTo(91);
  }

  @Test
  void decide_thirtyLimitedWindows_looksAtAFractionOfTheLimitForOne() {
    LimitRule rule = rule(100, 4, 100);
    for (int window = 1; window < LimitRule.LOOK_WINDOWS; window++) {
      assertThat(full(rule, 30).rule()).isNotEqualTo(LimitChange.LOOK);
      assertThat(quiet(rule, 30).rule()).isNotEqualTo(LimitChange.LOOK); // not limited: not counted
    }

    Decision begun = full(rule, 30);
    assertThat(begun.rule()).isEqualTo(LimitChange.LOOK);
    assertThat(begun).extracting(Decision::from, Decision::to).containsExactly(100, 40);
    assertThat(rule.looking()).isTrue();
    Decision ended = full(rule, 20);

    assertThat(ended)
        .extracting(Decision::from, Decision::to, Decision::rule)
        .containsExactly(40, 100, LimitChange.LOOK_ENDED);
    assertThat(rule.looking()).isFalse();
    assertThat(baseMillis(rule))
        .as("two thirds of the way to 20")
        .isEqualTo(70 / 3.0, within(1e-9));
  }

  @Test
  @Tag("CL-29")
  void decide_looksThatAreFaster_lowerTheBaseStepByStep() {
    LimitRule rule = rule(100, 4, 100);
    for (double base : new double[] {20 + 10 / 3.0, 20 + 10 / 9.0, 20 + 10 / 27.0}) {
      while (full(rule, 30).rule() != LimitChange.LOOK) {
        // as long as it takes
      }
      full(rule, 20);
      assertThat(baseMillis(rule)).isEqualTo(base, within(1e-9));
    }
  }

  @Test
  @Tag("CL-12")
  void decide_lookWhoseCallsTakeLongerThanItMayLast_endsAndKeepsTheBase() {
    LimitRule rule = rule(100, 4, 100);
    while (full(rule, 30).rule() != LimitChange.LOOK) {
      // as long as it takes
    }

    assertThat(rule.decide(new LimitWindow(0, Double.NaN, UNKNOWN, 40, 0)))
        .extracting(Decision::to, Decision::rule)
        .containsExactly(100, LimitChange.LOOK_ENDED);
    assertThat(baseMillis(rule)).isEqualTo(30);
  }

  @Test
  void decide_fastByChance_lowersNoBaseThatCouldNotRise() {
    LimitRule rule = rule(100, 4, 100);
    quiet(rule, 30);
    rule.decide(new LimitWindow(50, 25 * MILLI, 35 * MILLI, 100, 0));
    assertThat(baseMillis(rule)).as("limited").isEqualTo(30);
    rule.decide(new LimitWindow(50, 25 * MILLI, UNKNOWN, 100, 0));
    assertThat(baseMillis(rule)).as("limited, too few samples").isEqualTo(30);
    rule.decide(new LimitWindow(50, 20 * MILLI, 25 * MILLI, 100, 0));
    assertThat(baseMillis(rule)).as("limited, and certain").isEqualTo(29.5);
    rule.decide(new LimitWindow(50, 24.5 * MILLI, UNKNOWN, 10, 0));
    assertThat(baseMillis(rule)).as("not limited: it may rise again").isEqualTo(29);
  }

  @ParameterizedTest
  @CsvSource({"1, 50", "1.2, 50", "2, 30", "3, 20", "10, 6"})
  void decide_look_isBelowTheLimitByTheTolerance(double tolerance, int look) {
    LimitRule rule = rule(new LimitSettings(100, 4, 100, tolerance, 0));
    while (full(rule, 30).rule() != LimitChange.LOOK) {
      // as long as it takes
    }

    assertThat(rule.limit()).isEqualTo(look);
  }

  @Test
  void decide_lookIsSlower_doesNotRaiseTheBase() {
    LimitRule rule = rule(100, 4, 100);
    while (full(rule, 30).rule() != LimitChange.LOOK) {
      // as long as it takes
    }

    full(rule, 90);

    assertThat(baseMillis(rule)).isEqualTo(30);
  }

  @Test
  void decide_dropsInALook_endsItAndLowersTheLimit() {
    LimitRule rule = rule(100, 4, 100);
    while (full(rule, 30).rule() != LimitChange.LOOK) {
      // as long as it takes
    }

    assertThat(drops(rule, 1))
        .extracting(Decision::to, Decision::rule)
        .containsExactly(90, LimitChange.DROPS);
    assertThat(rule.looking()).isFalse();
    assertThat(baseMillis(rule)).isEqualTo(30);
  }

  @Test
  void decide_looks_differByATenthAtMost() {
    assertThat(windowsUntilLook(0)).isEqualTo(27);
    assertThat(windowsUntilLook(0.999999)).isEqualTo(33);
  }

  private static int windowsUntilLook(double draw) {
    LimitRule rule = new LimitRule(settings(100, 4, 100), () -> draw);
    int windows = 1;
    while (full(rule, 30).rule() != LimitChange.LOOK) {
      windows++;
    }
    return windows;
  }

  @Test
  void decide_atTheLeast_doesNotLook() {
    LimitRule rule = rule(4, 4, 4);
    for (int window = 0; window < 100; window++) {
      assertThat(full(rule, 30).rule()).isNotEqualTo(LimitChange.LOOK);
    }
  }

  @Test
  @Tag("CL-13")
  void decide_windowWithoutSamples_changesNothing() {
    LimitRule rule = rule(100, 4, 200);
    quiet(rule, 10);

    Decision decision = rule.decide(new LimitWindow(0, Double.NaN, UNKNOWN, 100, 0));

    assertThat(decision)
        .extracting(Decision::from, Decision::to, Decision::rule)
        .containsExactly(100, 100, LimitChange.HELD);
    assertThat(decision.recentNanos()).isZero();
    assertThat(baseMillis(rule)).isEqualTo(10);
  }

  @Test
  @Tag("CL-13")
  void decide_lookWithoutSamples_goesOn() {
    LimitRule rule = rule(100, 4, 100);
    while (full(rule, 30).rule() != LimitChange.LOOK) {
      // as long as it takes
    }

    rule.decide(new LimitWindow(0, Double.NaN, UNKNOWN, 0, 0));
    assertThat(rule.looking()).isTrue();
    full(rule, 20);

    assertThat(rule.limit()).isEqualTo(100);
  }

  @Test
  @Tag("CL-14")
  void reconfigure_mostBelowTheLimit_lowersItAtOnce() {
    LimitRule rule = rule(300, 4, 500);

    Decision decision = rule.reconfigure(settings(20, 4, 50));

    assertThat(decision)
        .extracting(Decision::from, Decision::to, Decision::rule)
        .containsExactly(300, 50, LimitChange.RECONFIGURED);
    assertThat(rule.limit()).isEqualTo(50);
  }

  @Test
  @Tag("CL-14")
  void reconfigure_leastBelowTheLimit_isAtTheLeastNoMore() {
    LimitRule rule = rule(10, 10, 200);
    quiet(rule, 10);
    for (int window = 1; window <= 3; window++) {
      assertThat(full(rule, 60).atLeast()).isEqualTo(window);
    }

    assertThat(rule.reconfigure(settings(10, 10, 100)).atLeast()).isEqualTo(3);
    assertThat(rule.reconfigure(settings(10, 4, 100)).atLeast()).isZero();
    assertThat(full(rule, 60).atLeast()).isZero();
  }

  @Test
  @Tag("CL-14")
  void reconfigure_duringALook_boundsTheLimitAfterIt() {
    LimitRule rule = rule(300, 4, 300);
    while (full(rule, 30).rule() != LimitChange.LOOK) {
      // as long as it takes
    }

    rule.reconfigure(settings(20, 4, 200));
    assertThat(rule.limit()).isEqualTo(120);
    full(rule, 30);

    assertThat(rule.limit()).isEqualTo(200);
  }
}
