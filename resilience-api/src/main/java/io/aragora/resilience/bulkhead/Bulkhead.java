package io.aragora.resilience.bulkhead;

import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.Subscription;
import java.util.function.Consumer;

/**
 * Bounds how many calls are under way at a time. A call takes a permit and returns it when its body has ended; for an
 * asynchronous body, when its stage has. Without a free permit the call waits as its config allows, or fails with {@link
 * BulkheadFullException}.
 *
 * <pre>{@code
 * Bulkhead db = resilience.bulkhead("db", c -> c.maxConcurrentCalls(25).maxWait(ofMillis(200)));
 * db.call(() -> dao.find(id));
 * }</pre>
 *
 * <p>The bulkhead has no threads: a body runs on the thread of its caller, or on the executor of {@link #submit}. Waiting
 * calls have one queue, in which threads and futures stand in the order in which they came. A future that waits blocks no
 * thread; its body starts later on the executor for attempts. The deadline around a call ends its wait, too.
 *
 * <p>A call inside another call of the same bulkhead takes a second permit. Thread-safe.
 */
public interface Bulkhead extends Policy {
  /** The permit of a call that was not admitted. */
  long REJECTED = 0;

  /** {@return the present config} */
  BulkheadConfig config();

  /**
   * Tries to take a permit, without waiting. Takes none while others wait.
   *
   * @return a permit, which the caller returns by {@link #releasePermit}; {@link #REJECTED} if none is free
   */
  long tryAcquirePermit();

  /**
   * Returns a permit, which must happen once. A second return is ignored if it would make more permits than the limit;
   * otherwise it frees a permit of another call. With {@link BulkheadConfig.Builder#maxHold} it is always ignored.
   *
   * @param permit the permit
   * @throws IllegalArgumentException if {@code permit} is {@link #REJECTED} or no permit of this bulkhead
   */
  void releasePermit(long permit);

  /**
   * Replaces the config. Calls under way keep their permits. If the new limit is lower than their number, no call is admitted
   * until enough have ended. If the new limit is higher, waiting calls are admitted at once.
   *
   * @param config the new config
   * @throws IllegalArgumentException if {@link BulkheadConfig#maxHold()} differs from that of the present config
   */
  void reconfigure(BulkheadConfig config);

  /** {@return the present numbers} */
  BulkheadSnapshot snapshot();

  /** {@return the totals} */
  BulkheadTotals totals();

  /**
   * Subscribes to calls that were rejected or had to wait, and to changes of the config.
   *
   * @param listener receives events in the background; its first exception is logged
   * @return ends the subscription when closed
   */
  Subscription subscribe(Consumer<? super BulkheadEvent> listener);
}
