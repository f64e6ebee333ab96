/** Saved breaker state: what is kept across a restart, and the store it is kept in. */
package io.aragora.resilience.persistence;
