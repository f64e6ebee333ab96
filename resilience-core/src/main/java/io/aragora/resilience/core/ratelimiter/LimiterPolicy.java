package io.aragora.resilience.core.ratelimiter;

import io.aragora.resilience.core.admission.AdmissionPolicy;
import io.aragora.resilience.core.admission.PermitLevel;
import io.aragora.resilience.core.admission.Rejection;
import io.aragora.resilience.core.admission.WaitQueue;
import io.aragora.resilience.core.admission.Waiter;
import io.aragora.resilience.core.call.PolicyRole;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.RateLimitExceededException;
import io.aragora.resilience.ratelimiter.RateLimitExceededException.Reason;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Calls that take permits of a limiter. Thread-safe. */
abstract class LimiterPolicy extends AdmissionPolicy {
  private final LimiterShare share;
  private final int permits;

  LimiterPolicy(String name, LimiterShare share, int permits) {
    super(name, share.runtime());
    this.share = share;
    this.permits = permits;
  }

  /** Returns the permits of the limiter. */
  abstract PermitLevel level();

  /** Returns the waiting calls and the pause; null if there never was one. */
  abstract @Nullable Turns turns();

  /** Returns the waiting calls and the pause, and creates them if there are none. */
  abstract Turns madeTurns();

  /** Called for each call that is rejected. */
  abstract void noteRejection();

  final LimiterShare share() {
    return share;
  }

  final TimeSource time() {
    return runtime().time();
  }

  /** Takes permits if no call waits, there is no pause, and they are there; counts them then. */
  final boolean take(int count) {
    Turns turns = turns();
    if ((turns != null && !turns.isOpen()) || !level().tryTake(count, time())) {
      return false;
    }
    share.countAdmitted(count);
    return true;
  }

  /** Takes permits as {@link #take}, and counts a rejection if there are none. */
  final boolean takeOrCount(int count) {
    checkPermits(count);
    if (take(count)) {
      return true;
    }
    Reason reason = reason(Rejection.UNAVAILABLE);
    noteRejection();
    share.countRejected(reason);
    if (share.recordsRejections()) {
      share.publishRejected(name(), reason, count, 0, retryAfter(count));
    }
    return false;
  }

  /** Checks the number of permits of a call. */
  final void checkPermits(int count) {
    checkPermits(share.config(), count);
  }

  static void checkPermits(RateLimiterConfig config, int count) {
    if (config.isExact() && count > 1) {
      throw new IllegalArgumentException("an exact limiter has one permit a call: " + count);
    }
    int most = config.isExact() ? 1 : mostPermits(config);
    if (count < 1 || count > most) {
      throw new IllegalArgumentException("permits must be in [1, " + most + "]: " + count);
    }
  }

  /**
   * Returns the permits of the largest call that may be admitted now or later. A burst that is the limit follows what a server says:
   * if that is less than a call needs, the call is rejected, and is no error of the caller.
   */
  private static int mostPermits(RateLimiterConfig config) {
    int burst = config.burst();
    return burst == config.limit() ? Math.max(burst, config.adoptUpTo()) : burst;
  }

  /** Checks that a config may replace another one. */
  static void checkSameKind(String limiter, RateLimiterConfig present, RateLimiterConfig next) {
    if (next.isExact() != present.isExact()) {
      throw new IllegalArgumentException(limiter + " must stay "
          + (present.isExact() ? "exact" : "smooth") + ", as it was created: " + next);
    }
    if (next.isShared() != present.isShared()) {
      throw new IllegalArgumentException(limiter + " must stay "
          + (present.isShared() ? "shared" : "not shared") + ", as it was created: " + next);
    }
  }

  /** Returns the time at which a call gets its permits, behind all that wait. */
  final long readyAt(int count) {
    Turns turns = turns();
    return turns == null ? level().readyAt(time(), 0, 0, count) : turns.readyAt(count);
  }

  final Duration retryAfter(int count) {
    long ready = readyAt(count);
    return Duration.ofNanos(Math.max(0, ready - time().nanoTime()));
  }

  @Override
  protected final long tryEnter() {
    if (permits > 1) {
      // The burst may have been lowered since.
      checkPermits(permits);
    }
    return take(permits) ? Turns.ADMITTED : NO_PERMIT;
  }

  @Override
  protected final void leave(long permit) {
    // Nothing is given back: two calls could then follow each other more closely than the limit
    // allows.
  }

  @Override
  protected final boolean isHeld() {
    return false;
  }

  @Override
  protected final int need() {
    return permits;
  }

  @Override
  protected final WaitQueue queue() {
    return madeTurns().queue();
  }

  @Override
  protected final long maxWaitNanos() {
    return Nanos.of(share.config().maxWait());
  }

  @Override
  protected final int maxWaiting() {
    return share.config().maxWaiting();
  }

  @Override
  protected final boolean isHopeless(long now, long until) {
    return readyAt(permits) > until;
  }

  @Override
  protected final long looksAt(Waiter waiter) {
    return waiter.looksAt();
  }

  @Override
  protected final RuntimeException reject(Rejection why, long waitedNanos) {
    RateLimiterConfig config = share.config();
    Reason reason = reason(why);
    noteRejection();
    share.countRejected(reason);
    Duration retryAfter = retryAfter(permits);
    share.publishRejected(name(), reason, permits, waitedNanos, retryAfter);
    return new RateLimitExceededException(
        name(), reason, permits, retryAfter, config.limit(), config.period());
  }

  private Reason reason(Rejection why) {
    return switch (why) {
      case QUEUE_FULL -> Reason.QUEUE_FULL;
      case DEADLINE -> Reason.DEADLINE;
      case UNAVAILABLE, WAITED -> {
        Turns turns = turns();
        yield turns != null && turns.pausedForNanos() > 0 ? Reason.PAUSED : Reason.LIMIT;
      }
    };
  }

  @Override
  protected final void countAdmittedAfterWait(long waitedNanos) {
    share.countAdmittedAfterWait(name(), permits, waitedNanos);
  }

  @Override
  protected final void countCancelled() {
    share.countCancelled();
  }

  /** A call is certainly rejected if the pause ends later than its longest wait. */
  @Override
  public final boolean rejectsAt(long nanos) {
    Turns turns = turns();
    return turns != null && turns.isPausedAt(Nanos.after(nanos, maxWaitNanos()));
  }

  @Override
  public final PolicyRole role() {
    return PolicyRole.RATE_LIMITER;
  }

  @Override
  public final Duration maxWait() {
    return share.config().maxWait();
  }

  @Override
  public final String toString() {
    return "rate limiter '" + name() + "'";
  }

  /** A view of a limiter whose calls take several permits. */
  static final class Several extends LimiterPolicy {
    private final LimiterPolicy limiter;

    Several(LimiterPolicy limiter, int permits) {
      super(limiter.name(), limiter.share(), permits);
      this.limiter = limiter;
    }

    /** Returns a policy whose calls take some permits. */
    static Policy of(LimiterPolicy limiter, int permits) {
      limiter.checkPermits(permits);
      return permits == 1 ? limiter : new Several(limiter, permits);
    }

    @Override
    PermitLevel level() {
      return limiter.level();
    }

    @Override
    @Nullable
    Turns turns() {
      return limiter.turns();
    }

    @Override
    Turns madeTurns() {
      return limiter.madeTurns();
    }

    @Override
    void noteRejection() {
      limiter.noteRejection();
    }
  }
}
