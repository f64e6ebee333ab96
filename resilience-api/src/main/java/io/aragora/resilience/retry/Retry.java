package io.aragora.resilience.retry;

import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.Subscription;
import java.util.List;
import java.util.Set;
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
   * Subscribes to the decisions of this retry and to the ends of its calls, except for {@link
   * RetryEvent.Kind#SUCCEEDED_AT_ONCE}, which most calls are.
   *
   * @param listener receives events in the background; its first exception is logged
   * @return ends the subscription when closed
   */
  Subscription subscribe(Consumer<? super RetryEvent> listener);

  /**
   * Subscribes to some kinds of events. An event is created only if a listener subscribes to its kind. Up to 1024 events
   * wait for delivery; more are dropped, which is logged once.
   *
   * @param kinds the kinds to receive, at least one
   * @param listener receives events in the background; its first exception is logged
   * @return ends the subscription when closed
   * @throws IllegalArgumentException if {@code kinds} is empty
   */
  Subscription subscribe(Set<RetryEvent.Kind> kinds, Consumer<? super RetryEvent> listener);
}
