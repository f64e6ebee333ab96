package io.aragora.resilience.core.retry;

import io.aragora.resilience.retry.RetryBudgetConfig;

/** The tokens of a retry budget. Lock-free. */
interface RetryTokens {
  /** Returns the settings. */
  RetryBudgetConfig config();

  /** Spends a retry, and returns whether there was one. */
  boolean tryTake();

  /** Adds what a success earns. */
  void credit();

  /** Returns how many retries are saved. */
  double level();
}
