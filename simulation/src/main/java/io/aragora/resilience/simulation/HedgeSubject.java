package io.aragora.resilience.simulation;

import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.hedge.HedgeConfig;
import java.util.ArrayList;
import java.util.List;

/** A hedge: no more attempts than allowed, none too early; one of them is the outcome, and the others end. */
final class HedgeSubject extends Subject {
  private final Hedge hedge;
  private final long delay;
  private final List<Layer> ended = new ArrayList<>();

  private HedgeSubject(World world, String name, Hedge hedge, long delay) {
    super(world, name, "hedge", hedge);
    this.hedge = hedge;
    this.delay = delay;
  }

  static Subject create(World world, String name, Chance chance) {
    long delay = chance.of(1, 100, 1_000);
    HedgeConfig.Builder config =
        HedgeConfig.forIdempotentCalls().delay(World.millis(delay)).maxHedges(chance.of(1, 2));
    if (chance.percent(30)) {
      config.onLoser(late -> world.foreign().called("onLoser"));
    }
    Hedge hedge = world.resilience().hedge(name, config.build());
    hedge.subscribe(world.foreign()::listen);
    return new HedgeSubject(world, name, hedge, delay * 1_000_000);
  }

  @Override
  int mostPassages(Layer layer) {
    return 1 + hedge.config().maxHedges();
  }

  @Override
  void passed(Passage passage) {
    Layer layer = passage.layer;
    int number = layer.passages.size();
    if (number > 1) {
      boolean oneFailed = layer.passages.stream().anyMatch(each -> each.failure != null);
      check(
          oneFailed || passage.beganAt - layer.beganAt >= delay * (number - 1),
          "a hedge waits for its delay",
          layer);
    }
  }

  @Override
  void ended(Layer layer) {
    if (layer.call.isAsync()) {
      ended.add(layer);
    }
  }

  /** A cancellation may wait for a thread, so a loser may end by itself meanwhile. */
  @Override
  void whenStill() {
    for (Layer layer : ended) {
      for (Passage passage : layer.passages) {
        check(passage.cancelled || passage.ended, "losers are cancelled", layer);
      }
    }
    ended.clear();
  }

  @Override
  Object read() {
    return hedge.totals() + " " + hedge.delay();
  }

  @Override
  long atEnd(long calls) {
    whenStill();
    check(
        hedge.totals().hedges() <= (long) hedge.config().maxHedges() * calls,
        "hedges are counted",
        hedge.totals());
    return UNKNOWN;
  }
}
