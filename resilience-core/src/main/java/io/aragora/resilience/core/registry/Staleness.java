package io.aragora.resilience.core.registry;

import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Decides which policies may be evicted: those that had no call and no look-up for a given time.
 */
public final class Staleness {
  /*
   * A look-up counts from the second after it. So a policy is never evicted too early, and at most
   * a second late, while the stamps of hot look-ups change only once a second.
   */
  private static final long SECOND = 1_000_000_000L;

  private static final Staleness NEVER = new Staleness(null, Long.MAX_VALUE);

  private final @Nullable TimeSource time;
  private final long afterNanos;

  private Staleness(@Nullable TimeSource time, long afterNanos) {
    this.time = time;
    this.afterNanos = afterNanos;
  }

  /**
   * Returns a rule that evicts policies after an idle time.
   *
   * @param time the time source
   * @param after the time without a call or a look-up
   * @return the rule
   */
  public static Staleness after(TimeSource time, Duration after) {
    return new Staleness(time, after.toNanos());
  }

  /** {@return a rule that evicts no policy} */
  public static Staleness never() {
    return NEVER;
  }

  boolean happens() {
    return time != null;
  }

  /** Returns the present time; 0 if no policy is evicted. */
  long now() {
    return time == null ? 0 : time.nanoTime();
  }

  /** Returns the present second. */
  long stamp() {
    return time == null ? 0 : time.nanoTime() / SECOND;
  }

  /**
   * Returns whether a policy may be evicted.
   *
   * @param idleSince the instant since which it had no call
   * @param stamp the second of the last look-up
   */
  boolean isStale(long idleSince, long stamp) {
    return time != null
        && idleSince != Long.MAX_VALUE
        && time.nanoTime() - Math.max(idleSince, (stamp + 1) * SECOND) >= afterNanos;
  }
}
