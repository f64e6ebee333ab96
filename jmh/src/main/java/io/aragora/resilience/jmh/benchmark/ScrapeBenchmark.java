package io.aragora.resilience.jmh.benchmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.metrics.prometheus.MetricsEndpoint;
import io.aragora.resilience.metrics.prometheus.PrometheusMetrics;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
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
 * scrape of ten thousand keys, of which twenty have series. Writing the same text with all but its numbers kept is the floor.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@LongOperations
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
  private final MetricsEndpoint page = new MetricsEndpoint();
  private final Shown ofBreakers = new Shown(breakers);
  private final Shown ofKeys = new Shown(keys);
  private byte[][] kept = new byte[0][];
  private double[] numbers = new double[0];

  /** Creates breakers and keys, and uses them: some are open. */
  @Setup(Level.Trial)
  public void setUp() throws IOException {
    KeyedCircuitBreaker keyed = ofKeys.resilience.keyedCircuitBreaker(
        "tenants",
        KeyedCircuitBreakerConfig.builder().maxKeys(BREAKERS).breaker(CONFIG).build());
    for (int i = 0; i < BREAKERS; i++) {
      use(ofBreakers.resilience.circuitBreaker("breaker-" + i, CONFIG), i);
      use(keyed.forKey("tenant-" + i), i);
    }
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    page.write(ofBreakers.context(), text);
    keep(text.toString(UTF_8).lines().toList());
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

  /** Heads of families have no number; they are few, and belong to what precedes the next one. */
  private void keep(List<String> lines) {
    List<byte[]> prefixes = new ArrayList<>();
    List<Double> values = new ArrayList<>();
    StringBuilder before = new StringBuilder();
    for (String line : lines) {
      if (line.startsWith("#")) {
        before.append(line).append('\n');
      } else {
        int end = line.lastIndexOf(' ') + 1;
        prefixes.add(before.append(line, 0, end).toString().getBytes(UTF_8));
        values.add(Double.parseDouble(line.substring(end)));
        before.setLength(0);
      }
    }
    kept = prefixes.toArray(new byte[0][]);
    numbers = values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** Ends the threads. */
  @TearDown(Level.Trial)
  public void close() {
    ofBreakers.resilience.close();
    ofKeys.resilience.close();
  }

  /** The page of the endpoint. */
  @Benchmark
  public void oursBreakers() throws IOException {
    page.write(ofBreakers.context(), OutputStream.nullOutputStream());
  }

  @Benchmark
  public void oursKeys() throws IOException {
    page.write(ofKeys.context(), OutputStream.nullOutputStream());
  }

  /** The same breakers through the Prometheus library, as a server of the application would show them. */
  @Benchmark
  public void libraryBreakers() throws IOException {
    PrometheusTextFormatWriter.create().write(OutputStream.nullOutputStream(), breakers.scrape());
  }

  /** The floor: the same text, of which everything but the numbers is kept. Nothing is read. */
  @Benchmark
  public void keptText() throws IOException {
    OutputStream out = OutputStream.nullOutputStream();
    byte[] chunk = new byte[8192];
    int length = 0;
    for (int i = 0; i < kept.length; i++) {
      byte[] prefix = kept[i];
      if (prefix.length + 32 > chunk.length - length) {
        out.write(chunk, 0, length);
        length = 0;
      }
      System.arraycopy(prefix, 0, chunk, length, prefix.length);
      length = writeNumber(numbers[i], chunk, length + prefix.length);
    }
    out.write(chunk, 0, length);
  }

  /** Counts below ten are written without a text of them, since nearly all are. */
  private static int writeNumber(double number, byte[] chunk, int at) {
    int end = at;
    if (number >= 0 && number < 10 && number == (int) number) {
      chunk[end++] = (byte) ('0' + (int) number);
      chunk[end++] = '.';
      chunk[end++] = '0';
    } else {
      String text = Double.toString(number);
      for (int i = 0; i < text.length(); i++) {
        chunk[end++] = (byte) text.charAt(i);
      }
    }
    chunk[end++] = '\n';
    return end;
  }

  /** A runtime in a registry, and its context, which the page is written for. */
  private static final class Shown {
    final Resilience resilience;
    private final List<ResilienceContext> contexts = new ArrayList<>();

    Shown(PrometheusRegistry registry) {
      resilience = Resilience.builder()
          .logTransitions(System.Logger.Level.OFF)
          .maxPolicies(BREAKERS)
          .extension(PrometheusMetrics.builder(registry).maxNames(BREAKERS).build())
          .extension(attached -> {
            contexts.add(attached);
            return () -> {};
          })
          .build();
    }

    ResilienceContext context() {
      return contexts.get(0);
    }
  }
}
