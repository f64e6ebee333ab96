package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerEvent;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.core.dispatch.EventChannel;
import io.aragora.resilience.core.recording.CallDurations;
import io.aragora.resilience.core.registry.StillHeld;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.Subscription;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A breaker for each key, up to a bound. */
public final class CoreKeyedCircuitBreaker implements KeyedCircuitBreaker {
  /*
   * Known keys are found in a concurrent map without a lock. A new one is made under a lock, which keeps the bound exact. At
   * the bound, a new key takes the place of one that may go; one that finds none in a few steps, or another thread at it, is
   * given the overflow breaker: so a flood of keys costs each look-up a bounded time, and no caller waits.
   *
   * A key that went stays findable for as long as its breaker is referenced, so that two halves of a program never protect
   * one dependency by two breakers. These references are bounded as well; beyond the bound the key is forgotten.
   */
  private static final GuardedLog LOG = GuardedLog.of(CoreKeyedCircuitBreaker.class);

  private static final String OVERFLOW = "*overflow*";

  private final String name;
  private final KeyedCircuitBreakerConfig config;
  private final BreakerRuntime runtime;
  private final TransitionSink sink;
  private final EventChannel<KeyedCircuitBreakerEvent> keyEvents;
  private final BreakerOfKey overflow;
  private final ConcurrentHashMap<String, BreakerOfKey> keys = new ConcurrentHashMap<>();
  private final ImpairedKeys impaired = new ImpairedKeys(this::isKnown);
  private final LongAdder evictions = new LongAdder();
  private final LongAdder overflows = new LongAdder();
  private final AtomicBoolean warned = new AtomicBoolean();

  /** Written under the lock. */
  private volatile @Nullable CallDurations durations;

  /** The counts of keys that were removed; never decrease. Written under the lock. */
  private volatile CircuitBreakerTotals left = CircuitBreakerTotals.ZERO;

  private final ReentrantLock making = new ReentrantLock();

  // Under the lock.
  private final EvictionRound round;
  private final StillHeld<BreakerOfKey, CircuitBreakerTotals> gone = new StillHeld<>();

  /**
   * Creates a keyed breaker without keys.
   *
   * @param name its name
   * @param config its settings
   * @param runtime what its breakers share
   */
  public CoreKeyedCircuitBreaker(
      String name, KeyedCircuitBreakerConfig config, BreakerRuntime runtime) {
    this.name = name;
    this.config = config;
    this.runtime = runtime.withStorage(new ImpairmentTracking(runtime.storage(), impaired));
    this.round = new EvictionRound(config.abandonedAfter());
    this.sink = new TransitionSink(name);
    this.durations = CallDurations.of(runtime.durations(), name);
    this.keyEvents = new EventChannel<>(name, runtime.dispatcher());
    // Not kept: the keys that share it are others after a restart.
    this.overflow = new BreakerOfKey(
        name,
        OVERFLOW,
        config.breaker(),
        runtime.withStorage(new ImpairmentTracking(BreakerStorage.NONE, impaired)),
        sink,
        durations);
  }

  private boolean isKnown(BreakerOfKey breaker) {
    return breaker == overflow || keys.get(breaker.key()) == breaker;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public KeyedCircuitBreakerConfig config() {
    return config;
  }

  @Override
  public CircuitBreaker forKey(String key) {
    BreakerOfKey known = keys.get(key);
    return known != null ? known : make(Setting.name("key", key));
  }

  private CircuitBreaker make(String key) {
    if (keys.size() < config.maxKeys()) {
      making.lock();
    } else if (!making.tryLock()) {
      return overflown(key);
    }
    try {
      BreakerOfKey known = keys.get(key);
      if (known != null) {
        return known;
      }
      if (keys.size() >= config.maxKeys() && !evictOne()) {
        return overflown(key);
      }
      BreakerOfKey held = stillHeld(key);
      BreakerOfKey made = held != null ? held : newBreaker(key);
      keys.put(key, made);
      round.add(made);
      // After the key is known, and not for every new one: what changes later is told by itself.
      if (held != null) {
        runtime.storage().changed(made);
      } else if (made.phase().state != CircuitBreakerState.CLOSED) {
        impaired.changed(made);
      }
      return made;
    } finally {
      making.unlock();
    }
  }

  private BreakerOfKey newBreaker(String key) {
    BreakerOfKey made = new BreakerOfKey(name, key, config.breaker(), runtime, sink, durations);
    runtime.storage().made(made);
    return made;
  }

  private @Nullable BreakerOfKey stillHeld(String key) {
    StillHeld.Entry<BreakerOfKey, CircuitBreakerTotals> entry = gone.remove(key);
    BreakerOfKey held = entry == null ? null : entry.get();
    if (entry != null && held != null) {
      held.countFrom(entry.note());
      held.measureBy(durations);
    }
    return held;
  }

  /** Evicts a key if one may go. Returns whether there is room now. */
  private boolean evictOne() {
    BreakerOfKey leaving = round.next(runtime.clock().readPrecisely());
    if (leaving != null) {
      evict(leaving);
    }
    return leaving != null;
  }

  private void evict(BreakerOfKey breaker) {
    String key = breaker.key();
    CircuitBreakerTotals totals = breaker.totals();
    if (gone.size() < config.maxKeys()) {
      gone.add(key, breaker, totals);
    }
    keys.remove(key, breaker);
    // Its saved state goes, too: invented keys must not fill the store.
    breaker.forget();
    left = left.plus(breaker.counted(totals));
    evictions.increment();
    tell(KeyedCircuitBreakerEvent.Kind.EVICTED, key);
  }

  private CircuitBreaker overflown(String key) {
    overflows.increment();
    if (!warned.get() && warned.compareAndSet(false, true)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "keyed breaker ''{0}'' holds {1} keys, none of them idle: new ones share one breaker now;"
              + " raise maxKeys if all of them are real (logged once)",
          name,
          config.maxKeys());
    }
    tell(KeyedCircuitBreakerEvent.Kind.OVERFLOWED, key);
    return overflow;
  }

  private void tell(KeyedCircuitBreakerEvent.Kind kind, String key) {
    if (keyEvents.isHeard()) {
      keyEvents.publish(KeyedCircuitBreakerEvent.of(name, kind, key));
    }
  }

  @Override
  public CircuitBreaker overflow() {
    return overflow;
  }

  @Override
  public CircuitBreakerState state(String key) {
    CircuitBreaker known = knownOrKept(key);
    return known == null ? CircuitBreakerState.CLOSED : known.state();
  }

  @Override
  public boolean isAvailable(String key) {
    CircuitBreaker known = knownOrKept(key);
    return known == null || known.isAvailable();
  }

  /** A saved key is known even before its first call, so its breaker is created now. */
  private @Nullable CircuitBreaker knownOrKept(String key) {
    BreakerOfKey known = keys.get(key);
    return known == null && runtime.storage().isWaiting(new SavedBreaker.Id(name, key))
        ? forKey(key)
        : known;
  }

  @Override
  public <T> List<T> filterAvailable(Collection<T> candidates, Function<? super T, String> keyOf) {
    return candidates.stream()
        .filter(candidate -> isAvailable(keyOf.apply(candidate)))
        .toList();
  }

  @Override
  public Map<String, CircuitBreakerState> states() {
    return read(BreakerOfKey::state);
  }

  @Override
  public Map<String, CircuitBreakerSnapshot> snapshots() {
    return read(BreakerOfKey::snapshot);
  }

  /**
   * Finds a key's breaker without making one.
   *
   * @param key the key
   * @return its breaker; null where it has none
   */
  public @Nullable CoreCircuitBreaker known(String key) {
    return keys.get(key);
  }

  /**
   * Calls an action for the breaker of each key.
   *
   * @param action is given each; keys that come or go meanwhile may be left out
   */
  public void each(Consumer<? super CoreCircuitBreaker> action) {
    keys.values().forEach(action);
  }

  private <R> Map<String, R> read(Function<BreakerOfKey, R> reading) {
    Map<String, R> readings = new HashMap<>();
    keys.forEach((key, breaker) -> readings.put(key, reading.apply(breaker)));
    return Map.copyOf(readings);
  }

  @Override
  public int impairedCount() {
    return impaired.size();
  }

  @Override
  public Map<String, CircuitBreakerState> impairedKeys(int limit) {
    return impaired.states(Setting.atLeast("limit", 1, limit));
  }

  @Override
  public void forEachKey(BiConsumer<? super String, ? super CircuitBreaker> visitor) {
    keys.forEach(visitor);
  }

  @Override
  public CircuitBreakerTotals totals() {
    // Volatile read, before the keys; pairs with the write that follows the removal of a key. So a
    // key that goes meanwhile is in one sum or in neither, and shows again with the next reading.
    // The other way round it would be in both. Stress: KeyedTotalsStress.RemovalCountsOnce.
    CircuitBreakerTotals sum = left.plus(overflow.totals());
    for (BreakerOfKey breaker : keys.values()) {
      sum = sum.plus(breaker.counted());
    }
    return sum;
  }

  @Override
  public long transitions(CircuitBreakerState from, CircuitBreakerState to) {
    return sink.counted(from, to);
  }

  /** Looks up again where the durations of calls are recorded, for all keys. */
  public void measure() {
    CallDurations recorded = CallDurations.of(runtime.durations(), name);
    making.lock();
    try {
      // Under the lock: a key that was being made is among the others afterwards, and a later one
      // sees this.
      durations = recorded;
    } finally {
      making.unlock();
    }
    overflow.measureBy(recorded);
    keys.values().forEach(breaker -> breaker.measureBy(recorded));
  }

  @Override
  public int size() {
    return keys.size();
  }

  @Override
  public long evictions() {
    return evictions.sum();
  }

  @Override
  public long overflows() {
    return overflows.sum();
  }

  @Override
  public boolean reset(String key) {
    BreakerOfKey known = keys.get(key);
    if (known == null) {
      return false;
    }
    known.reset();
    return true;
  }

  @Override
  public void reset() {
    // A key with nothing to reset stays as it is: there may be a million of them, and each reset is
    // an event.
    keys.values().stream().filter(key -> !key.isFresh()).forEach(BreakerOfKey::reset);
    overflow.reset();
  }

  @Override
  public boolean remove(String key) {
    making.lock();
    try {
      BreakerOfKey known = keys.remove(key);
      boolean held = gone.remove(key) != null;
      if (known != null) {
        left = left.plus(known.counted());
        round.remove(known);
        known.forget();
      }
      return known != null || held;
    } finally {
      making.unlock();
    }
  }

  /** Called when the keyed breaker was removed. Nothing of its keys stays in the store. */
  public void forget() {
    making.lock();
    try {
      keys.values().forEach(BreakerOfKey::forget);
    } finally {
      making.unlock();
    }
  }

  @Override
  public List<SavedBreaker> save() {
    return keys.values().stream().map(BreakerOfKey::save).toList();
  }

  @Override
  public int restore(Collection<SavedBreaker> saved) {
    int restored = 0;
    for (SavedBreaker row : saved) {
      String key = row.key();
      if (key != null && row.name().equals(name)) {
        CircuitBreaker breaker = forKey(key);
        restored += breaker != overflow && breaker.restore(row) ? 1 : 0;
      }
    }
    return restored;
  }

  @Override
  public Subscription subscribe(CircuitBreakerListener listener) {
    return sink.listeners.add(listener);
  }

  @Override
  public Subscription subscribeKeys(Consumer<? super KeyedCircuitBreakerEvent> listener) {
    return keyEvents.subscribe(listener);
  }

  @Override
  public String toString() {
    return "keyed breaker '" + name + "'";
  }
}
