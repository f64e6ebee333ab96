package io.aragora.resilience.concurrencylimit;

/** The rule that decided the limit at the end of a window. */
public enum LimitChange {
  /** The limit stayed: latencies are healthy, and fewer than half of the permits were in use. */
  HELD,

  /** The limit grew, up to its most: latencies are healthy, and at least half of the permits were in use. */
  GROWTH,

  /** The limit fell, down to its least: latencies exceeded the tolerated multiple of the base. */
  GRADIENT,

  /** The limit fell, down to its least: latencies exceeded the healthy latency. */
  HEALTHY_LATENCY,

  /** The limit fell, down to its least: calls of the window were dropped. */
  DROPS,

  /** The limit is at most half of what it was, for one window, which measures the base under less load. */
  LOOK,

  /** The limit is again what it was before the look. */
  LOOK_ENDED,

  /** The base was learnt anew: the limit was at its least, and latencies stayed too high without drops. */
  RELEARNED,

  /** A new config moved the limit between its least and its most. */
  RECONFIGURED
}
