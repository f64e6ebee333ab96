/**
 * The settings that the builder passes to the runtime, and what a bridge needs of it. Exported to the modules of this library only; may
 * change at any time.
 */
package io.aragora.resilience.internal.runtime;
