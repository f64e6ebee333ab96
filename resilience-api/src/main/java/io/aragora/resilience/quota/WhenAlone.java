package io.aragora.resilience.quota;

/** What an instance takes of a shared limit while it gets no answer from the quota store. */
public enum WhenAlone {
  /** The limit divided by the number of instances that the store reported last, so that all together do not exceed it. */
  SHARE,
  /** Nothing: each call is rejected. */
  REJECT,
  /** The whole limit: a fleet of ten instances then takes up to ten times as much. */
  LOCAL
}
