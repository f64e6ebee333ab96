package io.aragora.resilience.internal;

import java.lang.System.Logger.Level;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The log of one class, behind a guard: a handler, a formatter or an argument that throws never reaches the caller. Every
 * class of this library logs through it. Thread-safe.
 *
 * <p>A log line is written after a failure, often on a thread that must not die: the heap may be full, the
 * stack may be used up, a handler may be broken. The line is then lost, and the caller continues.
 *
 * <p>No handler runs under a {@link QuietLock}: the line is written after it.
 */
public final class GuardedLog {
  private final String name;
  private volatile System.@Nullable Logger logger;

  private GuardedLog(String name) {
    this.name = name;
  }

  /**
   * Returns the log of a class. The logger itself is looked up at the first line.
   *
   * @param owner the class, whose name the logger bears
   * @return its log
   */
  public static GuardedLog of(Class<?> owner) {
    return new GuardedLog(owner.getName());
  }

  /**
   * Returns a guard around a logger of the application.
   *
   * @param logger the logger
   * @return its guard
   */
  public static GuardedLog of(System.Logger logger) {
    GuardedLog log = new GuardedLog("");
    log.logger = Objects.requireNonNull(logger, "logger");
    return log;
  }

  /**
   * Writes a line, and never throws.
   *
   * @param level its level
   * @param format a pattern of {@link java.text.MessageFormat}
   * @param arguments the arguments of the pattern
   */
  public void log(Level level, String format, @Nullable Object... arguments) {
    try {
      if (QuietLock.isQuiet()) {
        QuietLock.later(() -> log(level, format, arguments));
        return;
      }
      logger().log(level, format, arguments);
    } catch (Throwable ignored) {
      // The failure of a log cannot be logged.
    }
  }

  /**
   * Writes a line with a failure, and never throws.
   *
   * @param level its level
   * @param message the line
   * @param failure the failure, or null
   */
  public void log(Level level, String message, @Nullable Throwable failure) {
    try {
      if (QuietLock.isQuiet()) {
        QuietLock.later(() -> log(level, message, failure));
        return;
      }
      logger().log(level, message, failure);
    } catch (Throwable ignored) {
      // As above.
    }
  }

  /**
   * Writes a line with a failure and what it happened to, and never throws. The line is put together in here: if the heap is full,
   * it is lost, and the caller continues.
   *
   * @param level its level
   * @param owner what it happened to; its text begins the line
   * @param what what happened, and what follows
   * @param failure the failure
   */
  public void failed(Level level, Object owner, String what, Throwable failure) {
    try {
      log(level, owner + ": " + what, failure);
    } catch (Throwable ignored) {
      // As above.
    }
  }

  /**
   * Returns whether lines of a level are written.
   *
   * @param level the level
   * @return whether they are; false if the logger throws
   */
  public boolean isLoggable(Level level) {
    try {
      return logger().isLoggable(level);
    } catch (Throwable ignored) {
      return false;
    }
  }

  /** Looked up late: a logger starts the JDK's logging, and a finder of loggers is foreign code. */
  private System.Logger logger() {
    System.Logger present = logger;
    if (present == null) {
      present = System.getLogger(name);
      logger = present;
    }
    return present;
  }
}
