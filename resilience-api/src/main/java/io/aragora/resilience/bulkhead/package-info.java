/** Bulkheads: bound how many calls are under way at a time, so that one slow dependency cannot take all threads. */
package io.aragora.resilience.bulkhead;
