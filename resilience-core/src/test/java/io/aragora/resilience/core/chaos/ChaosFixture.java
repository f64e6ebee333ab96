package io.aragora.resilience.core.chaos;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.chaos.ChaosConfig;
import io.aragora.resilience.testing.ManualTime;
import java.net.ConnectException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;

/** A runtime with manual time whose process enables chaos. */
abstract class ChaosFixture {
  static final Duration HOUR = Duration.ofHours(1);

  final ManualTime time = ManualTime.seeded(7);
  final Resilience resilience = enabled(time);
  final AtomicInteger bodies = new AtomicInteger();

  static Resilience enabled(ManualTime time) {
    return Resilience.builder()
        .timeSource(time)
        .name("test")
        .property("resilience.chaos.enabled", "true")
        .build();
  }

  @AfterEach
  void close() {
    resilience.close();
  }

  static Duration millis(long millis) {
    return Duration.ofMillis(millis);
  }

  /** Moves to a time after the start; the timer fires up to two ticks late. */
  final void at(long millis) {
    time.advanceTo(start + (millis + 2) * 1_000_000);
  }

  private final long start = time.nanoTime();

  final Chaos chaos(UnaryOperator<ChaosConfig.Builder> settings) {
    return resilience.chaos("x", settings.apply(ChaosConfig.builder()).build());
  }

  static ChaosConfig.Builder failing(ChaosConfig.Builder config) {
    return config.fail(100, () -> new ConnectException("chaos"));
  }

  final String body() {
    bodies.incrementAndGet();
    return "result";
  }

  /** A thread that calls; afterwards it says whether it was left interrupted. */
  static final class Caller extends FutureTask<String> {
    final Thread thread = new Thread(this, "caller");

    Caller(Callable<String> call) {
      super(() -> {
        String result = call.call();
        return Thread.interrupted() ? result + " and an interrupt" : result;
      });
      thread.start();
    }

    String result() throws Exception {
      return get(10, TimeUnit.SECONDS);
    }

    Throwable failure() throws Exception {
      try {
        throw new AssertionError("returned " + result());
      } catch (ExecutionException e) {
        return e.getCause();
      }
    }
  }
}
