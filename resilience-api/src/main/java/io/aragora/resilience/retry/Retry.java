package io.aragora.resilience.retry;

import io.aragora.resilience.Policy;
import io.aragora.resilience.Subscription;
import java.util.List;
import java.util.function.Consumer;

/**
 * Runs a body again when it fails. When it gives up, it throws the last failure as the body threw it, with up to eight
 * earlier ones suppressed, or returns the last result where that was refused.
 *
 * <p>It does not start an attempt, or a wait, for which an enclosing deadline leaves no time. A wait on the caller's thread
 * ends at once when the thread is interrupted. Thread-safe.
 */
public interface Retry extends Policy {
  /**
   * Gives the settings.
   *
   * @return the settings
   */
  RetryConfig config();

  /**
   * Gives what was counted.
   *
   * @return the totals
   */
  RetryTotals totals();

  /**
   * Gives what was counted of attempts, by their number.
   *
   * @return from the first attempt to the last that the settings allow, at most eight; the eighth stands for all later ones
   */
  List<RetryAttemptTotals> attempts();

  /**
   * Subscribes to what this retry does.
   *
   * @param listener hears of it in the background; what it throws is logged once and harms nobody
   * @return ends the subscription when closed
   */
  Subscription subscribe(Consumer<? super RetryEvent> listener);
}
