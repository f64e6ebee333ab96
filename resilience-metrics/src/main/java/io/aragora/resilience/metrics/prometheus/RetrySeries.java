package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryAttemptTotals;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.retry.RetryTotals;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The retries of a runtime, and their budgets. */
final class RetrySeries {
  private static final RetryEvent.Kind[] KINDS = RetryEvent.Kind.values();
  private static final int ATTEMPTS = KINDS.length;
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
      for (int i = 0; i < KINDS.length; i++) {
        if (KINDS[i] == RetryEvent.Kind.RETRY) {
          samples.add(Families.RETRY_ATTEMPTS, name, counts[i]);
        } else {
          samples.add(
              Families.RETRY_CALLS, name, MetricNames.OUTCOME, outcome(KINDS[i]), counts[i]);
        }
      }
      for (int i = 0; i < COUNTED_ATTEMPTS; i++) {
        String attempt = i + 1 == COUNTED_ATTEMPTS ? i + 1 + "+" : Integer.toString(i + 1);
        showAttempt(name, attempt, "success", counts[ATTEMPTS + 2 * i], samples);
        showAttempt(name, attempt, "failure", counts[ATTEMPTS + 2 * i + 1], samples);
      }
    });
  }

  private static String outcome(RetryEvent.Kind kind) {
    return switch (kind) {
      case SUCCEEDED_AT_ONCE -> "success";
      case SUCCEEDED_AFTER_RETRY -> "success_after_retry";
      default -> kind.name().toLowerCase(Locale.ROOT);
    };
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
    for (int i = 0; i < KINDS.length; i++) {
      counts[i] = totals.count(KINDS[i]);
    }
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
