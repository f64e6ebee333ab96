package io.aragora.resilience.core.health;

import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthResult;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What has a line in a report. */
interface Component {
  String name();

  boolean isIn(HealthGroup group);

  boolean isCritical();

  /** Finds out how it is, now or soon; the future never fails, and gives null where there is nothing to say. */
  CompletableFuture<? extends @Nullable HealthResult> look();

  /** Tells what is known without looking. */
  @Nullable
  HealthResult known();

  /** Tells how often in a row it has failed. */
  long consecutiveFailures();

  /** Tells nobody of changes any more. */
  void detach();
}
