package io.aragora.resilience.resilience4j;

import java.util.concurrent.atomic.AtomicBoolean;

/** Logs the first failure of a consumer of events. A consumer that fails never changes a call. Thread-safe. */
final class ConsumerLog {
  private static final System.Logger LOG = System.getLogger(ConsumerLog.class.getName());

  private final String policy;
  private final AtomicBoolean logged = new AtomicBoolean();

  ConsumerLog(String policy) {
    this.policy = policy;
  }

  void failed(Throwable failure) {
    if (logged.compareAndSet(false, true)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "a consumer of the events of " + policy
              + " failed; the call is not affected (logged once)",
          failure);
    }
  }
}
