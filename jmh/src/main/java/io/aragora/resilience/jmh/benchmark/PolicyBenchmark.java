package io.aragora.resilience.jmh.benchmark;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.CheckedSupplier;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The base of the benchmarks: one runtime and one body, shared by all threads, and nanoseconds per call. A claim's baselines
 * are in the same class, because only figures of one run may be compared.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = "-Xbatch")
@State(Scope.Benchmark)
public abstract class PolicyBenchmark {
  /** The body for this library. */
  protected final CheckedSupplier<Integer, RuntimeException> body = () -> 42;

  /** The same body, for peers. */
  protected final Supplier<Integer> supplier = () -> 42;

  /** The runtime; created here, because JMH guarantees no order of set-up methods. */
  protected final Resilience resilience =
      Resilience.builder().logTransitions(System.Logger.Level.OFF).build();

  /** Ends the runtime's threads. */
  @TearDown(Level.Trial)
  public void closeRuntime() {
    resilience.close();
  }
}
