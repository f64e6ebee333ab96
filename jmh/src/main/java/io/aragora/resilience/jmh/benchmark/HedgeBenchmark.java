package io.aragora.resilience.jmh.benchmark;

import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.timeout.Timeout;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/**
 * What a hedge adds to a call that does not need it, beside a timeout, which arms the same timer. A synchronous call allocates
 * nothing. The delay that follows latencies reads the clock a second time and counts.
 */
public class HedgeBenchmark extends AsyncBenchmark {
  private static final Duration LONG = Duration.ofSeconds(10);

  private Hedge hedge;
  private Hedge following;
  private Timeout timeout;

  /** Creates the policies. */
  @Setup
  public void setUp() {
    hedge = resilience.hedge("hedge", c -> c.delay(LONG));
    following = resilience.hedge("following", c -> c.delayFromLatency(95, LONG, LONG));
    timeout = resilience.timeout("timeout", LONG);
  }

  @Benchmark
  @AllocationFree
  public Integer ours() {
    return hedge.call(body);
  }

  @Benchmark
  @AllocationFree
  public Integer oursFollowing() {
    return following.call(body);
  }

  @Benchmark
  public Integer timeout() {
    return timeout.call(body);
  }

  @Benchmark
  public CompletionStage<Integer> oursCompleted() {
    return hedge.callAsync(completed);
  }

  @Benchmark
  public CompletionStage<Integer> oursLater(PendingResult pending) {
    return pending.come(hedge.callAsync(pending));
  }

  @Benchmark
  public CompletionStage<Integer> timeoutLater(PendingResult pending) {
    return pending.come(timeout.callAsync(pending));
  }
}
