package io.aragora.resilience.jmh;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import io.aragora.resilience.CheckedSupplier;
import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.timeout.Timeout;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What one protected call costs when all is well, and when the breaker refuses, beside the cost of the machine's own
 * primitives and of the peers in the same run. Names that begin with {@code ours} are what the allocation gate watches,
 * except where they end in {@code Allocates}.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Benchmark)
public class HotPathBenchmark {
  private final CheckedSupplier<Integer, RuntimeException> body = () -> 42;
  private final Supplier<Integer> supplier = () -> 42;
  private final AtomicLong counter = new AtomicLong();
  private final LongAdder adder = new LongAdder();

  private Resilience resilience;
  private CircuitBreaker breaker;
  private CircuitBreaker open;
  private Retry retry;
  private Timeout timeout;
  private Pipeline pipeline;

  private io.github.resilience4j.circuitbreaker.CircuitBreaker r4jCount;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker r4jTime;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker r4jOpen;
  private io.github.resilience4j.retry.Retry r4jRetry;
  private dev.failsafe.CircuitBreaker<Integer> failsafeBreaker;
  private FailsafeExecutor<Integer> failsafe;
  private FailsafeExecutor<Integer> failsafeRetry;
  private FailsafeExecutor<Integer> failsafeTimeout;
  private FailsafeExecutor<Integer> failsafePipeline;

  /** Makes the policies. */
  @Setup
  public void setUp() {
    resilience = Resilience.create();
    breaker = resilience.circuitBreaker("breaker");
    open = resilience.circuitBreaker(
        "open",
        io.aragora.resilience.circuitbreaker.CircuitBreakerConfig.builder()
            .failureThreshold(1)
            .cooldown(Duration.ofDays(1))
            .build());
    open.recordFailure(open.tryAcquirePermit(), null);
    retry = resilience.retry("retry");
    timeout = resilience.timeout("timeout", Duration.ofSeconds(10));
    pipeline =
        resilience.pipeline("pipeline").add(retry).add(breaker).add(timeout).build();

    r4jCount = io.github.resilience4j.circuitbreaker.CircuitBreaker.ofDefaults("count");
    r4jTime = io.github.resilience4j.circuitbreaker.CircuitBreaker.of(
        "time",
        CircuitBreakerConfig.custom()
            .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.TIME_BASED)
            .slidingWindowSize(60)
            .build());
    r4jOpen = io.github.resilience4j.circuitbreaker.CircuitBreaker.ofDefaults("open");
    r4jOpen.transitionToForcedOpenState();
    r4jRetry = io.github.resilience4j.retry.Retry.ofDefaults("retry");

    failsafeBreaker =
        dev.failsafe.CircuitBreaker.<Integer>builder().withFailureThreshold(5).build();
    dev.failsafe.RetryPolicy<Integer> retryPolicy = dev.failsafe.RetryPolicy.ofDefaults();
    dev.failsafe.Timeout<Integer> timeoutPolicy = dev.failsafe.Timeout.<Integer>builder(
            Duration.ofSeconds(10))
        .withInterrupt()
        .build();
    failsafe = Failsafe.with(failsafeBreaker);
    failsafeRetry = Failsafe.with(retryPolicy);
    failsafeTimeout = Failsafe.with(timeoutPolicy);
    failsafePipeline = Failsafe.with(retryPolicy, failsafeBreaker, timeoutPolicy);
  }

  /** Ends the runtime's threads. */
  @TearDown
  public void tearDown() {
    resilience.close();
  }

  // ---- what the machine can do

  @Benchmark
  public Integer baselineCall() {
    return body.get();
  }

  @Benchmark
  public long baselineNanoTime() {
    return System.nanoTime();
  }

  @Benchmark
  public long baselineGetAndAdd() {
    return counter.getAndAdd(1);
  }

  @Benchmark
  public void baselineLongAdder() {
    adder.increment();
  }

  // ---- breaker

  @Benchmark
  public long oursBreakerPermit() {
    long permit = breaker.tryAcquirePermit();
    breaker.recordSuccess(permit);
    return permit;
  }

  @Benchmark
  public Integer oursBreakerCall() {
    return breaker.call(body);
  }

  @Benchmark
  public long oursBreakerRejectedPermit() {
    return open.tryAcquirePermit();
  }

  @Benchmark
  public Object oursBreakerRejectedExceptionAllocates() {
    try {
      return open.call(body);
    } catch (CallNotPermittedException e) {
      return e;
    }
  }

  @Benchmark
  public Integer resilience4jBreakerCount() {
    return r4jCount.executeSupplier(supplier);
  }

  @Benchmark
  public Integer resilience4jBreakerTime() {
    return r4jTime.executeSupplier(supplier);
  }

  @Benchmark
  public Object resilience4jBreakerRejected() {
    try {
      return r4jOpen.executeSupplier(supplier);
    } catch (io.github.resilience4j.circuitbreaker.CallNotPermittedException e) {
      return e;
    }
  }

  @Benchmark
  public boolean failsafeBreakerDirect() {
    boolean permitted = failsafeBreaker.tryAcquirePermit();
    failsafeBreaker.recordSuccess();
    return permitted;
  }

  @Benchmark
  public Integer failsafeBreakerExecutor() {
    return failsafe.get(body::get);
  }

  // ---- retry

  @Benchmark
  public Integer oursRetry() {
    return retry.call(body);
  }

  @Benchmark
  public Integer resilience4jRetry() {
    return r4jRetry.executeSupplier(supplier);
  }

  @Benchmark
  public Integer failsafeRetry() {
    return failsafeRetry.get(body::get);
  }

  // ---- timeout

  @Benchmark
  public Integer oursTimeout() {
    return timeout.call(body);
  }

  @Benchmark
  public Integer failsafeTimeout() {
    return failsafeTimeout.get(body::get);
  }

  // ---- retry, breaker and timeout around each other

  @Benchmark
  public Integer oursPipeline() {
    return pipeline.call(body);
  }

  @Benchmark
  public Integer failsafePipeline() {
    return failsafePipeline.get(body::get);
  }
}
