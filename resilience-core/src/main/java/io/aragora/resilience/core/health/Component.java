package io.aragora.resilience.core.health;

import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthResult;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A component that has a line in a health report. */
interface Component {
  String name();

  boolean isIn(HealthGroup group);

  boolean isCritical();

  /**
   * Examines the component. The future never fails; its value is null if there is nothing to
   * report.
   */
  CompletableFuture<? extends @Nullable HealthResult> look();

  /** Returns the last known result without examining the component. */
  @Nullable
  HealthResult known();

  /** Returns the number of consecutive failures. */
  long consecutiveFailures();

  /** Stops publishing changes. */
  void detach();
}
