package io.aragora.resilience.core.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LatencyWindowTest {
  private static Duration nanos(long nanos) {
    return Duration.ofNanos(nanos);
  }

  @Test
  void window_hasTheLastLatencies_asAListWould_alsoResized() {
    Random random = new Random(3);
    for (int length : new int[] {1, 2, 5}) {
      for (int added = 0; added < 12; added++) {
        for (int other : new int[] {1, 3, 8}) {
          LatencyWindow window = new LatencyWindow(length);
          List<Long> list = new ArrayList<>();
          for (int i = 0; i < added; i++) {
            long latency = 1 + random.nextInt(1000);
            window.add(latency);
            list.add(latency);
          }
          assertSame(window, last(list, length));
          LatencyWindow resized = window.resized(other);
          List<Long> kept = new ArrayList<>(last(list, Math.min(length, other)));
          assertSame(resized, kept);
          resized.add(2000);
          kept.add(2000L);
          assertSame(resized, last(kept, other));
        }
      }
    }
  }

  private static List<Long> last(List<Long> all, int count) {
    return all.subList(Math.max(0, all.size() - count), all.size());
  }

  private static void assertSame(LatencyWindow window, List<Long> expected) {
    if (expected.isEmpty()) {
      assertThat(window.mean()).isNull();
      assertThat(window.max()).isNull();
      return;
    }
    assertThat(window.max())
        .isEqualTo(nanos(expected.stream().mapToLong(Long::longValue).max().orElse(0)));
    assertThat(window.mean())
        .isEqualTo(nanos(
            Math.round(expected.stream().mapToLong(Long::longValue).average().orElse(0))));
  }

  @Test
  void longestLatencies_haveAMean() {
    LatencyWindow window = new LatencyWindow(2);
    window.add(Long.MAX_VALUE);
    window.add(Long.MAX_VALUE);
    assertThat(window.mean()).isEqualTo(nanos(Long.MAX_VALUE));
  }

  @Test
  void clear_leavesNone() {
    LatencyWindow window = new LatencyWindow(2);
    window.add(5);
    window.clear();
    assertThat(window.mean()).isNull();
    window.add(7);
    assertThat(window.max()).isEqualTo(nanos(7));
    assertThat(window.mean()).isEqualTo(nanos(7));
  }
}
