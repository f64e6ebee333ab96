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
import io.aragora.resilience.core.recording.DurationRecorders;
import io.aragora.resilience.core.recording.Measured;
import io.aragora.resilience.core.registry.BoundedKeys;
import io.aragora.resilience.core.registry.ReadablePolicy;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.spi.Readings;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A breaker for each key, up to a bound. */
public final class CoreKeyedCircuitBreaker
    implements KeyedCircuitBreaker, ReadablePolicy, Measured {
  private static final GuardedLog LOG = GuardedLog.of(CoreKeyedCircuitBreaker.class);

  private static final String OVERFLOW = "*overflow*";

  private final String name;
  private final KeyedCircuitBreakerConfig config;
  private final BreakerRuntime runtime;
  private final TransitionSink sink;
  private final EventChannel<KeyedCircuitBreakerEvent> keyEvents;

  /** Whether an event of an eviction was published under the lock of the keys, and is to be delivered without it. */
  private final AtomicBoolean hasUndelivered = new AtomicBoolean();

  private final Keys keys;
  private final ImpairedKeys impaired = new ImpairedKeys(this::isKnown);

  /** Written under the lock of the keys. */
  private volatile @Nullable CallDurations durations;

  /** The counts of keys that were removed; never decrease. Written under the lock of the keys. */
  private volatile CircuitBreakerTotals left = CircuitBreakerTotals.ZERO;

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
    this.sink = new TransitionSink(name);
    this.keyEvents = new EventChannel<>(name, runtime.dispatcher());
    // Not kept: the keys that share it are others after a restart.
    this.keys = new Keys(new BreakerOfKey(
        name,
        OVERFLOW,
        config.breaker(),
        runtime.withStorage(new ImpairmentTracking(BreakerStorage.NONE, impaired)),
        sink,
        null));
  }

  private boolean isKnown(BreakerOfKey breaker) {
    return breaker == keys.overflow() || keys.find(breaker.key()) == breaker;
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
    BreakerOfKey known = keys.find(key);
    return known != null ? known : keys.add(Setting.name("key", key));
  }

  @Override
  public Optional<CircuitBreaker> find(String key) {
    return Optional.ofNullable(knownOrKept(key)).filter(breaker -> breaker != keys.overflow());
  }

  /** The keys. Only those go that are closed and idle, or open and abandoned. */
  private final class Keys extends BoundedKeys<BreakerOfKey, CircuitBreakerTotals> {
    /** The time without a call after which a closed key is idle, whatever its window. */
    private static final long IDLE_NANOS = 60_000_000_000L;

    private final long abandonedNanos = config.abandonedAfter().toNanos();

    private Keys(BreakerOfKey overflow) {
      super(config.maxKeys(), overflow);
    }

    @Override
    protected long now() {
      return runtime.clock().readPrecisely();
    }

    @Override
    protected String keyOf(BreakerOfKey breaker) {
      return breaker.key();
    }

    @Override
    protected BreakerOfKey make(String key) {
      BreakerOfKey made = new BreakerOfKey(name, key, config.breaker(), runtime, sink, durations);
      runtime.storage().made(made);
      return made;
    }

    @Override
    protected long spare(BreakerOfKey breaker, long now) {
      return now - breaker.idleSince() >= IDLE_NANOS
              || now - breaker.abandonedSince() >= abandonedNanos
          ? FIRST
          : NEEDED;
    }

    @Override
    protected CircuitBreakerTotals note(BreakerOfKey breaker) {
      return breaker.totals();
    }

    @Override
    protected void evicted(BreakerOfKey breaker, CircuitBreakerTotals totals) {
      // Its saved state goes, too: invented keys must not fill the store.
      breaker.forget();
      left = left.plus(breaker.counted(totals));
      if (keyEvents.isHeard()
          && keyEvents.enqueue(KeyedCircuitBreakerEvent.of(
              name, KeyedCircuitBreakerEvent.Kind.EVICTED, breaker.key()))) {
        hasUndelivered.set(true);
      }
    }

    @Override
    protected void afterEviction() {
      if (hasUndelivered.get() && hasUndelivered.getAndSet(false)) {
        keyEvents.deliver();
      }
    }

    @Override
    protected void removed(BreakerOfKey breaker) {
      left = left.plus(breaker.counted());
      breaker.forget();
    }

    @Override
    protected void returning(BreakerOfKey breaker, CircuitBreakerTotals totals) {
      breaker.countFrom(totals);
    }

    @Override
    protected void joined(BreakerOfKey breaker, boolean again) {
      // After the key is known, and not for every new one: what changes later is told by itself.
      if (again) {
        runtime.storage().changed(breaker);
      } else if (breaker.phase().state != CircuitBreakerState.CLOSED) {
        impaired.changed(breaker);
      }
    }

    @Override
    protected void overflowed(String key, boolean first) {
      if (first) {
        LOG.log(
            System.Logger.Level.WARNING,
            "keyed breaker ''{0}'' reached maxKeys={1} and no key is idle; new keys share the overflow"
                + " breaker. Raise maxKeys if these keys are legitimate. (logged once)",
            name,
            config.maxKeys());
      }
      tell(KeyedCircuitBreakerEvent.Kind.OVERFLOWED, key);
    }
  }

  private void tell(KeyedCircuitBreakerEvent.Kind kind, String key) {
    if (keyEvents.isHeard()) {
      keyEvents.publish(KeyedCircuitBreakerEvent.of(name, kind, key));
    }
  }

  @Override
  public CircuitBreaker overflow() {
    return keys.overflow();
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
    BreakerOfKey known = keys.find(key);
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
   * Finds the breaker of a key without creating one.
   *
   * @param key the key
   * @return its breaker; null if it has none
   */
  public @Nullable CoreCircuitBreaker known(String key) {
    return keys.find(key);
  }

  /**
   * Calls an action for the breaker of each key.
   *
   * @param action receives each; keys that are created or removed meanwhile may be left out
   */
  public void each(Consumer<? super CoreCircuitBreaker> action) {
    keys.all().forEach(action);
  }

  private <R> Map<String, R> read(Function<BreakerOfKey, R> reading) {
    Map<String, R> readings = new HashMap<>();
    keys.each((key, breaker) -> readings.put(key, reading.apply(breaker)));
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
    keys.each(visitor);
  }

  @Override
  public CircuitBreakerTotals totals() {
    // Volatile read, before the keys; pairs with the write that follows the removal of a key. So a
    // key that goes meanwhile is in one sum or in neither, and shows again with the next reading.
    // The other way round it would be in both. Stress: KeyedTotalsStress.RemovalCountsOnce.
    CircuitBreakerTotals sum = left.plus(keys.overflow().totals());
    for (BreakerOfKey breaker : keys.all()) {
      sum = sum.plus(breaker.counted());
    }
    return sum;
  }

  @Override
  public void read(Readings into) {
    CircuitBreakerTotals sum = totals();
    into.level("keys", size());
    into.level("impaired_keys", impairedCount());
    into.count("calls", "failure", sum.failures());
    into.count("calls", "ignored", sum.ignored());
    into.count("calls", "late", sum.late());
    into.count("calls", "rejected", sum.rejected());
    into.count("calls", "success", sum.successes());
    into.count("evictions", Readings.NONE, evictions());
    into.count("overflows", Readings.NONE, overflows());
  }

  @Override
  public long transitions(CircuitBreakerState from, CircuitBreakerState to) {
    return sink.counted(from, to);
  }

  /** Looks up again where the durations of calls are recorded, for all keys. */
  public void measure() {
    runtime.durations().measure(this);
  }

  @Override
  public void lookUp(DurationRecorders recorders) {
    measureBy(CallDurations.of(recorders, name));
  }

  private void measureBy(@Nullable CallDurations recorded) {
    // A key that is being made is among the others afterwards, and a later one sees this.
    keys.exclusively(() -> durations = recorded);
    keys.overflow().measureBy(recorded);
    keys.held().forEach(breaker -> breaker.measureBy(recorded));
  }

  @Override
  public int size() {
    return keys.size();
  }

  @Override
  public long evictions() {
    return keys.evictions();
  }

  @Override
  public long overflows() {
    return keys.overflows();
  }

  @Override
  public boolean reset(String key) {
    BreakerOfKey known = keys.find(key);
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
    keys.all().stream().filter(key -> !key.isFresh()).forEach(BreakerOfKey::reset);
    keys.overflow().reset();
  }

  @Override
  public boolean remove(String key) {
    return keys.remove(key);
  }

  /** Called when the keyed breaker was removed. Nothing of its keys stays in the store. */
  public void forget() {
    keys.exclusively(() -> keys.all().forEach(BreakerOfKey::forget));
  }

  @Override
  public List<SavedBreaker> save() {
    return keys.all().stream().map(BreakerOfKey::save).toList();
  }

  @Override
  public int restore(Collection<SavedBreaker> saved) {
    int restored = 0;
    for (SavedBreaker row : saved) {
      String key = row.key();
      if (key != null && row.name().equals(name)) {
        CircuitBreaker breaker = forKey(key);
        restored += breaker != keys.overflow() && breaker.restore(row) ? 1 : 0;
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
