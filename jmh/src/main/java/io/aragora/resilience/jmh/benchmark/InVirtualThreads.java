package io.aragora.resilience.jmh.benchmark;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Calls from few or many virtual threads. Needs JDK 21 or later.
 *
 * <p>JMH can run its workers as virtual threads ({@code -Djmh.executor=VIRTUAL}), but the loop that it measures never
 * yields: of 64 workers, one per processor measures, and the others make a single call at the end. So here one worker starts
 * all virtual threads, and each yields after every hundred calls. The figure is the elapsed time divided by the calls, with
 * all processors busy. {@link #yieldAlone} measures the yields without calls.
 */
public abstract class InVirtualThreads extends PolicyBenchmark {
  /** The number of calls of one measurement. */
  protected static final int CALLS = 640_000;

  /** The number of calls that a virtual thread makes between two yields. */
  protected static final int CALLS_BEFORE_YIELD = 100;

  /** The number of virtual threads that call at the same time. */
  @Param({"2", "64"})
  public int virtualThreads;

  private final ExecutorService executor = newVirtualThreadPerTaskExecutor();

  /**
   * Returns whether this JDK has virtual threads.
   *
   * @return true from JDK 21 on
   */
  static boolean isSupported() {
    return Runtime.version().feature() >= 21;
  }

  /** Ends the virtual threads. */
  @TearDown
  public void shutDown() {
    executor.shutdown();
  }

  // By reflection, because the bytecode is for 17, which has no such method.
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

  /**
   * Runs the calls on all virtual threads, and waits for them.
   *
   * @param hundredCalls what each of them does between two yields
   * @throws Exception if a call fails
   */
  protected final void drive(Runnable hundredCalls) throws Exception {
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
}
