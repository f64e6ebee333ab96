package io.aragora.resilience.jmh.benchmark;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import io.aragora.resilience.timeout.Timeout;
import io.github.resilience4j.timelimiter.TimeLimiter;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/**
 * Claim: a timeout around a call that is in time costs at most 1.15 times its floor, with one thread and with two, and allocates
 * nothing. This library and Failsafe interrupt a late call on the caller's own thread; Resilience4j cannot, and runs the
 * body on another thread.
 */
public class TimeoutBenchmark extends PolicyBenchmark {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private Timeout timeout;
  private TimeLimiter resilience4j;
  private FailsafeExecutor<Integer> failsafe;

  /** Creates the timeouts. */
  @Setup
  public void setUp() {
    timeout = resilience.timeout("timeout", LIMIT);
    resilience4j = TimeLimiter.of(LIMIT);
    failsafe = Failsafe.with(
        dev.failsafe.Timeout.<Integer>builder(LIMIT).withInterrupt().build());
  }

  @Benchmark
  public Integer emptyCall() {
    return body.get();
  }

  @Benchmark
  public long floor(Floor floor, OwnCounter own) {
    return floor.timeout(own);
  }

  @Benchmark
  @AllocationFree
  public Integer ours() {
    return timeout.call(body);
  }

  @Benchmark
  public Integer resilience4jOnItsThread(PeerThreads threads) throws Exception {
    return resilience4j.executeFutureSupplier(() -> threads.bodies.submit(body::get));
  }

  @Benchmark
  public Integer failsafeExecutor() {
    return failsafe.get(body::get);
  }
}
