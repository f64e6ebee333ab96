/** Quotas of a fleet in Redis or Valkey. */
package io.aragora.resilience.redis;
