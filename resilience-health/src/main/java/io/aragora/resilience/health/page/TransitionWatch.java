package io.aragora.resilience.health.page;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerExplanation;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.health.json.JsonObject;
import io.aragora.resilience.policy.Subscription;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Listens to every breaker of a runtime and records the transitions. A runtime does not announce new breakers, so this class
 * looks for them periodically. If a breaker changed before it was found, only its last transition is recorded, and none of its
 * keys. Used by one thread, except the listeners.
 */
final class TransitionWatch implements AutoCloseable {
  private final Resilience resilience;
  private final Consumer<JsonObject> entries;
  // By identity: a breaker that was pruned and created again is another one. Not weak, since the
  // next look drops breakers that are no longer listed.
  private final IdentityHashMap<CircuitBreaker, Optional<Subscription>> breakers =
      new IdentityHashMap<>();
  private final IdentityHashMap<KeyedCircuitBreaker, Optional<Family>> families =
      new IdentityHashMap<>();

  private record Family(ChangedKeys keys, Subscription subscription) implements Subscription {
    @Override
    public void close() {
      subscription.close();
    }
  }

  /**
   * Creates a watch that listens to nothing yet.
   *
   * @param resilience the runtime
   * @param entries receives the entries, on any thread
   */
  TransitionWatch(Resilience resilience, Consumer<JsonObject> entries) {
    this.resilience = resilience;
    this.entries = entries;
  }

  /** Subscribes to new breakers, and ends subscriptions of removed ones. */
  void look() {
    look(resilience.policies().circuitBreakers(), breakers, this::watch);
    look(resilience.policies().keyedCircuitBreakers(), families, this::watch);
  }

  /** Returns the keys that are known to have left the closed state. */
  ChangedKeys changedKeys(KeyedCircuitBreaker keyed) {
    Optional<Family> family = families.get(keyed);
    return family == null
        ? new ChangedKeys()
        : family.map(Family::keys).orElseGet(ChangedKeys::new);
  }

  @Override
  public void close() {
    look(List.of(), breakers, this::watch);
    look(List.of(), families, this::watch);
  }

  /*
   * A look may end at any statement, for example by an OutOfMemoryError. The map entry therefore precedes the subscription:
   * each subscription is either in the map or closed.
   */
  private static <B, S extends Subscription> void look(
      Collection<B> listed, IdentityHashMap<B, Optional<S>> known, Function<B, S> watch) {
    Set<B> gone = Collections.newSetFromMap(new IdentityHashMap<>());
    gone.addAll(known.keySet());
    for (B breaker : listed) {
      gone.remove(breaker);
      Optional<S> entry = known.get(breaker);
      if (entry == null || entry.isEmpty()) {
        known.put(breaker, Optional.empty());
        S subscription = watch.apply(breaker);
        try {
          known.put(breaker, Optional.of(subscription));
        } catch (Throwable e) {
          subscription.close();
          throw e;
        }
      }
    }
    for (B breaker : gone) {
      Optional<S> entry = known.remove(breaker);
      if (entry != null) {
        entry.ifPresent(Subscription::close);
      }
    }
  }

  private Subscription watch(CircuitBreaker breaker) {
    BreakerLog log = new BreakerLog(new Target(breaker.name(), null));
    Subscription subscription = breaker.subscribe(log);
    try {
      log.past(breaker.explain());
    } catch (Throwable e) {
      subscription.close();
      throw e;
    }
    return subscription;
  }

  private Family watch(KeyedCircuitBreaker keyed) {
    ChangedKeys changed = new ChangedKeys();
    String prefix = keyed.name() + ":";
    Subscription subscription = keyed.subscribe(transition -> {
      String key = transition.breaker().substring(prefix.length());
      if (transition.to() == CircuitBreakerState.CLOSED) {
        changed.returned(key);
      } else {
        changed.left(key);
      }
      entries.accept(entry(new Target(keyed.name(), key), transition));
    });
    try {
      return new Family(changed, subscription);
    } catch (Throwable e) {
      subscription.close();
      throw e;
    }
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

  /** One breaker's transitions, without those already recorded from its past. */
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
