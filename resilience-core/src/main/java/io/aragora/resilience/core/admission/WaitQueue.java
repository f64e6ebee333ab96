package io.aragora.resilience.core.admission;

import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.internal.GuardedLog;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The calls that wait for a policy, threads and futures alike: bounded, and fair. Waiters may have ranks; one of the highest rank is
 * the next one. Within a rank one of two orders holds. Thread-safe.
 */
public final class WaitQueue {
  /*
   * Layout: a doubly linked list for each rank under a lock, since a waiter may leave from anywhere. The words lie two cache lines
   * into an array of their own:
   *
   *   WAITING   how many wait. Each call that enters or leaves the policy reads it, and only waiters write it. Beside it NEEDED,
   *             what all of them need together, and HIGHEST, one more than the highest rank among them, 0 if none waits.
   *   GRANTS    how many requests to grant are open. The thread that raises it from 0 grants until it is 0 again; the others
   *             return at once. So a thread that returns a permit never waits for another one. It wakes them only afterwards.
   *
   * Lost wake-ups: a waiter links itself (volatile write of WAITING), then requests a grant. A call that ends returns its
   * permit (CAS), then reads WAITING (volatile). If either were weaker, both could miss the other, and the waiter would
   * wait beside a free place. Stress: WaitQueueStress.ReleaseAgainstWait.
   *
   * Lost permits: a permit is taken for the head under the lock, and a waiter leaves under the lock. So no waiter that has left
   * gets a permit. Stress: WaitQueueStress.GrantAgainstLeave.
   *
   * No foreign code runs under the lock, and nothing waits under it.
   */

  /** The resource of which a waiter of this queue waits for a part. */
  public interface Source {
    /**
     * Takes what a waiter needs, whether others wait or not. Called under the lock of the queue; must not wait.
     *
     * @param head the next waiter
     * @return the permit; {@link AdmissionPolicy#NO_PERMIT} if the waiter must wait longer
     */
    long take(Waiter head);

    /** Called outside the lock after a waiter got its permit. */
    default void onGranted() {}

    /**
     * Called outside the lock when the head of the queue has to wait longer.
     *
     * @param head the next waiter at that moment
     */
    default void onHeadWaits(Waiter head) {}
  }

  /** Says which waiters wait in vain. */
  @FunctionalInterface
  public interface InVain {
    /**
     * Returns whether a waiter certainly ends its wait without a permit. Called under the lock of the queue; must not wait.
     *
     * @param waiter the waiter
     * @param before how much those before it need
     * @return whether it may leave now
     */
    boolean isInVain(Waiter waiter, long before);
  }

  private static final GuardedLog LOG = GuardedLog.of(WaitQueue.class);
  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

  private static final int WAITING = 16;
  private static final int NEEDED = 17;
  private static final int HIGHEST = 18;
  private static final int GRANTS = 32;
  private static final int LENGTH = 48;

  /** What the calling thread wakes; only while it does. */
  private static final ThreadLocal<ToWake> WAKING = new ThreadLocal<>();

  /** How many bodies may start inside each other on one thread before they follow one another. */
  private static final int MOST_NESTED = 4;

  private final Source source;
  private final ReentrantLock lock = new ReentrantLock();
  private final long[] words = new long[LENGTH];

  /** The waiters of each rank. Guarded by the lock. */
  private final Line[] lines;

  private final FullRule whenFull;

  /** Written under the lock. */
  private volatile boolean isNewestFirst;

  /** The call that is rejected if the queue is full and another call comes. */
  private enum FullRule {
    /** The order decides: the call that comes, or the oldest waiter if the newest is the next one. */
    BY_ORDER,
    /** The oldest of the lowest rank, the call that comes included. */
    LOWEST_FIRST
  }

  /** The waiters of one rank. */
  private static final class Line {
    private @Nullable Waiter oldest;
    private @Nullable Waiter newest;

    /** How many waiters have got a permit so far. */
    private long granted;
  }

  /**
   * The waiters that a thread has to wake, in this order. Confined to that thread. Those that find no room because the heap is full are
   * woken at once.
   */
  private static final class ToWake {
    private @Nullable Deque<Waiter> waiters;
    private int depth;

    void add(Waiter waiter) {
      try {
        Deque<Waiter> present = waiters;
        if (present == null) {
          present = new ArrayDeque<>();
          waiters = present;
        }
        present.add(waiter);
      } catch (Throwable e) {
        wake(waiter);
      }
    }

    @Nullable
    Waiter poll() {
      return waiters == null ? null : waiters.poll();
    }

    boolean isEmpty() {
      return waiters == null || waiters.isEmpty();
    }
  }

  /**
   * Creates an empty queue without ranks, in which the oldest waiter is the next one.
   *
   * @param source gives the permits
   */
  public WaitQueue(Source source) {
    this(source, 1, FullRule.BY_ORDER);
  }

  private WaitQueue(Source source, int ranks, FullRule whenFull) {
    this.source = source;
    this.whenFull = whenFull;
    this.lines = new Line[ranks];
    for (int rank = 0; rank < ranks; rank++) {
      lines[rank] = new Line();
    }
  }

  /**
   * Creates an empty queue in which the oldest waiter of the highest rank is the next one. If it is full, the oldest waiter of the
   * lowest rank gives way.
   *
   * @param source gives the permits. If it has none for a waiter, it has none for one of a lower rank
   * @param ranks the number of ranks
   * @return the queue
   */
  public static WaitQueue ofRanks(Source source, int ranks) {
    return new WaitQueue(source, ranks, FullRule.LOWEST_FIRST);
  }

  /** {@return how many wait} */
  public int size() {
    return (int) (long) WORDS.getVolatile(words, WAITING);
  }

  /** {@return how much all that wait need together} */
  public long needed() {
    return (long) WORDS.getVolatile(words, NEEDED);
  }

  /** {@return whether no call waits} */
  public boolean isEmpty() {
    return (long) WORDS.getVolatile(words, WAITING) == 0;
  }

  /**
   * Returns whether a call has to queue behind others.
   *
   * @param rank its rank
   * @return whether a call of this rank or a higher one waits
   */
  public boolean holdsBack(int rank) {
    return (long) WORDS.getVolatile(words, HIGHEST) > rank;
  }

  /**
   * Sets the order.
   *
   * @param newestFirst whether the newest waiter is the next one
   */
  public void order(boolean newestFirst) {
    lock.lock();
    try {
      isNewestFirst = newestFirst;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Adds a waiter. The caller then calls {@link #grant()}. If the queue is full, either the waiter is not added or another one has to
   * go.
   *
   * @param waiter the waiter
   * @param max the largest length
   * @return whether it was added; false if the queue is full, or if the waiter has left before
   */
  boolean add(Waiter waiter, int max) {
    Waiter evicted = null;
    lock.lock();
    try {
      if (waiter.state() != Waiter.State.NEW) {
        return false;
      }
      if (size() >= max) {
        evicted = max > 0 ? givesWayTo(waiter) : null;
        if (evicted == null) {
          return false;
        }
        unlink(evicted);
        evicted.become(Waiter.State.EVICTED);
      }
      link(waiter);
      waiter.become(Waiter.State.WAITING);
    } finally {
      lock.unlock();
    }
    if (evicted != null) {
      wake(evicted);
    }
    return true;
  }

  /** Returns the waiter that has to go if the queue is full; null if it is the one that comes. */
  private @Nullable Waiter givesWayTo(Waiter waiter) {
    if (whenFull == FullRule.BY_ORDER) {
      return isNewestFirst ? lines[0].oldest : null;
    }
    for (int rank = 0; rank <= waiter.rank(); rank++) {
      if (lines[rank].oldest != null) {
        return lines[rank].oldest;
      }
    }
    return null;
  }

  /**
   * Removes a waiter that gives up. What it waited for goes to the next one.
   *
   * @param waiter the waiter
   * @return its state before: if GRANTED, it has a permit, and must use or return it
   */
  Waiter.State leave(Waiter waiter) {
    Waiter.State before;
    lock.lock();
    try {
      before = waiter.state();
      if (before == Waiter.State.WAITING) {
        unlink(waiter);
      }
      if (before == Waiter.State.WAITING || before == Waiter.State.NEW) {
        waiter.become(Waiter.State.LEFT);
      }
    } finally {
      lock.unlock();
    }
    if (before == Waiter.State.WAITING && !isEmpty()) {
      // The next head may need less, or has to arm its own time.
      grant();
    }
    return before;
  }

  /**
   * Removes the waiters that wait in vain, for a queue without ranks in which the oldest is the next one.
   *
   * @param test says which
   */
  public void dismiss(InVain test) {
    List<Waiter> dismissed = new ArrayList<>();
    lock.lock();
    try {
      long before = 0;
      Waiter next = lines[0].oldest;
      while (next != null) {
        Waiter waiter = next;
        next = waiter.newer;
        if (test.isInVain(waiter, before)) {
          unlink(waiter);
          waiter.become(Waiter.State.DISMISSED);
          dismissed.add(waiter);
        } else {
          before += waiter.need();
        }
      }
    } finally {
      lock.unlock();
    }
    dismissed.forEach(WaitQueue::wake);
  }

  private void link(Waiter waiter) {
    Line line = lines[waiter.rank()];
    waiter.older = line.newest;
    if (line.newest == null) {
      line.oldest = waiter;
    } else {
      line.newest.newer = waiter;
    }
    line.newest = waiter;
    count(1, waiter.need());
  }

  private void unlink(Waiter waiter) {
    Line line = lines[waiter.rank()];
    if (waiter.older == null) {
      line.oldest = waiter.newer;
    } else {
      waiter.older.newer = waiter.newer;
    }
    if (waiter.newer == null) {
      line.newest = waiter.older;
    } else {
      waiter.newer.older = waiter.older;
    }
    waiter.older = null;
    waiter.newer = null;
    count(-1, -waiter.need());
  }

  private void count(int waiters, int need) {
    WORDS.setVolatile(words, HIGHEST, (long) highestRank() + 1);
    WORDS.setVolatile(words, NEEDED, needed() + need);
    WORDS.setVolatile(words, WAITING, (long) size() + waiters);
  }

  /** Returns the highest rank among the waiters; -1 if there are none. */
  private int highestRank() {
    int rank = lines.length - 1;
    while (rank >= 0 && lines[rank].oldest == null) {
      rank--;
    }
    return rank;
  }

  /** Grants permits to waiters, in their order, as long as there are any. Returns at once if another thread does. */
  public void grant() {
    // Without this thread's end, no thread would ever grant again. So what may fail comes first.
    StackRoom.forHandOver();
    ToWake waiters = new ToWake();
    if ((long) WORDS.getAndAdd(words, GRANTS, 1L) != 0) {
      return;
    }
    try {
      grantWhileAsked(waiters);
    } finally {
      wakeAll(waiters);
    }
  }

  private void grantWhileAsked(ToWake waiters) {
    long open = 1;
    boolean isTriedAgain = false;
    while (open != 0) {
      try {
        grantAll(waiters);
      } catch (Throwable e) {
        open = served(open);
        if (open == 0 || isTriedAgain) {
          WORDS.setVolatile(words, GRANTS, 0L);
          throw e;
        }
        // The threads that have asked meanwhile have returned, and rely on this one. Once only: a
        // source that fails may ask itself,
        // and would ask for ever.
        isTriedAgain = true;
        LOG.log(
            System.Logger.Level.ERROR,
            "a permit could not be granted; it is tried again, since another call asked",
            e);
        continue;
      }
      open = served(open);
    }
  }

  /** Ends requests, and returns how many have come meanwhile. */
  private long served(long requests) {
    return (long) WORDS.getAndAdd(words, GRANTS, -requests) - requests;
  }

  private void grantAll(ToWake waiters) {
    for (Waiter next = grantNext(waiters); next != null; next = grantNext(waiters)) {
      waiters.add(next);
      source.onGranted();
    }
  }

  /** Grants the head its permit; returns null if no call waits, or if the head has to wait longer. */
  private @Nullable Waiter grantNext(ToWake waiters) {
    Waiter head;
    boolean isGranted = false;
    lock.lock();
    try {
      int rank = highestRank();
      if (rank < 0) {
        return null;
      }
      head = Objects.requireNonNull(isNewestFirst ? lines[rank].newest : lines[rank].oldest);
      long permit = source.take(head);
      if (permit != AdmissionPolicy.NO_PERMIT) {
        unlink(head);
        head.grant(permit);
        lines[rank].granted++;
        isGranted = true;
      }
    } finally {
      lock.unlock();
    }
    if (isGranted) {
      return head;
    }
    source.onHeadWaits(head);
    if (head.looksAtAnotherTime()) {
      waiters.add(head);
    }
    return null;
  }

  /**
   * Wakes waiters, of which each may run its body on this thread if no other thread takes it. So no request to grant is open by now, or
   * other permits would lie idle until that body ends. A body that ends inside the start of the next one does not grow the stack: beyond
   * a few such calls inside each other, those of this thread follow one another.
   */
  private static void wakeAll(ToWake waiters) {
    if (waiters.isEmpty()) {
      return;
    }
    ToWake outer = waking();
    if (outer != null && outer.depth == MOST_NESTED) {
      for (Waiter next = waiters.poll(); next != null; next = waiters.poll()) {
        outer.add(next);
      }
      return;
    }
    waiters.depth = outer == null ? 1 : outer.depth + 1;
    noteWaking(waiters);
    try {
      for (Waiter next = waiters.poll(); next != null; next = waiters.poll()) {
        wake(next);
      }
    } finally {
      if (outer == null) {
        WAKING.remove();
      } else {
        WAKING.set(outer);
      }
    }
  }

  // Both may have to make a map for the thread. If the heap is full, the waiters are woken all the
  // same.

  private static @Nullable ToWake waking() {
    try {
      return WAKING.get();
    } catch (Throwable e) {
      return null;
    }
  }

  private static void noteWaking(ToWake waiters) {
    try {
      WAKING.set(waiters);
    } catch (Throwable e) {
      // Then a body that ends inside the start of the next one grows the stack.
    }
  }

  private static void wake(Waiter waiter) {
    try {
      waiter.wake();
    } catch (Throwable e) {
      LOG.log(
          System.Logger.Level.ERROR,
          "a waiting call could not be woken; it goes on at the end of its wait",
          e);
    }
  }

  /**
   * Returns how many permits calls have taken without a wait. No waiter gets one meanwhile, so none counts here, not even before
   * its thread goes on.
   *
   * @param rank the rank of the calls
   * @param taken returns how many permits calls of this rank have taken, with a wait or without; must not wait
   * @return their number
   */
  public long takenAtOnce(int rank, LongSupplier taken) {
    lock.lock();
    try {
      return Math.max(0, taken.getAsLong() - lines[rank].granted);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns how long the oldest waiter has waited.
   *
   * @param now the present time
   * @return nanoseconds; 0 if no call waits
   */
  public long oldestWaitNanos(long now) {
    lock.lock();
    try {
      long longest = 0;
      for (Line line : lines) {
        if (line.oldest != null) {
          longest = Math.max(longest, now - line.oldest.since());
        }
      }
      return longest;
    } finally {
      lock.unlock();
    }
  }
}
