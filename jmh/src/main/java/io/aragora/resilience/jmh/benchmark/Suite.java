package io.aragora.resilience.jmh.benchmark;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;

/** All benchmarks, in the order in which they are run and shown. */
public final class Suite {
  public static final List<Class<?>> CLASSES = List.of(
      ClosedCallBenchmark.class,
      SlowCallRuleBenchmark.class,
      CountWindowBenchmark.class,
      FailureBenchmark.class,
      RejectionBenchmark.class,
      RateLimiterBenchmark.class,
      HalfOpenBenchmark.class,
      TransitionBenchmark.class,
      StoreBenchmark.class,
      RetryBenchmark.class,
      ThreeAttemptsBenchmark.class,
      AsyncBreakerBenchmark.class,
      AsyncRetryBenchmark.class,
      TimeoutBenchmark.class,
      AsyncTimeoutBenchmark.class,
      HedgeBenchmark.class,
      CoalescerBenchmark.class,
      ChaosBenchmark.class,
      BulkheadBenchmark.class,
      ConcurrencyLimitBenchmark.class,
      TimerBenchmark.class,
      OneTickBenchmark.class,
      PipelineBenchmark.class,
      ProxyBenchmark.class,
      PollutedProfileBenchmark.class,
      ColdKeysBenchmark.class,
      ObservedCallBenchmark.class,
      ScrapeBenchmark.class,
      VirtualThreadBenchmark.class,
      VirtualThreadTimeoutBenchmark.class);

  private Suite() {}

  /** Returns the benchmarks of a class, inherited ones included. */
  public static Stream<Method> methods(Class<?> benchmarks) {
    return Arrays.stream(benchmarks.getMethods())
        .filter(method -> method.isAnnotationPresent(Benchmark.class));
  }

  /** Returns {@code Class.method} for what JMH calls {@code package.Class.method}. */
  public static String shortName(String benchmark) {
    int method = benchmark.lastIndexOf('.');
    return benchmark.substring(benchmark.lastIndexOf('.', method - 1) + 1);
  }
}
