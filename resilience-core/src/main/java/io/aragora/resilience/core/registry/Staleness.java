package io.aragora.resilience.core.registry;

import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Decides which policies may be evicted: those that had no call and no look-up for a given time.
 *
 * @param <P> the policy
 */
public final class Staleness<P> {
  /*
   * A look-up counts from the second after it. So a policy is never evicted too early, and at most
   * a second late, while the stamps of hot look-ups change only once a second.
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
   * Returns a rule that evicts policies after an idle time.
   *
   * @param time the time source
   * @param after the time without a call or a look-up
   * @param idleSince returns the instant, of the time source, since which a policy had no call;
   *     {@link Long#MAX_VALUE} if it must stay
   * @param <P> the policy
   * @return the rule
   */
  public static <P> Staleness<P> after(
      TimeSource time, Duration after, ToLongFunction<P> idleSince) {
    return new Staleness<>(time, after.toNanos(), idleSince);
  }

  /**
   * Returns a rule that evicts no policy.
   *
   * @param <P> the policy
   * @return the rule
   */
  public static <P> Staleness<P> never() {
    return new Staleness<>(null, Long.MAX_VALUE, policy -> Long.MAX_VALUE);
  }

  boolean happens() {
    return time != null;
  }

  /** Returns the present second. */
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
