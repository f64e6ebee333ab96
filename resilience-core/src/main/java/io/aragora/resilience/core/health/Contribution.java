package io.aragora.resilience.core.health;

import io.aragora.resilience.health.HealthResult;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Something of the runtime itself that has a say in readiness, as an optional part of it.
 *
 * @param name what it is reported under
 * @param now answers at once; null where there is nothing to say
 */
public record Contribution(String name, Supplier<@Nullable HealthResult> now) {}
