package io.aragora.resilience.jmh.benchmark;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * A counter of one thread: the cost of an uncontended CAS. The number is a field of the state, which JMH pads, so that two
 * threads' counters never share a cache line; separate {@code AtomicLong} objects might.
 */
@State(Scope.Thread)
public class OwnCounter {
  private static final VarHandle COUNT = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "count", VarHandle.class, OwnCounter.class, long.class);

  private volatile long count;

  /**
   * Adds one by a CAS, which always succeeds.
   *
   * @return the number before
   */
  final long cas() {
    long before = (long) COUNT.getAcquire(this);
    COUNT.compareAndSet(this, before, before + 1);
    return before;
  }
}
