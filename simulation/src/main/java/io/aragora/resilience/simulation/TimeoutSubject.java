package io.aragora.resilience.simulation;

import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import io.aragora.resilience.timeout.TimeoutExceededException;
import io.aragora.resilience.timeout.TimeoutTotals;

/** A timeout: never fires early, and the clock decides what was in time. */
final class TimeoutSubject extends Subject {
  private final Timeout timeout;
  private final long limit;
  private long exceeded;

  private TimeoutSubject(World world, String name, Timeout timeout) {
    super(world, name, "timeout", timeout);
    this.timeout = timeout;
    this.limit = timeout.config().limit().toNanos();
  }

  static Subject create(World world, String name, Chance chance) {
    TimeoutConfig.Builder config =
        TimeoutConfig.builder().limit(World.millis(chance.of(1, 100, 1_000, 10_000)));
    if (chance.percent(30)) {
      config.onLateResult(late -> world.foreign().called("onLateResult"));
    }
    Timeout timeout = world.resilience().timeout(name, config.build());
    timeout.subscribe(world.foreign()::listen);
    return new TimeoutSubject(world, name, timeout);
  }

  long limit() {
    return limit;
  }

  @Override
  boolean isOwn(Throwable failure, Layer layer) {
    return failure instanceof TimeoutExceededException own && own.timeout().equals(name());
  }

  @Override
  void ended(Layer layer) {
    if (layer.failure instanceof TimeoutExceededException own && own.timeout().equals(name())) {
      exceeded++;
      // An attempt of a hedge has what the limit around the hedge leaves, which the exception says.
      long allowed =
          layer.call.hasOneLimit() ? limit : Math.min(limit, own.limit().toNanos());
      check(layer.endedAt - layer.beganAt >= allowed, "never fires early", layer);
    } else if (world.schedule().isExact()
        && layer.call.hasOneLimit()
        && layer.passages.size() == 1
        && !(layer.failure instanceof Error)) {
      Passage passage = layer.passages.get(0);
      check(
          !passage.ended
              || passage.endedAt - layer.beganAt < limit
              || layer.cancelled
              || passage.failure instanceof InterruptedException
              || layer.call.wasInterrupted()
              || layer.closing
              || layer.call.wasCancelled(),
          "what ends after the limit is late",
          layer);
    }
  }

  @Override
  Object read() {
    return timeout.totals();
  }

  @Override
  long atEnd(long calls) {
    TimeoutTotals totals = timeout.totals();
    check(
        totals.inTime() + totals.fired() + totals.late() <= calls,
        "a call is counted once",
        totals + ", calls " + calls);
    check(
        totals.fired() + totals.late() >= exceeded,
        "each exceeded limit is counted",
        totals + ", exceeded " + exceeded);
    return UNKNOWN;
  }
}
