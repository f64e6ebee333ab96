package io.aragora.resilience.timeout;

import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.Subscription;
import java.util.function.Consumer;

/**
 * Bounds how long a call may take; past the limit it throws {@link TimeoutExceededException}.
 *
 * <p>{@link #call} runs the body on the caller's own thread and interrupts it at the limit. A body that ignores the
 * interrupt cannot be left: when it returns, it is reported as late. {@link #submit} and {@link #callAsync} do leave at the
 * limit, and cancel what they leave. The expiry does not depend on any pool of the application.
 *
 * <p>After {@code call} returns, no interrupt of ours is pending, and one from outside that arrived before the limit is
 * kept. The interrupt flag is one bit without a source, so one from outside that arrives between our interrupt and the
 * body's return may be taken for ours, unless the body left by {@link InterruptedException}: then a flag that is still set
 * is the outside's, and stays.
 *
 * <p>Inside another timeout, the nearer deadline holds. Thread-safe.
 */
public interface Timeout extends Policy {
  /** {@return the config} */
  TimeoutConfig config();

  /** {@return the totals} */
  TimeoutTotals totals();

  /**
   * Subscribes to calls that exceed the limit.
   *
   * @param listener receives events in the background; its first exception is logged
   * @return ends the subscription when closed
   */
  Subscription subscribe(Consumer<? super TimeoutEvent> listener);
}
