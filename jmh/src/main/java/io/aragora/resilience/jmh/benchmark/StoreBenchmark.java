package io.aragora.resilience.jmh.benchmark;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Claim: ten thousand breakers are saved or restored in less than a second; the figures are for each breaker. Saving is a
 * flush after each breaker has changed; restoring opens and checks the file, reads the rows, and looks up every breaker and
 * finds it open. The baseline writes the same number of rows of the same size by plain JDBC.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@LongOperations
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = "-Xbatch")
@State(Scope.Thread)
public class StoreBenchmark {
  private static final int BREAKERS = 10_000;
  private static final KeyedCircuitBreakerConfig CONFIG =
      KeyedCircuitBreakerConfig.of(CircuitBreakerConfig.defaults());

  private Path folder;
  private Resilience saving;
  private List<CircuitBreaker> breakers;
  private Resilience restored;
  private Connection connection;
  private String declared;

  private Resilience open(String file) {
    return Resilience.builder()
        .logTransitions(System.Logger.Level.OFF)
        .stateStore("sqlite:" + folder.resolve(file))
        .build();
  }

  private static List<CircuitBreaker> breakersOf(Resilience resilience) {
    KeyedCircuitBreaker keyed = resilience.keyedCircuitBreaker("service", CONFIG);
    return Stream.iterate(0, i -> i + 1)
        .limit(BREAKERS)
        .map(i -> keyed.forKey("breaker-" + i))
        .toList();
  }

  /** Writes a file with ten thousand open breakers, and creates another one. */
  @Setup(Level.Trial)
  public void begin() throws IOException, SQLException {
    folder = Files.createTempDirectory("store-benchmark");
    try (Resilience before = open("restored.db")) {
      breakersOf(before).forEach(CircuitBreaker::forceOpen);
    }
    saving = open("saved.db");
    breakers = breakersOf(saving);
    declared = breakers.get(0).config().toString();
    connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("plain.db"));
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("PRAGMA synchronous = NORMAL");
      statement.execute(
          "CREATE TABLE plain (name TEXT, key TEXT, numbers TEXT, declared TEXT, PRIMARY KEY (name, key))");
    }
    connection.setAutoCommit(false);
  }

  /** Removes the files. */
  @TearDown(Level.Trial)
  public void end() throws IOException, SQLException {
    saving.close();
    connection.close();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** Closes the restored runtime outside the measurement. */
  @TearDown(Level.Invocation)
  public void closeRestored() {
    if (restored != null) {
      restored.close();
      restored = null;
    }
  }

  @Benchmark
  @OperationsPerInvocation(BREAKERS)
  public void oursSave() {
    for (CircuitBreaker breaker : breakers) {
      breaker.reset();
    }
    if (!saving.flush(Duration.ofMinutes(1))) {
      throw new IllegalStateException(saving.status().stateStore().toString());
    }
  }

  @Benchmark
  @OperationsPerInvocation(BREAKERS)
  public void oursRestore() {
    restored = open("restored.db");
    for (CircuitBreaker breaker : breakersOf(restored)) {
      if (breaker.state() != CircuitBreakerState.FORCED_OPEN) {
        throw new IllegalStateException(breaker.snapshot().toString());
      }
    }
  }

  @Benchmark
  @OperationsPerInvocation(BREAKERS)
  public void plainJdbcSave() throws SQLException {
    try (PreparedStatement upsert =
        connection.prepareStatement("INSERT OR REPLACE INTO plain VALUES (?, ?, ?, ?)")) {
      for (int i = 0; i < BREAKERS; i++) {
        upsert.setString(1, "service");
        upsert.setString(2, "breaker-" + i);
        upsert.setString(3, "x".repeat(120));
        upsert.setString(4, declared);
        upsert.addBatch();
      }
      upsert.executeBatch();
      connection.commit();
    }
  }
}
