package io.aragora.resilience.core.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.time.SystemTimeSource;
import io.aragora.resilience.core.timer.Timer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class UnfinishedHandOversTest {
  private static final long BOUND_MILLIS = 20_000;

  private final List<String> done = new CopyOnWriteArrayList<>();
  private final Dispatcher dispatcher = new Dispatcher("r", SystemTimeSource.INSTANCE, null);

  private RepeatedHandOver handOver(String name, Runnable inside) {
    return new RepeatedHandOver() {
      @Override
      protected void handOver() {
        inside.run();
        done.add(name);
      }
    };
  }

  @Test
  @DisplayName("after closing, a hand-over holds no monitor, and later ones are repeated as well")
  void again_afterClosing_handsOverWithoutAMonitor() {
    Timer timer = new Timer("timer", SystemTimeSource.INSTANCE);
    dispatcher.useTimer(timer);
    timer.close();
    dispatcher.close();

    dispatcher.again(handOver("first", () -> {
      Thread other = new Thread(() -> dispatcher.again(handOver("of another thread", () -> {})));
      other.setDaemon(true);
      other.start();
      try {
        other.join(BOUND_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }));
    dispatcher.again(handOver("later", () -> {}));

    assertThat(done).containsExactly("of another thread", "first", "later");
  }
}
