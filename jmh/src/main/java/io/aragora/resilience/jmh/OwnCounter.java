package io.aragora.resilience.jmh;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * A counter that belongs to one thread: what an atomic addition costs that nobody contends for. The number is a field of the
 * state itself, which JMH pads, so that two threads' counters never meet in one cache line; an {@code AtomicLong} of each
 * thread's own might.
 */
@State(Scope.Thread)
public class OwnCounter {
  private static final VarHandle COUNT = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "count", VarHandle.class, OwnCounter.class, long.class);

  private volatile long count;

  /**
   * Adds one, with the order of {@code AtomicLong.getAndAdd}.
   *
   * @return the number before
   */
  final long getAndAdd() {
    return (long) COUNT.getAndAdd(this, 1L);
  }
}
