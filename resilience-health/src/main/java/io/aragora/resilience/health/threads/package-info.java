/** Threads that survive every failure. */
package io.aragora.resilience.health.threads;
