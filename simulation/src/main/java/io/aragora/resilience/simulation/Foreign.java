package io.aragora.resilience.simulation;

import org.jspecify.annotations.Nullable;

/** The functions that the application gives to policies. Each is a point at which other threads may come, and may throw. */
final class Foreign {
  private final Schedule schedule;
  private final Chance chance;
  private final int throwsPermille;
  private final boolean fine;

  Foreign(Schedule schedule, long seed, Plan.Weather weather) {
    this.schedule = schedule;
    this.chance = new Chance(seed);
    this.throwsPermille = weather.foreign();
    this.fine = weather.foreign() == 0 && weather.threads() == 0 && weather.log() == 0;
  }

  boolean isFine() {
    return fine;
  }

  /** Called first in each function of the application. */
  void called(String function) {
    schedule.foreign();
    if (chance.permille(throwsPermille)) {
      schedule.trace(function + " throws");
      String text = "simulated: " + function;
      if (chance.percent(50)) {
        throw new Failures.Foreign(text);
      }
      throw new Failures.Fatal(text);
    }
  }

  boolean isFailure(Throwable failure) {
    called("recordIf");
    return !(failure instanceof Failures.Ignored);
  }

  boolean isWorthRetrying(Throwable failure) {
    called("retryIf");
    return !(failure instanceof Failures.Ignored) && !(failure instanceof InterruptedException);
  }

  boolean isBad(@Nullable Object result) {
    called("a predicate for results");
    return result instanceof Value value && value.isBad();
  }

  Object fallback(Exception failure) {
    called("a fallback");
    return new Value("fallback for " + failure, false);
  }

  <E> void listen(E event) {
    called("a listener");
  }
}
