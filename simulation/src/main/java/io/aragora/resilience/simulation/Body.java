package io.aragora.resilience.simulation;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** What a call does each time that it is attempted: it takes a while, then returns or throws. */
final class Body {
  private enum End {
    VALUE,
    BAD_VALUE,
    BROKEN,
    IGNORED,
    FATAL,
    INTERRUPTED
  }

  private static final long LONGEST = TimeUnit.SECONDS.toNanos(3);
  private static final long HANGING = TimeUnit.MINUTES.toNanos(3);

  private final Schedule schedule;
  private final Peer peer;
  private final Call call;
  private final long seed;
  private final int brokenPercent;
  private final boolean mayHang;
  private final boolean ignoresInterrupts;

  Body(Schedule schedule, Peer peer, Call call, int brokenPercent, boolean mayHang, long seed) {
    this.schedule = schedule;
    this.peer = peer;
    this.call = call;
    this.seed = seed;
    Chance chance = new Chance(seed);
    this.brokenPercent = brokenPercent;
    this.mayHang = mayHang;
    this.ignoresInterrupts = chance.percent(10);
  }

  private Chance chanceOf(int attempt) {
    return new Chance(seed + attempt);
  }

  private End end(Chance chance) {
    if (chance.percent(brokenPercent)) {
      return chance.percent(80) ? End.BROKEN : chance.of(End.BAD_VALUE, End.IGNORED, End.FATAL);
    }
    return chance.percent(2) ? End.INTERRUPTED : End.VALUE;
  }

  private long length(Chance chance) {
    if (mayHang && chance.percent(5)) {
      return HANGING;
    }
    return chance.percent(50) ? 0 : chance.upTo(LONGEST);
  }

  private Object outcome(End end, int attempt) throws Throwable {
    String text = call + ", attempt " + attempt;
    switch (end) {
      case BROKEN -> throw call.produced(new Failures.Broken(text));
      case IGNORED -> throw call.produced(new Failures.Ignored(text));
      case FATAL -> throw call.produced(new Failures.Fatal(text));
      case INTERRUPTED -> {
        // As whatever throws this does.
        Thread.interrupted();
        throw call.produced(new InterruptedException(text));
      }
      default -> {
        return call.produced(new Value(text, end == End.BAD_VALUE));
      }
    }
  }

  /** Runs one attempt on the calling thread. */
  Object run() throws Throwable {
    int attempt = call.begun();
    Chance chance = chanceOf(attempt);
    long length = length(chance);
    End end = end(chance);
    schedule.trace("body of " + call + " begins attempt " + attempt);
    try {
      schedule.foreign();
      long until = schedule.now() + length;
      while (schedule.now() < until) {
        schedule.sleep(until - schedule.now());
        if (Thread.currentThread().isInterrupted()) {
          if (!ignoresInterrupts) {
            Thread.interrupted();
            schedule.trace("body of " + call + " is interrupted");
            throw call.produced(new InterruptedException(call + ", attempt " + attempt));
          }
          // A body that ignores interrupts must be able to sleep on.
          Thread.interrupted();
          schedule.sleep(until - schedule.now());
        }
      }
      Object value = outcome(end, attempt);
      schedule.trace("body of " + call + " returns " + value);
      return value;
    } catch (Failures.Broken | Failures.Ignored | Failures.Fatal e) {
      schedule.trace("body of " + call + " throws " + e);
      throw e;
    } finally {
      call.left();
    }
  }

  /** Begins one attempt whose outcome comes later, or at once. */
  CompletionStage<Object> begin() {
    int attempt = call.begun();
    Chance chance = chanceOf(attempt);
    long length = length(chance);
    End end = end(chance);
    schedule.trace("body of " + call + " begins attempt " + attempt + ", which takes "
        + TimeUnit.NANOSECONDS.toMicros(length) + " us");
    schedule.foreign();
    if (end == End.FATAL && chance.percent(50)) {
      call.left();
      throw call.produced(new Failures.Fatal(call + ", attempt " + attempt));
    }
    BodyFuture future = new BodyFuture();
    Runnable completion = () -> {
      if (future.isDone() || call.world().time().isKilled()) {
        return;
      }
      schedule.trace("stage of " + call + " ends");
      try {
        Object value = outcome(end == End.INTERRUPTED ? End.VALUE : end, attempt);
        future.end();
        future.complete(value);
      } catch (Throwable e) {
        future.end();
        future.completeExceptionally(e);
      }
    };
    if (length == 0) {
      completion.run();
    } else {
      peer.at(schedule.now() + length, completion);
    }
    return future;
  }

  /** The stage of one attempt. */
  private final class BodyFuture extends CompletableFuture<Object> {
    private boolean counted;

    void end() {
      if (!counted) {
        counted = true;
        call.left();
      }
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
      end();
      schedule.trace("stage of " + call + " is cancelled");
      return super.cancel(mayInterruptIfRunning);
    }
  }
}
