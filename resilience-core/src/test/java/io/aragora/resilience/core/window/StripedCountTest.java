package io.aragora.resilience.core.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CyclicBarrier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StripedCountTest {
  @Test
  void oneThread_countsExactly() {
    StripedCount count = new StripedCount();
    assertThat(count.sum()).isZero();
    for (int i = 1; i <= 1000; i++) {
      assertThat(count.increment()).isEqualTo(i);
      assertThat(count.sum()).isEqualTo(i);
    }
  }

  @Test
  void manyThreads_countExactly_alsoWhatWasCountedBeforeTheyMet() throws Exception {
    StripedCount count = new StripedCount();
    for (int i = 0; i < 1000; i++) {
      count.increment();
    }
    int threads = 8;
    int each = 50_000;
    CyclicBarrier together = new CyclicBarrier(threads);
    Thread[] all = IntStream.range(0, threads)
        .mapToObj(i -> new Thread(() -> {
          try {
            together.await();
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
          for (int n = 0; n < each; n++) {
            count.increment();
          }
        }))
        .toArray(Thread[]::new);
    for (Thread thread : all) {
      thread.start();
    }
    for (Thread thread : all) {
      thread.join();
    }
    assertThat(count.sum()).isEqualTo(1000L + (long) threads * each);
  }
}
