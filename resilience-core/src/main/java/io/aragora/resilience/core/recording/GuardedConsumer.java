package io.aragora.resilience.core.recording;

import io.aragora.resilience.internal.GuardedLog;
import java.util.function.LongConsumer;

/** Wraps a plug-in's consumer, so that its exceptions affect no call and are logged once. */
final class GuardedConsumer implements LongConsumer {
  private static final GuardedLog LOG = GuardedLog.of(GuardedConsumer.class);

  private final LongConsumer consumer;
  private final String policy;
  private volatile boolean failed;

  GuardedConsumer(LongConsumer consumer, String policy) {
    this.consumer = consumer;
    this.policy = policy;
  }

  @Override
  public void accept(long nanos) {
    try {
      consumer.accept(nanos);
    } catch (Throwable e) {
      if (!failed) {
        failed = true;
        LOG.log(
            System.Logger.Level.WARNING,
            "a duration recorder of '" + policy + "' failed; calls continue (logged once)",
            e);
      }
    }
  }
}
