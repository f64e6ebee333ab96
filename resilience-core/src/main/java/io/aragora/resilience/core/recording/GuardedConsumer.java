package io.aragora.resilience.core.recording;

import io.aragora.resilience.internal.GuardedLog;
import java.util.function.LongConsumer;

/** A plug-in's consumer that harms no call: what it throws is logged once. */
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
            "a recorder of the durations of '" + policy + "' failed; said once",
            e);
      }
    }
  }
}
