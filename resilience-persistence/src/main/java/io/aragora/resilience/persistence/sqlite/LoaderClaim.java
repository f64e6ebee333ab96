package io.aragora.resilience.persistence.sqlite;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Marks a file as used by this class loader, in a system property, which all class loaders of a JVM see. Each loader has its own
 * copy of SQLite. POSIX systems drop all locks that a process holds on a file when one handle of that file is closed, so two
 * copies of SQLite on one file would lose each other's saves. Thread-safe.
 */
final class LoaderClaim implements AutoCloseable {
  private static final String PREFIX = "io.aragora.resilience.persistence.sqlite.inUse.";

  /** A string, since an object of this library would keep the class loader in memory. */
  private static final String THIS_LOADER =
      Long.toHexString(ThreadLocalRandom.current().nextLong());

  /** The number of claims that this class loader has on each property. Guarded by itself; one entry per open file. */
  private static final Map<String, Integer> CLAIMS = new HashMap<>();

  private final String property;
  private boolean closed;

  private LoaderClaim(String property) {
    this.property = property;
  }

  /**
   * Claims a file.
   *
   * @param file identifies the file
   * @return the claim; null if another class loader has one
   */
  static @Nullable LoaderClaim tryTo(Object file) {
    String property = PREFIX + file;
    synchronized (CLAIMS) {
      Object holder = System.getProperties().putIfAbsent(property, THIS_LOADER);
      if (holder != null && !holder.equals(THIS_LOADER)) {
        return null;
      }
      CLAIMS.merge(property, 1, Integer::sum);
      return new LoaderClaim(property);
    }
  }

  @Override
  public void close() {
    synchronized (CLAIMS) {
      if (closed) {
        return;
      }
      closed = true;
      if (CLAIMS.merge(property, -1, Integer::sum) == 0) {
        CLAIMS.remove(property);
        System.getProperties().remove(property);
      }
    }
  }
}
