package io.aragora.resilience.jmh.soak;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.openjdk.jol.info.GraphLayout;

/** The objects of a pending retry, measured as the difference to a runtime with twice the number. */
final class RetryFootprint {
  private static final int SAMPLE = 2_000;

  /** A class with fewer instances per retry is not counted as part of a retry. */
  private static final double PART = 0.5;

  private static final SoakFailure FAILURE = new SoakFailure();

  private final List<String> objects = new ArrayList<>();
  private double bytes;

  private RetryFootprint() {}

  /**
   * Measures.
   *
   * @return the sum and its parts
   */
  static RetryFootprint measure() {
    // Without it JOL gives up at the first lambda, whose fields have no official offsets.
    System.setProperty("jol.magicFieldOffset", "true");
    RetryFootprint footprint = new RetryFootprint();
    ManualTime time = ManualTime.create();
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      Retry retry = resilience.retry(
          "retry",
          RetryConfig.builder()
              // all in one tick of the timer, because a tick's memory is not part of a retry
              .backoff(Backoff.constant(Duration.ofMinutes(1))
                  .withJitter(Jitter.NONE)
                  .cappedAt(Duration.ofHours(1)))
              .retryIf(failure -> true)
              .build());
      CompletableFuture<?>[] pending = new CompletableFuture<?>[2 * SAMPLE];
      start(retry, time, pending, 0, SAMPLE);
      GraphLayout half = GraphLayout.parseInstance(pending, retry);
      start(retry, time, pending, SAMPLE, 2 * SAMPLE);
      footprint.compare(half, GraphLayout.parseInstance(pending, retry));
    }
    return footprint;
  }

  private static void start(
      Retry retry, ManualTime time, CompletableFuture<?>[] pending, int from, int to) {
    for (int i = from; i < to; i++) {
      pending[i] = retry.callAsync(RetryFootprint::failed);
    }
    // so that the timer takes them in
    time.advance(Duration.ofMillis(2));
  }

  private static CompletionStage<Integer> failed() {
    return CompletableFuture.failedFuture(FAILURE);
  }

  private void compare(GraphLayout half, GraphLayout all) {
    bytes = (double) (all.totalSize() - half.totalSize()) / SAMPLE;
    record Part(String name, double count, double bytes) {}
    List<Part> parts = new ArrayList<>();
    for (Class<?> type : all.getClasses()) {
      double count =
          (double) (all.getClassCounts().count(type) - half.getClassCounts().count(type)) / SAMPLE;
      double size =
          (double) (all.getClassSizes().count(type) - half.getClassSizes().count(type)) / SAMPLE;
      if (count >= PART) {
        parts.add(new Part(shortName(type), count, size));
      }
    }
    parts.sort(Comparator.comparingDouble(Part::bytes).reversed());
    parts.forEach(part -> objects.add(
        String.format(Locale.ROOT, "%.0f %s %.0f B", part.count(), part.name(), part.bytes())));
  }

  private static String shortName(Class<?> type) {
    String name = type.getTypeName();
    return name.substring(name.lastIndexOf('.') + 1)
        .replace('$', '.')
        .replaceAll("\\.+Lambda.*", "'s lambda");
  }

  /** Bytes for each. */
  double bytes() {
    return bytes;
  }

  /** Number, class and bytes of the objects of each. */
  List<String> objects() {
    return List.copyOf(objects);
  }
}
