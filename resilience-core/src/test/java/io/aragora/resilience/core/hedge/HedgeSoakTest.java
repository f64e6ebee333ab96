package io.aragora.resilience.core.hedge;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.hedge.HedgeTotals;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many calls with random outcomes and cancellations, replayed from a seed. */
class HedgeSoakTest {
  private static final int CALLS = 34_000;
  private static final int UNDER_WAY = 50;

  /** One run: what became of its calls, and what it has counted. */
  private static final class Run {
    private final ManualTime time;
    private final Random random;
    private final Resilience resilience;
    private final Bulkhead bulkhead;
    private final RetryBudget budget;
    private final Hedge hedge;
    private final Pipeline pipeline;
    private final List<CompletableFuture<String>> calls = new ArrayList<>();
    private final List<CompletableFuture<String>> attempts = new ArrayList<>();
    private final StringBuilder winners = new StringBuilder();
    private int started;
    private int ended;

    Run(long seed, int count) {
      time = ManualTime.seeded(seed);
      random = new Random(seed);
      resilience = Resilience.builder().timeSource(time).build();
      budget = resilience.retryBudget("b", c -> c.capacity(100).ratio(0.3).perSecond(5));
      bulkhead = resilience.bulkhead("k", c -> c.maxConcurrentCalls(80));
      hedge = resilience.hedge(
          "h",
          HedgeConfig.forIdempotentCalls()
              .delayFromLatency(90, Duration.ofMillis(2), Duration.ofMillis(50))
              .maxHedges(2)
              .budget(budget)
              .build());
      pipeline = resilience
          .unregistered()
          .pipelineBuilder("p")
          .add(hedge)
          .add(bulkhead)
          .build();
      for (int i = 0; i < count; i++) {
        begin();
        while (calls.size() >= UNDER_WAY) {
          step();
        }
      }
      while (!calls.isEmpty()) {
        step();
      }
    }

    private void begin() {
      CompletableFuture<String> call = pipeline.callAsync(() -> {
        started++;
        CompletableFuture<String> attempt = new CompletableFuture<>();
        attempts.add(attempt);
        return attempt;
      });
      call.whenComplete((value, failure) -> winners.append(value == null ? "-" : value));
      calls.add(call);
    }

    /** Ends an attempt, cancels a call, or lets time pass. */
    private void step() {
      int what = random.nextInt(100);
      if (what < 5) {
        calls.get(random.nextInt(calls.size())).cancel(true);
      } else if (what < 55 && !attempts.isEmpty()) {
        CompletableFuture<String> attempt = attempts.get(random.nextInt(attempts.size()));
        if (random.nextInt(4) == 0) {
          attempt.completeExceptionally(new IOException("down"));
        } else {
          attempt.complete("" + random.nextInt(10));
        }
      } else {
        time.advance(Duration.ofMillis(random.nextInt(4)));
      }
      time.runPending();
      calls.removeIf(CompletableFuture::isDone);
      int before = attempts.size();
      attempts.removeIf(CompletableFuture::isDone);
      ended += before - attempts.size();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  @Tag("HG-28")
  void eachAttempt_endsOrIsCancelled_andNothingIsLeft(long seed) {
    Run run = new Run(seed, CALLS);
    run.time.advance(Duration.ofSeconds(120));
    long fired = run.resilience.status().timer().fired();
    run.time.advance(Duration.ofHours(1));
    assertThat(run.resilience.status().timer().fired()).as("no timer entry").isEqualTo(fired);
    assertThat(run.attempts).as("attempts under way").isEmpty();
    assertThat(run.started).isEqualTo(run.ended);
    assertThat(run.bulkhead.snapshot().inUse()).isZero();
    HedgeTotals totals = run.hedge.totals();
    assertThat(totals.first() + totals.hedge() + totals.failed() + totals.cancelled())
        .isEqualTo(CALLS);
    assertThat(totals.won()).isPositive();
    assertThat(totals.lost()).isPositive();
    assertThat(totals.hedgesFailed()).isPositive();
    // Those that were cancelled before they began ran no body.
    assertThat(totals.hedges()).isGreaterThanOrEqualTo(run.started - CALLS);
    run.resilience.close();
  }

  @Test
  @Tag("HG-26")
  void sameSeed_hasTheSameWinners() {
    Run one = new Run(7, 2_000);
    Run other = new Run(7, 2_000);
    assertThat(other.winners).hasToString(one.winners.toString());
    assertThat(other.hedge.totals()).isEqualTo(one.hedge.totals());
    assertThat(other.hedge.delay()).isEqualTo(one.hedge.delay());
    one.resilience.close();
    other.resilience.close();
  }
}
