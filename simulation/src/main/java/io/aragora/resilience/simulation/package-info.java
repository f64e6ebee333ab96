/**
 * Whole lives of a runtime, each decided by one seed: policies, callers, faults of everything around, restarts. After each step
 * and at the end of a life it is checked what must always hold. Start with {@link io.aragora.resilience.simulation.Simulation}.
 */
@NullMarked
package io.aragora.resilience.simulation;

import org.jspecify.annotations.NullMarked;
