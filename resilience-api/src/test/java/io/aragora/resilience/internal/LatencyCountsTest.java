package io.aragora.resilience.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class LatencyCountsTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long MILLI = 1_000_000L;

  private final LatencyCounts counts = new LatencyCounts();

  @Test
  void bucket_ofAnyDuration_itsMiddleIsAtMostAnEighthOff() {
    LongStream.iterate(1100, nanos -> nanos < 3_000 * SECOND, nanos -> nanos + nanos / 7)
        .forEach(nanos -> assertThat((double) LatencyCounts.middle(LatencyCounts.bucket(nanos)))
            .isCloseTo(nanos, within(nanos / 8.0)));
    assertThat(LatencyCounts.bucket(-1)).isZero();
    assertThat(LatencyCounts.bucket(1023)).isZero();
    assertThat(LatencyCounts.bucket(1024)).isOne();
    assertThat(LatencyCounts.bucket(Long.MAX_VALUE)).isEqualTo(LatencyCounts.BUCKETS - 1);
  }

  @Test
  void percentile_ofEvenDurations_isAtMostAnEighthOff() {
    for (int millis = 1; millis <= 10_000; millis++) {
      counts.accept(millis * MILLI);
    }
    long[] sum = counts.sum();
    for (double percent : new double[] {1, 50, 90, 95, 99, 100}) {
      double exact = 10_000 * MILLI * percent / 100;
      assertThat(LatencyCounts.percentile(sum, 10_000, percent))
          .as("%s %%", percent)
          .isCloseTo(exact, within(exact / 8));
    }
  }

  @Test
  void percentile_ofOneDuration_isInItsBucket() {
    counts.accept(60 * MILLI);
    double found = LatencyCounts.percentile(counts.sum(), 1, 90);
    assertThat(LatencyCounts.bucket((long) found)).isEqualTo(LatencyCounts.bucket(60 * MILLI));
  }

  @Test
  void counts_ofManyThreads_allAreThere() throws Exception {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      Thread thread = new Thread(() -> {
        for (int call = 0; call < 10_000; call++) {
          counts.accept(MILLI);
        }
      });
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(counts.sum()[LatencyCounts.bucket(MILLI)]).isEqualTo(120_000);
  }
}
