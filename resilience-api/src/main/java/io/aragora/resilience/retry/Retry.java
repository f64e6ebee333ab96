package io.aragora.resilience.retry;

import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.Subscription;
import java.util.List;
import java.util.function.Consumer;

/**
 * Runs a body again if it fails. When it gives up, it throws the last failure as the body threw it, with up to eight
 * earlier ones suppressed, or returns the last result if it rejected that.
 *
 * <p>It starts no attempt, and no wait, for which an enclosing deadline leaves no time. A wait on the thread of the
 * caller ends at once when the thread is interrupted. Thread-safe.
 */
public interface Retry extends Policy {
  /** {@return the config} */
  RetryConfig config();

  /** {@return the totals} */
  RetryTotals totals();

  /**
   * Returns the totals of attempts by their number.
   *
   * @return from the first attempt to the last that the config allows, at most eight; the eighth includes all later
   *     ones
   */
  List<RetryAttemptTotals> attempts();

  /**
   * Subscribes to the decisions of this retry.
   *
   * @param listener receives events in the background; its first exception is logged
   * @return ends the subscription when closed
   */
  Subscription subscribe(Consumer<? super RetryEvent> listener);
}
