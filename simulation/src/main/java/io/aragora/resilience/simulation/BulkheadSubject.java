package io.aragora.resilience.simulation;

import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.bulkhead.BulkheadSnapshot;
import io.aragora.resilience.bulkhead.BulkheadTotals;

/** A bulkhead: never more calls inside than it admits, and every permit comes back. */
final class BulkheadSubject extends Subject {
  private final Bulkhead bulkhead;
  private final boolean leases;
  private int inside;
  private int limit;
  private int limitBefore;
  private long limitChangedAt = -1;

  private BulkheadSubject(World world, String name, Bulkhead bulkhead) {
    super(world, name, "bulkhead", bulkhead);
    this.bulkhead = bulkhead;
    this.leases = bulkhead.config().maxHold() != null;
    this.limit = bulkhead.config().maxConcurrentCalls();
    this.limitBefore = limit;
  }

  static Subject create(World world, String name, Chance chance) {
    BulkheadConfig.Builder config =
        BulkheadConfig.builder().maxConcurrentCalls(chance.of(1, 1, 2, 3, 70));
    if (chance.percent(60)) {
      config.maxWait(World.millis(chance.of(1, 500, 5_000))).maxWaiting(chance.of(1, 2, 100));
      if (chance.percent(30)) {
        config.order(BulkheadConfig.Order.NEWEST_FIRST);
      }
    }
    if (chance.percent(10)) {
      config.maxHold(World.millis(chance.of(1_000, 60_000)));
    }
    Bulkhead bulkhead = world.resilience().bulkhead(name, config.build());
    bulkhead.subscribe(world.foreign()::listen);
    return new BulkheadSubject(world, name, bulkhead);
  }

  @Override
  void began(Layer layer) {
    layer.note = limit;
  }

  @Override
  void passed(Passage passage) {
    inside++;
    // It may have been admitted under any limit since it began.
    int most = Math.max(limit, Math.max(limitBefore, (Integer) notNull(passage.layer.note)));
    check(
        leases || inside <= most,
        "no more calls at a time than maxConcurrentCalls",
        inside + " are inside, at most " + most + " may be; " + passage.layer);
  }

  static Object notNull(@org.jspecify.annotations.Nullable Object note) {
    if (note == null) {
      throw new IllegalStateException("no note");
    }
    return note;
  }

  @Override
  void released(Passage passage) {
    inside--;
  }

  @Override
  void afterStep() {
    BulkheadSnapshot snapshot = bulkhead.snapshot();
    checkHeld(snapshot.inUse(), snapshot);
    check(
        !world.schedule().isExact()
            || snapshot.waiting() == 0
            || snapshot.inUse() >= snapshot.limit(),
        "no call waits while a permit is free",
        snapshot);
    if (limitChangedAt >= 0 && world.schedule().isExact() && bulkhead.snapshot().waiting() == 0) {
      limitBefore = limit;
      limitChangedAt = -1;
    }
  }

  @Override
  boolean permit(Call call, Body body) throws Throwable {
    Layer layer = begin(call);
    long permit = bulkhead.tryAcquirePermit();
    if (permit == Bulkhead.REJECTED) {
      rejected++;
      endByHand(layer);
      return true;
    }
    Passage passage = enter(layer);
    try {
      Object value = body.run();
      leave(passage, value, null);
    } catch (Abandoned e) {
      throw e;
    } catch (Throwable e) {
      leave(passage, null, e);
      throw e;
    } finally {
      bulkhead.releasePermit(permit);
      endByHand(layer);
    }
    return true;
  }

  @Override
  void reconfigure(Chance chance) {
    int next = chance.of(1, 2, 3, 70);
    limitBefore = Math.max(limit, limitBefore);
    limitChangedAt = world.now();
    limit = Math.max(limit, next);
    bulkhead.reconfigure(bulkhead.config().toBuilder().maxConcurrentCalls(next).build());
    limitBefore = Math.max(limitBefore, limit);
    limit = next;
  }

  @Override
  Object read() {
    return bulkhead.snapshot() + " " + bulkhead.totals();
  }

  @Override
  long atEnd(long calls) {
    BulkheadTotals totals = bulkhead.totals();
    checkEqual(0, bulkhead.snapshot().inUse(), "every permit comes back", totals);
    checkEqual(0, totals.strayReleases(), "no permit is given back twice", totals);
    return checkAdmission(
        calls,
        totals.admitted() + totals.admittedAfterWait(),
        totals.rejected(),
        totals.cancelled(),
        bulkhead.snapshot().waiting(),
        totals);
  }

  @Override
  void checkRejections(long observed) {
    checkEqual(
        observed,
        bulkhead.totals().rejected(),
        "rejections are counted exactly",
        bulkhead.totals());
  }
}
