package io.aragora.resilience.retry;

/**
 * Bounds the load that retries may add, so that retrying callers cannot keep a dependency down. Successful calls earn
 * retries, each retry spends one. Shared by any number of retries, usually one budget for each dependency.
 *
 * <p>Over any time, the spent retries are at most {@link RetryBudgetConfig#capacity} + {@link RetryBudgetConfig#ratio} ×
 * successes + {@link RetryBudgetConfig#perSecond} × (seconds + 1). While every call succeeds the budget is full and no
 * thread writes to it. Thread-safe, lock-free.
 *
 * <p>Sources: gRPC proposal A6, <i>Client Retries</i> (throttling); B. Beyer et al., <i>Site Reliability
 * Engineering</i>, 2016, chapter 22 (retry budgets).
 */
public interface RetryBudget {
  /** {@return the name of the budget in events and metrics} */
  String name();

  /** {@return the config} */
  RetryBudgetConfig config();

  /**
   * {@return the number of retries that successes have saved, from 0 to {@link RetryBudgetConfig#capacity}, in
   * thousandths}
   */
  double level();

  /** {@return the number of times that {@link #tryTake} returned false} */
  long rejected();

  /**
   * Tries to spend one retry. A {@link Retry} and a hedge do this by themselves; for code that repeats calls on its own.
   *
   * @return whether there was one
   */
  boolean tryTake();

  /**
   * Records a successful call. A {@link Retry} and a hedge do this by themselves, for a budget of the library before the call returns;
   * of several around a call, the outermost retry does. The budget may be a class of the application, which may block: a thread of the
   * runtime calls it then, once for each call.
   */
  void credit();
}
