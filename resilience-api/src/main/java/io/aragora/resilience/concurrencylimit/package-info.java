/** Concurrency limits: bound how many calls are under way at a time, and find that number from latencies and drops. */
package io.aragora.resilience.concurrencylimit;
