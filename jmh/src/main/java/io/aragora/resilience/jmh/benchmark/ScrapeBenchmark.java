package io.aragora.resilience.jmh.benchmark;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.metrics.prometheus.PrometheusMetrics;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Claim: a scrape of ten thousand breakers, each with its own series, takes at most 100 ms, the text included; so does a
 * scrape of ten thousand keys, of which twenty have series.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Benchmark)
public class ScrapeBenchmark {
  private static final int BREAKERS = 10_000;
  private static final CircuitBreakerConfig CONFIG =
      CircuitBreakerConfig.builder().failureRateThreshold(50).build();

  private final PrometheusRegistry breakers = new PrometheusRegistry();
  private final PrometheusRegistry keys = new PrometheusRegistry();
  private final Resilience ofBreakers = runtime(breakers);
  private final Resilience ofKeys = runtime(keys);

  private static Resilience runtime(PrometheusRegistry registry) {
    return Resilience.builder()
        .maxPolicies(BREAKERS)
        .extension(PrometheusMetrics.builder(registry).maxNames(BREAKERS).build())
        .build();
  }

  /** Creates breakers and keys, and uses them: some are open. */
  @Setup(Level.Trial)
  public void setUp() {
    KeyedCircuitBreaker keyed = ofKeys.keyedCircuitBreaker(
        "tenants",
        KeyedCircuitBreakerConfig.builder().maxKeys(BREAKERS).breaker(CONFIG).build());
    for (int i = 0; i < BREAKERS; i++) {
      use(ofBreakers.circuitBreaker("breaker-" + i, CONFIG), i);
      use(keyed.forKey("tenant-" + i), i);
    }
  }

  private static void use(CircuitBreaker breaker, int number) {
    for (int call = 0; call < 3; call++) {
      breaker.recordSuccess(breaker.acquirePermit());
    }
    if (number % 10 == 0) {
      breaker.recordFailure(breaker.acquirePermit(), null);
    }
    if (number % 100 == 0) {
      breaker.forceOpen();
    }
  }

  /** Ends the threads. */
  @TearDown(Level.Trial)
  public void close() {
    ofBreakers.close();
    ofKeys.close();
  }

  @Benchmark
  public void oursBreakers() throws IOException {
    write(breakers);
  }

  @Benchmark
  public void oursKeys() throws IOException {
    write(keys);
  }

  private static void write(PrometheusRegistry registry) throws IOException {
    PrometheusTextFormatWriter.create().write(OutputStream.nullOutputStream(), registry.scrape());
  }
}
