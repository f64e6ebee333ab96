package io.aragora.resilience.policy;

/** A listener's registration. Closing it more than once does nothing. Thread-safe. */
@FunctionalInterface
public interface Subscription extends AutoCloseable {
  /** Ends the subscription; an event that is being delivered at this moment may still arrive. */
  @Override
  void close();
}
