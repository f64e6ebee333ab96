package io.aragora.resilience.simulation;

import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitTotals;

/** An adaptive limit: stays within its bounds, admits no more than it says, and every permit comes back. */
final class LimitSubject extends Subject {
  private final ConcurrencyLimit policy;
  private final ConcurrencyLimitConfig config;
  private int inside;

  private LimitSubject(World world, String name, ConcurrencyLimit policy) {
    super(world, name, "concurrencylimit", policy);
    this.policy = policy;
    this.config = policy.config();
  }

  static Subject create(World world, String name, Chance chance) {
    int least = chance.of(1, 2);
    ConcurrencyLimitConfig.Builder config = ConcurrencyLimitConfig.builder()
        .least(least)
        .most(least + chance.of(1, 3, 50))
        .initial(least + 1)
        .overloadOn(Failures.Broken.class);
    if (chance.percent(40)) {
      config.maxWait(World.millis(chance.of(1, 500))).maxWaiting(chance.of(1, 10));
    }
    ConcurrencyLimit limit = world.resilience().concurrencyLimit(name, config.build());
    limit.subscribe(world.foreign()::listen);
    return new LimitSubject(world, name, limit);
  }

  @Override
  void passed(Passage passage) {
    inside++;
    check(
        inside <= config.most(),
        "no more calls at a time than most",
        inside + " are inside; " + passage.layer);
  }

  @Override
  void released(Passage passage) {
    inside--;
  }

  @Override
  void afterStep() {
    checkHeld(policy.snapshot().inUse(), policy.snapshot());
    int limit = policy.snapshot().limit();
    check(
        limit >= config.least() && limit <= config.most(),
        "the limit stays between least and most",
        policy.snapshot());
  }

  @Override
  boolean permit(Call call, Body body) throws Throwable {
    Layer layer = begin(call);
    long permit = policy.tryAcquirePermit();
    if (permit == ConcurrencyLimit.REJECTED) {
      rejected++;
      endByHand(layer);
      return true;
    }
    Passage passage = enter(layer);
    try {
      Object value = body.run();
      leave(passage, value, null);
      policy.recordSuccess(permit);
    } catch (Abandoned e) {
      throw e;
    } catch (Throwable e) {
      leave(passage, null, e);
      policy.recordDrop(permit);
      throw e;
    } finally {
      endByHand(layer);
    }
    return true;
  }

  @Override
  Object read() {
    return policy.snapshot() + " " + policy.explain() + " " + policy.totals();
  }

  @Override
  long atEnd(long calls) {
    ConcurrencyLimitTotals totals = policy.totals();
    checkEqual(0, policy.snapshot().inUse(), "every permit comes back", totals);
    checkEqual(0, totals.strayReleases(), "no permit is given back twice", totals);
    return checkAdmission(
        calls,
        totals.admitted() + totals.admittedAfterWait(),
        totals.rejected(),
        totals.cancelled(),
        policy.snapshot().waiting(),
        totals);
  }

  @Override
  void checkRejections(long observed) {
    checkEqual(
        observed, policy.totals().rejected(), "rejections are counted exactly", policy.totals());
  }
}
