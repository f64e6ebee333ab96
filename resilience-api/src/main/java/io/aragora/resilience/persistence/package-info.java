/** Saved breaker state: the values that survive a restart, and their store. */
package io.aragora.resilience.persistence;
