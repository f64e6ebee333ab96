/** What the modules of this library share among themselves. Exported to them only; may change at any time. */
package io.aragora.resilience.internal;
