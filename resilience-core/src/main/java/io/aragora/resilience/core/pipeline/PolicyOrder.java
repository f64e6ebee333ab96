package io.aragora.resilience.core.pipeline;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.core.call.CorePolicy;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.timeout.Timeout;
import java.util.ArrayList;
import java.util.List;

/** Finds orders of policies that cancel each other's effect. */
final class PolicyOrder {
  private PolicyOrder() {}

  static List<String> warnings(List<CorePolicy> links) {
    List<String> warnings = new ArrayList<>();
    for (int outer = 0; outer < links.size(); outer++) {
      for (int inner = outer + 1; inner < links.size(); inner++) {
        if (links.get(outer) instanceof Retry around) {
          if (links.get(inner) instanceof CircuitBreaker breaker
              && around.config().retryRejections()) {
            warnings.add(
                "retry '" + around.name() + "' retries the rejections of breaker '" + breaker.name()
                    + "' inside it: while the breaker is open, every attempt is rejected and the retry only waits."
                    + " Remove retryRejections, or put the breaker around the retry");
          }
          if (links.get(inner) instanceof Retry nested && !nested.config().retryWhenNested()) {
            warnings.add("retry '" + nested.name() + "' is inside retry '" + around.name()
                + "' and makes one attempt only, because attempts would multiply. Remove it, or set"
                + " retryWhenNested");
          }
        }
        if (links.get(outer) instanceof Timeout around
            && links.get(inner) instanceof Timeout nested
            && nested.config().limit().compareTo(around.config().limit()) >= 0) {
          warnings.add("timeout '" + nested.name() + "' (" + nested.config().limit()
              + ") never fires inside timeout '" + around.name() + "' ("
              + around.config().limit() + ")");
        }
      }
    }
    return List.copyOf(warnings);
  }
}
