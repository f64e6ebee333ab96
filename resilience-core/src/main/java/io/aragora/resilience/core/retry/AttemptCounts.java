package io.aragora.resilience.core.retry;

import io.aragora.resilience.retry.RetryAttemptTotals;
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
