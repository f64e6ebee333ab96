package io.aragora.resilience.jmh.benchmark;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.metrics.prometheus.PrometheusMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import jdk.jfr.Recording;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Claim: metrics and a flight recording cost an admitted call nothing. If durations are recorded, a call costs two more
 * readings of the clock, and the update of the histogram, which may allocate.
 */
public class ObservedCallBenchmark extends PolicyBenchmark {
  private final Resilience shown = Resilience.builder()
      .logTransitions(System.Logger.Level.OFF)
      .extension(PrometheusMetrics.on(new PrometheusRegistry()))
      .build();
  private final Resilience timed = Resilience.builder()
      .logTransitions(System.Logger.Level.OFF)
      .extension(PrometheusMetrics.builder(new PrometheusRegistry()).durations().build())
      .build();

  private CircuitBreaker unobserved;
  private CircuitBreaker observed;
  private CircuitBreaker measured;
  private CircuitBreaker open;

  /** A recording of all events of this library, for the benchmarks that use it. */
  @State(Scope.Benchmark)
  public static class Recorded {
    private static final int MAX_BYTES = 10_000_000;

    private Recording recording;

    /** Starts the recording, which drops old events. */
    @Setup(Level.Trial)
    public void start() {
      recording = new Recording();
      recording.setMaxSize(MAX_BYTES);
      recording.enable("io.aragora.resilience.CallRejection");
      recording.enable("io.aragora.resilience.CircuitBreakerTransition");
      recording.start();
    }

    /** Ends the recording and discards it. */
    @TearDown(Level.Trial)
    public void stop() {
      recording.close();
    }
  }

  /** Creates the breakers, all alike. */
  @Setup
  public void setUp() {
    unobserved = resilience.circuitBreaker("closed");
    observed = shown.circuitBreaker("closed");
    measured = timed.circuitBreaker("closed");
    open = resilience.circuitBreaker("open");
    open.forceOpen();
  }

  /** Ends the threads of the other runtimes. */
  @TearDown(Level.Trial)
  public void closeOthers() {
    shown.close();
    timed.close();
  }

  @Benchmark
  public long nanoTime() {
    return System.nanoTime();
  }

  @Benchmark
  public Integer unobserved() {
    return unobserved.call(body);
  }

  @Benchmark
  @AllocationFree
  public Integer oursObserved(Recorded recorded) {
    return observed.call(body);
  }

  @Benchmark
  public Integer oursTimed() {
    return measured.call(body);
  }

  @Benchmark
  public long rejectionNotRecorded() {
    return open.tryAcquirePermit();
  }

  @Benchmark
  public long oursRejectionRecorded(Recorded recorded) {
    return open.tryAcquirePermit();
  }
}
