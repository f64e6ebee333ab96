package io.aragora.resilience.core.call;

/** The role of a policy in a call. Warnings about the order of policies, and what observers receive, depend on it. */
public enum PolicyRole {
  /** Repeats calls that fail. */
  RETRY("retry", "retry"),

  /** Starts a second attempt beside one that is slow. */
  HEDGE("hedge", "hedge"),

  /** Rejects calls of a dependency that fails. */
  CIRCUIT_BREAKER("circuitbreaker", "circuit breaker"),

  /** Admits a number of calls in a period. */
  RATE_LIMITER("ratelimiter", "rate limiter"),

  /** Admits a number of calls at a time. */
  BULKHEAD("bulkhead", "bulkhead"),

  /** Admits as many calls at a time as it finds right. */
  CONCURRENCY_LIMIT("concurrencylimit", "concurrency limit"),

  /** Ends calls that take too long. */
  TIMEOUT("timeout", "timeout"),

  /** Injects failures and delays. */
  CHAOS("chaos", "chaos"),

  /** Anything else. */
  OTHER("other", "policy");

  private final String key;
  private final String text;

  PolicyRole(String key, String text) {
    this.key = key;
    this.text = text;
  }

  /** {@return the name of the kind, as settings outside the code have it} */
  public String key() {
    return key;
  }

  /** {@return the name of the kind in messages} */
  public String text() {
    return text;
  }

  /** {@return whether calls may wait until a policy of this role admits them} */
  boolean isAdmission() {
    return this == RATE_LIMITER || this == BULKHEAD || this == CONCURRENCY_LIMIT;
  }
}
