package io.aragora.resilience.core.call;

import io.aragora.resilience.internal.GuardedLog;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The warnings of one policy. Each line is written once, so that a function which fails in every call does not fill the log, and does
 * not hide that another function fails. Thread-safe.
 */
public final class OnceLog {
  private final GuardedLog log;

  /** The lines that were written: one for each place in the code that warns. Immutable, replaced under the lock of this. */
  private volatile Set<String> written = Set.of();

  /**
   * Creates a log that has written nothing.
   *
   * @param log writes the lines
   */
  public OnceLog(GuardedLog log) {
    this.log = log;
  }

  /**
   * Writes a line, unless it was written before. Never throws: if the heap is full, the line is lost.
   *
   * @param owner what the line is about; its text begins the line
   * @param what what happened, and what follows; a constant, since each one is kept
   * @param failure the failure, or null
   */
  public void warn(Object owner, String what, @Nullable Throwable failure) {
    try {
      if (!written.contains(what) && add(what)) {
        log.log(System.Logger.Level.WARNING, owner + ": " + what + " (logged once)", failure);
      }
    } catch (Throwable ignored) {
      // As above.
    }
  }

  private synchronized boolean add(String what) {
    Set<String> all = new HashSet<>(written);
    boolean isNew = all.add(what);
    written = Set.copyOf(all);
    return isNew;
  }
}
