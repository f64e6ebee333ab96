package io.aragora.resilience.examples.simulation;

import io.aragora.resilience.time.TimeSource;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * The dependency that all callers use. It serves requests up to its capacity per second; beyond that, each further
 * request costs it wasted work, so more requests lead to fewer responses. That is why a retry storm lasts.
 */
final class Dependency {
  private static final String NAME = "dependency";

  private final TimeSource time;
  private final Agenda agenda;
  private int capacity;
  private boolean down;
  private long second;
  private int askedThisSecond;
  private int askedLastSecond;
  private long requests;

  Dependency(TimeSource time, Agenda agenda, int capacity) {
    this.time = time;
    this.agenda = agenda;
    this.capacity = capacity;
  }

  void setCapacity(int perSecond) {
    capacity = perSecond;
  }

  void setDown(boolean isDown) {
    down = isDown;
  }

  CompletableFuture<String> request() {
    long number = requests++;
    countLoad();
    CompletableFuture<String> answer = new CompletableFuture<>();
    if (down) {
      if (time.random(NAME, number, 0) < 0.5) {
        fail(answer, number, "connection refused");
      }
      // The others are never answered: their timeout ends them.
    } else if (time.random(NAME, number, 0) < chance()) {
      agenda.after(millis(number, 20, 60), () -> answer.complete("ok"));
    } else {
      fail(answer, number, "503 overloaded");
    }
    return answer;
  }

  private void fail(CompletableFuture<String> answer, long number, String message) {
    agenda.after(
        millis(number, 5, 15), () -> answer.completeExceptionally(new IOException(message)));
  }

  private Duration millis(long number, int least, int spread) {
    return Duration.ofMillis(least + (long) (time.random(NAME, number, 1) * spread));
  }

  /** The probability of a response: 1 within capacity, the square of the fitting share beyond it. */
  private double chance() {
    int load = Math.max(askedThisSecond, askedLastSecond);
    double fits = load <= capacity ? 1 : (double) capacity / load;
    return fits * fits;
  }

  private void countLoad() {
    long now = time.nanoTime() / 1_000_000_000L;
    if (now != second) {
      askedLastSecond = now == second + 1 ? askedThisSecond : 0;
      askedThisSecond = 0;
      second = now;
    }
    askedThisSecond++;
  }
}
