package io.aragora.resilience.core.hedge;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;

/** A runtime with manual time, and a dependency whose answers the test gives. */
abstract class HedgeFixture {
  final ManualTime time = ManualTime.create();
  final Resilience resilience =
      Resilience.builder().timeSource(time).name("test").build();

  /** The attempts in the order in which they began. */
  final List<CompletableFuture<String>> attempts = Collections.synchronizedList(new ArrayList<>());

  /** What each of them saw of {@link CallContext#isHedge}. */
  final List<Boolean> areHedges = Collections.synchronizedList(new ArrayList<>());

  final List<Object> losers = Collections.synchronizedList(new ArrayList<>());

  @AfterEach
  void close() {
    resilience.close();
  }

  static Duration millis(long millis) {
    return Duration.ofMillis(millis);
  }

  /** Moves to a time after the start; the timer fires up to two ticks late. */
  final void at(long millis) {
    time.advanceTo(start + (millis + 2) * 1_000_000);
  }

  private final long start = time.nanoTime();

  final Hedge hedge(UnaryOperator<HedgeConfig.Builder> settings) {
    return resilience.hedge(
        "h",
        settings
            .apply(HedgeConfig.forIdempotentCalls().delay(millis(50)).onLoser(losers::add))
            .build());
  }

  final CompletableFuture<String> call(Policy policy) {
    return policy.callAsync(this::attempt);
  }

  final CompletableFuture<String> attempt() {
    CompletableFuture<String> answer = new CompletableFuture<>();
    areHedges.add(CallContext.current().isHedge());
    attempts.add(answer);
    return answer;
  }
}
