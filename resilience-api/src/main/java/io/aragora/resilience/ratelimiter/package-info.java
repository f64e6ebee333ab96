/** Rate limiters: bound how many calls are made in a period, with or without keys, and follow what servers say about it. */
package io.aragora.resilience.ratelimiter;
