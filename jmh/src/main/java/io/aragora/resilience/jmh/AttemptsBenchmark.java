package io.aragora.resilience.jmh;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.RetryPolicy;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.github.resilience4j.retry.RetryConfig.Builder;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Two failures and then a success, with no wait between: what the attempts themselves cost. */
public class AttemptsBenchmark extends PolicyBenchmark {
  private Retry retry;
  private io.github.resilience4j.retry.Retry resilience4j;
  private FailsafeExecutor<Integer> failsafe;

  /** A body of each thread: fails with the same exception twice, then succeeds. */
  @State(Scope.Thread)
  public static class Body {
    private final IllegalStateException failure = new IllegalStateException("down");
    private int calls;

    /** Drops the stack trace, which nobody reads. */
    public Body() {
      failure.setStackTrace(new StackTraceElement[0]);
    }

    Integer get() {
      if (++calls % 3 != 0) {
        throw failure;
      }
      return calls;
    }
  }

  /** Makes the retries. */
  @Setup
  public void setUp() {
    retry = resilience.retry(
        "attempts",
        RetryConfig.builder()
            .maxAttempts(3)
            .backoff(Backoff.constant(Duration.ZERO))
            .retryIf(failure -> true)
            .build());
    Builder<Object> builder = io.github.resilience4j.retry.RetryConfig.custom();
    resilience4j = io.github.resilience4j.retry.Retry.of(
        "attempts", builder.maxAttempts(3).intervalFunction(attempt -> 0L).build());
    // Its delay is none unless one is set, and none cannot be set.
    failsafe = Failsafe.with(RetryPolicy.<Integer>builder().withMaxAttempts(3).build());
  }

  @Benchmark
  public Integer ours(Body attempts) {
    return retry.call(attempts::get);
  }

  @Benchmark
  public Integer resilience4j(Body attempts) {
    return resilience4j.executeSupplier(attempts::get);
  }

  @Benchmark
  public Integer failsafeExecutor(Body attempts) {
    return failsafe.get(attempts::get);
  }
}
