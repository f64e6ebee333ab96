package io.aragora.resilience.timeout;

import java.time.Duration;

/**
 * Bounds what a thread does inside a block, across several calls.
 *
 * <pre>{@code
 * try (Deadline deadline = resilience.deadline("checkout", Duration.ofSeconds(2))) {
 *   reserve(items);
 *   deadline.check();
 *   charge(card); // whose timeout, if it has one, ends two seconds after the beginning of the block at the latest
 * }
 * }</pre>
 *
 * <p>It interrupts nothing by itself: the policies inside heed it. A timeout ends its call at the nearer of both, a retry begins
 * no attempt after it, and {@link io.aragora.resilience.CallContext#remaining()} tells bodies what is left. Inside another
 * deadline the nearer one holds. Belongs to the thread that made it, which closes it; the other methods may be called by any.
 */
public interface Deadline extends AutoCloseable {
  /**
   * Names the deadline in errors.
   *
   * @return the name
   */
  String name();

  /**
   * Gives what is left.
   *
   * @return the time before the nearest deadline, never negative
   */
  Duration remaining();

  /**
   * Tells whether there is nothing left.
   *
   * @return whether the nearest deadline has passed
   */
  default boolean isPassed() {
    return remaining().isZero();
  }

  /**
   * Ends work that has no time left.
   *
   * @throws TimeoutExceededException if the nearest deadline has passed
   */
  void check();

  /**
   * Ends the block. Closing twice does nothing.
   *
   * @throws IllegalStateException if another thread made the deadline, or what was opened after it is still open
   */
  @Override
  void close();
}
