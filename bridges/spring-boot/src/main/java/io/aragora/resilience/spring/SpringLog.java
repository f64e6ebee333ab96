package io.aragora.resilience.spring;

import org.apache.commons.logging.LogFactory;

/**
 * Spring's log of one class of this bridge, behind a guard: a handler that throws ends neither the start of an application nor what
 * an operator asks for. Not for applications. Thread-safe.
 */
public final class SpringLog {
  private final Class<?> owner;

  private SpringLog(Class<?> owner) {
    this.owner = owner;
  }

  /**
   * Returns the log of a class. The logger itself is looked up at each line, of which there are few.
   *
   * @param owner the class, whose name the logger bears
   * @return its log
   */
  public static SpringLog of(Class<?> owner) {
    return new SpringLog(owner);
  }

  /**
   * Writes a line, and never throws.
   *
   * @param message the line
   */
  public void info(String message) {
    try {
      LogFactory.getLog(owner).info(message);
    } catch (Throwable ignored) {
      // The failure of a log cannot be logged.
    }
  }

  /**
   * Writes a warning, and never throws.
   *
   * @param message the line
   */
  public void warn(String message) {
    try {
      LogFactory.getLog(owner).warn(message);
    } catch (Throwable ignored) {
      // As above.
    }
  }

  /**
   * Writes an error, and never throws.
   *
   * @param message the line
   * @param failure what happened
   */
  public void error(String message, Throwable failure) {
    try {
      LogFactory.getLog(owner).error(message, failure);
    } catch (Throwable ignored) {
      // As above.
    }
  }
}
