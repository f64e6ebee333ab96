package io.aragora.resilience.persistence.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = Kills.LIMIT_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("any-jdk")
class KilledRuntimeTest {
  private static final long SEED = 74;

  @TempDir
  Path folder;

  private final List<Integer> acknowledged = new ArrayList<>();
  private final Map<Integer, CircuitBreakerState> turns = new HashMap<>();

  @Test
  @Tag("fault-74")
  @Tag("PE-09")
  @Tag("PE-11")
  @DisplayName(
      "after a kill, every state that a flush acknowledged is restored, keys included, and no "
          + "cooldown is longer than before")
  void flush_processIsKilled_everyAcknowledgedStateComesBack() throws Exception {
    Path file = folder.resolve("state.db");
    String location = "sqlite:" + file;
    Kills kills = new Kills(SEED);
    int last = -1;
    for (int round = 1; round <= Kills.COUNT; round++) {
      // The step after the last may have been done by half.
      int first = last + 2;
      try (ChildJvm child = ChildJvm.start(
          AcknowledgingRuntime.class,
          folder,
          List.of(ChildJvm.NATIVE_ACCESS),
          location,
          String.valueOf(first))) {
        last = kills.killAmongWrites(child, first - 1, 40);
      }
      expect(first, last);

      try (Resilience resilience = AcknowledgingRuntime.open(location)) {
        assertRestored(new AcknowledgingRuntime(resilience));
        assertThat(resilience.status().stateStore().failures()).isZero();
      }
      Kills.assertSound(file);
    }
    assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(Kills.COUNT);
  }

  private void expect(int first, int last) {
    for (int step = first; step <= last; step++) {
      acknowledged.add(step);
      turns.put(step % AcknowledgingRuntime.TAKING_TURNS, AcknowledgingRuntime.turn(step));
    }
    turns.remove((last + 1) % AcknowledgingRuntime.TAKING_TURNS);
  }

  private void assertRestored(AcknowledgingRuntime runtime) {
    for (int step : acknowledged) {
      assertOpen(runtime.key(step));
      if (AcknowledgingRuntime.hasOwnBreaker(step)) {
        assertOpen(runtime.own(step));
      }
    }
    turns.forEach((turn, state) -> {
      CircuitBreaker breaker = runtime.takingTurns(turn);
      assertThat(breaker.state()).as(breaker.name()).isEqualTo(state);
      if (state == CircuitBreakerState.OPEN) {
        assertOpen(breaker);
      }
    });
  }

  private static void assertOpen(CircuitBreaker breaker) {
    assertThat(breaker.state()).as(breaker.name()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().remainingCooldown())
        .as(breaker.name())
        .isGreaterThan(Duration.ZERO)
        .isLessThanOrEqualTo(AcknowledgingRuntime.COOLDOWN);
  }
}
