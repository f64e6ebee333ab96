package io.aragora.resilience.core.retry;

import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.dispatch.RepeatedHandOver;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryBudget;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Credits successful calls of one policy to its budget. A budget of the library is credited at once.
 * One of the application may block, so a thread of the runtime credits it, one call at a time; the
 * calls that wait are a number, so none is lost and no more memory is used. If the time source has
 * its own executor, every budget is credited at once. Thread-safe.
 */
public final class BudgetCredits {
  private final Dispatcher dispatcher;
  private final Consumer<? super Throwable> onFailure;

  /** The budget of the latest config. Written under the lock of this. */
  private volatile @Nullable Pending latest;

  /**
   * Creates credits without a thread.
   *
   * @param dispatcher credits the budgets of the application
   * @param onFailure receives what a budget throws; must not throw
   */
  public BudgetCredits(Dispatcher dispatcher, Consumer<? super Throwable> onFailure) {
    this.dispatcher = dispatcher;
    this.onFailure = onFailure;
  }

  /**
   * Credits one call, unless a retry around it has the same budget: that credits the call, which would earn twice what the ratio of the
   * budget says otherwise.
   *
   * @param budget the budget of the call
   * @param around the nearest retry around the policy, or null
   */
  @SuppressWarnings("ReferenceEquality") // as in pending
  public void credit(RetryBudget budget, @Nullable Policy around) {
    if (around instanceof Retry retry && retry.config().budget() == budget) {
      return;
    }
    if (budget instanceof TokenBudget || dispatcher.isDriven()) {
      creditNow(budget);
    } else {
      pending(budget).add();
    }
  }

  private void creditNow(RetryBudget budget) {
    try {
      budget.credit();
    } catch (Throwable e) {
      onFailure.accept(e);
    }
  }

  @SuppressWarnings("ReferenceEquality") // an own class of the application may override equals
  private Pending pending(RetryBudget budget) {
    Pending present = latest;
    if (present != null && present.budget == budget) {
      return present;
    }
    synchronized (this) {
      present = latest;
      if (present == null || present.budget != budget) {
        present = new Pending(budget);
        latest = present;
      }
      return present;
    }
  }

  /** The calls that have to be credited to one budget. */
  private final class Pending extends RepeatedHandOver implements Runnable {
    private final RetryBudget budget;
    private final AtomicLong calls = new AtomicLong();

    Pending(RetryBudget budget) {
      this.budget = budget;
    }

    /** The call that raises the number from 0 starts the thread. */
    void add() {
      if (calls.getAndIncrement() == 0) {
        handOver();
      }
    }

    @Override
    protected void handOver() {
      try {
        dispatcher.tell(this);
      } catch (Throwable e) {
        dispatcher.again(this);
        dispatcher.failed("a budget could not be credited; it is tried again", e);
      }
    }

    @Override
    public void run() {
      long seen = calls.get();
      while (seen != 0) {
        for (long i = 0; i < seen; i++) {
          creditNow(budget);
        }
        seen = calls.addAndGet(-seen);
      }
    }
  }
}
