package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceBuilder;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a runtime logs about its breakers if the application writes no code for it. */
class TransitionLoggingTest {
  private static final Logger LOGGER = Logger.getLogger(CircuitBreakerListener.class.getName());

  private final List<String> lines = new ArrayList<>();
  private final Handler handler = new Handler() {
    @Override
    public void publish(LogRecord line) {
      lines.add(line.getLevel() + " " + new SimpleFormatter().formatMessage(line));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  };

  private final ManualTime time = ManualTime.create();

  @BeforeEach
  void listen() {
    LOGGER.setUseParentHandlers(false);
    LOGGER.setLevel(Level.ALL);
    LOGGER.addHandler(handler);
  }

  @AfterEach
  void stop() {
    LOGGER.removeHandler(handler);
    LOGGER.setLevel(null);
    LOGGER.setUseParentHandlers(true);
  }

  private ResilienceBuilder builder() {
    return Resilience.builder().name("shop").timeSource(time);
  }

  private void openAndClose(Resilience resilience) {
    CircuitBreaker breaker =
        resilience.circuitBreaker("prices", c -> c.cooldown(Duration.ofSeconds(30)));
    breaker.forceOpen();
    breaker.reset();
    time.runPending();
  }

  @Test
  void everyTransition_isOneLine() {
    try (Resilience resilience = builder().build()) {
      CircuitBreaker breaker = resilience.circuitBreaker("prices", c -> c.failureThreshold(1));
      breaker.recordFailure(breaker.tryAcquirePermit(), new IllegalStateException());
      breaker.reset();
      assertThat(lines).as("nothing is written on the thread of the call").isEmpty();
      time.runPending();
    }
    assertThat(lines)
        .containsExactly(
            "WARNING circuit breaker 'prices' closed -> open: failure threshold; next probe in"
                + " 60000 ms",
            "INFO circuit breaker 'prices' open -> closed: manual");
  }

  @Test
  void level_isThatOfTheBuilder() {
    try (Resilience resilience =
        builder().logTransitions(System.Logger.Level.DEBUG).build()) {
      openAndClose(resilience);
    }
    assertThat(lines).hasSize(2).allMatch(line -> line.startsWith("FINE "));
  }

  @Test
  void off_logsNothing() {
    try (Resilience resilience =
        builder().logTransitions(System.Logger.Level.OFF).build()) {
      openAndClose(resilience);
    }
    assertThat(lines).isEmpty();
  }

  private void open(KeyedCircuitBreaker keyed, int from, int to) {
    for (int key = from; key < to; key++) {
      keyed.forKey("key" + key).forceOpen();
    }
    time.runPending();
  }

  @Test
  void keys_areLoggedTwentyTimesASecond_andALineCountsTheRest() {
    try (Resilience resilience = builder().build()) {
      KeyedCircuitBreaker keyed = resilience.keyedCircuitBreaker("tenants", c -> c.maxKeys(100));
      open(keyed, 0, 50);
      assertThat(lines).hasSize(20);
      openAndClose(resilience);
      assertThat(lines).as("named breakers are always logged").hasSize(22);

      time.advance(Duration.ofMillis(1100));
      time.runPending();
      assertThat(lines).hasSize(23);
      assertThat(lines.get(22))
          .startsWith("WARNING runtime 'shop': 30 transitions of keyed circuit breakers were not");

      open(keyed, 50, 75);
      assertThat(lines).as("the next second").hasSize(43);
    }
    time.runPending();
    assertThat(lines)
        .as("closing counts the rest, too")
        .hasSize(44)
        .last()
        .asString()
        .contains("'shop': 5 transitions");
  }

  @Test
  void oneKeyTooMany_isCounted() {
    try (Resilience resilience = builder().build()) {
      open(resilience.keyedCircuitBreaker("tenants", c -> c.maxKeys(100)), 0, 21);
      assertThat(lines).hasSize(20);
      time.advance(Duration.ofMillis(1100));
      time.runPending();
      assertThat(lines).hasSize(21).last().asString().contains("'shop': 1 transitions");
    }
  }
}
