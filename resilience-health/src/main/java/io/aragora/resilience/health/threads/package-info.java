/** Threads that survive whatever they meet. */
package io.aragora.resilience.health.threads;
