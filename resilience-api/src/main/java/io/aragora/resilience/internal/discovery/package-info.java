/** The search for plug-ins. Exported to the modules of this library only; may change at any time. */
package io.aragora.resilience.internal.discovery;
