package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.persistence.StateStoreException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Lets one thread of one process open a database at a time. Without it, of two that start on a damaged file the second would
 * set aside what the first has just begun.
 *
 * <p>It is taken on a file of its own, which stays: closing any other handle of a file makes POSIX systems forget the locks
 * that SQLite holds on it in the same process, and a lock file that is deleted may be locked twice.
 */
final class OpeningLock implements AutoCloseable {
  private static final GuardedLog LOG = GuardedLog.of(OpeningLock.class);

  /** For the same reason, two threads must not meet at the lock file. */
  private static final ReentrantLock IN_THIS_PROCESS = new ReentrantLock();

  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final FileChannel channel;

  private OpeningLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Waits for the lock.
   *
   * @param file the lock file
   * @param timeoutMillis how long to wait, for other threads and for other processes or class loaders each
   * @param attributes of the lock file, if it is created
   */
  static OpeningLock acquire(Path file, int timeoutMillis, FileAttribute<?>... attributes)
      throws StateStoreException {
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
    OpeningLock acquired = null;
    try {
      acquired = lockedFile(file, timeoutMillis, attributes);
      if (acquired == null) {
        throw taken(file, "process or class loader", timeoutMillis);
      }
      return acquired;
    } catch (IOException e) {
      throw new StateStoreException(
          "cannot lock " + file + ": " + e
              + "; let the user of this process write to its folder, or name another place",
          e);
    } finally {
      if (acquired == null) {
        IN_THIS_PROCESS.unlock();
      }
    }
  }

  private static @Nullable OpeningLock lockedFile(
      Path file, int timeoutMillis, FileAttribute<?>... attributes) throws IOException {
    FileChannel channel = FileChannel.open(
        file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), attributes);
    OpeningLock acquired = null;
    try {
      long attempts = 1 + TimeUnit.MILLISECONDS.toNanos(timeoutMillis) / RETRY_NANOS;
      for (long i = 1; acquired == null && i <= attempts; i++) {
        if (locks(channel)) {
          acquired = new OpeningLock(channel);
        } else if (i < attempts) {
          LockSupport.parkNanos(file, RETRY_NANOS);
        }
      }
      return acquired;
    } finally {
      if (acquired == null) {
        channel.close();
      }
    }
  }

  /** False also where this process has the lock by another copy of this class, which the JVM takes for a mistake. */
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
            + " ms, to open the database; if that lasts, look for one that hangs",
        null);
  }

  @Override
  public void close() {
    try {
      // Releases the lock with it.
      channel.close();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "a lock file cannot be closed: " + e);
    } finally {
      IN_THIS_PROCESS.unlock();
    }
  }
}
