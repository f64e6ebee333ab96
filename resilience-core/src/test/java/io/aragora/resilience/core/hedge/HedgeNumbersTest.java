package io.aragora.resilience.core.hedge;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.ReadLines;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.hedge.HedgeEvent;
import io.aragora.resilience.policy.Subscription;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a hedge counts. */
class HedgeNumbersTest extends HedgeFixture {
  /** Begins a call, and lets its delay pass. */
  private CompletableFuture<String> slow(Hedge hedge) {
    CompletableFuture<String> call = call(hedge);
    time.advance(millis(53));
    return call;
  }

  private CompletableFuture<String> newest() {
    return attempts.get(attempts.size() - 1);
  }

  @Test
  void readings_areTheTotals() {
    Hedge hedge = hedge(c -> c);
    for (int i = 0; i < 5; i++) {
      CompletableFuture<String> fast = call(hedge);
      newest().complete("first");
      assertThat(fast).isCompletedWithValue("first");
    }
    for (int i = 0; i < 2; i++) {
      CompletableFuture<String> won = slow(hedge);
      newest().complete("hedge");
      time.runPending();
      assertThat(won).isCompletedWithValue("hedge");
    }
    CompletableFuture<String> lost = slow(hedge);
    attempts.get(attempts.size() - 2).complete("first");
    time.runPending();
    assertThat(lost).isCompletedWithValue("first");
    call(hedge);
    newest().completeExceptionally(new IllegalStateException("not hedged"));
    CompletableFuture<String> failed = slow(hedge);
    newest().completeExceptionally(new IOException("hedge"));
    attempts.get(attempts.size() - 2).completeExceptionally(new IOException("first"));
    assertThat(failed).isCompletedExceptionally();
    for (int i = 0; i < 3; i++) {
      assertThat(call(hedge).cancel(true)).isTrue();
    }
    assertThat(ReadLines.of(resilience, "hedge"))
        .containsExactly(
            "hedge h",
            "calls first 6",
            "calls hedge 2",
            "calls failed 2",
            "calls cancelled 3",
            "hedges won 2",
            "hedges lost 1",
            "hedges failed 1",
            "hedges rejected 0",
            "hedges out_of_budget 0",
            "won_late  0",
            "started  4",
            "delay_seconds 0.05");
  }

  @Test
  void listenerThatUnsubscribes_receivesNoMore() {
    Hedge hedge = hedge(c -> c);
    List<HedgeEvent> events = new ArrayList<>();
    Subscription subscription = hedge.subscribe(events::add);
    slow(hedge);
    assertThat(events).hasSize(1);
    subscription.close();
    slow(hedge);
    assertThat(events).hasSize(1);
  }

  @Test
  void toString_namesTheHedge() {
    assertThat(hedge(c -> c)).hasToString("hedge 'h'");
  }
}
