package io.aragora.resilience.jmh.start;

import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.retry.RetryRegistry;
import io.github.resilience4j.timelimiter.TimeLimiterConfig;
import io.github.resilience4j.timelimiter.TimeLimiterRegistry;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;

/** The first protected calls of a program that uses Resilience4j, which needs a scheduler for timeouts. */
final class Resilience4jProgram extends StartedProgram {
  private CircuitBreakerRegistry breakers;
  private RetryRegistry retries;
  private TimeLimiterRegistry limiters;
  private ScheduledExecutorService scheduler;

  /** Starts the program. */
  public static void main(String[] arguments) throws Exception {
    run(new Resilience4jProgram());
  }

  private static final class Body implements Supplier<Integer> {
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
    breakers = CircuitBreakerRegistry.ofDefaults();
    retries = RetryRegistry.ofDefaults();
    limiters = TimeLimiterRegistry.ofDefaults();
    scheduler = Executors.newSingleThreadScheduledExecutor();
  }

  @Override
  void breaker() {
    check(breakers.circuitBreaker("breaker").executeSupplier(new Body()));
  }

  @Override
  void retry() {
    check(retries.retry("retry").executeSupplier(new Body()));
  }

  @Override
  void asyncTimeout() {
    TimeLimiterConfig config =
        TimeLimiterConfig.custom().timeoutDuration(Duration.ofSeconds(10)).build();
    check(limiters
        .timeLimiter("timeout", config)
        .executeCompletionStage(scheduler, new AsyncBody())
        .toCompletableFuture()
        .join());
  }
}
