package io.aragora.resilience.jmh.benchmark;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.RetryPolicy;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/**
 * The cost of a retry between attempts, without a wait: two attempts fail, or return a rejected result, and the third succeeds.
 */
public class ThreeAttemptsBenchmark extends PolicyBenchmark {
  private Retry failures;
  private Retry results;
  private io.github.resilience4j.retry.Retry resilience4jFailures;
  private io.github.resilience4j.retry.Retry resilience4jResults;
  private FailsafeExecutor<Integer> failsafeFailures;
  private FailsafeExecutor<Integer> failsafeResults;

  /** Creates the retries; none of them waits. */
  @Setup
  public void setUp() {
    RetryConfig config = RetryConfig.builder()
        .maxAttempts(ThirdAttempt.ATTEMPTS)
        .backoff(Backoff.constant(Duration.ZERO))
        .retryIf(failure -> true)
        .build();
    failures = resilience.retry("failures", config);
    results = resilience.retry(
        "results",
        config.toBuilder().retryResultIf(ThirdAttempt.REJECTED::equals).build());
    resilience4jFailures = io.github.resilience4j.retry.Retry.of(
        "failures",
        io.github.resilience4j.retry.RetryConfig.custom()
            .maxAttempts(ThirdAttempt.ATTEMPTS)
            .intervalFunction(attempt -> 0L)
            .build());
    resilience4jResults = io.github.resilience4j.retry.Retry.of(
        "results",
        io.github.resilience4j.retry.RetryConfig.custom()
            .maxAttempts(ThirdAttempt.ATTEMPTS)
            .intervalFunction(attempt -> 0L)
            .retryOnResult(ThirdAttempt.REJECTED::equals)
            .build());
    failsafeFailures = Failsafe.with(
        RetryPolicy.<Integer>builder().withMaxAttempts(ThirdAttempt.ATTEMPTS).build());
    failsafeResults = Failsafe.with(RetryPolicy.<Integer>builder()
        .withMaxAttempts(ThirdAttempt.ATTEMPTS)
        .handleResult(ThirdAttempt.REJECTED)
        .build());
  }

  @Benchmark
  public Integer emptyCalls(ThirdAttempt body) {
    return body.rejected() + body.rejected() + body.rejected();
  }

  @Benchmark
  public Integer oursFailures(ThirdAttempt body) {
    return failures.call(body::failing);
  }

  @Benchmark
  public Integer oursResults(ThirdAttempt body) {
    return results.call(body::rejected);
  }

  @Benchmark
  public Integer resilience4jFailures(ThirdAttempt body) {
    return resilience4jFailures.executeSupplier(body::failing);
  }

  @Benchmark
  public Integer resilience4jResults(ThirdAttempt body) {
    return resilience4jResults.executeSupplier(body::rejected);
  }

  @Benchmark
  public Integer failsafeFailures(ThirdAttempt body) {
    return failsafeFailures.get(body::failing);
  }

  @Benchmark
  public Integer failsafeResults(ThirdAttempt body) {
    return failsafeResults.get(body::rejected);
  }
}
