package io.aragora.resilience.timeout;

import java.time.Duration;

/**
 * Bounds the time of a block of code across several calls.
 *
 * <pre>{@code
 * try (Deadline deadline = resilience.deadline("checkout", Duration.ofSeconds(2))) {
 *   reserve(items);
 *   deadline.check();
 *   charge(card); // its timeout, if it has one, ends at most two seconds after the start of the block
 * }
 * }</pre>
 *
 * <p>It interrupts nothing by itself; the policies inside the block observe it. A timeout ends its call at the earlier of
 * its own deadline and this one. A retry starts no attempt after it. {@link
 * io.aragora.resilience.policy.CallContext#remaining()} returns the rest to bodies. Inside another deadline the earlier one
 * applies. The thread that created it must close it; any thread may call the other methods.
 */
public interface Deadline extends AutoCloseable {
  /** {@return the name of the deadline in errors} */
  String name();

  /** {@return the time before the nearest deadline, never negative} */
  Duration remaining();

  /** {@return whether the nearest deadline has passed} */
  default boolean isPassed() {
    return remaining().isZero();
  }

  /**
   * Throws if the nearest deadline has passed.
   *
   * @throws TimeoutExceededException if the nearest deadline has passed
   */
  void check();

  /**
   * Ends the block. Closing twice does nothing.
   *
   * @throws IllegalStateException if another thread created the deadline, or a deadline opened after it is still
   *     open
   */
  @Override
  void close();
}
