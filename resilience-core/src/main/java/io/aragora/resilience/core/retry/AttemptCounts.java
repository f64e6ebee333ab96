package io.aragora.resilience.core.retry;

import io.aragora.resilience.retry.RetryAttemptTotals;
import io.aragora.resilience.spi.Readings;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the outcomes of a retry's attempts by attempt number. First attempts that succeed are
 * counted elsewhere.
 */
final class AttemptCounts {
  /** The last attempt number with its own count, which includes all later attempts. */
  static final int COUNTED = 8;

  private static final String[] NAMES = {
    "attempts.1",
    "attempts.2",
    "attempts.3",
    "attempts.4",
    "attempts.5",
    "attempts.6",
    "attempts.7",
    "attempts.8+"
  };

  private final LongAdder[] succeeded = adders();
  private final LongAdder[] failed = adders();

  private static LongAdder[] adders() {
    LongAdder[] adders = new LongAdder[COUNTED];
    for (int i = 0; i < COUNTED; i++) {
      adders[i] = new LongAdder();
    }
    return adders;
  }

  void countSuccess(int attempt) {
    succeeded[index(attempt)].increment();
  }

  void countFailure(int attempt) {
    failed[index(attempt)].increment();
  }

  private static int index(int attempt) {
    return Math.min(attempt, COUNTED) - 1;
  }

  /** Writes the first attempts, and of the further ones those that happened. */
  void read(int maxAttempts, long succeededAtOnce, Readings into) {
    for (int i = 0; i < Math.min(maxAttempts, COUNTED); i++) {
      count(i, "success", succeeded[i].sum() + (i == 0 ? succeededAtOnce : 0), into);
      count(i, "failure", failed[i].sum(), into);
    }
  }

  private static void count(int index, String outcome, long count, Readings into) {
    if (index == 0 || count != 0) {
      into.count(NAMES[index], outcome, count);
    }
  }

  List<RetryAttemptTotals> upTo(int maxAttempts, long succeededAtOnce) {
    List<RetryAttemptTotals> totals = new ArrayList<>();
    for (int i = 0; i < Math.min(maxAttempts, COUNTED); i++) {
      totals.add(RetryAttemptTotals.builder(i + 1)
          .succeeded(succeeded[i].sum() + (i == 0 ? succeededAtOnce : 0))
          .failed(failed[i].sum())
          .build());
    }
    return List.copyOf(totals);
  }
}
