package io.aragora.resilience.core.health;

import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthResult;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An optional part of readiness that the runtime itself contributes.
 *
 * @param name the name of the component in reports, one of {@link HealthRegistry#RESERVED_NAMES}
 * @param now returns the result at once; null if there is nothing to report
 */
public record Contribution(String name, Supplier<@Nullable HealthResult> now) {
  /** Requires that the name is reserved, so that no check can have it. */
  public Contribution {
    if (!HealthRegistry.RESERVED_NAMES.contains(name)) {
      throw new IllegalArgumentException(
          "name must be one of HealthRegistry.RESERVED_NAMES: " + name);
    }
  }
}
