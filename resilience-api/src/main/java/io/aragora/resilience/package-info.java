/** The entry point, {@link io.aragora.resilience.Resilience}, and what every policy shares. */
package io.aragora.resilience;
