package io.aragora.resilience.jmh.benchmark;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.chaos.ChaosConfig;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What chaos costs the calls of a process that does not use it: a pipeline of retry, breaker and timeout, with chaos inside that is
 * not enabled, or enabled and not started.
 */
public class ChaosBenchmark extends PolicyBenchmark {
  private static final ChaosConfig CONFIG =
      ChaosConfig.builder().fail(1, () -> new IllegalStateException("chaos")).build();

  private Resilience enabled;
  private Pipeline without;
  private Pipeline notEnabled;
  private Pipeline notStarted;

  /** Creates the pipelines. */
  @Setup
  public void setUp() {
    enabled = Resilience.builder().property("resilience.chaos.enabled", "true").build();
    without = policies(resilience, "without").build();
    notEnabled = policies(resilience, "notEnabled")
        .add(resilience.chaos("chaos", CONFIG))
        .build();
    notStarted =
        policies(enabled, "notStarted").add(enabled.chaos("chaos", CONFIG)).build();
  }

  private static Pipeline.Builder policies(Resilience runtime, String name) {
    return runtime
        .unregistered()
        .pipelineBuilder(name)
        .add(runtime.retry(name))
        .add(runtime.circuitBreaker(name))
        .add(runtime.timeout(name, Duration.ofSeconds(10)));
  }

  /** Closes the runtime whose process enables chaos. */
  @TearDown
  public void closeEnabled() {
    enabled.close();
  }

  @Benchmark
  public Integer without() {
    return without.call(body);
  }

  @Benchmark
  @AllocationFree
  public Integer oursNotEnabled() {
    return notEnabled.call(body);
  }

  @Benchmark
  @AllocationFree
  public Integer oursNotStarted() {
    return notStarted.call(body);
  }
}
