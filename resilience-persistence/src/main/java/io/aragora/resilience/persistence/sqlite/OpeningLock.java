package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.persistence.StateStoreException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Admits one thread of one process at a time to open a database. Without it, if two start on a damaged file, the second
 * would set aside the new file of the first.
 *
 * <p>The lock is on a separate file, which is never deleted: closing another handle of the database would make POSIX
 * systems drop the locks that SQLite holds on it in the same process, and a deleted lock file could be locked twice.
 */
final class OpeningLock implements AutoCloseable {
  private static final GuardedLog LOG = GuardedLog.of(OpeningLock.class);

  /** For the same reason, two threads must not open the lock file at once. */
  private static final ReentrantLock IN_THIS_PROCESS = new ReentrantLock();

  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final FileChannel channel;
  private final LoaderClaim claim;

  private OpeningLock(FileChannel channel, LoaderClaim claim) {
    this.channel = channel;
    this.claim = claim;
  }

  /**
   * Waits for the lock.
   *
   * @param file the lock file
   * @param timeoutMillis how long to wait for other threads, and again for other processes or class loaders
   */
  static OpeningLock acquire(Path file, int timeoutMillis) throws StateStoreException {
    awaitTurn(file, timeoutMillis);
    OpeningLock acquired = null;
    try {
      acquired = lockedFile(file, timeoutMillis);
      if (acquired == null) {
        throw taken(file, "process or class loader", timeoutMillis);
      }
      return acquired;
    } catch (IOException e) {
      throw new StateStoreException(
          "cannot lock " + file + ": " + e
              + "; let the user of this process write to its folder, or let stateStore name another"
              + " place",
          e);
    } finally {
      if (acquired == null) {
        IN_THIS_PROCESS.unlock();
      }
    }
  }

  /** Held by a thread while it checks a file, before the lock file may be created. */
  interface Turn extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Waits until no other thread opens a database; the thread may acquire the lock within its turn.
   *
   * @param file the file, for the message
   * @param timeoutMillis how long to wait
   */
  static Turn turn(Path file, int timeoutMillis) throws StateStoreException {
    awaitTurn(file, timeoutMillis);
    return IN_THIS_PROCESS::unlock;
  }

  private static void awaitTurn(Path file, int timeoutMillis) throws StateStoreException {
    boolean alone;
    try {
      alone = IN_THIS_PROCESS.tryLock(timeoutMillis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StateStoreException("interrupted while waiting for " + file, e);
    }
    if (!alone) {
      throw taken(file, "thread", timeoutMillis);
    }
  }

  private static @Nullable OpeningLock lockedFile(Path file, int timeoutMillis) throws IOException {
    long attempts = 1 + TimeUnit.MILLISECONDS.toNanos(timeoutMillis) / RETRY_NANOS;
    for (long i = 1; i <= attempts; i++) {
      OpeningLock acquired = tryLock(file);
      if (acquired != null) {
        return acquired;
      }
      if (i < attempts) {
        LockSupport.parkNanos(file, RETRY_NANOS);
      }
    }
    return null;
  }

  /** Does not touch the file while another class loader uses it: closing it here would drop the lock there. */
  private static @Nullable OpeningLock tryLock(Path file) throws IOException {
    LoaderClaim claim = LoaderClaim.tryTo(file);
    if (claim == null) {
      return null;
    }
    FileChannel channel = null;
    OpeningLock acquired = null;
    try {
      channel = new FileOnDisk(file).openForLocking();
      if (locks(channel)) {
        acquired = new OpeningLock(channel, claim);
      }
      return acquired;
    } finally {
      if (acquired == null) {
        claim.close();
        if (channel != null) {
          channel.close();
        }
      }
    }
  }

  /** Returns false also if this process has the lock through another channel, which the JVM reports as an error. */
  private static boolean locks(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private static StateStoreException taken(Path file, String holder, int timeoutMillis) {
    return new StateStoreException(
        "another " + holder + " has held " + file + " for " + timeoutMillis
            + " ms to open the database; if this lasts, find the one that hangs",
        null);
  }

  @Override
  public void close() {
    try {
      // Also releases the lock.
      channel.close();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "a lock file cannot be closed: " + e);
    } finally {
      claim.close();
      IN_THIS_PROCESS.unlock();
    }
  }
}
