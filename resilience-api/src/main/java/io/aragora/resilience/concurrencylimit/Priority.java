package io.aragora.resilience.concurrencylimit;

/** The importance of a call. A concurrency limit that fills up rejects the less important calls first. */
public enum Priority {
  /** May use the whole limit. For calls that a user waits for and cannot do without. */
  CRITICAL,
  /** May use most of the limit. The priority of calls that have none. */
  NORMAL,
  /** May use a part of the limit. For calls that can be repeated later, or be left out. */
  SHEDDABLE
}
