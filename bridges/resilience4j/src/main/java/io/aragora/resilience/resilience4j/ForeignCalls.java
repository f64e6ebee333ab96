package io.aragora.resilience.resilience4j;

import io.aragora.resilience.internal.GuardedLog;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The guard of one policy around functions of the application. What they throw never decides how a call ends: the first is logged, and
 * the view continues with a value that the policy itself would use. Thread-safe.
 */
final class ForeignCalls {
  private static final GuardedLog LOG = GuardedLog.of(Resilience4j.class);

  private final String policy;
  private final AtomicBoolean logged = new AtomicBoolean();

  ForeignCalls(String kind, String name) {
    this.policy = kind + " '" + name + "'";
  }

  /** Calls a predicate. Returns the other value if it throws. */
  <V extends @Nullable Object> boolean holds(
      Predicate<? super V> predicate, V value, boolean otherwise, String consequence) {
    try {
      return predicate.test(value);
    } catch (Throwable e) {
      failed(consequence, e);
      return otherwise;
    }
  }

  /** Logs what a function threw, once for the policy. */
  void failed(String consequence, Throwable failure) {
    if (logged.compareAndSet(false, true)) {
      LOG.failed(Level.WARNING, policy, consequence, failure);
    }
  }
}
