package io.aragora.resilience.examples.readme;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code of {@code docs/persistence.md}, between markers; {@link ReadmeTest} compares the two. */
class PersistenceSnippetsTest {
  @TempDir
  Path folder;

  @Test
  void settings() {
    // readme: persistence settings
    Resilience resilience = Resilience.builder()
        .name("shop")
        .stateStore("sqlite:" + folder.resolve("state.db"))
        .requireStateStore(false) // true: no runtime without its store
        .saveInterval(Duration.ofSeconds(30)) // for counts; changes are saved at once
        .stateRetention(Duration.ofHours(72)) // for breakers that no process uses
        .closeOnShutdown(true) // saves and closes when the JVM is asked to end
        .build();
    // end

    try (resilience) {
      assertThat(resilience.status().stateStore().lastError()).isNull();
      assertThat(resilience.status().stateStore().location()).endsWith("state.db");
    }
  }

  @Test
  void restart() {
    String location = "sqlite:" + folder.resolve("state.db");

    // readme: persistence restart
    try (Resilience resilience = Resilience.builder().stateStore(location).build()) {
      resilience.circuitBreaker("prices").forceOpen();
    } // saved, at the latest now

    try (Resilience resilience = Resilience.builder().stateStore(location).build()) {
      System.out.println(resilience.circuitBreaker("prices").state()); // FORCED_OPEN
    }
    // end

    try (Resilience resilience = Resilience.builder().stateStore(location).build()) {
      assertThat(resilience.circuitBreaker("prices").state())
          .isEqualTo(CircuitBreakerState.FORCED_OPEN);
    }
  }

  @Test
  void flushAndLook() throws StateStoreException {
    String location = "sqlite:" + folder.resolve("state.db");
    try (Resilience resilience =
        Resilience.builder().name("shop").stateStore(location).build()) {
      CircuitBreaker breaker = resilience.circuitBreaker("prices");

      // readme: persistence flush
      breaker.forceOpen();
      if (!resilience.flush(Duration.ofSeconds(2))) {
        System.out.println(resilience.status().stateStore()); // why, since when, and how much waits
      }
      // end
    }

    // readme: persistence look
    try (StateStore store = StateStore.open(location)) {
      for (SavedBreaker saved : store.load().states()) {
        System.out.println(saved.id() + " is " + saved.state() + " since " + saved.enteredAt());
      }
    }
    // end

    try (StateStore store = StateStore.open(location)) {
      assertThat(store.load().states())
          .extracting(SavedBreaker::state)
          .containsExactly(CircuitBreakerState.FORCED_OPEN);
    }
  }
}
