package io.aragora.resilience.simulation;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.policy.Policy;

/** Breakers by key: never more keys than allowed, and no count is lost when a key is evicted. */
final class KeyedBreakerSubject extends Subject {
  private final KeyedCircuitBreaker breakers;
  private final long restored;
  private long evictions;

  /** At most so many calls were under way when their key was evicted: they are in no total until the key returns. */
  private long unseen;

  private KeyedBreakerSubject(World world, String name, KeyedCircuitBreaker breakers) {
    super(world, name, "circuitbreaker");
    this.breakers = breakers;
    this.restored = sum();
  }

  static Subject create(World world, String name, Chance chance) {
    KeyedCircuitBreaker breakers = world
        .resilience()
        .keyedCircuitBreaker(
            name,
            KeyedCircuitBreakerConfig.builder()
                .breaker(CircuitBreakerConfig.builder()
                    .failureThreshold(chance.of(1, 3))
                    .cooldown(World.millis(chance.of(1, 1_000)))
                    .ignoreOn(Failures.Ignored.class)
                    .build())
                .maxKeys(chance.of(1, 2, 10))
                .build());
    return new KeyedBreakerSubject(world, name, breakers);
  }

  @Override
  Policy policy(Call call) {
    return forKey("key-" + call.id() % 4);
  }

  private CircuitBreaker forKey(String key) {
    CircuitBreaker breaker = breakers.forKey(key);
    if (breakers.evictions() != evictions) {
      evictions = breakers.evictions();
      unseen += open;
    }
    return breaker;
  }

  @Override
  boolean isOwn(Throwable failure, Layer layer) {
    return isRejectionOfKind(failure);
  }

  @Override
  void afterStep() {
    check(
        breakers.size() <= breakers.config().maxKeys(),
        "never more keys than maxKeys",
        breakers.states());
  }

  @Override
  void control(Chance chance) {
    String key = "key-" + chance.below(4);
    switch (chance.below(4)) {
      case 0 -> breakers.reset(key);
      case 1 -> breakers.reset();
      case 2 -> {
        // What a removed breaker counts later is in no total.
        if (open == 0) {
          breakers.remove(key);
        }
      }
      default -> forKey(key).open(World.millis(500));
    }
  }

  @Override
  Object read() {
    return breakers.snapshots() + " " + breakers.totals() + " " + breakers.impairedKeys(3);
  }

  private long sum() {
    CircuitBreakerTotals totals = breakers.totals();
    return totals.successes() + totals.failures() + totals.ignored() + totals.rejected();
  }

  @Override
  long atEnd(long calls) {
    // A key is restored when it is asked for.
    if (world.beganEmpty() && world.isFine()) {
      long counted = sum() - restored;
      check(
          counted <= calls && calls <= counted + breakers.totals().late() + unseen,
          "each call is counted",
          breakers.totals() + ", calls " + calls + ", restored " + restored);
    }
    return UNKNOWN;
  }
}
