package io.aragora.resilience.persistence.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a runtime restores from the file of the one before. */
@Timeout(60)
class RestartTest {
  private static final CircuitBreakerConfig CONFIG = CircuitBreakerConfig.builder()
      .failureThreshold(1)
      .cooldown(Duration.ofHours(1))
      .build();

  private static final List<String> STRANGE_NAMES = List.of(
      "it's \"quoted\" `back` \\slash",
      "'; DROP TABLE circuit_breakers; --",
      "two\nlines\r\n\tand a tab",
      "\uD83D\uDD25 \u65E5\u672C\u8A9E \u0645\u0631\u062D\u0628\u0627",
      "nul\0character",
      "nul",
      "nul\0",
      "a:b",
      " \u00A0",
      "x".repeat(10_000),
      "x".repeat(9_999) + "y",
      "\uD83D\uDD25".repeat(5_000),
      "half of a pair \uD83D",
      "half of a pair ?",
      "\uDD25\uD83D the wrong way round");

  @TempDir
  Path folder;

  private final ManualTime time = ManualTime.create();

  private Resilience open() {
    return Resilience.builder()
        .timeSource(time)
        .stateStore("sqlite:" + folder.resolve("state.db"))
        .requireStateStore(true)
        .build();
  }

  private static KeyedCircuitBreaker keys(Resilience resilience, String name) {
    return resilience.keyedCircuitBreaker(name, KeyedCircuitBreakerConfig.of(CONFIG));
  }

  private static void trip(CircuitBreaker breaker) {
    breaker.recordFailure(breaker.acquirePermit(), new IOException("down"));
  }

  @Test
  @Tag("fault-68")
  @DisplayName(
      "names and keys with quotes, line breaks, emoji, NUL, unpaired surrogates and 10,000 "
          + "characters are restored, each with its own state")
  void restart_strangeNamesAndKeys_comeBackApart() {
    try (Resilience resilience = open()) {
      for (int i = 0; i < STRANGE_NAMES.size(); i++) {
        String name = STRANGE_NAMES.get(i);
        CircuitBreaker breaker = resilience.circuitBreaker(name, CONFIG);
        CircuitBreaker key = keys(resilience, "keys").forKey(name);
        if (i % 2 == 0) {
          trip(breaker);
          key.disable();
        } else {
          breaker.disable();
          trip(key);
        }
        trip(keys(resilience, name).forKey("key"));
      }
    }
    time.advance(Duration.ofMinutes(10));
    try (Resilience resilience = open()) {
      for (int i = 0; i < STRANGE_NAMES.size(); i++) {
        String name = STRANGE_NAMES.get(i);
        CircuitBreaker breaker = resilience.circuitBreaker(name, CONFIG);
        CircuitBreaker key = keys(resilience, "keys").forKey(name);
        CircuitBreaker open = i % 2 == 0 ? breaker : key;
        CircuitBreaker disabled = i % 2 == 0 ? key : breaker;
        assertThat(open.state()).as(name).isEqualTo(CircuitBreakerState.OPEN);
        assertThat(open.snapshot().remainingCooldown()).isEqualTo(Duration.ofMinutes(50));
        assertThat(disabled.state()).as(name).isEqualTo(CircuitBreakerState.DISABLED);
        assertThat(keys(resilience, name).forKey("key").state())
            .as(name)
            .isEqualTo(CircuitBreakerState.OPEN);
      }
    }
  }

  @Test
  @Tag("PE-03")
  @Tag("PE-04")
  @DisplayName("everything is saved and restored, ten thousand keys included")
  void restart_tenThousandKeys_comeBack() {
    try (Resilience resilience = open()) {
      for (int i = 0; i < 10_000; i++) {
        trip(keys(resilience, "keys").forKey("key-" + i));
      }
      assertThat(resilience.flush(Duration.ofSeconds(30))).isTrue();
      assertThat(resilience.status().stateStore().saved()).isEqualTo(10_000);
    }
    try (Resilience resilience = open()) {
      for (int i = 0; i < 10_000; i++) {
        assertThat(keys(resilience, "keys").isAvailable("key-" + i)).isFalse();
      }
    }
  }
}
