package io.aragora.resilience.jmh.start;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.CheckedSupplier;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** The first protected calls of a program that uses this library. */
final class OurProgram extends StartedProgram {
  private Resilience resilience;

  /** Starts the program. */
  public static void main(String[] arguments) throws Exception {
    run(new OurProgram());
  }

  private static final class Body implements CheckedSupplier<Integer, RuntimeException> {
    @Override
    public Integer get() {
      return VALUE;
    }
  }

  private static final class AsyncBody implements Supplier<CompletionStage<Integer>> {
    @Override
    public CompletionStage<Integer> get() {
      return STAGE;
    }
  }

  @Override
  void create() {
    resilience = Resilience.create();
  }

  @Override
  void breaker() {
    check(resilience.circuitBreaker("breaker").call(new Body()));
  }

  @Override
  void retry() {
    check(resilience.retry("retry").call(new Body()));
  }

  @Override
  void asyncTimeout() {
    check(resilience
        .timeout("timeout", Duration.ofSeconds(10))
        .callAsync(new AsyncBody())
        .join());
  }
}
