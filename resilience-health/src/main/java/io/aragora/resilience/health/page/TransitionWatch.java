package io.aragora.resilience.health.page;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.Subscription;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerExplanation;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.health.json.JsonObject;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Listens to every breaker of a runtime and writes their transitions down. A runtime does not tell when it makes a breaker, so
 * this looks for new ones again and again; of what happened before it found one, it writes down the last transition, and
 * nothing of single keys. Used by one thread, but for the listeners.
 */
final class TransitionWatch implements AutoCloseable {
  private final Resilience resilience;
  private final Consumer<JsonObject> entries;
  // By identity: one that was pruned and made anew is another one. Not weak, since whatever is no
  // longer listed is let go with the next look.
  private IdentityHashMap<CircuitBreaker, Subscription> breakers = new IdentityHashMap<>();
  private IdentityHashMap<KeyedCircuitBreaker, Family> families = new IdentityHashMap<>();

  private record Family(ChangedKeys keys, Subscription subscription) implements Subscription {
    @Override
    public void close() {
      subscription.close();
    }
  }

  /**
   * Makes a watch that listens to nothing yet.
   *
   * @param resilience the runtime
   * @param entries takes what happened, on any thread
   */
  TransitionWatch(Resilience resilience, Consumer<JsonObject> entries) {
    this.resilience = resilience;
    this.entries = entries;
  }

  /** Subscribes to what is new, and leaves what is gone. */
  void look() {
    breakers = look(resilience.circuitBreakers(), breakers, this::watch);
    families = look(resilience.keyedCircuitBreakers(), families, this::watch);
  }

  /** Gives the keys that are known to have left the closed state. */
  ChangedKeys changedKeys(KeyedCircuitBreaker keyed) {
    Family family = families.get(keyed);
    return family == null ? new ChangedKeys() : family.keys;
  }

  @Override
  public void close() {
    breakers.values().forEach(Subscription::close);
    families.values().forEach(Subscription::close);
    breakers.clear();
    families.clear();
  }

  private static <B, S extends Subscription> IdentityHashMap<B, S> look(
      Collection<B> listed, IdentityHashMap<B, S> known, Function<B, S> watch) {
    IdentityHashMap<B, S> present = new IdentityHashMap<>();
    for (B breaker : listed) {
      S subscription = known.remove(breaker);
      present.put(breaker, subscription != null ? subscription : watch.apply(breaker));
    }
    known.values().forEach(Subscription::close);
    return present;
  }

  private Subscription watch(CircuitBreaker breaker) {
    BreakerLog log = new BreakerLog(new Target(breaker.name(), null));
    Subscription subscription = breaker.subscribe(log);
    log.past(breaker.explain());
    return subscription;
  }

  private Family watch(KeyedCircuitBreaker keyed) {
    ChangedKeys changed = new ChangedKeys();
    String prefix = keyed.name() + ":";
    Subscription subscription = keyed.subscribe(new CircuitBreakerListener() {
      @Override
      public void onTransition(CircuitBreakerTransition transition) {
        String key = transition.breaker().substring(prefix.length());
        if (transition.to() == CircuitBreakerState.CLOSED) {
          changed.returned(key);
        } else {
          changed.left(key);
        }
        entries.accept(entry(new Target(keyed.name(), key), transition));
      }
    });
    return new Family(changed, subscription);
  }

  private static JsonObject entry(Target target, CircuitBreakerTransition transition) {
    return target
        .toJson()
        .put("at", transition.at().toString())
        .put("from", transition.from().text())
        .put("to", transition.to().text())
        .put("cause", Words.of(transition.cause()))
        .put("cooldown", transition.cooldown().toMillis());
  }

  /** One breaker's transitions, without what was told of its past already. */
  private final class BreakerLog implements CircuitBreakerListener {
    private final Target target;
    private long told; // guarded by this

    BreakerLog(Target target) {
      this.target = target;
    }

    @Override
    public synchronized void onTransition(CircuitBreakerTransition transition) {
      if (transition.sequence() > told) {
        told = transition.sequence();
        entries.accept(entry(target, transition));
      }
    }

    synchronized void past(CircuitBreakerExplanation now) {
      if (now.cause() != TransitionCause.CREATED && (told == 0 || now.sequence() > told)) {
        told = now.sequence();
        entries.accept(target
            .toJson()
            .put("at", now.since().toString())
            .put("to", now.state().text())
            .put("cause", Words.of(now.cause())));
      }
    }
  }
}
