package io.aragora.resilience.simulation;

import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.chaos.ChaosConfig;
import io.aragora.resilience.chaos.ChaosTotals;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/** Chaos: fails and delays calls only while it is started. */
final class ChaosSubject extends Subject {
  private final Chaos chaos;
  private final Set<Throwable> made;

  private ChaosSubject(World world, String name, Chaos chaos, Set<Throwable> made) {
    super(world, name, "chaos", chaos);
    this.chaos = chaos;
    this.made = made;
  }

  static Subject create(World world, String name, Chance chance) {
    Set<Throwable> made = Collections.newSetFromMap(new IdentityHashMap<>());
    ChaosConfig config = ChaosConfig.builder()
        .fail(20, () -> made(world, made))
        .delay(20, World.millis(1), World.millis(chance.of(10, 500)))
        .failAfter(10, () -> made(world, made))
        .onLost(lost -> world.foreign().called("onLost"))
        .build();
    Chaos chaos = world.resilience().chaos(name, config);
    chaos.subscribe(world.foreign()::listen);
    return new ChaosSubject(world, name, chaos, made);
  }

  private static Throwable made(World world, Set<Throwable> made) {
    Throwable failure = world.life().produced(new Failures.Broken("chaos"));
    made.add(failure);
    return failure;
  }

  @Override
  boolean isOwn(Throwable failure, Layer layer) {
    return made.contains(failure);
  }

  @Override
  void control(Chance chance) {
    if (chance.percent(70)) {
      world.resilience().chaos().start(Duration.ofSeconds(chance.of(1, 60)));
    } else {
      world.resilience().chaos().stop();
    }
  }

  @Override
  Object read() {
    return chaos.totals() + " " + world.resilience().chaos().state();
  }

  @Override
  long atEnd(long calls) {
    ChaosTotals totals = chaos.totals();
    check(totals.calls() <= calls, "a call is counted once", totals + ", calls " + calls);
    return UNKNOWN;
  }
}
