package io.aragora.resilience.core.registry;

import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Tells which policies may be taken out of their registry: those that were idle, and not looked up, for long enough.
 *
 * @param <P> the policy
 */
public final class Staleness<P> {
  /*
   * A look-up counts from the second after it, so that a policy never goes too early, and at most a second late, while
   * the stamps of hot look-ups change once a second only.
   */
  private static final long SECOND = 1_000_000_000L;

  private final @Nullable TimeSource time;
  private final long afterNanos;
  private final ToLongFunction<P> idleSince;

  private Staleness(@Nullable TimeSource time, long afterNanos, ToLongFunction<P> idleSince) {
    this.time = time;
    this.afterNanos = afterNanos;
    this.idleSince = idleSince;
  }

  /**
   * Says when a policy goes.
   *
   * @param time its time
   * @param after how long it goes without a call or a look-up
   * @param idleSince gives since when a policy had no call, of the time source; {@link Long#MAX_VALUE} if it must stay
   * @param <P> the policy
   * @return tells which go
   */
  public static <P> Staleness<P> after(
      TimeSource time, Duration after, ToLongFunction<P> idleSince) {
    return new Staleness<>(time, after.toNanos(), idleSince);
  }

  /**
   * Policies stay.
   *
   * @param <P> the policy
   * @return tells of none
   */
  public static <P> Staleness<P> never() {
    return new Staleness<>(null, Long.MAX_VALUE, policy -> Long.MAX_VALUE);
  }

  boolean happens() {
    return time != null;
  }

  /** The present second. */
  long stamp() {
    return time == null ? 0 : time.nanoTime() / SECOND;
  }

  boolean isStale(P policy, long stamp) {
    if (time == null) {
      return false;
    }
    long idle = idleSince.applyAsLong(policy);
    return idle != Long.MAX_VALUE
        && time.nanoTime() - Math.max(idle, (stamp + 1) * SECOND) >= afterNanos;
  }
}
