package io.aragora.resilience.jmh;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Claim: in virtual threads, few or many, an admitted and recorded call costs no more than a {@code LongAdder.increment} in
 * them. Needs JDK 21 or later.
 *
 * <p>JMH can run its workers as virtual threads ({@code -Djmh.executor=VIRTUAL}), but the loop that it measures never
 * yields: of 64 workers as many as there are processors measure, and the others make their one call when time is up. So one
 * worker here starts all the virtual threads, and each yields after every hundred calls. The figure is elapsed time by
 * calls, with all processors at work, and {@link #yieldAlone} is what of it is not the call's.
 */
public class VirtualThreadBenchmark extends PolicyBenchmark {
  private static final int CALLS = 640_000;
  private static final int CALLS_BEFORE_YIELD = 100;

  /** How many virtual threads call at the same time. */
  @Param({"2", "64"})
  public int virtualThreads;

  private final LongAdder adder = new LongAdder();

  private ExecutorService executor;
  private CircuitBreaker breaker;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker timeLocked;
  private dev.failsafe.CircuitBreaker<Integer> failsafe;

  /**
   * Tells whether this JDK has virtual threads.
   *
   * @return whether it has
   */
  static boolean isSupported() {
    return Runtime.version().feature() >= 21;
  }

  /** Makes the breakers and the executor. */
  @Setup
  public void setUp() {
    executor = newVirtualThreadPerTaskExecutor();
    breaker = resilience.circuitBreaker("closed");
    timeLocked = Peers.timeLocked();
    failsafe = Peers.failsafeCount();
  }

  /** Ends the virtual threads. */
  @TearDown
  public void shutDown() {
    executor.shutdown();
  }

  // The bytecode is for 17, which has no such method.
  private static ExecutorService newVirtualThreadPerTaskExecutor() {
    if (!isSupported()) {
      throw new IllegalStateException(
          "virtual threads need JDK 21 or later: " + Runtime.version().feature());
    }
    try {
      MethodHandle method = MethodHandles.publicLookup()
          .findStatic(
              Executors.class,
              "newVirtualThreadPerTaskExecutor",
              MethodType.methodType(ExecutorService.class));
      return (ExecutorService) method.invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException("no virtual threads", e);
    }
  }

  private void drive(Runnable hundredCalls) throws Exception {
    int rounds = CALLS / CALLS_BEFORE_YIELD / virtualThreads;
    List<Callable<Void>> callers = new ArrayList<>();
    for (int i = 0; i < virtualThreads; i++) {
      callers.add(() -> {
        for (int round = 0; round < rounds; round++) {
          hundredCalls.run();
          Thread.yield();
        }
        return null;
      });
    }
    for (Future<Void> caller : executor.invokeAll(callers)) {
      caller.get();
    }
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void yieldAlone() throws Exception {
    drive(() -> {});
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void longAdder() throws Exception {
    drive(() -> {
      for (int i = 0; i < CALLS_BEFORE_YIELD; i++) {
        adder.increment();
      }
    });
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void oursPermit() throws Exception {
    drive(() -> {
      for (int i = 0; i < CALLS_BEFORE_YIELD; i++) {
        breaker.recordSuccess(breaker.tryAcquirePermit());
      }
    });
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void resilience4jTimeLockedPermit() throws Exception {
    drive(() -> {
      for (int i = 0; i < CALLS_BEFORE_YIELD; i++) {
        timeLocked.tryAcquirePermission();
        timeLocked.onSuccess(Peers.CALL_NANOS, TimeUnit.NANOSECONDS);
      }
    });
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void failsafeCountDirect() throws Exception {
    drive(() -> {
      for (int i = 0; i < CALLS_BEFORE_YIELD; i++) {
        failsafe.tryAcquirePermit();
        failsafe.recordSuccess();
      }
    });
  }
}
