package com.acme;

import java.util.List;
import java.util.function.Supplier;

/** Code outside the library's packages, whose lines messages name. */
public final class Application {
  private Application() {}

  /**
   * Calls what declares a policy.
   *
   * @param declaration the call
   * @param <T> what it returns
   * @return its result
   */
  public static <T> T declare(Supplier<T> declaration) {
    return declaration.get();
  }

  /**
   * Calls what declares a policy, with a frame of the JDK between.
   *
   * @param declaration the call
   */
  public static void declareInLoop(Runnable declaration) {
    List.of(declaration).forEach(Runnable::run);
  }
}
