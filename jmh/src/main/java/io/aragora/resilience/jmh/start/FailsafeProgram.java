package io.aragora.resilience.jmh.start;

import dev.failsafe.CircuitBreaker;
import dev.failsafe.Failsafe;
import dev.failsafe.RetryPolicy;
import dev.failsafe.Timeout;
import dev.failsafe.function.CheckedSupplier;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** The first protected calls of a program that uses Failsafe, which has nothing to create first. */
final class FailsafeProgram extends StartedProgram {
  /** Starts the program. */
  public static void main(String[] arguments) throws Exception {
    run(new FailsafeProgram());
  }

  private static final class Body implements CheckedSupplier<Integer> {
    @Override
    public Integer get() {
      return VALUE;
    }
  }

  private static final class AsyncBody implements CheckedSupplier<CompletionStage<Integer>> {
    @Override
    public CompletionStage<Integer> get() {
      return STAGE;
    }
  }

  @Override
  void breaker() {
    check(Failsafe.with(CircuitBreaker.<Integer>ofDefaults()).get(new Body()));
  }

  @Override
  void retry() {
    check(Failsafe.with(RetryPolicy.<Integer>ofDefaults()).get(new Body()));
  }

  @Override
  void asyncTimeout() {
    check(Failsafe.with(Timeout.<Integer>of(Duration.ofSeconds(10)))
        .getStageAsync(new AsyncBody())
        .join());
  }
}
