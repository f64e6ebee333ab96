package io.aragora.resilience.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A lock under which no code of the application runs: lines of the log and events wait until the thread that holds it has released
 * it. For what rarely happens, such as a declaration: taking the lock allocates. Thread-safe.
 */
public final class QuietLock {
  /*
   * Decisions that have to be one step are made under a lock, and some of them are told: to listeners, to the log. Both are code of
   * the application, may block, and may wait for a thread that wants the same lock. Deep inside a decision the library does not know
   * which locks its callers hold. So a thread that holds one is noted here, and the guards of foreign code (GuardedLog, the
   * dispatcher of core) ask. What they would run waits in a list, which the thread runs after its last lock.
   *
   * A thread is noted only as long as it holds a lock, so no thread of a container keeps a reference.
   */
  private static final ConcurrentHashMap<ThreadKey, List<Runnable>> QUIET =
      new ConcurrentHashMap<>();

  private final ReentrantLock lock = new ReentrantLock();

  /** Whether the holder was not quiet before. Guarded by the lock. */
  private boolean isOutermost;

  /** Creates a lock that is free. */
  public QuietLock() {}

  /** Takes the lock, and waits for it if another thread holds it. A thread that holds it already may take it again. */
  public void lock() {
    boolean isFirst = begin();
    try {
      lock.lock();
    } catch (Throwable e) {
      // The stack is used up, or the heap is full. The thread must not stay quiet.
      if (isFirst) {
        end();
      }
      throw e;
    }
    isOutermost |= isFirst;
  }

  /**
   * Takes the lock if no other thread holds it.
   *
   * @return whether it was taken
   */
  public boolean tryLock() {
    boolean isFirst = begin();
    boolean isTaken = lock.tryLock();
    if (isTaken) {
      isOutermost |= isFirst;
    } else if (isFirst) {
      end();
    }
    return isTaken;
  }

  /** Releases the lock. If the thread holds no other one, it then runs what had to wait. */
  public void unlock() {
    boolean isLast = isOutermost && lock.getHoldCount() == 1;
    if (isLast) {
      isOutermost = false;
    }
    lock.unlock();
    if (isLast) {
      end();
    }
  }

  /**
   * Begins a section in which the calling thread is quiet. For a thread that takes a monitor afterwards.
   *
   * @return whether the thread was not quiet before; then {@link #end} must follow, without the monitor
   */
  public static boolean begin() {
    ThreadKey thread = ThreadKey.current();
    if (QUIET.containsKey(thread)) {
      return false;
    }
    try {
      QUIET.put(thread, new ArrayList<>(0));
    } catch (Throwable e) {
      // As in lock(): the map may have the thread already.
      QUIET.remove(thread);
      throw e;
    }
    return true;
  }

  /** Ends the outermost section, and runs what had to wait, in its order. */
  public static void end() {
    List<Runnable> waiting = QUIET.remove(ThreadKey.current());
    if (waiting != null) {
      for (Runnable task : waiting) {
        try {
          task.run();
        } catch (Throwable ignored) {
          // Each task is one of the guards, which have logged it.
        }
      }
    }
  }

  /** {@return whether the calling thread holds a quiet lock, or is in such a section} */
  public static boolean isQuiet() {
    return !QUIET.isEmpty() && QUIET.containsKey(ThreadKey.current());
  }

  /**
   * Runs a task once the calling thread is no longer quiet.
   *
   * @param task code that may call the application; at once if the thread is not quiet
   */
  public static void later(Runnable task) {
    List<Runnable> waiting = QUIET.get(ThreadKey.current());
    if (waiting == null) {
      task.run();
    } else {
      waiting.add(task);
    }
  }
}
