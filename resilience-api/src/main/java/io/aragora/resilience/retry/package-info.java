/** Retries: repeat a failed call after a growing, jittered delay, within limits that keep an outage from growing. */
package io.aragora.resilience.retry;
