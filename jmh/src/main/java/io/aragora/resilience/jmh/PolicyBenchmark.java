package io.aragora.resilience.jmh;

import io.aragora.resilience.CheckedSupplier;
import io.aragora.resilience.Resilience;
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
 * What the benchmarks have in common: one runtime and one body, shared among all threads, and nanoseconds for a call. A
 * claim's baselines are in the claim's own class, because only figures of one run may be divided by each other.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Benchmark)
public abstract class PolicyBenchmark {
  /** The body that ours protects. */
  protected final CheckedSupplier<Integer, RuntimeException> body = () -> 42;

  /** The same body, for peers. */
  protected final Supplier<Integer> supplier = () -> 42;

  /** The runtime of ours; made here, because JMH promises no order of set-up methods. */
  protected final Resilience resilience = Resilience.create();

  /** Ends the runtime's threads. */
  @TearDown(Level.Trial)
  public void closeRuntime() {
    resilience.close();
  }
}
