package io.aragora.resilience.core.ratelimiter;

import io.aragora.resilience.core.admission.PermitLevel;
import org.jspecify.annotations.Nullable;

/** The calls of one key. Thread-safe. */
final class KeyPolicy extends LimiterPolicy {
  private final LimiterKey key;

  KeyPolicy(LimiterShare share, LimiterKey key) {
    super(share.name() + ':' + key.key(), share, 1);
    this.key = key;
  }

  @Override
  PermitLevel level() {
    key.use(runtime().clock().read());
    return key.level();
  }

  @Override
  @Nullable
  Turns turns() {
    return key.turns();
  }

  @Override
  Turns madeTurns() {
    return key.madeTurns(share());
  }

  @Override
  void noteRejection() {
    key.noteRejection();
  }
}
