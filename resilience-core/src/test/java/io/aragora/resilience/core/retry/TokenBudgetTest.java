package io.aragora.resilience.core.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TokenBudgetTest {
  private final ManualTime time = ManualTime.create().autoAdvance(true);
  private final Resilience resilience =
      Resilience.builder().timeSource(time).name("test").build();

  @AfterEach
  void close() {
    resilience.close();
  }

  private RetryBudget budget(int capacity, double ratio, double perSecond) {
    return resilience.retryBudget(
        "b",
        RetryBudgetConfig.builder()
            .capacity(capacity)
            .ratio(ratio)
            .perSecond(perSecond)
            .build());
  }

  private static int takeAll(RetryBudget budget) {
    int taken = 0;
    while (budget.tryTake()) {
      taken++;
    }
    return taken;
  }

  @Test
  void earned_isTakenAndEarnedAgain_neverBeyondTheCapacity() {
    RetryBudget budget = budget(3, 0.1, 0);
    assertThat(budget.level()).isEqualTo(3);
    assertThat(takeAll(budget)).isEqualTo(3);
    assertThat(budget.rejected()).isEqualTo(1);
    for (int i = 0; i < 9; i++) {
      budget.credit();
    }
    assertThat(budget.tryTake()).as("nine tenths").isFalse();
    budget.credit();
    assertThat(budget.level()).isEqualTo(1);
    assertThat(takeAll(budget)).isEqualTo(1);
    for (int i = 0; i < 1_000; i++) {
      budget.credit();
    }
    assertThat(budget.level()).isEqualTo(3);
  }

  @Test
  void timeAllowsSome_savedForASecondOnly() {
    RetryBudget budget = budget(1, 0, 4);
    assertThat(takeAll(budget)).as("the capacity, and a second's").isEqualTo(1 + 4);
    time.advance(Duration.ofMillis(250));
    assertThat(takeAll(budget)).isEqualTo(1);
    time.advance(Duration.ofHours(1));
    assertThat(takeAll(budget)).isEqualTo(4);
  }

  @Test
  void lessThanOneInASecond_comesInItsTime() {
    RetryBudget budget = budget(1, 0, 0.1);
    assertThat(takeAll(budget)).isEqualTo(1 + 1);
    time.advance(Duration.ofMillis(9_999));
    assertThat(takeAll(budget)).isZero();
    time.advance(Duration.ofMillis(1));
    assertThat(takeAll(budget)).isEqualTo(1);
  }

  @Test
  @Tag("fault-45")
  @DisplayName("when nothing succeeds, retries stop at the saved budget, although each call has "
      + "attempts left")
  void outage_isNotAmplified() {
    RetryBudget budget = budget(10, 0.1, 0);
    Retry retry = resilience.retry(
        "r",
        RetryConfig.builder()
            .maxAttempts(4)
            .backoff(Backoff.constant(Duration.ofMillis(1)))
            .budget(budget)
            .build());
    List<RetryEvent.Kind> kinds = new ArrayList<>();
    retry.subscribe(event -> kinds.add(event.kind()));
    AtomicInteger attempts = new AtomicInteger();
    for (int call = 0; call < 100; call++) {
      IOException failure = new IOException("down " + call);
      assertThatThrownBy(() -> retry.run(() -> {
            attempts.incrementAndGet();
            throw failure;
          }))
          .isSameAs(failure);
    }
    assertThat(attempts).hasValue(100 + 10);
    assertThat(retry.totals().gaveUp()).isEqualTo(100);
    assertThat(retry.totals().outOfBudget()).isEqualTo(97);
    time.runPending();
    assertThat(kinds).contains(RetryEvent.Kind.RETRY, RetryEvent.Kind.OUT_OF_BUDGET);
  }

  @Test
  @Tag("fault-45")
  @DisplayName("twenty successes earn two retries")
  void success_ofACall_earnsATenthOfARetry() {
    RetryBudget budget = budget(10, 0.1, 0);
    Retry retry = resilience.retry("r", RetryConfig.builder().budget(budget).build());
    takeAll(budget);
    for (int call = 0; call < 20; call++) {
      assertThat(retry.<Integer, RuntimeException>call(() -> 42)).isEqualTo(42);
    }
    assertThat(budget.level()).isEqualTo(2);
  }

  @Test
  void noTimeLeft_budgetIsNotAsked() {
    RetryBudget budget = budget(2, 0, 0);
    Retry impatient = resilience.retry(
        "impatient", everySecond(budget).maxDuration(Duration.ofMillis(1)).build());
    assertThatThrownBy(() -> impatient.run(() -> {
          throw new IOException("down");
        }))
        .isInstanceOf(IOException.class);
    assertThat(budget.level()).isEqualTo(2);
  }

  private static RetryConfig.Builder everySecond(RetryBudget budget) {
    return RetryConfig.builder()
        .maxAttempts(2)
        .backoff(Backoff.constant(Duration.ofSeconds(1)))
        .budget(budget);
  }

  @Test
  void asynchronousRetries_takeFromTheBudget() {
    RetryBudget budget = budget(2, 0, 0);
    Retry async = resilience.retry("async", everySecond(budget).build());
    for (int i = 0; i < 3; i++) {
      CompletableFuture<String> future =
          async.callAsync(() -> CompletableFuture.failedFuture(new IOException("down")));
      time.advance(Duration.ofSeconds(2));
      assertThat(future).isCompletedExceptionally();
    }
    assertThat(async.totals().retries()).isEqualTo(2);
    assertThat(async.totals().outOfBudget()).isEqualTo(1);
    assertThat(budget.level()).isZero();
  }

  @Test
  void isFoundByName_andDeclaredOnce() {
    RetryBudget undeclared = resilience.retryBudget("b");
    RetryBudget declared = budget(7, 0.5, 0);
    assertThat(declared).isSameAs(undeclared);
    assertThat(declared.level()).isEqualTo(7);
    assertThat(declared.config()).hasToString("capacity=7, ratio=0.5, perSecond=0.0");
    assertThat(resilience.policies().retryBudgets()).containsExactly(declared);
    assertThatThrownBy(() -> budget(8, 0.5, 0))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("capacity=7")
        .hasMessageContaining("capacity=8");
    assertThat(
            RetryConfig.builder().budget(declared).build().declaresSameAs(RetryConfig.defaults()))
        .isFalse();
  }

  @Test
  void badValues_nameSettingRuleAndValue() {
    RetryBudgetConfig.Builder builder = RetryBudgetConfig.builder();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.capacity(0))
        .withMessage("capacity must be in [1, 1000000]: 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.ratio(Double.NaN))
        .withMessage("ratio must be in [0.0, 10.0]: NaN");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.perSecond(-1))
        .withMessage("perSecond must be in [0.0, 1000000.0]: -1.0");
  }
}
