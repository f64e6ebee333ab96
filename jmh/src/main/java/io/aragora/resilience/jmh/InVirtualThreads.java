package io.aragora.resilience.jmh;

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
 * yields: of 64 workers as many as there are processors measure, and the others make their one call when time is up. So one
 * worker here starts all the virtual threads, and each yields after every hundred calls. The figure is elapsed time by
 * calls, with all processors at work, and {@link #yieldAlone} is what of it is not the call's.
 */
public abstract class InVirtualThreads extends PolicyBenchmark {
  /** How many calls one measurement makes. */
  protected static final int CALLS = 640_000;

  /** How many calls a virtual thread makes in a row. */
  protected static final int CALLS_BEFORE_YIELD = 100;

  /** How many virtual threads call at the same time. */
  @Param({"2", "64"})
  public int virtualThreads;

  private final ExecutorService executor = newVirtualThreadPerTaskExecutor();

  /**
   * Tells whether this JDK has virtual threads.
   *
   * @return whether it has
   */
  static boolean isSupported() {
    return Runtime.version().feature() >= 21;
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

  /**
   * Lets all virtual threads call, and waits for them.
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
