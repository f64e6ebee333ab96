package io.aragora.resilience.core.call;

/** What a policy does for a call. Warnings about the order of policies, and what observers receive, depend on it. */
public enum PolicyRole {
  /** Repeats calls that fail. */
  RETRY("retry"),

  /** Starts a second attempt beside one that is slow. */
  HEDGE("hedge"),

  /** Rejects calls of a dependency that fails. */
  CIRCUIT_BREAKER("circuitbreaker"),

  /** Admits a number of calls in a period. */
  RATE_LIMITER("ratelimiter"),

  /** Admits a number of calls at a time. */
  BULKHEAD("bulkhead"),

  /** Admits as many calls at a time as it finds right. */
  CONCURRENCY_LIMIT("concurrencylimit"),

  /** Ends calls that take too long. */
  TIMEOUT("timeout"),

  /** Anything else. */
  OTHER("other");

  private final String key;

  PolicyRole(String key) {
    this.key = key;
  }

  /** {@return the name of the kind, as settings outside the code have it} */
  public String key() {
    return key;
  }

  /** {@return whether calls may wait until a policy of this role admits them} */
  boolean isAdmission() {
    return this == RATE_LIMITER || this == BULKHEAD || this == CONCURRENCY_LIMIT;
  }
}
