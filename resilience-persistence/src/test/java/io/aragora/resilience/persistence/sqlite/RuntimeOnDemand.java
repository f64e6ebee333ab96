package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.testing.ManualTime;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Collectors;

/**
 * A runtime that does what each line of its input says, and answers with one line. Its time passes when it is told to. Takes
 * the location of its store; the system property {@code ballast} names a file that fills the disk beforehand.
 */
final class RuntimeOnDemand {
  private static final Duration COOLDOWN = Duration.ofHours(1);
  private static final CircuitBreakerConfig CONFIG =
      CircuitBreakerConfig.builder().failureThreshold(1).cooldown(COOLDOWN).build();

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience;

  private RuntimeOnDemand(String location) {
    resilience = Resilience.builder()
        .timeSource(time)
        .stateStore(location)
        .closeOnShutdown(true)
        .build();
  }

  public static void main(String[] arguments) throws IOException, StateStoreException {
    String ballast = System.getProperty("ballast");
    if (ballast != null) {
      fill(Path.of(ballast));
    }
    RuntimeOnDemand runtime = new RuntimeOnDemand(arguments[0]);
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] words = line.split(" ", 2);
      System.out.println(runtime.answer(words[0], words.length == 1 ? "" : words[1]));
    }
  }

  /** A name with a colon is that of a key. */
  private CircuitBreaker breaker(String name) {
    int colon = name.indexOf(':');
    return colon < 0
        ? resilience.circuitBreaker(name, CONFIG)
        : resilience
            .keyedCircuitBreaker(name.substring(0, colon), KeyedCircuitBreakerConfig.of(CONFIG))
            .forKey(name.substring(colon + 1));
  }

  private String answer(String command, String argument) throws IOException, StateStoreException {
    switch (command) {
      case "trip":
        breaker(argument).recordFailure(breaker(argument).acquirePermit(), new IOException("down"));
        return breaker(argument).state().text();
      case "reset":
        breaker(argument).reset();
        return breaker(argument).state().text();
      case "state":
        return breaker(argument).state().text();
      case "advance":
        time.advance(Duration.parse(argument));
        return "advanced";
      case "flush":
        return String.valueOf(resilience.flush(Duration.ofSeconds(30)));
      case "error":
        return String.valueOf(resilience.status().stateStore().lastError());
      case "failures":
        return String.valueOf(resilience.status().stateStore().failures());
      case "health":
        return resilience.health().checkAll().checks().get("state store").toString();
      case "storm":
        return storm(Integer.parseInt(argument));
      case "fill":
        return "filled with " + fill(Path.of(argument));
      case "free":
        return String.valueOf(Files.deleteIfExists(Path.of(argument)));
      case "rows":
        return rows(Path.of(argument));
      case "close":
        resilience.close();
        return "closed";
      default:
        throw new IllegalArgumentException(command);
    }
  }

  /** Changes a breaker that other processes change too, and others, and gives how many saves failed. */
  private String storm(int changes) {
    int failed = 0;
    for (int i = 0; i < changes; i++) {
      breaker("shared").forceOpen();
      breaker("shared").reset();
      breaker("own-" + ProcessHandle.current().pid()).forceOpen();
      breaker("k:" + ProcessHandle.current().pid() + "-" + i % 50).forceOpen();
      failed += resilience.flush(Duration.ofSeconds(30)) ? 0 : 1;
    }
    return failed + " failed";
  }

  /** Returns what a store of its own finds in the file. */
  private static String rows(Path file) throws StateStoreException {
    try (SqliteStateStore store = SqliteStateStore.open(new DatabaseFile(file), 5_000)) {
      return store.load().states().stream()
          .map(state -> state.id() + " " + state.state().text())
          .sorted()
          .collect(Collectors.joining(", "));
    }
  }

  /** Fills the file system, to the last byte. */
  private static long fill(Path file) throws IOException {
    try (OutputStream output = Files.newOutputStream(file)) {
      for (int size = 1 << 16; size > 0; size >>= 1) {
        writeAllThatFits(output, new byte[size]);
      }
    }
    return Files.size(file);
  }

  private static void writeAllThatFits(OutputStream output, byte[] piece) {
    try {
      while (true) {
        output.write(piece);
      }
    } catch (IOException e) {
      // Full: the rest takes smaller pieces.
      return;
    }
  }
}
