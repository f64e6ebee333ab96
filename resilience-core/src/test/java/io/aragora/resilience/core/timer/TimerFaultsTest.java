package io.aragora.resilience.core.timer;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.persistence.RecordedLog;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A heap that is full at any firing delays operations, and loses none. */
class TimerFaultsTest {
  private static final int OPERATIONS = 5;

  private final ManualTime time = ManualTime.create();
  private final Timer timer = new Timer("test", time);
  private int firings;
  private int failing;
  private int failures;

  private final class Failing extends TimerOperation {
    int fired;

    @Override
    protected void onFire(long arming) {
      if (firings++ >= failing && failures > 0) {
        failures--;
        throw new OutOfMemoryError("injected");
      }
      fired++;
    }

    @Override
    protected void onTimerClosed(long arming) {}
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4})
  void everyOperation_firesOnce_whicheverFailsFirst(int first) {
    failing = first;
    failures = 3;
    Failing[] operations = new Failing[OPERATIONS];
    for (int i = 0; i < OPERATIONS; i++) {
      operations[i] = new Failing();
      timer.arm(operations[i], time.nanoTime() + 5_000_000);
    }
    try (RecordedLog log = RecordedLog.of(Timer.class)) {
      time.advance(Duration.ofSeconds(1));
      assertThat(log.messages())
          .as("the first and the second failure, not the third")
          .hasSize(2)
          .allSatisfy(line -> assertThat(line).contains("a timer operation failed; it is tried"));
    }
    for (Failing operation : operations) {
      assertThat(operation.fired).isEqualTo(1);
    }
    assertThat(timer.load().failures()).isEqualTo(3);
  }
}
