/** Timeouts: bound how long a call may take, on the caller's own thread or asynchronously. */
package io.aragora.resilience.timeout;
