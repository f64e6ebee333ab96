package io.aragora.resilience.simulation;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A breaker: admits nothing while it is open, no more probes than allowed, counts exactly, and says each transition in order. */
final class BreakerSubject extends Subject {
  /** What was known when a call began. */
  private record Before(CircuitBreakerState state, long generation) {}

  private final CircuitBreaker breaker;
  private final @Nullable BreakerModel model;
  private final CircuitBreakerTotals restored;
  private long lastSequence;
  private @Nullable CircuitBreakerState lastState;
  private long missedEvents;

  private BreakerSubject(
      World world, String name, CircuitBreaker breaker, @Nullable BreakerModel model) {
    super(world, name, "circuitbreaker", breaker);
    this.breaker = breaker;
    this.model = model;
    this.restored = breaker.snapshot().totals();
  }

  static Subject create(World world, String name, Chance chance, boolean inPipeline) {
    CircuitBreakerConfig.Builder config = CircuitBreakerConfig.builder()
        .cooldown(World.millis(chance.of(1, 500, 5_000)))
        .successThreshold(chance.of(1, 2))
        .halfOpenMaxCalls(chance.of(1, 2, 3))
        .ignoreOn(Failures.Ignored.class);
    boolean modelled = chance.percent(50);
    switch (chance.below(3)) {
      case 0 -> config.failureThreshold(chance.of(1, 2, 5));
      case 1 ->
        config
            .noFailureThreshold()
            .failureRateThreshold(chance.of(20, 50, 100))
            .countWindow(chance.of(2, 5, 20))
            .minimumNumberOfCalls(2);
      default ->
        config.failureCountThreshold(chance.of(1, 3)).failureThreshold(4).countWindow(20);
    }
    if (!modelled) {
      if (chance.percent(30)) {
        config.slowCallRateThreshold(50).slowCallDuration(World.millis(chance.of(100, 1_000)));
      }
      if (chance.percent(30)) {
        config.throttle(1.2);
      }
      if (chance.percent(30)) {
        config.recordIf(world.foreign()::isFailure);
      }
      if (chance.percent(30)) {
        config.recordResultIf(world.foreign()::isBad);
      }
      if (chance.percent(30)) {
        config.cooldownBackoff(2).maxCooldown(World.millis(60_000)).cooldownJitter(0.2);
      }
      if (chance.percent(20)) {
        config.halfOpenFailureRateThreshold(50).halfOpenCalls(3);
      }
      if (chance.percent(20)) {
        config.followPeers(true);
      }
    }
    CircuitBreaker breaker = world.resilience().circuitBreaker(name, config.build());
    boolean exact = modelled
        && !inPipeline
        && world.schedule().isExact()
        && world.isFine()
        && (world.beganEmpty() || !world.restoresLate());
    BreakerSubject subject = new BreakerSubject(
        world, name, breaker, exact ? BreakerModel.of(breaker.config(), breaker.snapshot()) : null);
    breaker.subscribe(transition -> {
      world.foreign().called("a listener of a breaker");
      subject.changed(transition);
    });
    return subject;
  }

  private void changed(CircuitBreakerTransition transition) {
    world.trace(() -> name() + " changed " + transition);
    if (lastSequence != 0 && transition.sequence() != lastSequence + 1) {
      missedEvents++;
    }
    check(transition.sequence() > lastSequence, "events come in order", transition);
    CircuitBreakerState before = lastState;
    check(
        before == null || missedEvents > 0 || before == transition.from(),
        "each event begins where the one before ended",
        transition + ", before " + before);
    lastSequence = transition.sequence();
    lastState = transition.to();
  }

  @Override
  void began(Layer layer) {
    CircuitBreakerSnapshot snapshot = breaker.snapshot();
    layer.note = new Before(snapshot.state(), snapshot.generation());
    if (model != null) {
      model.began(layer, world.now(), snapshot.state());
    }
  }

  @Override
  void passed(Passage passage) {
    CircuitBreakerSnapshot snapshot = breaker.snapshot();
    Before before = (Before) BulkheadSubject.notNull(passage.layer.note);
    boolean stayedOpen = rejectsAll(before.state)
        && rejectsAll(snapshot.state())
        && before.generation == snapshot.generation();
    check(!stayedOpen, "nothing is admitted while open", passage.layer + "; " + snapshot);
    if (model != null) {
      model.passed(passage, world.now(), this);
    }
  }

  private static boolean rejectsAll(CircuitBreakerState state) {
    return state == CircuitBreakerState.OPEN || state == CircuitBreakerState.FORCED_OPEN;
  }

  @Override
  void left(Passage passage) {
    if (model != null) {
      model.left(passage, world.now());
    }
  }

  @Override
  void ended(Layer layer) {
    if (model != null) {
      model.ended(layer, world.now(), this, breaker.snapshot());
    }
  }

  @Override
  void afterStep() {
    CircuitBreakerSnapshot snapshot = breaker.snapshot();
    checkHeld(snapshot.probesInFlight(), snapshot);
    check(
        snapshot.probesInFlight() <= breaker.config().halfOpenMaxCalls() || lastReconfigured,
        "no more probes at a time than halfOpenMaxCalls",
        snapshot);
  }

  private boolean lastReconfigured;

  @Override
  boolean permit(Call call, Body body) throws Throwable {
    Layer layer = begin(call);
    long permit = breaker.tryAcquirePermit();
    if (permit == CircuitBreaker.REJECTED) {
      rejected++;
      endByHand(layer);
      if (model != null) {
        model.rejected(layer, world.now(), this);
      }
      return true;
    }
    Passage passage = enter(layer);
    try {
      Object value = body.run();
      leave(passage, value, null);
      breaker.recordSuccess(permit);
    } catch (Abandoned | Violation e) {
      throw e;
    } catch (Throwable e) {
      leave(passage, null, e);
      breaker.recordFailure(permit, e);
      throw e;
    } finally {
      endByHand(layer);
    }
    return true;
  }

  @Override
  void control(Chance chance) {
    if (model != null) {
      model.lose("it was controlled by hand");
    }
    switch (chance.below(8)) {
      case 0, 1 -> breaker.reset();
      case 2 -> breaker.open(World.millis(chance.of(1, 1_000, 10_000)));
      case 3 -> breaker.halfOpen();
      case 4 -> breaker.forceOpen();
      case 5 -> breaker.forceClosed();
      case 6 -> breaker.disable();
      default -> breaker.metricsOnly();
    }
  }

  @Override
  void reconfigure(Chance chance) {
    if (model != null) {
      model.lose("it was reconfigured");
    }
    lastReconfigured = true;
    breaker.reconfigure(breaker.config().toBuilder()
        .cooldown(World.millis(chance.of(1, 500, 5_000)))
        .halfOpenMaxCalls(chance.of(1, 3))
        .build());
  }

  @Override
  Map<String, String> externalSettings(Chance chance) {
    if (model != null) {
      model.lose("it was reconfigured");
    }
    lastReconfigured = true;
    return Map.of(
        "resilience.circuitbreaker." + name() + ".cooldown",
        chance.of("1ms", "700ms"),
        "resilience.circuitbreaker." + name() + ".halfOpenMaxCalls",
        chance.of("1", "3"));
  }

  @Override
  Object read() {
    return breaker.snapshot().toMap() + " " + breaker.explain() + " " + breaker.save();
  }

  private static long sum(CircuitBreakerTotals totals) {
    return totals.successes() + totals.failures() + totals.ignored() + totals.rejected();
  }

  CircuitBreaker breaker() {
    return breaker;
  }

  @Override
  long atEnd(long calls) {
    CircuitBreakerSnapshot snapshot = breaker.snapshot();
    CircuitBreakerTotals totals = snapshot.totals();
    checkEqual(0, snapshot.probesInFlight(), "every probe's permit comes back", snapshot);
    checkEqual(0, snapshot.slowCallsInFlight(), "no call is under way at the end", snapshot);
    long counted = sum(totals) - sum(restored);
    if (world.restoresLate()) {
      return UNKNOWN;
    }
    check(counted <= calls, "a call is counted once", snapshot + ", calls " + calls);
    if (world.isFine()) {
      // A probe that ends without an outcome after its phase is late, and nothing else.
      check(
          calls <= counted + totals.late() - restored.late(),
          "each call is counted",
          snapshot + ", calls " + calls);
      check(
          lastSequence == 0 || missedEvents == 0,
          "every transition is an event",
          missedEvents + " were missed; " + snapshot);
      check(
          lastState == null
              || lastState == snapshot.state()
              || snapshot.state() == CircuitBreakerState.HALF_OPEN,
          "the last event is the present state",
          lastState + "; " + snapshot);
    }
    return world.isFine() ? calls - totals.rejected() + restored.rejected() : UNKNOWN;
  }

  @Override
  void checkRejections(long observed) {
    CircuitBreakerSnapshot snapshot = breaker.snapshot();
    if (!world.restoresLate()) {
      checkEqual(
          observed,
          snapshot.totals().rejected() - restored.rejected(),
          "rejections are counted exactly",
          snapshot);
    }
  }
}
