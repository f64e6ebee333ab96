package io.aragora.resilience.retry;

/**
 * Bounds how much load retries may add, so that callers who all retry cannot keep down what they wait for. Calls that
 * succeed earn retries, each retry takes one. Shared by any number of retries, usually one for each dependency.
 *
 * <p>Over any time, the retries that were taken are at most {@link RetryBudgetConfig#capacity} + {@link
 * RetryBudgetConfig#ratio} × successes + {@link RetryBudgetConfig#perSecond} × (seconds + 1). While every call succeeds the
 * budget is full and nobody writes to it. Thread-safe, lock-free.
 *
 * <p>Sources: gRPC proposal A6, <i>Client Retries</i> (throttling); B. Beyer et al., <i>Site Reliability Engineering</i>, 2016,
 * chapter 22 (retry budgets).
 */
public interface RetryBudget {
  /**
   * Names the budget in events and metrics.
   *
   * @return the name
   */
  String name();

  /**
   * Gives the settings.
   *
   * @return the settings
   */
  RetryBudgetConfig config();

  /**
   * Gives what successes have saved up.
   *
   * @return retries, from 0 to {@link RetryBudgetConfig#capacity}, in thousandths
   */
  double level();

  /**
   * Counts what was refused.
   *
   * @return how often {@link #tryTake} gave false
   */
  long refused();

  /**
   * Takes one retry. A {@link Retry} does this by itself; for code that repeats calls on its own.
   *
   * @return whether there was one
   */
  boolean tryTake();

  /** Says that a call succeeded. A {@link Retry} does this by itself. */
  void credit();
}
