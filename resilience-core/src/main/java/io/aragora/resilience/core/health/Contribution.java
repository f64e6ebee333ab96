package io.aragora.resilience.core.health;

import io.aragora.resilience.health.HealthResult;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An optional part of readiness that the runtime itself contributes.
 *
 * @param name the name of the component in reports
 * @param now returns the result at once; null if there is nothing to report
 */
public record Contribution(String name, Supplier<@Nullable HealthResult> now) {}
