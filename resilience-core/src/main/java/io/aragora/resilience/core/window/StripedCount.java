package io.aragora.resilience.core.window;

import io.aragora.resilience.core.stripe.Stripes;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A count that many threads add to and few read. One word until two threads meet there, a stripe for each of some threads
 * from then on. Lock-free, exact once the adding threads are at rest.
 */
public final class StripedCount {
  /*
   * The JDK's LongAdder asks the thread for a random probe and keeps cells behind references; choosing the stripe by the
   * thread's number, in one array, costs about half of it on the path of a call (docs/benchmarks.md).
   *
   * A stripe takes two cache lines, because of adjacent-line prefetch, and so does the space before the first. The array
   * appears by one CAS; the word before it keeps what it has, so nothing is moved and nothing can be lost (stress:
   * StripedCountStress.NothingIsLost).
   */
  private static final int STRIDE = 16;

  private static final VarHandle STRIPES_OF = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "stripes", VarHandle.class, StripedCount.class, long[].class);
  private static final VarHandle FIRST = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "first", VarHandle.class, StripedCount.class, long.class);
  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

  private volatile long first;
  private volatile long @Nullable [] stripes;

  /** Creates a count of zero. */
  public StripedCount() {}

  /**
   * Adds one.
   *
   * @return the count so far among the additions that share a word, which tells every n-th of them apart
   */
  public long increment() {
    long[] present = stripes;
    if (present == null) {
      long seen = first;
      if (FIRST.weakCompareAndSet(this, seen, seen + 1)) {
        return seen + 1;
      }
      STRIPES_OF.compareAndSet(this, null, new long[(Stripes.MAX + 1) * STRIDE]);
      present = stripes;
      if (present == null) {
        throw new AssertionError("stripes are never taken back");
      }
    }
    int stripe = Stripes.hashOfThread() & (Stripes.MAX - 1);
    return (long) WORD.getAndAdd(present, (stripe + 1) * STRIDE, 1L) + 1;
  }

  /**
   * Adds up.
   *
   * @return the count so far
   */
  public long sum() {
    long sum = first;
    long[] present = stripes;
    if (present != null) {
      for (int stripe = 1; stripe <= Stripes.MAX; stripe++) {
        sum += (long) WORD.getVolatile(present, stripe * STRIDE);
      }
    }
    return sum;
  }
}
