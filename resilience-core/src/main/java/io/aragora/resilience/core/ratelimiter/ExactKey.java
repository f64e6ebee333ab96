package io.aragora.resilience.core.ratelimiter;

import io.aragora.resilience.core.admission.CellRate;
import io.aragora.resilience.core.admission.PermitLevel;
import io.aragora.resilience.time.TimeSource;

/** The limiter of one key of an exact limiter. The word of its superclass is not used. */
final class ExactKey extends LimiterKey {
  private static final CellRate UNUSED = CellRate.of(1, 1_000_000_000, 1);

  private final ExactRing ring;

  ExactKey(String key, ExactRing ring, long now) {
    super(key, UNUSED, 0, now);
    this.ring = ring;
  }

  @Override
  PermitLevel level() {
    return ring;
  }

  @Override
  boolean holdsNothing(TimeSource time) {
    return ring.isFull(time);
  }
}
