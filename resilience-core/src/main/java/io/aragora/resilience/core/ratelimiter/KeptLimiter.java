package io.aragora.resilience.core.ratelimiter;

import io.aragora.resilience.core.admission.CellLevel;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.ratelimiter.SavedLimiter;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** Saves and restores the level of a smooth limiter. Calls do not use it. */
final class KeptLimiter implements StoredLimiter {
  /*
   * Between restarts, the level is an instant of the wall clock: when it will be full. Restoring it takes only a
   * length from the saved row: the time from the save, or from now if that is later, until that instant. So time spent down
   * counts, and a clock that was set back does not prolong the length. A level is never less than empty, and a pause at most
   * maxPause, whatever the row contains.
   *
   * Order: a save notes the word of the level before it reads the level. Permits that are taken in between are in the save, and
   * the word is another one at the next look. Stress: CellLevelStress.TakeDuringSave.
   */
  private final CoreRateLimiter limiter;
  private final CellLevel level;
  private final Turns turns;
  private final TimeSource time;

  // Used by one thread at a time: the store's.
  private @Nullable Mark saving;
  private @Nullable Mark inStore;
  private @Nullable Instant savingPause;
  private @Nullable Instant pauseInStore;

  /** The state of a limiter at a moment. Two marks are equal if nothing has to be saved between them. */
  private record Mark(long level, long pausedUntil, RateLimiterConfig config) {}

  KeptLimiter(CoreRateLimiter limiter, CellLevel level, Turns turns, TimeSource time) {
    this.limiter = limiter;
    this.level = level;
    this.turns = turns;
    this.time = time;
  }

  @Override
  public String name() {
    return limiter.name();
  }

  @Override
  public boolean isKept() {
    return limiter.config().keepsAcrossRestart();
  }

  /** Returns the settings that a level belongs to. An adopted limit may change at any time, so it is not one of them. */
  static String declared(RateLimiterConfig config) {
    return config.adoptUpTo() > 0
        ? "period=" + config.period() + ", adoptUpTo=" + config.adoptUpTo()
        : "limit=" + config.limit() + ", period=" + config.period() + ", burst=" + config.burst();
  }

  private Mark mark() {
    return new Mark(level.mark(), turns.mark(), limiter.config());
  }

  @Override
  public boolean hasChanged() {
    return !mark().equals(inStore);
  }

  @Override
  public SavedLimiter save() {
    saving = mark();
    RateLimiterConfig config = saving.config();
    // The wall clock is read last: if the thread stalls, the level is saved as full too late, not
    // too early.
    long untilFull = level.untilFullNanos(time);
    long paused = turns.pausedForNanos();
    Instant now = time.wallTime();
    Instant pausedUntil = paused > 0 ? after(now, paused) : endedPause(now);
    savingPause = pausedUntil;
    return SavedLimiter.builder(name())
        .declared(declared(config))
        .fullAt(after(now, untilFull))
        .pausedUntil(pausedUntil)
        .fillTime(Duration.ofNanos(level.rate().fillNanos()))
        .maxPause(config.maxPause())
        .savedAt(now)
        .build();
  }

  /** Returns the present time if a pause was ended by hand since the last save, so that its row ends, too; else null. */
  private @Nullable Instant endedPause(Instant now) {
    Instant last = pauseInStore;
    return last != null && last.isAfter(now) ? now : null;
  }

  /** Rounds up to a microsecond, which stores keep: never a level that is full too early. */
  private static Instant after(Instant now, long nanos) {
    Instant exact = now.plusNanos(nanos);
    Instant micros = exact.truncatedTo(ChronoUnit.MICROS);
    Instant rounded = micros.isBefore(exact) ? micros.plus(1, ChronoUnit.MICROS) : micros;
    return rounded.isAfter(SavedLimiter.LATEST) ? SavedLimiter.LATEST : rounded;
  }

  @Override
  public void saved() {
    inStore = saving;
    pauseInStore = savingPause;
  }

  @Override
  public @Nullable String restore(SavedLimiter saved, boolean isNew) {
    Instant now = time.wallTime();
    Instant from = saved.savedAt().isAfter(now) ? saved.savedAt() : now;
    RateLimiterConfig config = limiter.config();
    boolean isSame = saved.declared().equals(declared(config));
    if (isSame) {
      if (isNew && !config.startsFull()) {
        level.refill(level.rate(), time);
      }
      level.owe(left(from, saved.fullAt()), time);
    }
    Instant pausedUntil = saved.pausedUntil();
    pauseInStore = pausedUntil;
    if (pausedUntil != null) {
      limiter.pauseAtMost(left(from, pausedUntil));
    }
    return isSame
        ? null
        : "its settings were " + saved.declared() + ", and are " + declared(config)
            + "; its level begins anew";
  }

  private static long left(Instant from, Instant until) {
    return until.isAfter(from) ? Nanos.of(Duration.between(from, until)) : 0;
  }
}
