package io.aragora.resilience.core.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.core.ReadLines;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.quota.WhenAlone;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryBudgetConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SharedBudgetTest extends FleetFixture {
  private static RetryBudgetConfig.Builder budget() {
    return RetryBudgetConfig.builder().capacity(100).ratio(0.1).perSecond(0).shared();
  }

  private List<RetryBudget> budgets(int size, RetryBudgetConfig config) {
    List<RetryBudget> budgets = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      budgets.add(instance().retryBudget("db", config));
    }
    time.advance(A_MOMENT);
    return budgets;
  }

  /** Retries on every instance each millisecond, and returns how many were allowed. */
  private int retry(List<RetryBudget> budgets, Duration length) {
    int taken = 0;
    for (long i = 0; i < length.toMillis(); i++) {
      time.advance(A_MOMENT);
      for (RetryBudget budget : budgets) {
        taken += budget.tryTake() ? 1 : 0;
      }
    }
    return taken;
  }

  @Test
  @Tag("FL-09")
  @DisplayName("five instances spend one capacity together, not five")
  void fleet_retries_spendsOneCapacity() {
    List<RetryBudget> budgets = budgets(5, budget().build());

    assertThat(retry(budgets, SECOND.multipliedBy(5))).isBetween(95, 105);
  }

  @Test
  @Tag("FL-09")
  @DisplayName("the successes of one instance earn retries of the others, as the ratio says")
  void success_onOneInstance_earnsForTheOthers() {
    List<RetryBudget> budgets = budgets(2, budget().build());
    retry(budgets, SECOND.multipliedBy(5));
    for (int i = 0; i < 500; i++) {
      budgets.get(0).credit();
    }
    time.advance(Duration.ofSeconds(40));

    assertThat(retry(budgets.subList(1, 2), SECOND.multipliedBy(5))).isBetween(48, 53);
  }

  @Test
  @Tag("FL-09")
  @DisplayName("while the budget is full, successes add nothing beyond its capacity")
  void success_budgetFull_addsNothing() {
    List<RetryBudget> budgets = budgets(2, budget().build());
    for (int i = 0; i < 100_000; i++) {
      budgets.get(i % 2).credit();
    }
    time.advance(Duration.ofSeconds(40));

    assertThat(retry(budgets, SECOND.multipliedBy(5))).isBetween(95, 130);
  }

  @Test
  @Tag("FL-09")
  @DisplayName("retries per second are those of the fleet")
  void fleet_perSecond_isShared() {
    List<RetryBudget> budgets =
        budgets(3, budget().capacity(10).ratio(0).perSecond(4).build());
    retry(budgets, SECOND.multipliedBy(5));

    assertThat(retry(budgets, SECOND.multipliedBy(20))).isBetween(76, 84);
  }

  @ParameterizedTest
  @EnumSource(WhenAlone.class)
  @Tag("FL-09")
  @DisplayName("without the store, each instance has its share, nothing, or the whole budget")
  void store_gone_instancesHaveTheirShare(WhenAlone whenAlone) {
    List<RetryBudget> budgets = budgets(
        4, budget().capacity(8).ratio(0).perSecond(8).whenAlone(whenAlone).build());
    retry(budgets, SECOND);
    store.fail(true);
    retry(budgets, SECOND.multipliedBy(3));

    int taken = retry(budgets, SECOND.multipliedBy(10));
    switch (whenAlone) {
      case SHARE -> assertThat(taken).isBetween(76, 84);
      case REJECT -> assertThat(taken).isZero();
      case LOCAL -> assertThat(taken).isBetween(310, 325);
    }
    for (int i = 0; i < 100; i++) {
      budgets.get(0).credit();
    }
    store.fail(false);
    time.advance(SECOND.multipliedBy(3));
    assertThat(retry(budgets, SECOND.multipliedBy(10))).isBetween(74, 96);
  }

  @Test
  @Tag("FL-09")
  @DisplayName("a retry spends from the shared budget")
  void retry_withASharedBudget_spendsFromIt() {
    RetryBudget budget = budgets(1, budget().capacity(2).ratio(0).build()).get(0);
    time.advance(Duration.ofSeconds(2));

    assertThat(budget.tryTake()).isTrue();
    time.advance(Duration.ofSeconds(2));
    assertThat(budget.tryTake()).isTrue();
    time.advance(Duration.ofSeconds(2));
    assertThat(budget.tryTake()).isFalse();
    assertThat(budget.rejected()).isOne();
  }

  @Test
  @DisplayName("a shared budget needs a quota store")
  void shared_withoutStore_isRejected() {
    try (Resilience without = Resilience.builder().timeSource(time).build()) {
      assertThatThrownBy(() -> without.retryBudget("db", budget().build()))
          .isInstanceOf(ResilienceConfigurationException.class)
          .hasMessageStartingWith(
              "retry budget 'db' is shared, and the runtime has no quota store.");
    }
  }

  @Test
  @Tag("FL-09")
  @DisplayName("a shared budget without the store degrades health; one that is not shared has none")
  void store_gone_healthNamesTheBudget() {
    Resilience instance = instance();
    instance.retryBudget("own");
    assertThat(admission(instance)).isNull();
    List<RetryBudget> budgets = List.of(instance.retryBudget("db", budget().build()));
    time.advance(A_MOMENT);
    retry(budgets, SECOND);
    assertThat(admission(instance).status()).isEqualTo(HealthStatus.HEALTHY);

    store.fail(true);
    retry(budgets, SECOND.multipliedBy(3));

    assertThat(admission(instance).status()).isEqualTo(HealthStatus.DEGRADED);
    assertThat(admission(instance).detail()).startsWith("retry budget 'db' is alone");
  }

  private static HealthResult admission(Resilience instance) {
    return instance.health().checkAll().checks().get(HealthRegistry.ADMISSION);
  }

  @Test
  @Tag("FL-09")
  @DisplayName("without the store, successes earn what the instance may spend alone")
  void store_gone_successEarnsLocally() {
    List<RetryBudget> budgets =
        budgets(1, budget().capacity(10).ratio(0.5).whenAlone(WhenAlone.LOCAL).build());
    retry(budgets, SECOND);
    store.fail(true);
    retry(budgets, SECOND.multipliedBy(5));
    assertThat(budgets.get(0).tryTake()).as("all are spent").isFalse();

    for (int i = 0; i < 8; i++) {
      budgets.get(0).credit();
    }

    assertThat(retry(budgets, SECOND)).isEqualTo(4);
  }

  @Test
  void readings_ofASharedBudget_haveItsLevelAndItsFleet() {
    Resilience instance = instance();
    List<RetryBudget> budgets =
        List.of(instance.retryBudget("db", budget().capacity(8).build()));
    instance().retryBudget("db", budget().capacity(8).build());
    time.advance(A_MOMENT);
    retry(budgets, SECOND);
    assertThat(ReadLines.of(instance, "retrybudget"))
        .contains("retrybudget db", "capacity 8.0", "alone 0.0", "instances 2.0");

    store.fail(true);
    retry(budgets, SECOND.multipliedBy(3));

    assertThat(ReadLines.of(instance, "retrybudget")).contains("alone 1.0");
  }
}
