package io.aragora.resilience.jmh.benchmark;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import io.aragora.resilience.Pipeline;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.retry.Retry;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * What a call costs in an application, where more than one body runs under more than one stack of
 * policies: five bodies take turns, and before that all of them ran under a breaker, under a retry
 * around it, and under a pipeline of three. So the compiler cannot inline the only body that it has
 * seen. {@link #emptyCalls} is what the turns cost by themselves.
 */
public class PollutedProfileBenchmark extends PolicyBenchmark {
  private static final int ROUNDS = 20_000;
  private static final int BODIES = 5;

  private final List<CheckedSupplier<Integer, RuntimeException>> bodies =
      List.of(() -> 1, () -> 2, () -> 3, () -> 4, () -> 5);
  private final List<Supplier<Integer>> suppliers =
      List.of(() -> 1, () -> 2, () -> 3, () -> 4, () -> 5);

  private CircuitBreaker breaker;
  private Retry retry;
  private Pipeline pipeline;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker resilience4jBreaker;
  private io.github.resilience4j.retry.Retry resilience4jRetry;
  private FailsafeExecutor<Integer> failsafeBreaker;
  private FailsafeExecutor<Integer> failsafeRetry;

  /** The next body of a thread. */
  @State(Scope.Thread)
  public static class Turn {
    private int next;

    int next() {
      next = next == BODIES - 1 ? 0 : next + 1;
      return next;
    }
  }

  /** Creates the policies, and runs every body under each. */
  @Setup
  public void setUp() {
    breaker = resilience.circuitBreaker("breaker");
    retry = resilience.retry("retry");
    pipeline = resilience
        .unregistered()
        .pipelineBuilder("pipeline")
        .add(retry)
        .add(breaker)
        .add(resilience.timeout("timeout", Duration.ofSeconds(10)))
        .build();
    resilience4jBreaker = Peers.countLocked();
    resilience4jRetry = io.github.resilience4j.retry.Retry.ofDefaults("retry");
    failsafeBreaker = Failsafe.with(Peers.failsafeCount());
    failsafeRetry = Failsafe.with(dev.failsafe.RetryPolicy.<Integer>ofDefaults());
    FailsafeExecutor<Integer> failsafeBoth =
        Failsafe.with(dev.failsafe.RetryPolicy.<Integer>ofDefaults(), Peers.failsafeCount());
    for (int i = 0; i < ROUNDS; i++) {
      CheckedSupplier<Integer, RuntimeException> body = bodies.get(i % BODIES);
      Supplier<Integer> supplier = suppliers.get(i % BODIES);
      breaker.call(body);
      retry.call(() -> breaker.call(body));
      pipeline.call(body);
      resilience4jBreaker.executeSupplier(supplier);
      resilience4jRetry.executeSupplier(() -> resilience4jBreaker.executeSupplier(supplier));
      failsafeBreaker.get(supplier::get);
      failsafeBoth.get(supplier::get);
    }
  }

  @Benchmark
  public Integer emptyCalls(Turn turn) {
    return bodies.get(turn.next()).get();
  }

  @Benchmark
  @AllocationFree
  public Integer oursCall(Turn turn) {
    return breaker.call(bodies.get(turn.next()));
  }

  @Benchmark
  @AllocationFree
  public Integer oursRetry(Turn turn) {
    return retry.call(bodies.get(turn.next()));
  }

  @Benchmark
  @AllocationFree
  public Integer oursPipeline(Turn turn) {
    return pipeline.call(bodies.get(turn.next()));
  }

  @Benchmark
  public Integer resilience4jCall(Turn turn) {
    return resilience4jBreaker.executeSupplier(suppliers.get(turn.next()));
  }

  @Benchmark
  public Integer resilience4jRetry(Turn turn) {
    return resilience4jRetry.executeSupplier(suppliers.get(turn.next()));
  }

  @Benchmark
  public Integer failsafeCall(Turn turn) {
    return failsafeBreaker.get(suppliers.get(turn.next())::get);
  }

  @Benchmark
  public Integer failsafeRetry(Turn turn) {
    return failsafeRetry.get(suppliers.get(turn.next())::get);
  }
}
