/** The shared internals of this library. Exported to its own modules only; may change at any time. */
package io.aragora.resilience.internal;
