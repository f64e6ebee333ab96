package io.aragora.resilience.core.registry;

import org.jspecify.annotations.Nullable;

/** Finds the line of the application that declares a policy. */
public final class DeclaringCode {
  /*
   * The stack is read from a throwable. A StackWalker reads fewer frames, but its first use loads 126
   * classes and takes 5 ms; a throwable takes 0.1 ms then, and 7 µs for 50 frames later.
   */
  private static final String OURS = "io.aragora.resilience.";

  private DeclaringCode() {}

  /**
   * Returns the innermost frame of the present stack that belongs neither to the library, nor to the
   * JDK, nor to a generated class. For declarations only: it reads the whole stack.
   *
   * @return the frame, without a reference to its class; null if there is none
   */
  public static @Nullable StackTraceElement caller() {
    for (StackTraceElement frame : new Throwable().getStackTrace()) {
      if (isOfApplication(frame.getClassName())) {
        return frame;
      }
    }
    return null;
  }

  private static boolean isOfApplication(String type) {
    return !type.startsWith(OURS)
        && !type.startsWith("java.")
        && !type.startsWith("jdk.")
        && !type.startsWith("sun.")
        && !type.contains("$$")
        && !type.contains("$Proxy");
  }
}
