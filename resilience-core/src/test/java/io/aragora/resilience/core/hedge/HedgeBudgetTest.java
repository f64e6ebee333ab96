package io.aragora.resilience.core.hedge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryBudget;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A budget that several policies around a call share. */
class HedgeBudgetTest extends HedgeFixture {
  private final RetryBudget budget =
      resilience.retryBudget("b", c -> c.capacity(10).ratio(0.5).perSecond(0));

  private Retry retry(String name) {
    return resilience.retry(
        name,
        c -> c.maxAttempts(3)
            .backoff(Backoff.constant(Duration.ofSeconds(1)))
            .budget(budget)
            .retryWhenNested(true));
  }

  private Hedge hedge() {
    return hedge(c -> c.budget(budget));
  }

  static Stream<Arguments> orders() {
    return Stream.of(
        Arguments.of(List.of("hedge")),
        Arguments.of(List.of("retry")),
        Arguments.of(List.of("retry", "hedge")),
        Arguments.of(List.of("retry", "inner retry")),
        Arguments.of(List.of("retry", "inner retry", "hedge")));
  }

  private Pipeline pipeline(List<String> names) {
    Pipeline.Builder builder = resilience.unregistered().pipelineBuilder("p");
    for (String name : names) {
      Policy policy = name.equals("hedge") ? hedge() : retry(name);
      builder.add(policy);
    }
    return builder.build();
  }

  private void spend(int tokens) {
    for (int i = 0; i < tokens; i++) {
      assertThat(budget.tryTake()).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("orders")
  @Tag("HG-01")
  void success_isCreditedOnce_howeverManyPoliciesShareTheBudget(List<String> names) {
    Pipeline pipeline = pipeline(names);
    spend(10);
    pipeline.run(() -> {});
    assertThat(budget.level()).as("on the thread").isEqualTo(0.5);

    assertThat(pipeline.callAsync(() -> CompletableFuture.completedFuture("a")))
        .isCompletedWithValue("a");
    assertThat(budget.level()).as("a stage that is complete").isEqualTo(1);

    CompletableFuture<String> call = call(pipeline);
    attempts.get(0).complete("a");
    assertThat(call).isCompletedWithValue("a");
    assertThat(budget.level()).as("a stage that completes later").isEqualTo(1.5);
  }

  @Test
  void hedgeThatWinsUnderARetry_isCreditedOnce() {
    Pipeline pipeline = pipeline(List.of("retry", "hedge"));
    spend(5);
    CompletableFuture<String> call = call(pipeline);
    at(50);
    assertThat(budget.level()).as("one token for the hedge").isEqualTo(4);
    attempts.get(1).complete("hedge");
    time.runPending();
    assertThat(call).isCompletedWithValue("hedge");
    assertThat(budget.level()).isEqualTo(4.5);
  }

  @Test
  void secondAttemptThatSucceeds_isCreditedOnce() {
    time.autoAdvance(true);
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(retry("retry"))
        .add(hedge(c -> c.budget(budget).hedgeOn(failure -> false)))
        .build();
    spend(5);
    AtomicInteger bodies = new AtomicInteger();
    String result = assertDoesNotThrow(() -> pipeline.call(() -> {
      if (bodies.getAndIncrement() == 0) {
        throw new IOException("down");
      }
      return "second";
    }));
    assertThat(result).isEqualTo("second");
    assertThat(budget.level()).as("one token for the second attempt").isEqualTo(4.5);
  }

  @Test
  void hedgeUnderARetryOfAnotherBudget_creditsItsOwn() {
    RetryBudget other =
        resilience.retryBudget("other", c -> c.capacity(10).ratio(1).perSecond(0));
    assertThat(other.tryTake()).isTrue();
    spend(1);
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(retry("retry"))
        .add(hedge(c -> c.budget(other)))
        .build();
    pipeline.run(() -> {});
    assertThat(other.level()).isEqualTo(10);
    assertThat(budget.level()).isEqualTo(9.5);
  }

  @Test
  @Tag("HG-09")
  void delayOfZero_startsAsManyHedgesAsTheBudgetAllows() {
    Hedge hedge = hedge(c -> c.delay(Duration.ZERO).maxHedges(3).budget(budget));
    spend(8);
    CompletableFuture<String> call = call(hedge);
    time.runPending();
    assertThat(areHedges).containsExactly(false, true, true);
    assertThat(hedge.totals().outOfBudget()).isEqualTo(1);
    assertThat(budget.level()).isZero();
    attempts.get(1).completeExceptionally(new IOException("hedge"));
    attempts.get(0).complete("first");
    assertThat(call).isCompletedWithValue("first");
    time.runPending();
    assertThat(attempts.get(2)).isCancelled();
  }
}
