package io.aragora.resilience.examples.overload;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.timeout.Timeout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Calls a new service for a while: for a fifth of the time with half of what it can serve, for three fifths with twice as much, and
 * then with half again. Callers give up after half a second.
 */
final class Run {
  static final Duration PATIENCE = Duration.ofMillis(500);

  private static final int STEP_MILLIS = 5;
  private static final int MOMENT_MILLIS = 250;

  private final double seconds;
  private final boolean limited;

  Run(double seconds, boolean limited) {
    this.seconds = seconds;
    this.limited = limited;
  }

  /** One call. */
  private interface Call {
    CompletableFuture<String> make();
  }

  List<Moment> play() throws InterruptedException {
    try (CrowdedService service = CrowdedService.start();
        Resilience resilience = Resilience.builder().name("overload").build()) {
      Timeout timeout = resilience.timeout("service", PATIENCE);
      if (!limited) {
        return call(() -> timeout.callAsync(service::request), null);
      }
      ConcurrencyLimit limit = resilience.concurrencyLimit(
          "service",
          c ->
              c.window(Duration.ofMillis(200)).maxWindow(Duration.ofSeconds(1)).minimumSamples(20));
      return call(() -> limit.callAsync(() -> timeout.callAsync(service::request)), limit);
    }
  }

  private List<Moment> call(Call call, @Nullable ConcurrencyLimit limit)
      throws InterruptedException {
    List<Moment> moments = new ArrayList<>();
    Meter meter = new Meter();
    long start = System.nanoTime();
    double made = 0;
    double due = 0;
    double from = 0;
    for (double now = 0, before = 0; now < seconds; before = now, now = since(start)) {
      due += (now - before) * rate(now);
      int calls = (int) (due - made);
      meter.offered(calls);
      for (int i = 0; i < calls; i++) {
        long began = System.nanoTime();
        var unused = call.make().whenComplete((answer, failure) -> {
          if (failure == null) {
            meter.served(System.nanoTime() - began);
          }
        });
      }
      made += calls;
      if (now - from >= MOMENT_MILLIS / 1000.0) {
        moments.add(
            meter.next(from, now, limit == null ? Double.NaN : limit.snapshot().limit()));
        from = now;
      }
      TimeUnit.MILLISECONDS.sleep(STEP_MILLIS);
    }
    return moments;
  }

  /** {@return how many calls a second are made at a time} */
  private double rate(double now) {
    return CrowdedService.capacity() * (isOverloaded(now) ? 2.0 : 0.5);
  }

  boolean isOverloaded(double now) {
    return now >= seconds / 5 && now < seconds * 4 / 5;
  }

  private static double since(long start) {
    return (System.nanoTime() - start) / 1e9;
  }
}
