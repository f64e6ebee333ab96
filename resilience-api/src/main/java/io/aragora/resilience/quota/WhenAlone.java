package io.aragora.resilience.quota;

/** The share of a limit that an instance takes while the quota store does not answer. */
public enum WhenAlone {
  /** The limit divided by the number of instances that the store reported last, so that all together do not exceed it. */
  SHARE,
  /** Nothing: each call is rejected. */
  REJECT,
  /** The whole limit: a fleet of ten instances then takes up to ten times as much. */
  LOCAL
}
