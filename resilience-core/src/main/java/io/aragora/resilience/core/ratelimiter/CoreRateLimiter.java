package io.aragora.resilience.core.ratelimiter;

import io.aragora.resilience.core.admission.AdmissionRuntime;
import io.aragora.resilience.core.admission.CellLevel;
import io.aragora.resilience.core.admission.PermitLevel;
import io.aragora.resilience.core.quota.Quotas;
import io.aragora.resilience.core.recording.DurationRecorders;
import io.aragora.resilience.core.recording.Measured;
import io.aragora.resilience.core.registry.ReadablePolicy;
import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.ratelimiter.RateLimitHint;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterEvent;
import io.aragora.resilience.ratelimiter.RateLimiterSnapshot;
import io.aragora.resilience.ratelimiter.RateLimiterTotals;
import io.aragora.resilience.spi.Readings;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A rate limiter. Thread-safe. */
public final class CoreRateLimiter extends LimiterPolicy
    implements RateLimiter, ReadablePolicy, Measured {
  private final PermitLevel level;

  /** The same level, if a fleet shares it; else null. */
  private final @Nullable SharedLevel shared;

  private final Turns turns;

  /** Null until {@link #keepIn}. */
  private volatile @Nullable LimiterStorage storage;

  /** Null until a config wants the limiter to be saved. Written under the lock of this. */
  private volatile @Nullable KeptLimiter kept;

  /**
   * Creates a limiter.
   *
   * @param name its name
   * @param config its config
   * @param runtime the parts of its runtime
   */
  public CoreRateLimiter(String name, RateLimiterConfig config, AdmissionRuntime runtime) {
    super(name, new LimiterShare(name, config, runtime), 1);
    level = Levels.padded(share());
    shared = null;
    turns = new Turns(level, share());
  }

  /**
   * Creates a limiter whose limit a fleet shares.
   *
   * @param name its name
   * @param config its config
   * @param runtime the parts of its runtime
   * @param quotas leases its permits
   */
  public CoreRateLimiter(
      String name, RateLimiterConfig config, AdmissionRuntime runtime, Quotas quotas) {
    super(name, new LimiterShare(name, config, runtime), 1);
    shared = new SharedLevel(share(), quotas, this::followLevel);
    level = shared;
    turns = new Turns(level, share());
    shared.begin();
  }

  private void followLevel() {
    turns.changed();
  }

  /**
   * Sets what saves the limiter if its config wants that, and restores it.
   *
   * @param keeper saves limiters
   */
  public void keepIn(LimiterStorage keeper) {
    storage = keeper;
    keepIfWanted(true);
  }

  private void keepIfWanted(boolean isNew) {
    LimiterStorage keeper = storage;
    if (keeper == null || !config().keepsAcrossRestart()) {
      return;
    }
    boolean isFirst = false;
    KeptLimiter present;
    synchronized (this) {
      present = kept;
      if (present == null && level instanceof CellLevel cell) {
        present = new KeptLimiter(this, cell, turns, time());
        kept = present;
        isFirst = true;
      }
    }
    if (isFirst && present != null) {
      keeper.kept(present, isNew);
    } else {
      keeper.limiterChanged();
    }
  }

  /** {@return what is saved of the limiter; null if its config never wanted that} */
  public @Nullable StoredLimiter kept() {
    return kept;
  }

  private void tellStorage() {
    LimiterStorage keeper = storage;
    if (keeper != null && kept != null) {
      keeper.limiterChanged();
    }
  }

  @Override
  PermitLevel level() {
    return level;
  }

  @Override
  Turns turns() {
    return turns;
  }

  @Override
  Turns madeTurns() {
    return turns;
  }

  @Override
  void noteRejection() {
    // The totals have it.
  }

  @Override
  public RateLimiterConfig config() {
    return share().config();
  }

  @Override
  public boolean tryAcquire() {
    return takeOrCount(1);
  }

  @Override
  public boolean tryAcquire(int permits) {
    return takeOrCount(permits);
  }

  @Override
  public Policy withPermits(int permits) {
    return Several.of(this, permits);
  }

  @Override
  public Duration retryAfter() {
    return retryAfter(1);
  }

  @Override
  public void pauseFor(Duration length) {
    Setting.positive("length", length);
    pauseAtMost(Nanos.of(length));
  }

  /** Pauses for some time, but not longer than the config permits. */
  void pauseAtMost(long nanos) {
    pause(Math.min(nanos, Nanos.of(config().maxPause())));
  }

  private void pause(long nanos) {
    if (nanos > 0 && turns.pause(nanos)) {
      followLevel();
      share().publish(name(), RateLimiterEvent.Kind.PAUSED, Duration.ofNanos(nanos));
      tellStorage();
    }
  }

  @Override
  public void resume() {
    if (turns.resume()) {
      followLevel();
      share().publish(name(), RateLimiterEvent.Kind.RESUMED, Duration.ZERO);
      tellStorage();
    }
  }

  @Override
  public void observe(RateLimitHint hint) {
    RateLimiterConfig present = config();
    int adopted = Hints.adopted(hint, present);
    if (adopted != present.limit()) {
      adopt(hint);
    }
    Instant wall = time().wallTime();
    boolean isLower = Hints.lower(hint, wall, level, time());
    pause(Hints.pauseNanos(hint, wall, config()));
    if (isLower && !turns.queue().isEmpty()) {
      followLevel();
    }
  }

  private void adopt(RateLimitHint hint) {
    StackRoom.forCall();
    synchronized (this) {
      RateLimiterConfig present = config();
      int adopted = Hints.adopted(hint, present);
      if (adopted == present.limit()) {
        return;
      }
      change(present, present.toBuilder().limit(adopted).build());
    }
    followLevel();
    share().publish(name(), RateLimiterEvent.Kind.ADOPTED, Duration.ZERO);
  }

  /**
   * Checks that the limiter can have a config.
   *
   * @param next the config
   * @throws IllegalArgumentException if it is of another kind: exact, or shared
   */
  public void checkChange(RateLimiterConfig next) {
    checkSameKind(toString(), config(), next);
  }

  @Override
  public void reconfigure(RateLimiterConfig next) {
    StackRoom.forCall();
    synchronized (this) {
      RateLimiterConfig present = config();
      checkSameKind(toString(), present, next);
      change(present, next);
    }
    turns.changed();
    keepIfWanted(false);
    share().publish(name(), RateLimiterEvent.Kind.RECONFIGURED, Duration.ZERO);
  }

  private void change(RateLimiterConfig present, RateLimiterConfig next) {
    share().configure(next);
    try {
      if (shared != null) {
        shared.change();
      } else if (!Levels.isSameRate(present, next)) {
        Levels.change(level, share());
      }
    } catch (Throwable e) {
      // Else the same change again would find nothing to do, and the level would never follow.
      share().configure(present);
      throw e;
    }
  }

  @Override
  public void lookUp(DurationRecorders recorders) {
    share().lookUp(recorders);
  }

  @Override
  public RateLimiterSnapshot snapshot() {
    RateLimiterSnapshot.Builder snapshot = Levels.snapshot(name(), config(), level, turns, time());
    if (shared != null) {
      snapshot.instances(shared.instances()).alone(shared.isAlone());
    }
    return snapshot.build();
  }

  /** {@return whether its limit is shared and the quota store does not answer} */
  public boolean isAlone() {
    return shared != null && shared.isAlone();
  }

  @Override
  public RateLimiterTotals totals() {
    return share().totals();
  }

  @Override
  public void read(Readings into) {
    share().read(into);
    long paused = turns.pausedForNanos();
    into.level("limit", config().limit());
    into.level("burst", config().burst());
    into.level("available", (double) (paused > 0 ? 0 : level.available(time())));
    into.level("waiting", turns.queue().size());
    into.level("paused_seconds", paused / 1e9);
    if (shared != null) {
      into.level("alone", shared.isAlone() ? 1 : 0);
      into.level("instances", shared.instances());
    }
  }

  @Override
  public Subscription subscribe(Consumer<? super RateLimiterEvent> listener) {
    return share().events().subscribe(Objects.requireNonNull(listener, "listener"));
  }
}
