package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryAttemptTotals;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryTotals;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The retries of a runtime, and their budgets. */
final class RetrySeries {
  private static final String[] OUTCOMES = {
    "success", "success_after_retry", "exhausted", "out_of_budget", "not_retried"
  };
  private static final int RETRIES = OUTCOMES.length;
  private static final int ATTEMPTS = RETRIES + 1;
  private static final int COUNTED_ATTEMPTS = 8;

  private final NamedCounts retries;
  private final NamedCounts budgets;

  RetrySeries(int maxNames) {
    this.retries = new NamedCounts(maxNames);
    this.budgets = new NamedCounts(maxNames);
  }

  void read(Resilience resilience, SampleList samples) {
    readRetries(resilience, samples);
    readBudgets(resilience, samples);
  }

  private void readRetries(Resilience resilience, SampleList samples) {
    Map<String, long[]> read = new LinkedHashMap<>();
    for (Retry retry : resilience.policies().retries()) {
      read.merge(SampleList.label(retry.name()), counts(retry), NamedCounts::sum);
    }
    retries.advance(read).forEach((name, counts) -> {
      for (int i = 0; i < OUTCOMES.length; i++) {
        samples.add(Families.RETRY_CALLS, name, MetricNames.OUTCOME, OUTCOMES[i], counts[i]);
      }
      samples.add(Families.RETRY_ATTEMPTS, name, counts[RETRIES]);
      for (int i = 0; i < COUNTED_ATTEMPTS; i++) {
        String attempt = i + 1 == COUNTED_ATTEMPTS ? i + 1 + "+" : Integer.toString(i + 1);
        showAttempt(name, attempt, "success", counts[ATTEMPTS + 2 * i], samples);
        showAttempt(name, attempt, "failure", counts[ATTEMPTS + 2 * i + 1], samples);
      }
    });
  }

  private static void showAttempt(
      String name, String attempt, String outcome, long count, SampleList samples) {
    if (count != 0 || attempt.equals("1")) {
      samples.add(
          Families.RETRY_ATTEMPT_OUTCOMES,
          name,
          MetricNames.ATTEMPT,
          attempt,
          MetricNames.OUTCOME,
          outcome,
          count);
    }
  }

  private static long[] counts(Retry retry) {
    RetryTotals totals = retry.totals();
    long[] counts = new long[ATTEMPTS + 2 * COUNTED_ATTEMPTS];
    counts[0] = totals.succeededAtOnce();
    counts[1] = totals.succeededAfterRetry();
    // Not below 0: a call that ends between the two readings is counted in the second only.
    counts[2] = Math.max(0, totals.exhausted() - totals.outOfBudget());
    counts[3] = totals.outOfBudget();
    counts[4] = totals.notRetried();
    counts[RETRIES] = totals.retries();
    List<RetryAttemptTotals> attempts = retry.attempts();
    for (RetryAttemptTotals attempt : attempts) {
      int at = ATTEMPTS + 2 * (Math.min(attempt.attempt(), COUNTED_ATTEMPTS) - 1);
      counts[at] += attempt.succeeded();
      counts[at + 1] += attempt.failed();
    }
    return counts;
  }

  private void readBudgets(Resilience resilience, SampleList samples) {
    Map<String, long[]> read = new LinkedHashMap<>();
    Map<String, Double> levels = new HashMap<>();
    for (RetryBudget budget : resilience.policies().retryBudgets()) {
      String name = SampleList.label(budget.name());
      levels.merge(name, budget.level(), Double::sum);
      read.merge(name, new long[] {budget.refused()}, NamedCounts::sum);
    }
    budgets
        .advance(read)
        .forEach((name, counts) -> samples.add(Families.BUDGET_REFUSED, name, counts[0]));
    levels.forEach((name, level) -> {
      if (budgets.isNamed(name)) {
        samples.add(Families.BUDGET_LEVEL, name, level);
      }
    });
  }
}
