package io.aragora.resilience.hedge;

import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.Subscription;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Cuts the slowest answers short: if a call has not ended after a delay, the same body runs a second time beside it, and the
 * first result that comes is the result of the call. The other attempt is cancelled. For calls only that may run twice.
 *
 * <pre>{@code
 * Hedge search = resilience.hedge("search", HedgeConfig.forIdempotentCalls()
 *     .delayFromLatency(95, ofMillis(5), ofSeconds(1))
 *     .budget(resilience.retryBudget("search"))
 *     .build());
 * search.callAsync(() -> client.search(query));
 * }</pre>
 *
 * <p>A hedge never adds load to a dependency in trouble: it starts only if its budget has a token, if no circuit breaker inside
 * is open or half-open, and if each policy inside that admits calls does so without a wait. If not, the first attempt goes
 * on, and its outcome is that of the call.
 *
 * <p>If all attempts fail, the failure of the first one comes out, with those of the others suppressed in it. The first attempt
 * runs on the thread of the caller, the others on the executor for attempts, with the context of the caller. Each attempt
 * passes through the policies inside the hedge. Thread-safe.
 */
public interface Hedge extends Policy {
  /** {@return the config} */
  HedgeConfig config();

  /** {@return the delay before the next hedge that is due, which follows the latencies if the config says so} */
  Duration delay();

  /** {@return the totals} */
  HedgeTotals totals();

  /**
   * Subscribes to what hedges do. A call that needs no hedge has no event.
   *
   * @param listener receives events in the background; its first exception is logged
   * @return ends the subscription when closed
   */
  Subscription subscribe(Consumer<? super HedgeEvent> listener);
}
