package io.aragora.resilience.core.ratelimiter;

import io.aragora.resilience.core.admission.AdmissionRuntime;
import io.aragora.resilience.core.admission.CellRate;
import io.aragora.resilience.core.dispatch.EventChannel;
import io.aragora.resilience.core.recording.DurationRecorders;
import io.aragora.resilience.core.recording.Measured;
import io.aragora.resilience.core.registry.BoundedKeys;
import io.aragora.resilience.core.registry.ReadablePolicy;
import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterEvent;
import io.aragora.resilience.ratelimiter.RateLimitExceededException.Reason;
import io.aragora.resilience.ratelimiter.RateLimitHint;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterEvent;
import io.aragora.resilience.ratelimiter.RateLimiterSnapshot;
import io.aragora.resilience.ratelimiter.RateLimiterTotals;
import io.aragora.resilience.spi.Readings;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/** A rate limiter for each key, up to a bound. Thread-safe. */
public final class CoreKeyedRateLimiter implements KeyedRateLimiter, ReadablePolicy, Measured {
  /*
   * A key whose level is full is as good as unknown, so it is evicted first, and other code does not notice. A thread that has
   * found such a key may take a permit of it just while it is evicted; a key of that name that is made anew then has one permit
   * more. So a flood of keys can win a call for each racing thread, and no more.
   */
  private static final GuardedLog LOG = GuardedLog.of(CoreKeyedRateLimiter.class);
  private static final String OVERFLOW = "*overflow*";

  private final LimiterShare share;
  private final AdmissionRuntime runtime;
  private final EventChannel<KeyedRateLimiterEvent> keyEvents;
  private final LongAdder evictions = new LongAdder();

  /** Whether an event of an eviction was published under the lock of the keys, and is to be delivered without it. */
  private final AtomicBoolean hasUndelivered = new AtomicBoolean();

  private final Keys keys;
  private final int maxKeys;

  /**
   * Creates a keyed limiter without keys.
   *
   * @param name its name
   * @param config its config
   * @param runtime the parts of its runtime
   */
  public CoreKeyedRateLimiter(
      String name, KeyedRateLimiterConfig config, AdmissionRuntime runtime) {
    this.share = new LimiterShare(name, config.limiter(), runtime);
    this.runtime = runtime;
    this.maxKeys = config.maxKeys();
    this.keyEvents = new EventChannel<>(name, runtime.dispatcher());
    this.keys = new Keys(makeKey(OVERFLOW));
  }

  private LimiterKey makeKey(String key) {
    RateLimiterConfig config = share.config();
    TimeSource time = runtime.time();
    long now = runtime.clock().read();
    if (config.isExact()) {
      return new ExactKey(key, Levels.ring(config, time), now);
    }
    CellRate rate = share.rate();
    return new LimiterKey(key, rate, Levels.start(config, rate, time), now);
  }

  /** The keys. Those go first that hold no information, then the one that was idle the longest. */
  private final class Keys extends BoundedKeys<LimiterKey, Boolean> {
    /** The time without a call after which a key is idle although its level is not full. */
    private static final long IDLE_NANOS = 60_000_000_000L;

    private Keys(LimiterKey overflow) {
      super(maxKeys, overflow);
    }

    @Override
    protected long now() {
      return runtime.clock().readPrecisely();
    }

    @Override
    protected String keyOf(LimiterKey key) {
      return key.key();
    }

    @Override
    protected LimiterKey make(String key) {
      return makeKey(key);
    }

    @Override
    protected long spare(LimiterKey key, long now) {
      if (key.isBusy()) {
        return NEEDED;
      }
      if (key.holdsNothing(runtime.time())) {
        return FIRST;
      }
      long idle = key.idleNanos(now);
      return idle >= IDLE_NANOS ? idle : NEEDED;
    }

    @Override
    protected boolean mayBeHeld(LimiterKey key) {
      return key.isHeld();
    }

    /** Returns whether the level holds information. */
    @Override
    protected Boolean note(LimiterKey key) {
      return !key.holdsNothing(runtime.time());
    }

    @Override
    protected void evicted(LimiterKey key, Boolean note) {
      if (note) {
        evictions.increment();
        if (keyEvents.isHeard()
            && keyEvents.enqueue(KeyedRateLimiterEvent.of(
                share.name(), KeyedRateLimiterEvent.Kind.EVICTED, key.key()))) {
          hasUndelivered.set(true);
        }
      }
    }

    @Override
    protected void afterEviction() {
      if (hasUndelivered.get() && hasUndelivered.getAndSet(false)) {
        keyEvents.deliver();
      }
    }

    @Override
    protected void removed(LimiterKey key) {
      // Its counts are in those of all keys.
    }

    @Override
    protected void returning(LimiterKey key, Boolean note) {
      // It has followed every change of the config.
    }

    @Override
    protected void joined(LimiterKey key, boolean again) {
      // No other code has to know.
    }

    @Override
    protected void overflowed(String key, boolean first) {
      if (first) {
        LOG.log(
            System.Logger.Level.WARNING,
            "keyed rate limiter ''{0}'' reached maxKeys={1} and no key is idle; new keys share one"
                + " limiter. Raise maxKeys if these keys are legitimate. (logged once)",
            share.name(),
            maxKeys);
      }
      tell(KeyedRateLimiterEvent.Kind.OVERFLOWED, key);
    }
  }

  private void tell(KeyedRateLimiterEvent.Kind kind, String key) {
    if (keyEvents.isHeard()) {
      keyEvents.publish(KeyedRateLimiterEvent.of(share.name(), kind, key));
    }
  }

  private LimiterKey key(String key) {
    LimiterKey known = keys.find(key);
    return known != null ? known : keys.add(Setting.name("key", key));
  }

  @Override
  public String name() {
    return share.name();
  }

  @Override
  public KeyedRateLimiterConfig config() {
    return KeyedRateLimiterConfig.builder()
        .limiter(share.config())
        .maxKeys(maxKeys)
        .build();
  }

  @Override
  public boolean tryAcquire(String key) {
    return tryAcquire(key, 1);
  }

  @Override
  public boolean tryAcquire(String key, int permits) {
    if (permits != 1) {
      LimiterPolicy.checkPermits(share.config(), permits);
    }
    LimiterKey found = key(key);
    found.use(runtime.clock().read());
    Turns turns = found.turns();
    boolean isOpen = turns == null || turns.isOpen();
    if (isOpen && found.level().tryTake(permits, runtime.time())) {
      share.countAdmitted(permits);
      return true;
    }
    found.noteRejection();
    Reason reason = turns != null && turns.pausedForNanos() > 0 ? Reason.PAUSED : Reason.LIMIT;
    share.countRejected(reason);
    if (share.recordsRejections()) {
      share.publishRejected(
          share.name() + ':' + found.key(), reason, permits, 0, retryAfter(found, permits));
    }
    return false;
  }

  private Duration retryAfter(LimiterKey key, int permits) {
    Turns turns = key.turns();
    TimeSource time = runtime.time();
    long ready = turns == null ? key.level().readyAt(time, 0, 0, permits) : turns.readyAt(permits);
    return Duration.ofNanos(Math.max(0, ready - time.nanoTime()));
  }

  @Override
  public Policy forKey(String key) {
    return policy(key);
  }

  @Override
  public Policy forKey(String key, int permits) {
    LimiterPolicy.checkPermits(share.config(), permits);
    return LimiterPolicy.Several.of(policy(key), permits);
  }

  private KeyPolicy policy(String key) {
    LimiterKey found = key(key);
    found.hold();
    // It may have been evicted before it was held, and then nothing finds it again.
    while (found != keys.overflow() && found != keys.find(key)) {
      found = key(key);
      found.hold();
    }
    return new KeyPolicy(share, found);
  }

  @Override
  public Duration retryAfter(String key) {
    LimiterKey known = keys.find(key);
    return known == null ? Duration.ZERO : retryAfter(known, 1);
  }

  @Override
  public void pauseFor(String key, Duration length) {
    Setting.positive("length", length);
    pause(key(key), Math.min(Nanos.of(length), Nanos.of(share.config().maxPause())));
  }

  private void pause(LimiterKey key, long nanos) {
    if (key == keys.overflow() || nanos <= 0) {
      return;
    }
    key.use(runtime.clock().read());
    Turns turns = key.madeTurns(share);
    if (turns.pause(nanos)) {
      turns.changed();
      publish(key, RateLimiterEvent.Kind.PAUSED, Duration.ofNanos(nanos));
    }
  }

  private void publish(LimiterKey key, RateLimiterEvent.Kind kind, Duration retryAfter) {
    if (share.events().isHeard()) {
      share.publish(share.name() + ':' + key.key(), kind, retryAfter);
    }
  }

  @Override
  public void resume(String key) {
    LimiterKey known = keys.find(key);
    Turns turns = known == null ? null : known.turns();
    if (known != null && turns != null && turns.resume()) {
      turns.changed();
      publish(known, RateLimiterEvent.Kind.RESUMED, Duration.ZERO);
    }
  }

  @Override
  public void observe(String key, RateLimitHint hint) {
    LimiterKey found = key(key);
    if (found != keys.overflow()) {
      Instant wall = runtime.time().wallTime();
      boolean isLower = Hints.lower(hint, wall, found.level(), runtime.time());
      pause(found, Hints.pauseNanos(hint, wall, share.config()));
      Turns turns = found.turns();
      if (isLower && turns != null && !turns.queue().isEmpty()) {
        turns.changed();
      }
    }
  }

  /**
   * Checks that the keys can have a config.
   *
   * @param next the config
   * @throws IllegalArgumentException if it is of another kind: exact, or shared
   */
  public void checkChange(RateLimiterConfig next) {
    LimiterPolicy.checkSameKind(toString(), share.config(), next);
  }

  @Override
  public void reconfigure(RateLimiterConfig config) {
    checkChange(config);
    StackRoom.forCall();
    List<LimiterKey> all = new ArrayList<>();
    keys.exclusively(() -> {
      RateLimiterConfig present = share.config();
      all.addAll(keys.held());
      all.add(keys.overflow());
      share.configure(config);
      try {
        for (LimiterKey key : all) {
          Levels.change(key, share);
        }
      } catch (Throwable e) {
        share.configure(present);
        throw e;
      }
    });
    for (LimiterKey key : all) {
      Turns turns = key.turns();
      if (turns != null) {
        turns.changed();
      }
    }
    share.publish(name(), RateLimiterEvent.Kind.RECONFIGURED, Duration.ZERO);
  }

  @Override
  public RateLimiterSnapshot snapshot(String key) {
    LimiterKey known = keys.find(key);
    LimiterKey shown = known != null ? known : makeKey(key);
    return Levels.snapshot(
            name() + ':' + key, share.config(), shown.level(), shown.turns(), runtime.time())
        .build();
  }

  @Override
  public Map<String, Long> mostRejected(int limit) {
    Setting.atLeast("limit", 1, limit);
    PriorityQueue<Map.Entry<String, Long>> most = new PriorityQueue<>(BY_COUNT);
    keys.each((name, key) -> {
      long rejections = key.rejections();
      if (rejections > 0) {
        most.add(Map.entry(name, rejections));
        if (most.size() > limit) {
          most.remove();
        }
      }
    });
    List<Map.Entry<String, Long>> sorted = new ArrayList<>(most);
    sorted.sort(BY_COUNT.reversed());
    Map<String, Long> all = new LinkedHashMap<>();
    sorted.forEach(entry -> all.put(entry.getKey(), entry.getValue()));
    return Collections.unmodifiableMap(all);
  }

  private static final Comparator<Map.Entry<String, Long>> BY_COUNT = Map.Entry.comparingByValue();

  @Override
  public Map<String, Duration> pausedKeys(int limit) {
    Setting.atLeast("limit", 1, limit);
    Map<String, Duration> all = new LinkedHashMap<>();
    keys.each((name, key) -> {
      Turns turns = key.turns();
      long paused = turns == null ? 0 : turns.pausedForNanos();
      if (paused > 0 && all.size() < limit) {
        all.put(name, Duration.ofNanos(paused));
      }
    });
    return Collections.unmodifiableMap(all);
  }

  @Override
  public void lookUp(DurationRecorders recorders) {
    share.lookUp(recorders);
  }

  @Override
  public RateLimiterTotals totals() {
    return share.totals();
  }

  @Override
  public int waiting() {
    int waiting = waitingOf(keys.overflow());
    for (LimiterKey key : keys.all()) {
      waiting += waitingOf(key);
    }
    return waiting;
  }

  private static int waitingOf(LimiterKey key) {
    Turns turns = key.turns();
    return turns == null ? 0 : turns.queue().size();
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
    return keys.overflows();
  }

  @Override
  public boolean remove(String key) {
    return keys.remove(key);
  }

  @Override
  public void read(Readings into) {
    share.read(into);
    into.count("evictions", Readings.NONE, evictions());
    into.count("overflows", Readings.NONE, overflows());
    into.level("keys", size());
    into.level("waiting", waiting());
  }

  @Override
  public Subscription subscribe(Consumer<? super RateLimiterEvent> listener) {
    return share.events().subscribe(Objects.requireNonNull(listener, "listener"));
  }

  @Override
  public Subscription subscribeKeys(Consumer<? super KeyedRateLimiterEvent> listener) {
    return keyEvents.subscribe(Objects.requireNonNull(listener, "listener"));
  }

  @Override
  public String toString() {
    return "keyed rate limiter '" + name() + "'";
  }
}
