package io.aragora.resilience.simulation;

import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.retry.RetryExhaustedException;
import io.aragora.resilience.retry.RetryTotals;

/** A retry: no more attempts than allowed, none too early, none after a success. */
final class RetrySubject extends Subject {
  private final Retry retry;
  private final long leastDelay;

  private RetrySubject(World world, String name, Retry retry, long leastDelay) {
    super(world, name, "retry", retry);
    this.retry = retry;
    this.leastDelay = leastDelay;
  }

  static Subject create(World world, String name, Chance chance) {
    long delay = chance.of(0, 1, 100, 2_000);
    RetryConfig.Builder config = RetryConfig.builder()
        .maxAttempts(chance.of(1, 2, 3, 6))
        .retryIf(world.foreign()::isWorthRetrying)
        .backoff(
            delay == 0
                ? Backoff.custom(attempt -> 0)
                : Backoff.constant(World.millis(delay)).withJitter(Jitter.NONE));
    if (chance.percent(30)) {
      config.retryResultIf(world.foreign()::isBad).failOnRetryableResult(chance.percent(50));
    }
    if (chance.percent(30)) {
      config.retryRejections(true);
    }
    if (chance.percent(30)) {
      config.maxDuration(World.millis(chance.of(50, 3_000)));
    }
    if (chance.percent(30)) {
      config.budget(world
          .resilience()
          .retryBudget(
              name + "-budget", budget -> budget.capacity(chance.of(1, 10)).ratio(0.5)));
    }
    Retry retry = world.resilience().retry(name, config.build());
    retry.subscribe(world.foreign()::listen);
    return new RetrySubject(world, name, retry, delay * 1_000_000);
  }

  @Override
  int mostPassages(Layer layer) {
    return retry.config().maxAttempts();
  }

  @Override
  boolean isOwn(Throwable failure, Layer layer) {
    return failure instanceof RetryExhaustedException own && own.retry().equals(name());
  }

  @Override
  void passed(Passage passage) {
    Layer layer = passage.layer;
    int number = layer.passages.size();
    if (number > 1) {
      Passage before = layer.passages.get(number - 2);
      check(before.ended, "an attempt begins when the one before has ended", layer);
      check(
          passage.beganAt - before.endedAt >= leastDelay,
          "an attempt waits for its backoff",
          layer);
      check(
          before.failure != null
              || (before.value instanceof Value value && value.isBad())
              || !world.isFine(),
          "a success is not attempted again",
          layer);
      check(
          !(before.failure instanceof Failures.Ignored) || !world.isFine(),
          "what retryIf excludes is not attempted again",
          layer);
    }
  }

  @Override
  Object read() {
    return retry.totals() + " " + retry.attempts();
  }

  @Override
  long atEnd(long calls) {
    RetryTotals totals = retry.totals();
    checkEqual(calls, totals.calls(), "each call is counted once", totals);
    return UNKNOWN;
  }
}
