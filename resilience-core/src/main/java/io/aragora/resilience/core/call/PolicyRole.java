package io.aragora.resilience.core.call;

/** What a policy does for a call, as far as the order of policies depends on it. */
public enum PolicyRole {
  /** Repeats calls that fail. */
  RETRY,

  /** Rejects calls of a dependency that fails. */
  CIRCUIT_BREAKER,

  /** Admits a number of calls in a period. */
  RATE_LIMITER,

  /** Admits a number of calls at a time. */
  BULKHEAD,

  /** Ends calls that take too long. */
  TIMEOUT,

  /** Anything else. */
  OTHER
}
