package io.aragora.resilience.jmh.benchmark;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.timeout.Timeout;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * Claim: in virtual threads, few or many, a timeout around a call that is in time costs at most 1.5 times its floor in them.
 * {@link #oursYielding}: the body yields, so that each thread has a running timeout.
 */
public class VirtualThreadTimeoutBenchmark extends InVirtualThreads {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final CheckedSupplier<Integer, RuntimeException> yielding = () -> {
    Thread.yield();
    return 42;
  };

  private Timeout timeout;
  private FailsafeExecutor<Integer> failsafe;

  /** Creates the timeouts. */
  @Setup
  public void setUp() {
    timeout = resilience.timeout("timeout", LIMIT);
    failsafe = Failsafe.with(
        dev.failsafe.Timeout.<Integer>builder(LIMIT).withInterrupt().build());
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void floor(Floor floor, Blackhole hole) throws Exception {
    drive(() -> {
      OwnCounter own = new OwnCounter();
      for (int i = 0; i < CALLS_BEFORE_YIELD; i++) {
        hole.consume(floor.timeout(own));
      }
    });
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void ours() throws Exception {
    drive(() -> {
      for (int i = 0; i < CALLS_BEFORE_YIELD; i++) {
        timeout.call(body);
      }
    });
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void bodyYielding() throws Exception {
    drive(() -> {
      for (int i = 0; i < CALLS_BEFORE_YIELD; i++) {
        yielding.get();
      }
    });
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void oursYielding() throws Exception {
    drive(() -> {
      for (int i = 0; i < CALLS_BEFORE_YIELD; i++) {
        timeout.call(yielding);
      }
    });
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void failsafeExecutor() throws Exception {
    drive(() -> {
      for (int i = 0; i < CALLS_BEFORE_YIELD; i++) {
        failsafe.get(body::get);
      }
    });
  }
}
